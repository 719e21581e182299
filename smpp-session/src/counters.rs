//! What happened on one session, in numbers.

use core::ops::AddAssign;

/// Counts since the session began; those of several sessions can be added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Counters {
    /// PDUs received.
    pub pdus_in: u64,
    /// Octets of these.
    pub octets_in: u64,
    /// PDUs written.
    pub pdus_out: u64,
    /// Octets of these.
    pub octets_out: u64,
    /// Our requests that were answered, with whatever status.
    pub answered: u64,
    /// Our requests that were not answered in time.
    pub expired: u64,
    /// Our requests that were unanswered when the session ended.
    pub lost: u64,
    /// Responses nobody waited for.
    pub strays: u64,
    /// PDUs of the peer that were not permitted or not known.
    pub turned_away: u64,
    /// PDUs of the peer that did not decode.
    pub malformed: u64,
    /// Requests of the peer beyond what we are willing to owe.
    pub throttled: u64,
    /// PDUs of the peer with defects that were forgiven.
    pub repaired: u64,
    /// `generic_nack` sent.
    pub nacked: u64,
}

impl Counters {
    /// PDUs of the peer that meant nothing here and now.
    #[cfg(feature = "net")]
    pub(crate) fn nuisance(&self) -> u64 {
        self.strays + self.turned_away + self.malformed
    }

    pub(crate) fn read(&mut self, octets: u32) {
        self.pdus_in += 1;
        self.octets_in += u64::from(octets);
    }

    pub(crate) fn wrote(&mut self, octets: usize) {
        self.pdus_out += 1;
        self.octets_out += octets as u64;
    }
}

macro_rules! add_all {
    ($($field:ident)*) => {
        impl AddAssign for Counters {
            fn add_assign(&mut self, other: Counters) {
                // Without `..`: a count that is forgotten here does not compile.
                let Counters { $($field),* } = other;
                $(self.$field += $field;)*
            }
        }
    };
}

add_all! {
    pdus_in octets_in pdus_out octets_out answered expired lost strays turned_away malformed throttled repaired nacked
}
