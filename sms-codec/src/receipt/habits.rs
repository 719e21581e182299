//! What one peer does in its own way when it sends receipts.

use super::{Kind, MessageState, Report, Tlvs};

/// What one peer means by its receipts.
///
/// ```
/// use sms_codec::receipt::{Habits, MessageState, Tlvs};
///
/// let words = [("NOROUTES", MessageState::Undeliverable)];
/// let habits = Habits { words: &words, ..Habits::PROVIDER };
/// let report = habits.read(0x04, "id:7 stat:NOROUTES", Tlvs::default()).unwrap();
/// assert_eq!(report.state, Some(MessageState::Undeliverable));
/// assert!(habits.is_final(&report));
///
/// let report = habits.read(0x04, "id:7 stat:UNKNOWN", Tlvs::default()).unwrap();
/// assert!(!habits.is_final(&report) && Habits::STANDARD.is_final(&report));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Habits<'h> {
    /// Words for states, in any letter case; they come before the usual ones.
    pub words: &'h [(&'h str, MessageState)],
    /// Whether UNKNOWN ends a message. The standard says so, some providers mean "not yet".
    pub unknown_is_final: bool,
    /// Whether a `stat` that nobody recognises ends a message.
    pub unrecognised_is_final: bool,
    /// Whether what is not marked as a receipt is taken for one if it looks like one.
    pub by_content: bool,
}

impl Habits<'_> {
    /// Nothing special: UNKNOWN is final, what is unrecognised is not, receipts are marked.
    pub const STANDARD: Self = Self { words: &[], unknown_is_final: true, unrecognised_is_final: false, by_content: false };

    /// The wholesale provider: UNKNOWN is an intermediate state.
    pub const PROVIDER: Self = Self { unknown_is_final: false, ..Self::STANDARD };

    /// Takes a receipt, made readable by [`text`](super::text), with its TLVs; none if it reports
    /// nothing.
    pub fn read<'a>(&self, esm_class: u8, text: &'a str, tlvs: Tlvs<'a>) -> Option<Report<'a>> {
        let mut report =
            Report::read(esm_class, text, tlvs).filter(|report| self.by_content || report.kind != Kind::ByContent)?;
        if let (Some(state), false) = (report.receipt.stat.and_then(|stat| self.state(stat)), report.has_tlv_state()) {
            report.state = Some(state);
        }
        Some(report)
    }

    /// Whether no further receipt is to be expected.
    pub fn is_final(&self, report: &Report<'_>) -> bool {
        match report.state {
            Some(MessageState::Unknown) => self.unknown_is_final,
            Some(state) => state.is_final(),
            None => self.unrecognised_is_final && report.receipt.stat.is_some(),
        }
    }

    /// The state a word stands for with this peer alone.
    fn state(&self, word: &str) -> Option<MessageState> {
        self.words.iter().find(|(known, _)| known.eq_ignore_ascii_case(word)).map(|&(_, state)| state)
    }
}

impl Default for Habits<'_> {
    fn default() -> Self {
        Self::STANDARD
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(habits: &Habits<'_>, text: &'a str) -> Report<'a> {
        habits.read(0x04, text, Tlvs::default()).unwrap()
    }

    #[test]
    fn unknown_is_final_unless_the_peer_says_otherwise() {
        let report = read(&Habits::STANDARD, "id:1 stat:UNKNOWN");
        assert!(Habits::STANDARD.is_final(&report) && report.is_final());
        // R-PP-21.
        for word in ["ACCEPTD", "ENROUTE", "UNKNOWN"] {
            let text = alloc::format!("id:1 stat:{word}");
            assert!(!Habits::PROVIDER.is_final(&read(&Habits::PROVIDER, &text)), "{word}");
        }
        for word in ["DELIVRD", "EXPIRED", "UNDELIV", "REJECTD", "DELETED"] {
            let text = alloc::format!("id:1 stat:{word}");
            assert!(Habits::PROVIDER.is_final(&read(&Habits::PROVIDER, &text)), "{word}");
        }
    }

    #[test]
    fn an_unrecognised_word_is_final_only_if_the_peer_says_so() {
        let strict = Habits { unrecognised_is_final: true, ..Habits::STANDARD };
        let report = read(&strict, "id:1 stat:DNDREJ");
        assert_eq!(report.state, None);
        assert!(strict.is_final(&report) && !Habits::STANDARD.is_final(&report));
        // No word at all is nothing to go by.
        assert!(!strict.is_final(&read(&strict, "id:1")));
    }

    #[test]
    fn words_of_the_peer_override_the_usual_ones_but_not_the_tlv() {
        let words = [("acked", MessageState::Delivered)];
        let habits = Habits { words: &words, ..Habits::STANDARD };
        assert_eq!(read(&habits, "id:1 stat:ACKED").state, Some(MessageState::Delivered));
        let state = |message_state| {
            let tlvs = Tlvs { message_state: Some(message_state), ..Tlvs::default() };
            habits.read(0x04, "id:1 stat:ACKED", tlvs).and_then(|report| report.state)
        };
        assert_eq!(state(3), Some(MessageState::Expired));
        assert_eq!(state(77), Some(MessageState::Delivered));
    }

    #[test]
    fn unmarked_receipts_are_read_only_if_the_peer_sends_such() {
        let text = "id:1 stat:DELIVRD";
        assert_eq!(Habits::STANDARD.read(0x00, text, Tlvs::default()), None);
        let habits = Habits { by_content: true, ..Habits::STANDARD };
        assert_eq!(habits.read(0x00, text, Tlvs::default()).map(|report| report.kind), Some(Kind::ByContent));
    }
}
