//! Writing the text of a receipt, always in ASCII.

use core::fmt;

use super::{MessageState, Receipt};
use crate::time::ReceiptDate;

/// How a peer wants the text of receipts.
///
/// ```
/// use sms_codec::receipt::{Dialect, MessageState, Receipt};
///
/// let stat = MessageState::Delivered.word();
/// let receipt = Receipt { id: Some("4A"), stat: Some(stat), text: Some("Hi"), ..Receipt::default() };
/// let dialect = Dialect { seconds: true, text: Some("Text"), ..Dialect::STANDARD };
/// assert_eq!(
///     receipt.display(dialect).to_string(),
///     "id:4A sub:001 dlvrd:001 submit date:000000000000 done date:000000000000 stat:DELIVRD err:000 Text:Hi",
/// );
/// ```
///
/// The id is written as it is: it must be the one of `submit_sm_resp`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Dialect {
    /// The key of the delivered count.
    pub dlvrd: &'static str,
    /// Whether dates have seconds: `YYMMDDhhmmss`.
    pub seconds: bool,
    /// The key of `text`, which takes 20 characters; none leaves it out.
    pub text: Option<&'static str>,
    /// Which states the peer knows.
    pub states: States,
}

impl Dialect {
    /// The de-facto standard.
    pub const STANDARD: Self = Self { dlvrd: "dlvrd", seconds: false, text: Some("text"), states: States::All };

    /// The wholesale provider's: `dlvr`, no `text`, and only seven words for the state.
    pub const PROVIDER: Self = Self { dlvrd: "dlvr", seconds: false, text: None, states: States::Seven };
}

impl Default for Dialect {
    fn default() -> Self {
        Self::STANDARD
    }
}

/// Which states a peer knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum States {
    /// All of them; `stat`, `sub`, `dlvrd` and `err` are written as given.
    All,
    /// DELIVRD, EXPIRED, UNDELIV, ACCEPTD, UNKNOWN, ENROUTE and REJECTD.
    ///
    /// `sub`, `dlvrd` and the 000 of `err` follow from the state, whatever the fields say.
    Seven,
}

impl<'a> Receipt<'a> {
    /// Shows the receipt as it goes into `short_message`; writes absent values as zeros.
    pub fn display(self, dialect: Dialect) -> impl fmt::Display + 'a {
        Written { receipt: self.known_to(dialect.states), dialect }
    }

    /// The receipt in the states a peer knows.
    fn known_to(self, states: States) -> Self {
        if states == States::All {
            return self;
        }
        let state = seventh(self.state().unwrap_or(MessageState::Unknown));
        let failed = matches!(state, MessageState::Expired | MessageState::Undeliverable | MessageState::Rejected);
        let dlvrd = u32::from(state == MessageState::Delivered);
        Self { sub: Some(1), dlvrd: Some(dlvrd), stat: Some(state.word()), err: self.err.filter(|_| failed), ..self }
    }
}

/// The state that says most nearly the same: the seven lack DELETED, SCHEDLD and SKIPPED.
const fn seventh(state: MessageState) -> MessageState {
    match state {
        MessageState::Deleted | MessageState::Skipped => MessageState::Undeliverable,
        MessageState::Scheduled => MessageState::Accepted,
        state => state,
    }
}

struct Written<'a> {
    receipt: Receipt<'a>,
    dialect: Dialect,
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { receipt, dialect } = self;
        let delivered = u32::from(receipt.state() == Some(MessageState::Delivered));
        let (sub, dlvrd) = (receipt.sub.unwrap_or(1), receipt.dlvrd.unwrap_or(delivered));
        write!(f, "id:{} sub:{sub:03} {}:{dlvrd:03} submit date:", Ascii(receipt.id.unwrap_or("")), dialect.dlvrd)?;
        self.date(receipt.submit_date, f)?;
        f.write_str(" done date:")?;
        self.date(receipt.done_date, f)?;
        let (stat, err) = (receipt.stat.unwrap_or(MessageState::Unknown.word()), receipt.err.unwrap_or(""));
        let padding = "000".get(err.chars().count().min(3)..).unwrap_or_default();
        write!(f, " stat:{} err:{padding}{}", Ascii(stat), Ascii(err))?;
        match dialect.text {
            Some(key) => write!(f, " {key}:{}", Ascii(first_characters(receipt.text.unwrap_or("")))),
            None => Ok(()),
        }
    }
}

