//! What was unusual about a receipt: for whoever sets up a peer, and for statistics.
//!
//! Nothing here changes what is read. Usual is the text of dlr.md §2, to the blank.

use core::fmt;

use super::MessageState;
use super::format::MOST_TEXT;
use super::parse::{BLANKS, Field, Fields, Key, Known, Seen};
use crate::time::ReceiptDate;

macro_rules! oddities {
    ($($(#[$doc:meta])+ $name:ident = $label:literal;)+) => {
        /// One way in which a receipt differs from the usual text and TLVs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Oddity {
            $($(#[$doc])+ $name,)+
        }

        impl Oddity {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name),+];

            /// A name for logs and counters.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $label,)+
                }
            }
        }
    };
}

oddities! {
    /// Something stands before the first key.
    Prefix = "prefix";
    /// A key is written in another way: letter case, `submit_date`, `dlvr`.
    KeyName = "key_name";
    /// Fields are divided by something else than one blank, or a blank stands at a colon.
    Spacing = "spacing";
    /// The keys come in another order.
    Order = "order";
    /// A key comes again; the first one counts.
    Repeated = "repeated";
    /// A key before `text` is missing.
    Missing = "missing";
    /// There is no `text`.
    NoText = "no_text";
    /// There are other keys.
    Extra = "extra";
    /// A key other than `text` has no value.
    Empty = "empty";
    /// The id is no decimal number.
    IdForm = "id_form";
    /// `sub` or `dlvrd` does not have three digits.
    CountForm = "count_form";
    /// A date is written in another way than `YYMMDDhhmm`.
    DateForm = "date_form";
    /// A date cannot be read.
    BadDate = "bad_date";
    /// `stat` is spelled in another way.
    StatForm = "stat_form";
    /// `stat` is not recognised.
    BadStat = "bad_stat";
    /// `err` does not have three digits.
    ErrForm = "err_form";
    /// `text` has more than 20 characters.
    LongText = "long_text";
    /// `esm_class` does not say that this is a receipt.
    Unmarked = "unmarked";
    /// The id of the TLV is empty or no text.
    BadIdTlv = "bad_id_tlv";
    /// The state of the TLV is none.
    BadStateTlv = "bad_state_tlv";
    /// `network_error_code` has not three octets, or no network type.
    BadErrorTlv = "bad_error_tlv";
    /// The ids of TLV and text differ.
    IdsDiffer = "ids_differ";
    /// The states of TLV and text differ.
    StatesDiffer = "states_differ";
}

/// A set of oddities.
///
/// ```
/// use sms_codec::receipt::{Oddity, Receipt};
///
/// let odd = Receipt::parse("Id:7 stat:DELIVERED err:000 mcc:234 text:").oddities();
/// assert!(odd.contains(Oddity::KeyName) && odd.contains(Oddity::StatForm));
/// assert_eq!(format!("{odd:?}"), "{KeyName, Missing, Extra, StatForm}");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Oddities(u32);

impl Oddities {
    /// Whether nothing is odd.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether an oddity is in the set.
    pub const fn contains(self, oddity: Oddity) -> bool {
        self.0 & (1 << oddity as u32) != 0
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The oddities, in the order of [`Oddity::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Oddity> {
        Oddity::ALL.iter().copied().filter(move |&oddity| self.contains(oddity))
    }

    /// Adds an oddity if it is there.
    pub(super) const fn note(&mut self, oddity: Oddity, is_there: bool) {
        self.0 |= (is_there as u32) << oddity as u32;
    }

    /// Looks at a receipt's text.
    pub(super) fn of(text: &str) -> Self {
        let mut odd = Self::default();
        let mut seen = Seen::default();
        let mut fields = Fields::of(text).peekable();
        let start = text.trim_start_matches(BLANKS);
        odd.note(Oddity::Spacing, start.len() < text.len());
        odd.note(Oddity::Prefix, fields.peek().is_some_and(|first| !start.starts_with(first.name)));
        while let Some(field) = fields.next() {
            odd.spacing(field, fields.peek().is_none());
            let Key::Known(key) = field.key else {
                odd.note(Oddity::Extra, true);
                continue;
            };
            odd.note(Oddity::Repeated, field.repeated);
            odd.note(Oddity::KeyName, field.name.trim_end() != key.name());
            odd.note(Oddity::Order, seen.any_after(key));
            odd.note(Oddity::Empty, key != Known::Text && field.value.is_empty());
            if !field.repeated && !field.value.is_empty() {
                odd.value(key, field.value);
            }
            seen.insert(key);
        }
        odd.note(Oddity::NoText, !seen.has(Known::Text));
        odd.note(Oddity::Missing, !seen.all_before(Known::Text));
        odd
    }

    fn spacing(&mut self, field: Field<'_>, is_last: bool) {
        let gap = if is_last { "" } else { " " };
        let is_usual = field.raw.strip_prefix(field.value) == Some(gap);
        self.note(Oddity::Spacing, !is_usual || field.name.ends_with(BLANKS));
    }

    fn value(&mut self, key: Known, value: &str) {
        match key {
            Known::Id => self.note(Oddity::IdForm, !is_number(value)),
            Known::Sub | Known::Dlvrd => self.note(Oddity::CountForm, !is_three_digits(value)),
            Known::SubmitDate | Known::DoneDate => self.date(value),
            Known::Stat => match MessageState::from_word(value) {
                Some(state) => self.note(Oddity::StatForm, value != state.word()),
                None => self.note(Oddity::BadStat, true),
            },
            Known::Err => self.note(Oddity::ErrForm, !is_three_digits(value)),
            Known::Text => self.note(Oddity::LongText, value.chars().nth(MOST_TEXT).is_some()),
        }
    }

    fn date(&mut self, value: &str) {
        match ReceiptDate::parse(value) {
            Some(date) => self.note(Oddity::DateForm, value.len() != 10 || date.offset_minutes.is_some()),
            // Zeros say that there is none.
            None if value.bytes().all(|octet| octet == b'0') => self.note(Oddity::DateForm, value.len() != 10),
            None => self.note(Oddity::BadDate, true),
        }
    }
}

/// Shows the oddities by name.
impl fmt::Debug for Oddities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

fn is_number(value: &str) -> bool {
    value.bytes().all(|octet| octet.is_ascii_digit())
}

fn is_three_digits(value: &str) -> bool {
    value.len() == 3 && is_number(value)
}
