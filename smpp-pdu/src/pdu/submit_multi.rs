//! submit_multi: request and response together.

use crate::macros::pdu;
use crate::{
    Addr, CStr, DataCoding, DestAddress, EsmClass, List, RegisteredDelivery, ShortMessage, TimeField, Tlvs, UnsuccessSme,
};

pdu! {
    /// Asks the MC to deliver one message to several destinations.
    SubmitMulti<'a> = 0x0000_0021, submit_multi, request -> SubmitMultiResp,
    since V3_3, spec "SMPP 3.4 §4.5.1",
    esme [BoundTx BoundTrx] [BoundTx BoundTrx], mc [] [];
    {
        /// Which SMS application this belongs to; empty for the default.
        service_type: CStr<'a, 6>,
        /// Who sends; empty for the MC's default.
        source_addr: Addr<'a, 21>,
        /// Addresses and distribution lists: 1 to 254 in 3.4, 255 in 5.0.
        dest_address: List<'a, DestAddress<'a>, 1>,
        /// Message mode, message type and GSM features.
        esm_class: EsmClass,
        /// GSM protocol identifier (TP-PID).
        protocol_id: u8,
        /// Priority, 0 lowest; 0-1 in 3.3, 0-3 in 3.4.
        priority_flag: u8,
        /// When to deliver; empty for now.
        schedule_delivery_time: TimeField<'a>,
        /// When to give up; empty for the MC's default.
        validity_period: TimeField<'a>,
        /// Which receipts and acknowledgements are wanted.
        registered_delivery: RegisteredDelivery,
        /// 1 to replace a waiting message from the same source to the same destination.
        replace_if_present_flag: u8,
        /// How the user data is coded.
        data_coding: DataCoding,
        /// A message text stored on the MC, 0 for none.
        sm_default_msg_id: u8,
        /// `sm_length` and the user data.
        short_message: ShortMessage<'a>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`SubmitMulti`].
    SubmitMultiResp<'a> = 0x8000_0021, submit_multi_resp, response,
    since V3_3, spec "SMPP 3.4 §4.5.2",
    esme [] [], mc [BoundTx BoundTrx] [BoundTx BoundTrx];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// Destinations that were refused.
        unsuccess_sme: List<'a, UnsuccessSme<'a>, 0>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
