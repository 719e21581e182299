//! What one call to the queue makes of messages, as far as the oracle can tell beforehand.

use std::time::Duration;

use bytes::Bytes;
use smsc_engine::core::Policy;
use smsc_engine::core::queue::Record;
use smsc_engine::model::{FinalState, Kind, Lane, Message, MessageId, Outcome, Timestamp, Word};

/// What becomes of a message that is there; `None` if it is deleted.
pub(super) type Wish = Box<dyn Fn(&Record) -> Option<Record>>;

/// One write to the queue: there as a whole or not at all.
#[derive(Default)]
pub(super) struct Call {
    pub(super) wishes: Vec<(MessageId, Wish)>,
    pub(super) births: Vec<Birth>,
    /// Messages of whose failed attempt their sender may hear.
    pub(super) notices: Vec<MessageId>,
}

/// A message that comes to be; its id is not known before.
#[derive(Clone, Debug)]
pub(super) struct Birth {
    pub(super) message: Message,
    /// How it ends as soon as it is accepted.
    pub(super) ends: Option<FinalState>,
    /// Its end may be missing: there was no room for it.
    pub(super) may_wait: bool,
    /// It bears the name of the first of its submission.
    pub(super) follows: Option<u64>,
}

/// Whether a call was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Done,
    Refused,
    /// Nobody said so; it is done unless something broke.
    Silent,
}

impl Call {
    pub(super) fn of(id: MessageId, wish: Wish) -> Call {
        Call { wishes: vec![(id, wish)], ..Call::default() }
    }

    pub(super) fn births(births: Vec<Birth>) -> Call {
        Call { births, ..Call::default() }
    }
}

/// A name for a message that its owner chose and that stays with it.
pub(super) fn tag(message: &Message) -> u64 {
    message.extra().source_imsi.text().parse().unwrap_or(0)
}

/// How a message ends; erases the text if it is delivered and privacy says so.
pub(super) fn end(state: FinalState, (error, attempts): (u32, u32), done: Timestamp, policy: &Policy) -> Wish {
    let last = matches!(state, FinalState::Delivered | FinalState::Undeliverable | FinalState::Unknown);
    let outcome = Outcome { state, error, attempts: attempts + u32::from(last), done };
    let erases = policy.delete_body_after_delivery && state == FinalState::Delivered;
    pending(move |record| {
        record.outcome = Some(outcome);
        if erases {
            record.message.user_data = Bytes::new();
        }
    })
}

/// A failed attempt is repeated later.
pub(super) fn retry(attempts: u32, deliver_after: Timestamp, lane: Option<Lane>) -> Wish {
    pending(move |record| {
        let lane = lane.clone().unwrap_or(record.message.lane.clone());
        record.message = Message { attempts, deliver_after, lane, ..record.message.clone() };
    })
}

pub(super) fn handed(remote: Word) -> Wish {
    pending(move |record| {
        record.message.deliver_after = Timestamp::MAX;
        record.remote = Some(remote.clone());
    })
}

pub(super) fn replaced(message: Message) -> Wish {
    pending(move |record| {
        record.message = message.clone();
        record.remote = None;
    })
}

pub(super) fn reopened(deliver_after: Timestamp, expires: Timestamp) -> Wish {
    Box::new(move |record| {
        let mut record = record.clone();
        if record.outcome.is_some_and(|outcome| outcome.state != FinalState::Delivered) {
            record.outcome = None;
            record.message = Message { attempts: 0, deliver_after, expires, ..record.message };
        }
        Some(record)
    })
}

pub(super) fn deleted() -> Wish {
    Box::new(|_| None)
}

/// The delay after so many failed attempts.
pub(super) fn delay(attempts: u32, policy: &Policy) -> Duration {
    let longest = Duration::from_secs(24 * 3600);
    policy.retry_base.checked_mul(1 << attempts.min(20)).unwrap_or(longest).min(longest)
}

/// What has ended stays as it is.
fn pending(change: impl Fn(&mut Record) + 'static) -> Wish {
    Box::new(move |record| {
        let mut record = record.clone();
        if record.outcome.is_none() {
            change(&mut record);
        }
        Some(record)
    })
}

/// Whether the sender wants to hear of an end.
pub(super) fn owes(record: &Record) -> bool {
    let Some(outcome) = record.outcome else { return false };
    let delivered = outcome.state == FinalState::Delivered;
    match (record.message.kind, record.message.registered_delivery & 3) {
        (Kind::Mt, 1) => true,
        (Kind::Mt, 2) => !delivered,
        (Kind::Mt, 3) => delivered,
        _ => false,
    }
}

/// Whether a receipt is the one for this end.
pub(super) fn answers(receipt: &Message, ended: &Record) -> bool {
    let Some(outcome) = ended.outcome else { return false };
    let word = match outcome.state {
        FinalState::Delivered => "DELIVRD",
        FinalState::Expired => "EXPIRED",
        FinalState::Deleted => "DELETED",
        FinalState::Undeliverable => "UNDELIV",
        FinalState::Rejected => "REJECTD",
        FinalState::Unknown => "UNKNOWN",
    };
    receipt.esm_class == 0x04 && receipt.submitted == outcome.done && tells(receipt, &ended.message, word)
}

/// Whether a notice tells of a failed attempt of this message.
pub(super) fn notifies(notice: &Message, message: &Message) -> bool {
    notice.esm_class == 0x20 && tells(notice, message, "ENROUTE")
}

fn tells(receipt: &Message, message: &Message, word: &str) -> bool {
    let named = message.about.unwrap_or(message.id);
    let text = String::from_utf8_lossy(&receipt.user_data);
    receipt.about == Some(named)
        && receipt.lane == Lane::esme(&message.account)
        && (&receipt.source, &receipt.destination) == (&message.destination, &message.source)
        && text.starts_with(&format!("id:{named} "))
        && text.contains(&format!(" stat:{word} "))
}
