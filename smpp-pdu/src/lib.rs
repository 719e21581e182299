//! SMPP 3.3, 3.4 and 5.0: every PDU and TLV, read without copying, written strictly.
#![doc = include_str!("../README.md")]
//!
//! ## The parts
//!
//! * A [`Frame`] is one whole PDU as octets; it can be kept, sent to another thread and relayed.
//! * A PDU struct such as [`SubmitSm`] is a view of a frame, or a body to be written.
//! * A [`Profile`] says what one peer is forgiven; [`Repairs`] tells what was.
//! * A [`DecodeError`] names PDU, field, offset and defect, and knows what to answer.
//!
//! This crate does no I/O, keeps no session, and knows nothing of alphabets or receipts.
#![cfg_attr(not(test), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(all(feature = "std", not(test)))]
extern crate std;

#[cfg(feature = "check")]
pub mod check;
#[cfg(feature = "codec")]
pub mod codec;
pub mod dump;
mod error;
pub mod field;
mod frame;
mod header;
mod id;
mod list;
mod macros;
mod message;
mod pdu;
mod profile;
mod reader;
mod status;
mod text;
pub mod tlv;
mod values;
mod version;
mod writer;

pub use error::{Answer, DecodeError, EncodeError, Fault, FrameError, LengthError, ValueError};
pub use frame::{DEFAULT_MAX_PDU, Decoded, Frame};
pub use header::{CommandId, HEADER_LEN, Header, MAX_SEQUENCE_NUMBER};
pub use id::{IdForm, IdMatch};
pub use list::{DestAddress, Entry, List, ShortId, UnsuccessSme};
pub use message::{End, ShortMessage};
pub use pdu::*;
pub use profile::{Profile, Repairs};
pub use reader::Reader;
pub use status::{Class, CommandStatus, StatusInfo};
pub use text::{Addr, CStr, Password, TimeField};
pub use tlv::Tlvs;
pub use values::{DataCoding, EsmClass, MessageState, Npi, RegisteredDelivery, Ton};
pub use version::{Side, State, States, Version};
pub use writer::Writer;
