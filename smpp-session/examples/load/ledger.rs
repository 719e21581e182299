//! Which messages were accepted and which receipts came.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Mutex, MutexGuard, PoisonError};

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
    /// Other messages the MC delivered.
    others: u64,
}

enum State {
    /// Accepted, no receipt yet.
    Waiting,
    /// There was a receipt and no message is known.
    Early,
    Done,
}

/// How asked and got compare.
#[derive(Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Messages accepted with an id of their own.
    pub(crate) asked: u64,
    /// Receipts, repeated ones too.
    pub(crate) got: u64,
    /// Receipts read before the response with their id.
    pub(crate) early: u64,
    pub(crate) missing: u64,
    /// Receipts for a message that had one.
    pub(crate) duplicate: u64,
    /// Receipts for no message of ours.
    pub(crate) unknown: u64,
    /// Messages accepted with the id of another.
    pub(crate) same_id: u64,
}

impl Ledger {
    /// Messages were accepted with these ids.
    pub(crate) fn accepted(&self, ids: impl Iterator<Item = Box<str>>) {
        let mut entries = self.entries();
        let Entries { messages, tally, .. } = &mut *entries;
        for id in ids {
            tally.asked += 1;
            match messages.entry(id) {
                Entry::Vacant(new) => drop(new.insert(State::Waiting)),
                Entry::Occupied(mut known) if matches!(known.get(), State::Early) => {
                    tally.early += 1;
                    known.insert(State::Done);
                }
                Entry::Occupied(_) => {
                    tally.asked -= 1;
                    tally.same_id += 1;
                }
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
        let Some(id) = report.and_then(|report| report.id) else {
            self.entries().others += 1;
            return;
        };
        self.receipt(id);
    }

    fn receipt(&self, id: &str) {
        let mut entries = self.entries();
        entries.tally.got += 1;
        match entries.messages.get_mut(id) {
            None => drop(entries.messages.insert(id.into(), State::Early)),
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
            unknown: count(|state| matches!(state, State::Early)),
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
