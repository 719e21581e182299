//! What one peer is forgiven.
//!
//! Real peers deviate from the standard in a small number of well-known ways. A [`Profile`] says
//! which of them are forgiven when *reading* from one peer; writing is always strict. What was
//! forgiven is reported as [`Repairs`], so that an operator can see it and complain.

use core::fmt;
use core::ops::BitOr;

use crate::{IdForm, Version};

/// How to read one peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profile {
    /// The version spoken: the lower of both sides' after a bind.
    pub version: Version,
    /// Deviations forgiven in requests and one-way PDUs.
    pub forgive_in_requests: Repairs,
    /// Deviations forgiven in responses: what they answer has happened already, so much is forgiven.
    pub forgive_in_responses: Repairs,
    /// How this peer writes the message id in a response to a submission.
    pub response_id: IdForm,
    /// How this peer writes the message id in a delivery receipt.
    pub receipt_id: IdForm,
}

impl Profile {
    /// Forgives nothing.
    pub const STRICT: Profile = Profile {
        version: Version::V3_4,
        forgive_in_requests: Repairs::NONE,
        forgive_in_responses: Repairs::NONE,
        response_id: IdForm::AsIs,
        receipt_id: IdForm::AsIs,
    };

    /// Forgives what costs nothing: surplus where no TLV can be, and damaged responses.
    pub const DEFAULT: Profile = Profile {
        forgive_in_requests: Repairs::TRAILING,
        forgive_in_responses: Repairs(
            Repairs::TRAILING.0
                | Repairs::MISSING_NUL.0
                | Repairs::OVERLONG.0
                | Repairs::TIME_LENGTH.0
                | Repairs::TLV_TAIL.0
                | Repairs::TLV_LENGTH.0
                | Repairs::MISSING_BODY.0
                | Repairs::MISSING_COUNT.0,
        ),
        ..Profile::STRICT
    };

    /// Forgives everything that can be given a meaning.
    pub const LENIENT: Profile =
        Profile { forgive_in_requests: Repairs::ALL, forgive_in_responses: Repairs::ALL, ..Profile::STRICT };

    /// The same profile for another version.
    #[must_use]
    pub const fn with_version(self, version: Version) -> Profile {
        Profile { version, ..self }
    }
}

impl Default for Profile {
    fn default() -> Self {
        Profile::DEFAULT
    }
}

/// A set of deviations: those a profile forgives, or those a decode had to forgive.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct Repairs(u16);

macro_rules! repairs {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $text:literal;)*) => {
        impl Repairs {
            /// Nothing.
            pub const NONE: Repairs = Repairs(0);
            /// Everything.
            pub const ALL: Repairs = Repairs(0 $(| 1 << $bit)*);
            $($(#[$doc])* pub const $name: Repairs = Repairs(1 << $bit);)*

            /// The names of the deviations in this set, as written in configuration files.
            pub fn names(self) -> impl Iterator<Item = &'static str> {
                [$((Repairs::$name, $text)),*].into_iter().filter(move |(one, _)| self.contains(*one)).map(|(_, name)| name)
            }

            /// The deviation with this name.
            pub fn named(name: &str) -> Option<Repairs> {
                match name {
                    $($text => Some(Repairs::$name),)*
                    _ => None,
                }
            }
        }
    };
}

repairs! {
    /// A C-Octet String runs to the end of the PDU without its NUL.
    MISSING_NUL = 0, "missing_nul";
    /// A C-Octet String is longer than its field allows; it is kept whole.
    OVERLONG = 1, "overlong";
    /// A time field is neither empty nor 16 characters long; it is kept as it is.
    TIME_LENGTH = 2, "time_length";
    /// `sm_length` promises more than there is; the rest of the PDU is taken.
    SM_LENGTH = 3, "sm_length";
    /// The TLV area is damaged; the whole TLVs before the damage are kept.
    TLV_TAIL = 4, "tlv_tail";
    /// A known TLV has a wrong length; it is kept raw.
    TLV_LENGTH = 5, "tlv_length";
    /// Octets follow where nothing may follow (also: TLVs on an SMPP 3.3 session).
    TRAILING = 6, "trailing";
    /// A response without an error lacks its body; every field takes its default.
    MISSING_BODY = 7, "missing_body";
    /// The body ends early; the missing fields take their defaults.
    MISSING_FIELDS = 8, "missing_fields";
    /// A list ends where its count should be; it counts as empty.
    MISSING_COUNT = 9, "missing_count";
    /// The operation does not exist in the version spoken; it is read all the same.
    OTHER_VERSION = 10, "other_version";
}

impl Repairs {
    /// True if every deviation of `other` is in this set.
    #[inline(always)]
    pub const fn contains(self, other: Repairs) -> bool {
        self.0 & other.0 == other.0
    }

    /// True if nothing was forgiven.
    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Repairs {
    type Output = Repairs;

    #[inline(always)]
    fn bitor(self, other: Repairs) -> Repairs {
        Repairs(self.0 | other.0)
    }
}

impl fmt::Debug for Repairs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_leads_back_to_its_deviation() {
        assert_eq!(Repairs::ALL.names().count(), 11);
        for name in Repairs::ALL.names() {
            let one = Repairs::named(name).unwrap();
            assert!(one.names().eq([name]));
        }
        assert_eq!(Repairs::named("nonsense"), None);
    }
}
