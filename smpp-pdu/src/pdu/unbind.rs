//! unbind: request and response together.

use crate::Tlvs;
use crate::macros::pdu;

pdu! {
    /// Ends the session in order.
    Unbind<'a> = 0x0000_0006, unbind, request -> UnbindResp,
    since V3_3, spec "SMPP 3.4 §4.2.1",
    esme [BoundTx BoundRx BoundTrx] [BoundTx BoundRx BoundTrx], mc [BoundTx BoundRx BoundTrx] [BoundTx BoundRx BoundTrx];
    {
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`Unbind`].
    UnbindResp<'a> = 0x8000_0006, unbind_resp, response,
    since V3_3, spec "SMPP 3.4 §4.2.2",
    esme [BoundTx BoundRx BoundTrx] [BoundTx BoundRx BoundTrx Unbound], mc [BoundTx BoundRx BoundTrx] [BoundTx BoundRx BoundTrx Unbound];
    {
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
