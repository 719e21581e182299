//! Which messages were accepted and which receipts came.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use smpp_pdu::tlv::{MessagePayload, MessageState, ReceiptedMessageId, TlvType};
use smpp_pdu::{DataCoding, EsmClass, Tlvs};
use sms_codec::receipt::{self, Report};

/// One entry per message id.
#[derive(Default)]
pub(crate) struct Ledger(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    messages: HashMap<Box<str>, State>,
    tally: Tally,
}

enum State {
    /// Accepted, no receipt yet.
    Waiting,
    /// A receipt was read then, and no message is known: it is early, or we have not looked yet.
    Unknown(Instant),
    Done,
}

/// How asked and got compare.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Messages accepted.
    pub(crate) asked: u64,
    /// Receipts, repeated ones too.
    pub(crate) got: u64,
    /// Receipts that were read before the response with their id was.
    pub(crate) early: u64,
    pub(crate) missing: u64,
    /// Receipts for a message that had one.
    pub(crate) duplicate: u64,
    /// Receipts for no message of ours.
    pub(crate) unknown: u64,
    /// Messages accepted with the id of another; only one receipt can be told for both.
    pub(crate) same_id: u64,
}

impl Ledger {
    /// Messages were accepted with these ids; each response was read then, or a little later.
    pub(crate) fn accepted(&self, responses: impl Iterator<Item = (Box<str>, Instant)>) {
        let mut entries = self.entries();
        let Entries { messages, tally, .. } = &mut *entries;
        for (id, read) in responses {
            tally.asked += 1;
            match messages.entry(id) {
                Entry::Vacant(new) => drop(new.insert(State::Waiting)),
                Entry::Occupied(mut known) => match *known.get() {
                    State::Unknown(receipt) => {
                        tally.early += u64::from(receipt < read);
                        known.insert(State::Done);
                    }
                    State::Waiting | State::Done => tally.same_id += 1,
                },
            }
        }
    }

    /// The MC delivered something; only final receipts count.
    pub(crate) fn deliver(&self, esm_class: EsmClass, (coding, short_message): (DataCoding, &[u8]), tlvs: Tlvs<'_>) {
        let user_data = tlvs.raw(MessagePayload::TAG).unwrap_or(short_message);
        let text = receipt::text(esm_class.0, coding.0, user_data);
        let facts = receipt::Tlvs {
            receipted_message_id: tlvs.raw(ReceiptedMessageId::TAG),
            message_state: tlvs.raw(MessageState::TAG).and_then(|value| value.first().copied()),
            network_error_code: None,
        };
        let report = Report::read(esm_class.0, &text, facts).filter(Report::is_final);
        if let Some(id) = report.and_then(|report| report.id) {
            self.receipt(id);
        }
    }

    fn receipt(&self, id: &str) {
        let mut entries = self.entries();
        entries.tally.got += 1;
        match entries.messages.get_mut(id) {
            None => drop(entries.messages.insert(id.into(), State::Unknown(Instant::now()))),
            Some(state @ State::Waiting) => *state = State::Done,
            Some(_) => entries.tally.duplicate += 1,
        }
    }

    /// Receipts so far.
    pub(crate) fn receipts(&self) -> u64 {
        self.entries().tally.got
    }

    /// True if at least as many receipts came as are wanted.
    pub(crate) fn is_complete(&self) -> bool {
        let tally = self.entries().tally;
        tally.got >= tally.asked
    }

    /// How it ended.
    pub(crate) fn tally(&self) -> Tally {
        let entries = self.entries();
        let count = |wanted: fn(&State) -> bool| entries.messages.values().filter(|state| wanted(state)).count() as u64;
        Tally {
            missing: count(|state| matches!(state, State::Waiting)),
            unknown: count(|state| matches!(state, State::Unknown(_))),
            ..entries.tally
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    /// One receipt for each message, and no other.
    pub(crate) const fn is_good(&self) -> bool {
        self.missing + self.duplicate + self.unknown + self.same_id == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use smpp_pdu::tlv::Tlv;
    use std::time::Duration;

    fn accept(ledger: &Ledger, ids: &[&str], read: Instant) {
        ledger.accepted(ids.iter().map(|id| ((*id).into(), read)));
    }

    #[test]
    fn every_receipt_finds_its_message_or_is_told_apart() {
        let ledger = Ledger::default();
        let before = Instant::now();
        accept(&ledger, &["a", "b", "c", "a"], before);
        ["a", "b", "b", "x", "late", "early"].iter().for_each(|id| ledger.receipt(id));
        // Both were looked at after their receipts; one was read before.
        accept(&ledger, &["late"], before);
        accept(&ledger, &["early"], Instant::now() + Duration::from_secs(1));
        let Tally { asked, got, early, missing, duplicate, unknown, same_id } = ledger.tally();
        assert_eq!((asked, got, early, missing, duplicate, unknown, same_id), (6, 6, 1, 1, 1, 1, 1));
        assert!(!ledger.tally().is_good() && ledger.is_complete());
    }

    #[test]
    fn receipts_are_known_by_tlv_or_by_text_and_other_messages_are_not() {
        let ledger = Ledger::default();
        accept(&ledger, &["7", "8"], Instant::now());
        let plain = DataCoding(0);
        let text = b"id:7 sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:";
        ledger.deliver(EsmClass(4), (plain, text), Tlvs::EMPTY);
        ledger.deliver(EsmClass(4), (plain, b"id:8 stat:ENROUTE"), Tlvs::EMPTY);
        let tlvs = [Tlv::octets(ReceiptedMessageId::TAG, b"8\0"), MessageState(smpp_pdu::MessageState::DELIVERED).tlv()];
        ledger.deliver(EsmClass(4), (plain, b""), Tlvs::list(&tlvs));
        ledger.deliver(EsmClass(0), (plain, b"id:7 is what I said"), Tlvs::EMPTY);
        assert_eq!(ledger.receipts(), 2);
        assert!(ledger.tally().is_good());
    }
}
