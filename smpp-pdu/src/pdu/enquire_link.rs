//! enquire_link: request and response together.

use crate::Tlvs;
use crate::macros::pdu;

pdu! {
    /// Asks whether the other end is alive; also answered before a bind.
    EnquireLink<'a> = 0x0000_0015, enquire_link, request -> EnquireLinkResp,
    since V3_3, spec "SMPP 3.4 §4.11.1",
    esme [Open BoundTx BoundRx BoundTrx] [Open Outbound BoundTx BoundRx BoundTrx Unbound], mc [Open BoundTx BoundRx BoundTrx] [Open Outbound BoundTx BoundRx BoundTrx Unbound];
    {
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`EnquireLink`].
    EnquireLinkResp<'a> = 0x8000_0015, enquire_link_resp, response,
    since V3_3, spec "SMPP 3.4 §4.11.2",
    esme [Open BoundTx BoundRx BoundTrx] [Open Outbound BoundTx BoundRx BoundTrx Unbound], mc [Open BoundTx BoundRx BoundTrx] [Open Outbound BoundTx BoundRx BoundTrx Unbound];
    {
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
