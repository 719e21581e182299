//! generic_nack.

use crate::End;
use crate::macros::pdu;

pdu! {
    /// Answers a PDU that could not be recognised.
    GenericNack<'a> = 0x8000_0000, generic_nack, response,
    since V3_3, spec "SMPP 3.4 §4.3.1",
    esme [BoundTx BoundRx BoundTrx] [Open Outbound BoundTx BoundRx BoundTrx Unbound], mc [BoundTx BoundRx BoundTrx] [Open Outbound BoundTx BoundRx BoundTrx Unbound];
    {
        /// Nothing may follow.
        end: End<'a>,
    }
}
