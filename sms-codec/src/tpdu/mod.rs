//! Transfer PDUs of 3GPP TS 23.040: what an SMSC and a handset or modem tell each other.
//!
//! Each TPDU is one struct: reading fills it with what borrows the octets, writing takes the same
//! struct filled by hand. The direction is not in the octets, so the caller says it.
//!
//! Reading forgives what real senders do and says so in [`Odd`]; a TPDU without anything odd is
//! written back octet for octet. Writing is strict. This module does not split or join long
//! messages ([`segment`](crate::segment) does) and knows nothing of the layers below: RP, MAP, AT
//! commands.
//!
//! ```
//! use sms_codec::tpdu::{Direction, Tpdu};
//!
//! let octets = b"\x04\x0C\x91\x44\x77\x00\x09\x10\x32\x00\x00\x62\x60\x03\x21\x43\x65\x40\
//!                \x0B\xC8\x32\x9B\xFD\x06\xDD\xDF\x72\x36\x19";
//! let (Tpdu::Deliver(deliver), odd) = Tpdu::decode(octets, Direction::ScToMs)? else { unreachable!() };
//! assert_eq!(deliver.originating_address.to_string(), "447700900123");
//! assert_eq!(deliver.scts.to_string(), "2026-06-30T12:34:56+01:00");
//! assert_eq!(deliver.user_data.text().as_deref(), Some("Hello world"));
//! assert!(odd.is_empty());
//! # Ok::<(), sms_codec::tpdu::DecodeError>(())
//! ```
//!
//! ```
//! use sms_codec::dcs::Dcs;
//! use sms_codec::tpdu::{Address, RelativeValidity, Submit, TypeOfAddress, UserData, Validity, service_centre};
//!
//! let mut buffer = Vec::new();
//! let submit = Submit {
//!     message_reference: 1,
//!     destination_address: Address::new(TypeOfAddress::INTERNATIONAL, "447700900456")?,
//!     validity_period: Some(Validity::Relative(RelativeValidity::at_least(24 * 60))),
//!     user_data: UserData::of_text(Dcs(0), "one day", &mut buffer)?,
//!     ..Submit::default()
//! };
//! let mut octets = Vec::new();
//! service_centre::write(None, &mut octets); // for a modem: its own service centre
//! submit.encode(&mut octets)?;
//! assert_eq!(octets.len() - 1, 21); // what AT+CMGS wants to know
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod address;
mod cause;
mod command;
mod error;
mod field;
mod macros;
mod message;
mod odd;
mod parameters;
mod pid;
pub mod service_centre;
mod status;
mod timestamp;
mod user_data;
mod validity;

pub use address::{Address, AddressError, AddressFault, TypeOfAddress};
pub use cause::{CmsError, FailureCause, Retry};
pub use command::{CommandData, CommandType};
pub use error::{DecodeError, EncodeError, Fault};
#[cfg(any(test, feature = "check"))]
pub(crate) use field::{Entropy, Field};
pub use message::{Command, Deliver, DeliverReport, StatusReport, Submit, SubmitReport, Tpdu};
pub use odd::Odd;
pub use parameters::{Outcome, Parameters, Rp};
pub use pid::{Pid, PidKind};
pub use status::{Status, StatusClass};
pub use timestamp::Timestamp;
pub use user_data::{UserData, UserDataError};
pub use validity::{EnhancedFormat, EnhancedValidity, RelativeValidity, Validity};

/// Which way a TPDU goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    /// From the service centre to the mobile station.
    ScToMs,
    /// From the mobile station to the service centre.
    MsToSc,
}
