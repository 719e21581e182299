//! deliver_sm: request and response together.

use crate::macros::pdu;
use crate::{Addr, CStr, DataCoding, EsmClass, RegisteredDelivery, ShortMessage, TimeField, Tlvs};

pdu! {
    /// Brings the ESME a message or a receipt.
    DeliverSm<'a> = 0x0000_0005, deliver_sm, request -> DeliverSmResp,
    since V3_3, spec "SMPP 3.4 §4.6.1",
    esme [] [], mc [BoundRx BoundTrx] [BoundRx BoundTrx];
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
        /// Priority, 0 lowest.
        priority_flag: u8,
        /// Empty.
        schedule_delivery_time: TimeField<'a>,
        /// Empty.
        validity_period: TimeField<'a>,
        /// Which acknowledgements the sender wants.
        registered_delivery: RegisteredDelivery,
        /// 0.
        replace_if_present_flag: u8,
        /// How the user data is coded.
        data_coding: DataCoding,
        /// 0.
        sm_default_msg_id: u8,
        /// `sm_length` and the user data.
        short_message: ShortMessage<'a>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`DeliverSm`]; its body is written with an error too, because some MCs need it.
    DeliverSmResp<'a> = 0x8000_0005, deliver_sm_resp, response_with_body,
    since V3_3, spec "SMPP 3.4 §4.6.2",
    esme [BoundRx BoundTrx] [BoundRx BoundTrx], mc [] [];
    {
        /// Unused: empty.
        message_id: CStr<'a, 65>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
