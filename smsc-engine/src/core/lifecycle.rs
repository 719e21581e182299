//! The rules of a message's life, as pure functions of message, event and time.

use std::time::Duration;

use super::queue::{Change, End};
use super::receipt;
use crate::api::{Attempt, Refusal, Report};
use crate::model::{FinalState, Message, MessageId, Outcome, Timestamp};

/// The operator's choices about the life of messages.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// How long a message may take if its sender names no deadline.
    pub dead_letter: Duration,
    /// Attempts after which a message has failed; `None` leaves it to the deadline.
    pub max_attempts: Option<u32>,
    /// The delay after the n-th failed attempt is this times 2^n, at most a day.
    pub retry_base: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Policy { dead_letter: Duration::from_secs(24 * 3600), max_attempts: None, retry_base: Duration::from_secs(60) }
    }
}

/// Completes a message that comes in: times that were left open, no attempts yet.
///
/// # Errors
/// [`Refusal::Expired`] if its deadline is past or lies before its delivery time.
pub fn accept(message: &mut Message, now: Timestamp, policy: &Policy) -> Result<(), Refusal> {
    message.submitted = now;
    message.attempts = 0;
    message.deliver_after = message.deliver_after.max(now);
    if message.expires == Timestamp::MAX {
        message.expires = message.deliver_after.after(policy.dead_letter);
    }
    if message.expires <= message.deliver_after {
        return Err(Refusal::Expired);
    }
    Ok(())
}

/// What a report changes. `receipt_id` is called only if a receipt is owed.
pub fn after_report(report: Report, now: Timestamp, policy: &Policy, receipt_id: impl FnOnce() -> MessageId) -> Change {
    let Report { message, attempt } = report;
    let attempts = message.attempts.saturating_add(1);
    match attempt {
        Attempt::Delivered => settle(&message, (FinalState::Delivered, 0), now, receipt_id),
        Attempt::Failed(state, error) => settle(&message, (state, error), now, receipt_id),
        Attempt::TryAgain(error) if policy.max_attempts.is_some_and(|most| attempts >= most) => {
            settle(&message, (FinalState::Undeliverable, error), now, receipt_id)
        }
        Attempt::TryAgain(_) => {
            let deliver_after = now.after(retry_delay(attempts, policy));
            Change::Retry { id: message.id, attempts, deliver_after, lane: None }
        }
        // Not an attempt that failed: what happened is not known, so it does not count.
        Attempt::Unknown => {
            Change::Retry { id: message.id, attempts: message.attempts, deliver_after: now.after(AFTER_LOSS), lane: None }
        }
    }
}

/// Ends a message, with the receipt its sender asked for.
pub fn settle(
    message: &Message,
    (state, error): (FinalState, u32),
    now: Timestamp,
    receipt_id: impl FnOnce() -> MessageId,
) -> Change {
    let (outcome, receipt) = end(message, (state, error), now, receipt_id);
    Change::Settle(End { receipt, ..End::new(message.id, outcome) })
}

/// Ends a message at its sender's wish.
pub fn cancel(message: &Message, now: Timestamp, receipt_id: impl FnOnce() -> MessageId) -> Change {
    let (outcome, receipt) = end(message, (FinalState::Deleted, 0), now, receipt_id);
    Change::Cancel(End { receipt, ..End::new(message.id, outcome) })
}

fn end(
    message: &Message,
    (state, error): (FinalState, u32),
    now: Timestamp,
    receipt_id: impl FnOnce() -> MessageId,
) -> (Outcome, Option<Box<Message>>) {
    // Expired, deleted and rejected messages end without another attempt.
    let last = u32::from(matches!(state, FinalState::Delivered | FinalState::Undeliverable | FinalState::Unknown));
    let outcome = Outcome { state, error, attempts: message.attempts.saturating_add(last), done: now };
    let receipt = receipt::is_owed(message, state).then(|| Box::new(receipt::write(message, &outcome, receipt_id())));
    (outcome, receipt)
}

