//! Binds and outbind: request and response together.

use crate::macros::pdu;
use crate::{Addr, CStr, Password, Tlvs};

pdu! {
    /// Asks the MC for a session to receive messages.
    BindReceiver<'a> = 0x0000_0001, bind_receiver, request -> BindReceiverResp,
    since V3_3, spec "SMPP 3.4 §4.1.3",
    esme [Open] [Open Outbound], mc [] [];
    {
        /// Who binds.
        system_id: CStr<'a, 16>,
        /// The shared secret.
        password: Password<'a>,
        /// The kind of ESME, often empty.
        system_type: CStr<'a, 13>,
        /// The version the ESME speaks: 0x34 for 3.4.
        interface_version: u8,
        /// Addresses this ESME serves; empty lets the MC decide.
        address_range: Addr<'a, 41>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`BindReceiver`].
    BindReceiverResp<'a> = 0x8000_0001, bind_receiver_resp, response,
    since V3_3, spec "SMPP 3.4 §4.1.4",
    esme [] [], mc [Open] [Open Outbound];
    {
        /// The MC's name.
        system_id: CStr<'a, 16>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Asks the MC for a session to send messages.
    BindTransmitter<'a> = 0x0000_0002, bind_transmitter, request -> BindTransmitterResp,
    since V3_3, spec "SMPP 3.4 §4.1.1",
    esme [Open] [Open], mc [] [];
    {
        /// Who binds.
        system_id: CStr<'a, 16>,
        /// The shared secret.
        password: Password<'a>,
        /// The kind of ESME, often empty.
        system_type: CStr<'a, 13>,
        /// The version the ESME speaks: 0x34 for 3.4.
        interface_version: u8,
        /// Addresses this ESME serves; empty lets the MC decide.
        address_range: Addr<'a, 41>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`BindTransmitter`].
    BindTransmitterResp<'a> = 0x8000_0002, bind_transmitter_resp, response,
    since V3_3, spec "SMPP 3.4 §4.1.2",
    esme [] [], mc [Open] [Open];
    {
        /// The MC's name.
        system_id: CStr<'a, 16>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Asks the MC for a session to send and receive messages.
    BindTransceiver<'a> = 0x0000_0009, bind_transceiver, request -> BindTransceiverResp,
    since V3_4, spec "SMPP 3.4 §4.1.5",
    esme [Open] [Open Outbound], mc [] [];
    {
        /// Who binds.
        system_id: CStr<'a, 16>,
        /// The shared secret.
        password: Password<'a>,
        /// The kind of ESME, often empty.
        system_type: CStr<'a, 13>,
        /// The version the ESME speaks: 0x34 for 3.4.
        interface_version: u8,
        /// Addresses this ESME serves; empty lets the MC decide.
        address_range: Addr<'a, 41>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Answers [`BindTransceiver`].
    BindTransceiverResp<'a> = 0x8000_0009, bind_transceiver_resp, response,
    since V3_4, spec "SMPP 3.4 §4.1.6",
    esme [] [], mc [Open] [Open Outbound];
    {
        /// The MC's name.
        system_id: CStr<'a, 16>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}

pdu! {
    /// Asks an ESME to bind as receiver on the connection the MC made.
    Outbind<'a> = 0x0000_000B, outbind, one_way,
    since V3_4, spec "SMPP 3.4 §4.1.7",
    esme [] [], mc [Open] [Open];
    {
        /// The MC's name.
        system_id: CStr<'a, 16>,
        /// The shared secret of the MC.
        password: Password<'a>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
