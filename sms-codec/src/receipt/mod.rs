//! Delivery receipts: the de-facto text, its many variations, and the TLVs beside it.
//!
//! Reading takes three steps, each usable alone: [`text`] makes user data readable, [`Receipt`]
//! finds the fields, [`Report`] combines them with the TLVs. Nothing is ever an error: a field
//! that cannot be used is absent, and [`Oddities`] tell what was unusual. [`Habits`] hold what one
//! peer means in its own way. Ids are matched by [`match_id`], not here.
//!
//! Id and state are those of the TLVs, else those of the text; of the errors the TLV counts if its
//! network type is a known one; dates are only in the text.
//!
//! ```
//! use sms_codec::receipt::{MessageState, Report, Tlvs, text};
//!
//! let user_data = b"id:55 sub:001 dlvrd:001 submit date:2606301200 done date:2606301201 \
//!                   stat:DELIVRD err:000 text:Hi";
//! let text = text(0x04, 0, user_data);
//! let tlvs = Tlvs { receipted_message_id: Some(b"37\0"), ..Tlvs::default() };
//! let Some(report) = Report::read(0x04, &text, tlvs) else { unreachable!() };
//! assert_eq!((report.id, report.state), (Some("37"), Some(MessageState::Delivered)));
//! assert_eq!(report.receipt.id, Some("55"));
//! assert_eq!(report.receipt.done_date.map(|date| date.to_string()).as_deref(), Some("2026-06-30T12:01:00"));
//! assert_eq!(format!("{:?}", report.oddities()), "{IdsDiffer}");
//! ```
//!
//! Writing is [`Receipt::display`] with a [`Dialect`]; the TLVs say the same:
//!
//! ```
//! use sms_codec::receipt::{Dialect, MessageState, NetworkError, Receipt};
//! use sms_codec::time::ReceiptDate;
//!
//! let (id, state) = ("0000000055", MessageState::Undeliverable);
//! let receipt = Receipt {
//!     id: Some(id),
//!     submit_date: Some(ReceiptDate::from_unix_millis(1_782_820_800_000, 0)),
//!     done_date: Some(ReceiptDate::from_unix_millis(1_782_820_860_000, 0)),
//!     stat: Some(state.word()),
//!     err: Some("27"),
//!     text: Some("Hi"),
//!     ..Receipt::default()
//! };
//! assert_eq!(
//!     receipt.display(Dialect::STANDARD).to_string(),
//!     "id:0000000055 sub:001 dlvrd:000 submit date:2606301200 done date:2606301201 \
//!      stat:UNDELIV err:027 text:Hi",
//! );
//! let receipted_message_id = [id.as_bytes(), b"\0"].concat();
//! let message_state = state.to_wire();
//! let network_error_code = NetworkError { network_type: 3, code: 27 }.to_octets();
//! # assert_eq!((receipted_message_id.len(), message_state, network_error_code), (11, 5, [3, 0, 27]));
//! ```

mod format;
mod habits;
mod id;
mod oddity;
mod parse;
mod provider;
mod report;
mod state;

use core::fmt;

pub use format::{Dialect, States};
pub use habits::Habits;
pub use id::{IdMatch, IdNotation, decimal_to_hex, hex_to_decimal, match_id, plain_id};
pub use oddity::{Oddities, Oddity};
pub use provider::{ProviderResult, RESULT_CODES, ResultCode, ResultKind, Retry};
pub use report::{Cause, Kind, NetworkError, Report, Source, Tlvs, text};
pub use state::MessageState;

use crate::time::ReceiptDate;
use parse::{BLANKS, Field, Fields, Key, Known, Values};

/// The fields of a receipt's text.
///
/// ```
/// use sms_codec::receipt::{Dialect, MessageState, Receipt};
///
/// let receipt = Receipt::parse("ID:7 stat : deliverd,err:0x0B");
/// assert_eq!((receipt.id, receipt.stat, receipt.err), (Some("7"), Some("deliverd"), Some("0x0B")));
/// assert_eq!(receipt.state(), Some(MessageState::Delivered));
///
/// let receipt = Receipt { id: Some("7"), stat: Some("DELIVRD"), ..Receipt::default() };
/// assert_eq!(
///     receipt.display(Dialect::PROVIDER).to_string(),
///     "id:7 sub:001 dlvr:001 submit date:0000000000 done date:0000000000 stat:DELIVRD err:000",
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Receipt<'a> {
    /// The message id given by the MC at submission.
    pub id: Option<&'a str>,
    /// Number of messages submitted.
    pub sub: Option<u32>,
    /// Number of messages delivered.
    pub dlvrd: Option<u32>,
    /// When the message was submitted.
    pub submit_date: Option<ReceiptDate>,
    /// When the message reached its state.
    pub done_date: Option<ReceiptDate>,
    /// The word for the state, as sent.
    pub stat: Option<&'a str>,
    /// The error, as sent; not a `command_status`.
    pub err: Option<&'a str>,
    /// The beginning of the message; empty is not the same as absent.
    pub text: Option<&'a str>,
    /// Keys beyond the usual ones.
    pub extra: Extra<'a>,
}

