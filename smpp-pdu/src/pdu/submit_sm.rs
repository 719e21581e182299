//! submit_sm: request and response together.

use crate::macros::pdu;
use crate::{Addr, CStr, DataCoding, EsmClass, RegisteredDelivery, ShortMessage, TimeField, Tlvs};

pdu! {
    /// Asks the MC to deliver one short message.
    SubmitSm<'a> = 0x0000_0004, submit_sm, request -> SubmitSmResp,
    since V3_3, spec "SMPP 3.4 §4.4.1",
    esme [BoundTx BoundTrx] [BoundTx BoundTrx], mc [] [];
    {
        /// Which SMS application this belongs to; empty for the default.
        service_type: CStr<'a, 6>,
        /// Who sends; empty for the MC's default.
        source_addr: Addr<'a, 21>,
        /// Who receives.
        destination_addr: Addr<'a, 21>,
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
    /// Answers [`SubmitSm`] with the message id.
    SubmitSmResp<'a> = 0x8000_0004, submit_sm_resp, response,
    since V3_3, spec "SMPP 3.4 §4.4.2",
    esme [] [], mc [BoundTx BoundTrx] [BoundTx BoundTrx];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
