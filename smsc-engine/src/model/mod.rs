//! The product's words: what a message is, who it belongs to, where it goes next and how it can end.
//!
//! Everything else in the engine speaks in these types. They hold no rule of the life cycle and do no I/O;
//! JSON forms live with whoever speaks JSON.

mod address;
mod cdr;
mod event;
mod extra;
mod form;
mod id;
mod message;
mod mms;
mod name;
mod outcome;
mod route;
mod ss7;
mod time;
mod together;
mod word;

pub(crate) use form::Part;
#[cfg(any(feature = "http", feature = "remote"))]
pub(crate) use form::{put_len, put_octets, take_octets};

pub use address::Address;
pub use cdr::Cdr;
pub use event::{Event, EventName};
pub use extra::Extra;
pub use form::{FormError, FormFault};
pub use id::{MessageId, MessageIdError};
pub(crate) use message::asks_for_alert;
pub use message::{Kind, Message};
pub use mms::MmsMessage;
pub use name::{Account, Lane};
pub use outcome::{FinalState, Outcome, Status};
pub use route::{Charged, Location, Route, Rule, SourceType};
pub use ss7::Ss7Event;
pub use time::Timestamp;
pub(crate) use together::Together;
pub use word::Word;