/// How long to wait after the n-th failed attempt: 2, 4, 8 … minutes with the usual base.
pub fn retry_delay(attempts: u32, policy: &Policy) -> Duration {
    let factor = 1_u32.checked_shl(attempts).unwrap_or(u32::MAX);
    policy.retry_base.saturating_mul(factor).min(LONGEST_DELAY)
}

const LONGEST_DELAY: Duration = Duration::from_secs(24 * 3600);
// The peer is probably reconnecting; asking it again at once would only meet the same closed door.
const AFTER_LOSS: Duration = Duration::from_secs(1);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Kind, Lane};

    const NOW: Timestamp = Timestamp(1_782_820_800_000);

    fn message() -> Message {
        let mut message = Message::new(MessageId(7), Account::from("shop"), Lane::from("sandbox"));
        accept(&mut message, NOW, &Policy::default()).unwrap();
        message
    }

    fn report(message: Message, attempt: Attempt, policy: &Policy) -> Change {
        after_report(Report { message, attempt }, NOW, policy, || MessageId(8))
    }

    #[test]
    fn a_message_without_deadline_gets_the_usual_one() {
        assert_eq!(message().expires, NOW.after(Duration::from_secs(86_400)));
        let mut scheduled = message();
        scheduled.expires = NOW.after(Duration::from_secs(5));
        scheduled.deliver_after = NOW.after(Duration::from_secs(5));
        assert_eq!(accept(&mut scheduled, NOW, &Policy::default()), Err(Refusal::Expired));
    }

    #[test]
    fn delays_double_from_two_minutes() {
        let minutes: Vec<_> = (1..=8).map(|n| retry_delay(n, &Policy::default()).as_secs() / 60).collect();
        assert_eq!(minutes, [2, 4, 8, 16, 32, 64, 128, 256]);
        assert_eq!(retry_delay(u32::MAX, &Policy::default()), LONGEST_DELAY);
    }

    #[test]
    fn a_failed_attempt_is_counted_and_repeated() {
        let change = report(message(), Attempt::TryAgain(120), &Policy::default());
        let deliver_after = NOW.after(Duration::from_secs(120));
        assert_eq!(change, Change::Retry { id: MessageId(7), attempts: 1, deliver_after, lane: None });
    }

    #[test]
    fn the_last_attempt_allowed_is_the_last() {
        let policy = Policy { max_attempts: Some(1), ..Policy::default() };
        let Change::Settle(End { outcome, .. }) = report(message(), Attempt::TryAgain(120), &policy) else { panic!() };
        assert_eq!((outcome.state, outcome.error, outcome.attempts), (FinalState::Undeliverable, 120, 1));
    }

    #[test]
    fn a_lost_connection_is_no_failed_attempt() {
        let Change::Retry { attempts, .. } = report(message(), Attempt::Unknown, &Policy::default()) else { panic!() };
        assert_eq!(attempts, 0);
    }

    #[test]
    fn a_receipt_is_written_only_if_it_was_asked_for() {
        for (wanted, attempt, owed) in [
            (0, Attempt::Delivered, false),
            (1, Attempt::Delivered, true),
            (1, Attempt::Failed(FinalState::Undeliverable, 50), true),
            (2, Attempt::Delivered, false),
            (2, Attempt::Failed(FinalState::Rejected, 54), true),
            (3, Attempt::Delivered, true),
            (3, Attempt::Failed(FinalState::Expired, 53), false),
        ] {
            let mut message = message();
            message.registered_delivery = wanted;
            let change = report(message.clone(), attempt, &Policy::default());
            assert_eq!(change.receipt().is_some(), owed, "{wanted} {attempt:?}");
            message.kind = Kind::Receipt;
            assert!(report(message, attempt, &Policy::default()).receipt().is_none(), "no receipt for a receipt");
        }
    }
}
