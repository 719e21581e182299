//! The octets of all that a frontend asks of a core: how a gateway and a core of this product talk in bulk.
//!
//! A body is one version octet and one value, or, where an answer goes on, one version octet and frames, each after
//! its length. Numbers are in little endian, lists come after their count, and messages have their stored form. What
//! comes in is read totally: any octets give a value or a [`WireError`] that names the field.

mod error;
mod frame;
mod list;
mod order;
mod submission;
mod value;
mod work;

pub(crate) use error::WireError;
#[cfg(any(feature = "remote", test))]
pub(crate) use frame::Frames;
#[cfg(any(feature = "http", test))]
pub(crate) use frame::{KEEP_ALIVE, frame};
pub(crate) use list::ListWriter;
pub(crate) use submission::Late;
#[cfg(any(feature = "remote", test))]
pub(crate) use value::MOST_ITEMS;
pub(crate) use value::Wire;
pub(crate) use work::{Reports, Want};

#[cfg(test)]
mod tests;

/// Counts up with every change of the octets.
pub(crate) const VERSION: u8 = 1;
/// Messages of one request or answer.
pub(crate) const MOST_MESSAGES: usize = 10_000;

/// Writes a whole body.
pub(crate) fn write(value: &impl Wire) -> Vec<u8> {
    let mut out = vec![VERSION];
    value.put(&mut out);
    out
}

/// Reads a whole body.
///
/// # Errors
/// It is not exactly one value in this version.
pub(crate) fn read<T: Wire>(octets: &[u8]) -> Result<T, WireError> {
    let mut rest = octets;
    error::version(&mut rest)?;
    value::whole(rest)
}
