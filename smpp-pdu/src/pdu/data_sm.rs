//! data_sm: request and response together.

use crate::macros::pdu;
use crate::{Addr, CStr, DataCoding, EsmClass, RegisteredDelivery, Tlvs};

pdu! {
    /// Carries a message either way; the text is in the `message_payload` TLV.
    DataSm<'a> = 0x0000_0103, data_sm, request -> DataSmResp,
    since V3_4, spec "SMPP 3.4 §4.7.1",
    esme [BoundTx BoundTrx] [BoundTx BoundTrx], mc [BoundRx BoundTrx] [BoundRx BoundTrx];
    {
        /// Which SMS application this belongs to; empty for the default.
        service_type: CStr<'a, 6>,
        /// Who sends; empty for the MC's default.
        source_addr: Addr<'a, 65>,
        /// Who receives.
        destination_addr: Addr<'a, 65>,
        /// Message mode, message type and GSM features.
        esm_class: EsmClass,
        /// Which receipts and acknowledgements are wanted.
        registered_delivery: RegisteredDelivery,
        /// How the user data is coded.
        data_coding: DataCoding,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`DataSm`].
    DataSmResp<'a> = 0x8000_0103, data_sm_resp, response,
    since V3_4, spec "SMPP 3.4 §4.7.2",
    esme [BoundTx BoundRx BoundTrx] [BoundTx BoundRx BoundTrx], mc [BoundTx BoundRx BoundTrx] [BoundTx BoundRx BoundTrx];
    {
        /// The MC's id of the message.
        message_id: CStr<'a, 65>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
