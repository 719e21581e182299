//! Writing the text of a receipt, always in ASCII.

use core::fmt;

use super::{MessageState, Receipt};
use crate::time::ReceiptDate;

/// How a receipt's text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Form {
    /// The de-facto standard, with `dlvrd` and up to 20 characters of `text`.
    #[default]
    Standard,
    /// The wholesale provider's: `dlvr`, no `text`, and only seven words for the state.
    ///
    /// `sub`, `dlvr` and the 000 of `err` follow from the state, whatever the fields say.
    Provider,
}

impl<'a> Receipt<'a> {
    /// Shows the receipt as it goes into `short_message`; writes absent values as zeros.
    pub fn display(self, form: Form) -> impl fmt::Display + 'a {
        Written { receipt: self, form }
    }
}

struct Written<'a> {
    receipt: Receipt<'a>,
    form: Form,
}

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Form::Standard => standard(&self.receipt, f),
            Form::Provider => provider(&self.receipt, f),
        }
    }
}

fn standard(receipt: &Receipt<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let delivered = u32::from(receipt.state() == Some(MessageState::Delivered));
    let sub = receipt.sub.unwrap_or(1);
    let dlvrd = receipt.dlvrd.unwrap_or(delivered);
    write!(f, "id:{} sub:{sub:03} dlvrd:{dlvrd:03} ", Ascii(receipt.id.unwrap_or("")))?;
    let stat = receipt.stat.unwrap_or(MessageState::Unknown.word());
    end(receipt, f, stat, receipt.err)?;
    write!(f, " text:{}", Ascii(first_characters(receipt.text.unwrap_or(""))))
}

fn provider(receipt: &Receipt<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let state = receipt.state().unwrap_or(MessageState::Unknown);
    let dlvr = u8::from(state == MessageState::Delivered);
    write!(f, "id:{} sub:001 dlvr:{dlvr:03} ", Ascii(receipt.id.unwrap_or("")))?;
    let failed = !matches!(
        state,
        MessageState::Delivered
            | MessageState::Enroute
            | MessageState::Accepted
            | MessageState::Scheduled
            | MessageState::Unknown
    );
    end(receipt, f, provider_word(state), receipt.err.filter(|_| failed))
}

/// The dates, `stat` and `err`, which both forms share.
fn end(receipt: &Receipt<'_>, f: &mut fmt::Formatter<'_>, stat: &str, err: Option<&str>) -> fmt::Result {
    f.write_str("submit date:")?;
    date(receipt.submit_date, f)?;
    f.write_str(" done date:")?;
    date(receipt.done_date, f)?;
    let err = err.unwrap_or("");
    let padding = "000".get(err.chars().count().min(3)..).unwrap_or_default();
    write!(f, " stat:{} err:{padding}{}", Ascii(stat), Ascii(err))
}

fn date(date: Option<ReceiptDate>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match date {
        Some(date) => write!(f, "{}", date.local.minutes()),
        None => f.write_str("0000000000"),
    }
}

/// The provider's list has no DELETED, SCHEDLD and SKIPPED.
const fn provider_word(state: MessageState) -> &'static str {
    match state {
        MessageState::Deleted | MessageState::Skipped => MessageState::Undeliverable.word(),
        MessageState::Scheduled => MessageState::Accepted.word(),
        state => state.word(),
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
const MOST_TEXT: usize = 20;

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
        receipt(state).display(Form::Provider).to_string()
    }

    #[test]
    fn the_standard_form_has_every_field() {
        let receipt = Receipt { text: Some("Grüße\nan alle, die dies lesen"), ..receipt(MessageState::Delivered) };
        assert_eq!(
            receipt.display(Form::Standard).to_string(),
            "id:0123456789 sub:001 dlvrd:001 submit date:2606301200 done date:2606301201 \
             stat:DELIVRD err:027 text:Gr??e?an alle, die d",
        );
    }

    #[test]
    fn absent_values_are_zeros() {
        assert_eq!(
            Receipt::default().display(Form::Standard).to_string(),
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
            let text = written.display(Form::Standard).to_string();
            let read = Receipt::parse(&text);
            assert_eq!((read.id, read.state(), read.err), (written.id, written.state(), Some("027")));
            assert_eq!((read.submit_date, read.text), (written.submit_date, Some("")));
            assert_eq!((read.sub, read.dlvrd), (Some(1), Some(u32::from(value == 2))));
        }
    }
}
