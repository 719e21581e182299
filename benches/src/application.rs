//! What an application has in its hands before anybody encodes: plain strings and integers.
//!
//! The same facts as the octets in [`case`](crate::case), so that building from them must end in
//! exactly those octets.

/// An address as the application knows it.
pub struct Address {
    /// Type of number.
    pub ton: u8,
    /// Numbering plan.
    pub npi: u8,
    /// The digits or the name.
    pub value: &'static str,
}

/// Which part of a long message this is.
pub struct Part {
    /// Common to all parts of one message.
    pub reference: u16,
    /// How many parts there are.
    pub total: u8,
    /// Which one this is, from one.
    pub number: u8,
}

/// What a receipt says beside its text.
pub struct Outcome {
    /// The message it is about.
    pub message_id: &'static str,
    /// Its `message_state`.
    pub state: u8,
    /// `network_error_code`: network type, then the error.
    pub error: [u8; 3],
}

/// A message to submit or to deliver.
pub struct Message {
    /// `sequence_number`.
    pub sequence_number: u32,
    /// `service_type`.
    pub service_type: &'static str,
    /// `source_addr`.
    pub source: Address,
    /// `destination_addr`.
    pub destination: Address,
    /// `esm_class`.
    pub esm_class: u8,
    /// `validity_period`.
    pub validity_period: &'static str,
    /// `registered_delivery`.
    pub registered_delivery: u8,
    /// `data_coding`.
    pub data_coding: u8,
    /// `short_message`.
    pub short_message: &'static [u8],
    /// Written as the three `sar_` TLVs.
    pub part: Option<Part>,
    /// Written as `receipted_message_id`, `message_state` and `network_error_code`.
    pub outcome: Option<Outcome>,
}

/// A plain text of 140 octets with a validity period.
pub const SUBMIT: Message = Message {
    sequence_number: 0x0102_0304,
    service_type: "",
    source: Address { ton: 5, npi: 0, value: "MYBRAND" },
    destination: Address { ton: 1, npi: 1, value: "447700900123" },
    esm_class: 0,
    validity_period: "",
    registered_delivery: 1,
    data_coding: 0,
    short_message: TEXT,
    part: None,
    outcome: None,
};

/// The second of three parts: the same with three TLVs.
pub const SUBMIT_PART: Message = Message { part: Some(Part { reference: 0x1234, total: 3, number: 2 }), ..SUBMIT };

/// The same again with every optional string in use.
pub const SUBMIT_FULL: Message = Message { service_type: "CMT", validity_period: "000001000000000R", ..SUBMIT_PART };

/// A receipt with its three TLVs.
pub const RECEIPT: Message = Message {
    source: Address { ton: 1, npi: 1, value: "447700900123" },
    destination: Address { ton: 5, npi: 0, value: "MYBRAND" },
    esm_class: 0x04,
    registered_delivery: 0,
    short_message: b"id:0123456789 sub:001 dlvrd:001 submit date:2611221200 \
        done date:2611221201 stat:DELIVRD err:000 text:Your code is 123456.",
    outcome: Some(Outcome { message_id: "0123456789", state: 2, error: [3, 0, 0] }),
    ..SUBMIT
};

/// 140 octets, one text message of eight-bit characters.
const TEXT: &[u8; 140] = b"Dear customer, your parcel 00340434161094042 is on its way to you and \
    will be delivered tomorrow between 09:00 and 11:00. Reply 1 to change.";
