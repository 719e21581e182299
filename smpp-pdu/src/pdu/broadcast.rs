//! Cell broadcast, SMPP 5.0.

use crate::macros::pdu;
use crate::{Addr, CStr, DataCoding, TimeField, Tlvs};

pdu! {
    /// Asks the MC to broadcast a message to an area.
    BroadcastSm<'a> = 0x0000_0111, broadcast_sm, request -> BroadcastSmResp,
    since V5_0, spec "SMPP 5.0 §4.4.1",
    esme [] [BoundTx BoundTrx], mc [] [];
    {
        /// Which SMS application this belongs to; empty for the default.
        service_type: CStr<'a, 6>,
        /// Who sends; empty for the MC's default.
        source_addr: Addr<'a, 21>,
        /// An earlier broadcast to replace; else empty.
        message_id: CStr<'a, 65>,
        /// Priority, 0 to 4.
        priority_flag: u8,
        /// When to deliver; empty for now.
        schedule_delivery_time: TimeField<'a>,
        /// When to give up; empty for the MC's default.
        validity_period: TimeField<'a>,
        /// 1 to replace a waiting message from the same source to the same destination.
        replace_if_present_flag: u8,
        /// How the user data is coded.
        data_coding: DataCoding,
        /// A message text stored on the MC, 0 for none.
        sm_default_msg_id: u8,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`BroadcastSm`].
    BroadcastSmResp<'a> = 0x8000_0111, broadcast_sm_resp, response,
    since V5_0, spec "SMPP 5.0 §4.4.2",
    esme [] [], mc [] [BoundTx BoundTrx];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Asks for the state of a broadcast.
    QueryBroadcastSm<'a> = 0x0000_0112, query_broadcast_sm, request -> QueryBroadcastSmResp,
    since V5_0, spec "SMPP 5.0 §4.6.1",
    esme [] [BoundTx BoundTrx], mc [] [];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// Who sends; empty for the MC's default.
        source_addr: Addr<'a, 21>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`QueryBroadcastSm`]; state and areas are in TLVs.
    QueryBroadcastSmResp<'a> = 0x8000_0112, query_broadcast_sm_resp, response,
    since V5_0, spec "SMPP 5.0 §4.6.2",
    esme [] [], mc [] [BoundTx BoundTrx];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Cancels a broadcast.
    CancelBroadcastSm<'a> = 0x0000_0113, cancel_broadcast_sm, request -> CancelBroadcastSmResp,
    since V5_0, spec "SMPP 5.0 §4.6.3",
    esme [] [BoundTx BoundTrx], mc [] [];
    {
        /// Which SMS application this belongs to; empty for the default.
        service_type: CStr<'a, 6>,
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// Who sends; empty for the MC's default.
        source_addr: Addr<'a, 21>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`CancelBroadcastSm`].
    CancelBroadcastSmResp<'a> = 0x8000_0113, cancel_broadcast_sm_resp, response,
    since V5_0, spec "SMPP 5.0 §4.6.4",
    esme [] [], mc [] [BoundTx BoundTrx];
    {
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
