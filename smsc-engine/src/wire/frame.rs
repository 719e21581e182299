//! Answers that go on: frames, each after its length.

#[cfg(any(feature = "remote", test))]
use bytes::{Buf, BytesMut};

#[cfg(any(feature = "remote", test))]
use super::error::{self, WireError};
#[cfg(any(feature = "remote", test))]
use super::value;
use super::value::Wire;
#[cfg(any(feature = "remote", test))]
use crate::model::{FormFault, take_octets};

/// An empty frame: it only says that the connection lives.
#[cfg(any(feature = "http", test))]
pub(crate) const KEEP_ALIVE: &[u8] = &[0];

/// Writes one frame.
#[cfg(any(feature = "http", test))]
pub(crate) fn frame(value: &impl Wire, out: &mut Vec<u8>) {
    let mut octets = Vec::new();
    value.put(&mut octets);
    crate::model::put_octets(&octets, out);
}

/// Takes frames out of octets as they come.
#[cfg(any(feature = "remote", test))]
#[derive(Default)]
pub(crate) struct Frames {
    came: BytesMut,
    /// The version octet was there.
    is_begun: bool,
}

#[cfg(any(feature = "remote", test))]
impl Frames {
    /// Takes what came.
    pub(crate) fn push(&mut self, octets: &[u8]) {
        self.came.extend_from_slice(octets);
    }

    /// Returns the next whole frame that is not empty; `None` until more comes.
    ///
    /// # Errors
    /// What came is no frame with such a value.
    pub(crate) fn next<T: Wire>(&mut self) -> Result<Option<T>, WireError> {
        loop {
            if !self.is_begun && !self.came.is_empty() {
                error::version(&mut self.came.as_ref())?;
                self.came.advance(1);
                self.is_begun = true;
            }
            let mut rest = self.came.as_ref();
            let octets = match take_octets(&mut rest) {
                Ok(octets) => octets,
                Err(FormFault::Truncated) if self.came.len() <= LARGEST_FRAME => return Ok(None),
                Err(FormFault::Truncated) => return Err(FormFault::TooMany(LARGEST_FRAME).into()),
                Err(fault) => return Err(fault.into()),
            };
            let value = (!octets.is_empty()).then(|| value::whole(octets)).transpose()?;
            let read = self.came.len() - rest.len();
            self.came.advance(read);
            if value.is_some() {
                return Ok(value);
            }
        }
    }
}

/// Octets of a frame that is waited for.
#[cfg(any(feature = "remote", test))]
const LARGEST_FRAME: usize = 16 << 20;
