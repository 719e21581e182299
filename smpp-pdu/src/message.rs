//! `short_message` with its length, and the end of a body.

use core::fmt;
use core::marker::PhantomData;

use crate::dump::Fields;
use crate::field::Field;
use crate::{Fault, Reader, Repairs, ValueError, Version, Writer};

/// `sm_length` and `short_message` in one: they cannot disagree.
///
/// SMPP 3.4 allows 254 octets, which is checked when it is written; SMPP 5.0 allows all 255 the
/// length octet can say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ShortMessage<'a>(&'a [u8]);

impl<'a> ShortMessage<'a> {
    /// No user data here.
    pub const EMPTY: Self = ShortMessage(&[]);

    /// Checks that `octets` fit: at most 255.
    ///
    /// # Errors
    /// [`ValueError::TooLong`]; longer text goes into the `message_payload` TLV.
    #[inline]
    pub fn new(octets: &'a (impl AsRef<[u8]> + ?Sized)) -> Result<Self, ValueError> {
        let octets = octets.as_ref();
        if octets.len() > MAX_SM_LENGTH {
            return Err(ValueError::too_long(octets.len(), MAX_SM_LENGTH));
        }
        Ok(ShortMessage(octets))
    }

    /// The octets; what they mean is told by `data_coding` and `esm_class`.
    #[inline(always)]
    pub const fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// True if there is no user data.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for ShortMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({} octets hidden)", self.0.len())
    }
}

impl<'a> Field<'a> for ShortMessage<'a> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let length = reader.octet()?;
        reader.counted(usize::from(length)).map(ShortMessage)
    }

    #[inline(always)]
    fn encoded_len(&self, version: Version) -> Option<usize> {
        // SMPP 3.4 §5.2.21 stops at 254, SMPP 5.0 does not; for 3.3 the texts differ.
        let fits = version != Version::V3_4 || self.0.len() < MAX_SM_LENGTH;
        fits.then_some(1 + self.0.len())
    }

    #[inline(always)]
    fn encode(&self, _: Version, out: &mut Writer<'_>) -> Option<()> {
        out.array([self.0.len() as u8])?; // at most 255 by construction
        out.octets(self.0)
    }

    fn show(&self, _: &'static str, fields: &mut Fields) {
        fields.number("sm_length", self.0.len() as u32);
        fields.message("short_message_hex", self.0);
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        let length = entropy.octet();
        out.push(length);
        out.extend((0..length).map(|_| entropy.octet()));
    }
}

// sm_length is one octet.
const MAX_SM_LENGTH: usize = 255;

/// The end of a body after which not even a TLV may follow (SMPP 3.3, and `generic_nack`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct End<'a>(PhantomData<&'a ()>);

impl fmt::Debug for End<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("end")
    }
}

impl<'a> Field<'a> for End<'a> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        if !reader.rest().is_empty() {
            reader.admit(Repairs::TRAILING, Fault::Surplus)?;
            reader.take_rest();
        }
        Ok(End(PhantomData))
    }

    #[inline(always)]
    fn encoded_len(&self, _: Version) -> Option<usize> {
        Some(0)
    }

    #[inline(always)]
    fn encode(&self, _: Version, _: &mut Writer<'_>) -> Option<()> {
        Some(())
    }

    fn show(&self, _: &'static str, _: &mut Fields) {}

    #[cfg(feature = "check")]
    fn generate(_: &mut crate::check::Entropy<'_>, _: &mut alloc::vec::Vec<u8>) {}
}
