//! The best codec we can write by hand, in safe Rust, for `submit_sm` and `deliver_sm` alone.
//!
//! It is a yardstick, not a codec: one body layout, no names in its errors, no versions, no leniency.
//! It does check what a strict reader must: the header, every bound, every string's maximum, and, in
//! [`decode_checked`], the length of every TLV the standard knows.

mod decode;
mod encode;
mod length;

pub use decode::{decode, decode_checked};
pub use encode::{build, encode};

/// A `submit_sm` or `deliver_sm`; strings without their NUL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Message<'a> {
    /// `command_id`.
    pub command_id: u32,
    /// `command_status`.
    pub command_status: u32,
    /// `sequence_number`.
    pub sequence_number: u32,
    /// `service_type`.
    pub service_type: &'a [u8],
    /// `source_addr_ton`, `source_addr_npi`.
    pub source_kind: [u8; 2],
    /// `source_addr`.
    pub source_addr: &'a [u8],
    /// `dest_addr_ton`, `dest_addr_npi`.
    pub destination_kind: [u8; 2],
    /// `destination_addr`.
    pub destination_addr: &'a [u8],
    /// `esm_class`, `protocol_id`, `priority_flag`.
    pub class: [u8; 3],
    /// `schedule_delivery_time`.
    pub schedule_delivery_time: &'a [u8],
    /// `validity_period`.
    pub validity_period: &'a [u8],
    /// `registered_delivery`, `replace_if_present_flag`, `data_coding`, `sm_default_msg_id`.
    pub options: [u8; 4],
    /// `short_message`.
    pub short_message: &'a [u8],
    /// The TLVs, as they are on the wire.
    pub tlvs: &'a [u8],
}

/// One TLV to encode.
#[derive(Clone, Copy, Debug)]
pub struct Tlv<'a> {
    /// Its tag.
    pub tag: u16,
    /// Its value.
    pub value: &'a [u8],
}
