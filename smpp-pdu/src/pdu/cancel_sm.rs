//! cancel_sm: request and response together.

use crate::macros::pdu;
use crate::{Addr, CStr, Tlvs};

pdu! {
    /// Cancels one message, or all that match.
    CancelSm<'a> = 0x0000_0008, cancel_sm, request -> CancelSmResp,
    since V3_3, spec "SMPP 3.4 §4.9.1",
    esme [BoundTx BoundTrx] [BoundTx BoundTrx], mc [] [];
    {
        /// Which SMS application this belongs to; empty for the default.
        service_type: CStr<'a, 6>,
        /// The message; empty to cancel all that match the addresses.
        message_id: CStr<'a, 65>,
        /// Who sends; empty for the MC's default.
        source_addr: Addr<'a, 21>,
        /// Who would receive; may be empty if an id is given.
        destination_addr: Addr<'a, 21>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`CancelSm`].
    CancelSmResp<'a> = 0x8000_0008, cancel_sm_resp, response,
    since V3_3, spec "SMPP 3.4 §4.9.2",
    esme [] [], mc [BoundTx BoundTrx] [BoundTx BoundTrx];
    {
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