impl<'a> Receipt<'a> {
    /// Reads a receipt's text; free text gives a receipt without fields.
    pub fn parse(text: &'a str) -> Self {
        Self::usual(text).unwrap_or_else(|| Self::tolerant(text))
    }

    /// Reads the usual text, to the blank; whatever else there is, is read the other way.
    fn usual(text: &'a str) -> Option<Self> {
        let mut values = Values(text.trim_end_matches('\0'));
        Some(Self {
            id: Some(values.take("id:")?),
            sub: number(values.take("sub:")?),
            dlvrd: number(values.take("dlvrd:")?),
            submit_date: ReceiptDate::parse(values.take("submit date:")?),
            done_date: ReceiptDate::parse(values.take("done date:")?),
            stat: Some(values.take("stat:")?),
            err: Some(values.take("err:")?),
            text: Some(values.0.strip_prefix("text:")?.trim_start_matches(BLANKS)),
            extra: Extra(text),
        })
    }

    /// Reads keys in any order and spelling.
    pub(crate) fn tolerant(text: &'a str) -> Self {
        let mut receipt = Self { extra: Extra(text), ..Self::default() };
        for Field { key, value, .. } in Fields::of(text).filter(|field| !field.repeated) {
            let Key::Known(key) = key else { continue };
            let word = (!value.is_empty()).then_some(value);
            match key {
                Known::Id => receipt.id = word,
                Known::Sub => receipt.sub = number(value),
                Known::Dlvrd => receipt.dlvrd = number(value),
                Known::SubmitDate => receipt.submit_date = ReceiptDate::parse(value),
                Known::DoneDate => receipt.done_date = ReceiptDate::parse(value),
                Known::Stat => receipt.stat = word,
                Known::Err => receipt.err = word,
                Known::Text => receipt.text = Some(value),
            }
        }
        receipt
    }

    /// The state that `stat` stands for; none if it is absent or unrecognised.
    pub fn state(&self) -> Option<MessageState> {
        self.stat.and_then(MessageState::from_word)
    }

    /// What is unusual about the text this was read from; reads it once more.
    pub fn oddities(&self) -> Oddities {
        Oddities::of(self.extra.0)
    }

    /// What `err` means in the table of the wholesale provider; none if it is absent or zero,
    /// which the provider sends for everything that is delivered or under way.
    pub fn provider_result(&self) -> Option<ProviderResult<'a>> {
        self.err.filter(|_| self.err_number() != Some(0)).map(ProviderResult::read)
    }

    /// `err` as a number, if it is decimal digits.
    pub fn err_number(&self) -> Option<u32> {
        self.err.and_then(number)
    }
}

/// Shows no message text, and of other values only what looks like one word.
impl fmt::Debug for Receipt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receipt")
            .field("id", &self.id.map(Word))
            .field("sub", &self.sub)
            .field("dlvrd", &self.dlvrd)
            .field("submit_date", &self.submit_date)
            .field("done_date", &self.done_date)
            .field("stat", &self.stat.map(Word))
            .field("err", &self.err.map(Word))
            .field("text", &self.text.map(|text| Hidden(text.len())))
            .finish_non_exhaustive()
    }
}

/// The keys of a receipt that have no field of their own.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct Extra<'a>(&'a str);

impl<'a> Extra<'a> {
    /// Keys, as sent, and values; a key that is repeated comes again.
    ///
    /// ```
    /// use sms_codec::receipt::Receipt;
    ///
    /// let receipt = Receipt::parse("id:7 stat:DELIVRD mcc:234 mnc:15");
    /// assert!(receipt.extra.iter().eq([("mcc", "234"), ("mnc", "15")]));
    /// ```
    pub fn iter(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        Fields::of(self.0).filter_map(|Field { key, value, .. }| match key {
            Key::Other(key) => Some((key, value)),
            Key::Known(_) => None,
        })
    }
}

impl fmt::Debug for Extra<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extra").finish_non_exhaustive()
    }
}

fn number(text: &str) -> Option<u32> {
    // `parse` alone would take a sign.
    let digits = text.bytes().all(|octet| octet.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

/// A value in `Debug`: shown only if it can be no piece of message text.
struct Word<'a>(&'a str);

impl fmt::Debug for Word<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_word = self.0.len() <= LONGEST_WORD && self.0.bytes().all(|octet| octet.is_ascii_graphic());
        if is_word { self.0.fmt(f) } else { Hidden(self.0.len()).fmt(f) }
    }
}

