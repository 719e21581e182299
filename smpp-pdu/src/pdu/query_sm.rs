//! query_sm: request and response together.

use crate::macros::pdu;
use crate::{Addr, CStr, MessageState, TimeField, Tlvs};

pdu! {
    /// Asks for the state of a message.
    QuerySm<'a> = 0x0000_0003, query_sm, request -> QuerySmResp,
    since V3_3, spec "SMPP 3.4 §4.8.1",
    esme [BoundTx BoundTrx] [BoundTx BoundTrx], mc [] [];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// The source the message was submitted with.
        source_addr: Addr<'a, 21>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`QuerySm`].
    QuerySmResp<'a> = 0x8000_0003, query_sm_resp, response,
    since V3_3, spec "SMPP 3.4 §4.8.2",
    esme [] [], mc [BoundTx BoundTrx] [BoundTx BoundTrx];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// When the final state was reached; empty before.
        final_date: TimeField<'a>,
        /// The state.
        message_state: MessageState,
        /// Network error, 0 for none.
        error_code: u8,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
