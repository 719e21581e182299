//! replace_sm: request and response together.

use crate::macros::pdu;
use crate::{Addr, CStr, RegisteredDelivery, ShortMessage, TimeField, Tlvs};

pdu! {
    /// Replaces the text of a waiting message.
    ReplaceSm<'a> = 0x0000_0007, replace_sm, request -> ReplaceSmResp,
    since V3_3, spec "SMPP 3.4 §4.10.1",
    esme [BoundTx BoundTrx] [BoundTx BoundTrx], mc [] [];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// The source the message was submitted with.
        source_addr: Addr<'a, 21>,
        /// A new time; empty keeps the old.
        schedule_delivery_time: TimeField<'a>,
        /// A new end; empty keeps the old.
        validity_period: TimeField<'a>,
        /// Which receipts and acknowledgements are wanted.
        registered_delivery: RegisteredDelivery,
        /// A message text stored on the MC, 0 for none.
        sm_default_msg_id: u8,
        /// `sm_length` and the user data.
        short_message: ShortMessage<'a>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`ReplaceSm`].
    ReplaceSmResp<'a> = 0x8000_0007, replace_sm_resp, response,
    since V3_3, spec "SMPP 3.4 §4.10.2",
    esme [] [], mc [BoundTx BoundTrx] [BoundTx BoundTrx];
    {
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