struct Hidden(usize);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} octets>", self.0)
    }
}

/// `message_id` has at most 64 characters.
const LONGEST_WORD: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    #[test]
    fn debug_hides_message_text() {
        let text = "id:7 stat:DELIVRD err:000 dear secret text:secret";
        let report = Report::read(0x04, text, Tlvs::default()).unwrap();
        let shown = format!("{report:?} {:?}", report.cause());
        assert!(shown.contains("DELIVRD") && !shown.contains("secret"), "{shown}");
        let free = format!("{:?}", Report::read(0x04, "id: our secret", Tlvs::default()));
        assert!(free.contains("<10 octets>") && !free.contains("secret"), "{free}");
    }

    #[test]
    fn text_that_comes_too_early_gives_way_to_missing_keys_only() {
        let receipt = Receipt::parse("id:12 text:id: none note: x, stat:DELIVRD mcc:1 text:again");
        assert_eq!(receipt.text, Some("id: none note: x"));
        assert_eq!((receipt.id, receipt.stat), (Some("12"), Some("DELIVRD")));
        assert!(receipt.extra.iter().eq([("mcc", "1")]));
    }

    #[test]
    fn the_first_occurrence_of_a_key_counts() {
        let receipt = Receipt::parse("id:1 stat:DELIVRD id:2 stat:EXPIRED err:1 err:2");
        assert_eq!((receipt.id, receipt.stat, receipt.err), (Some("1"), Some("DELIVRD"), Some("1")));
    }

    #[test]
    fn a_repeated_text_key_ends_the_fields() {
        let receipt = Receipt::parse("text:a id:1 stat:DELIVRD text:b err:9");
        assert_eq!((receipt.text, receipt.err), (Some("a"), None));
    }

    #[test]
    fn a_longer_word_than_date_is_another_key() {
        let receipt = Receipt::parse("id:1 done_datemcc:2 submit dates:3 date:4 done:5 date :6");
        assert_eq!((receipt.submit_date, receipt.done_date), (None, None));
        let extra = [("done_datemcc", "2 submit"), ("dates", "3"), ("date", "4"), ("done", "5"), ("date", "6")];
        assert!(receipt.extra.iter().eq(extra));
    }

    #[test]
    fn a_receipt_of_ours_has_nothing_odd() {
        let receipt = Receipt { id: Some("0123456789"), stat: Some("DELIVRD"), text: Some("x"), ..Receipt::default() };
        let text = alloc::string::ToString::to_string(&receipt.display(Dialect::STANDARD));
        assert!(Receipt::parse(&text).oddities().is_empty(), "{text}");
    }

    /// Every octet of the usual text replaced, left out and doubled: the quick look must see what it is not for.
    #[test]
    fn a_text_that_is_nearly_the_usual_one_reads_as_it_always_does() {
        let usual = "id:7a sub:001 dlvrd:000 submit date:2606301200 done date:260630120130 stat:EXPIRED err:00B text:Hi: x ";
        assert!(Receipt::usual(usual).is_some() && Receipt::usual("id:7 stat:DELIVRD").is_none());
        for at in 0..=usual.len() {
            for new in ["", " ", ":", "\t", ",", "|", "\n", "\0", "é", "0", "x", "id:", " err:", " date:"] {
                for skipped in 0..2 {
                    let Some(tail) = usual.get(at + skipped..) else { continue };
                    let text = [&usual[..at], new, tail].concat();
                    assert_eq!(Receipt::parse(&text), Receipt::tolerant(&text), "{text:?}");
                }
                let cut = [&usual[..at], new].concat();
                assert_eq!(Receipt::parse(&cut), Receipt::tolerant(&cut), "{cut:?}");
            }
        }
    }

    #[test]
    fn the_provider_spelling_of_dlvrd_is_read() {
        let receipt = Receipt::parse("id:1 sub:001 dlvr:001 stat:DELIVRD err:000");
        assert_eq!(receipt.dlvrd, Some(1));
    }

    #[test]
    fn pipes_and_hyphens_divide() {
        let receipt = Receipt::parse("id:1|Submit-Date:2606301200|stat:DELIVRD|");
        assert_eq!((receipt.stat, receipt.submit_date.is_some()), (Some("DELIVRD"), true));
    }

    #[test]
    fn numbers_too_large_or_signed_are_absent() {
        let receipt = Receipt::parse("id:1 sub:99999999999 dlvrd:+1 err:-1 stat:DELIVRD");
        assert_eq!((receipt.sub, receipt.dlvrd, receipt.err_number()), (None, None, None));
    }
}