impl Written<'_> {
    fn date(&self, date: Option<ReceiptDate>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (date, self.dialect.seconds) {
            (Some(date), false) => write!(f, "{}", date.local.minutes()),
            (Some(date), true) => write!(f, "{}", date.local.seconds()),
            (None, false) => f.write_str("0000000000"),
            (None, true) => f.write_str("000000000000"),
        }
    }
}

fn first_characters(text: &str) -> &str {
    let end = text.char_indices().nth(MOST_TEXT).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or(text)
}

/// Text with everything but printable ASCII replaced, so that it reads the same in any alphabet.
struct Ascii<'a>(&'a str);

impl fmt::Display for Ascii<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |c: char| {
            if c == ' ' || c.is_ascii_graphic() { c } else { '?' }
        };
        self.0.chars().try_for_each(|c| fmt::Write::write_char(f, shown(c)))
    }
}

/// Characters of the message that a receipt repeats.
pub(super) const MOST_TEXT: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    fn receipt(state: MessageState) -> Receipt<'static> {
        Receipt {
            id: Some("0123456789"),
            submit_date: ReceiptDate::parse("2606301200"),
            done_date: ReceiptDate::parse("260630120130"),
            stat: Some(state.word()),
            err: Some("27"),
            ..Receipt::default()
        }
    }

    fn provider(state: MessageState) -> String {
        receipt(state).display(Dialect::PROVIDER).to_string()
    }

    #[test]
    fn the_standard_form_has_every_field() {
        let receipt = Receipt { text: Some("Grüße\nan alle, die dies lesen"), ..receipt(MessageState::Delivered) };
        assert_eq!(
            receipt.display(Dialect::STANDARD).to_string(),
            "id:0123456789 sub:001 dlvrd:001 submit date:2606301200 done date:2606301201 \
             stat:DELIVRD err:027 text:Gr??e?an alle, die d",
        );
    }

    #[test]
    fn absent_values_are_zeros() {
        assert_eq!(
            Receipt::default().display(Dialect::STANDARD).to_string(),
            "id: sub:001 dlvrd:000 submit date:0000000000 done date:0000000000 \
             stat:UNKNOWN err:000 text:",
        );
    }

    #[test]
    fn the_provider_form_is_exact() {
        assert_eq!(
            provider(MessageState::Undeliverable),
            "id:0123456789 sub:001 dlvr:000 submit date:2606301200 done date:2606301201 \
             stat:UNDELIV err:027",
        );
        assert_eq!(
            provider(MessageState::Delivered),
            "id:0123456789 sub:001 dlvr:001 submit date:2606301200 done date:2606301201 \
             stat:DELIVRD err:000",
        );
    }

    #[test]
    fn the_provider_reports_an_error_only_for_failures() {
        for (state, end) in [
            (MessageState::Enroute, "stat:ENROUTE err:000"),
            (MessageState::Accepted, "stat:ACCEPTD err:000"),
            (MessageState::Scheduled, "stat:ACCEPTD err:000"),
            (MessageState::Unknown, "stat:UNKNOWN err:000"),
            (MessageState::Expired, "stat:EXPIRED err:027"),
            (MessageState::Rejected, "stat:REJECTD err:027"),
            (MessageState::Deleted, "stat:UNDELIV err:027"),
        ] {
            assert!(provider(state).ends_with(end), "{state:?}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for value in 0..=9 {
            let written = receipt(MessageState::from_wire(value).unwrap());
            let text = written.display(Dialect::STANDARD).to_string();
            let read = Receipt::parse(&text);
            assert_eq!((read.id, read.state(), read.err), (written.id, written.state(), Some("027")));
            assert_eq!((read.submit_date, read.text), (written.submit_date, Some("")));
            assert_eq!((read.sub, read.dlvrd), (Some(1), Some(u32::from(value == 2))));
        }
    }
}
