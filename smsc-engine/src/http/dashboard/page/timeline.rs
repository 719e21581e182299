//! The life of a message as one line: what its history says, how it ended, and what is still to come.

use super::meaning::explained;
use crate::core::queue::Record;
use crate::core::records::StoredRecord;
use crate::http::pages::show::{Moment, end, visible};
use crate::model::{Event, EventName, FinalState, Timestamp};

/// One point of the line.
#[derive(Debug)]
pub(super) struct Step {
    pub(super) time: Moment,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) source: String,
    pub(super) tone: &'static str,
}

/// Where the record of a message is, for the bill.
#[derive(Debug)]
pub(super) enum Kept {
    /// There will be none: it has not ended, is a receipt, or this centre keeps none.
    None,
    /// It is in the database.
    There(Box<StoredRecord>),
    /// It is not there, yet or any more.
    Missing,
    /// The database does not answer.
    Unknown,
}

/// Makes the line, earliest first; what is still to come stands last.
pub(super) fn timeline(record: &Record, kept: &Kept, events: &[Event], now: Timestamp) -> Vec<Step> {
    let mut steps = life(record, events, now);
    let last = record.outcome.and_then(|outcome| written(kept, (outcome.done, now)));
    steps.extend(last);
    steps
}

/// The last step of a message that has ended: its record.
fn written(kept: &Kept, (done, now): (Timestamp, Timestamp)) -> Option<Step> {
    let (title, text, tone) = match kept {
        Kept::None => return None,
        Kept::There(stored) => {
            let cdr = &stored.cdr;
            let parts = cdr.message_parts.map_or(String::new(), |parts| format!(", {parts} parts"));
            let text = format!("number {}: {}, {} attempts{parts}", stored.id, cdr.status.name(), cdr.delivery_attempts);
            ("Record written", text, "good")
        }
        Kept::Missing => ("No record", "it is not written yet, or was deleted since".to_owned(), "warn"),
        Kept::Unknown => ("Record", "the database of records does not answer".to_owned(), "warn"),
    };
    Some(Step { time: Moment::new(done, now), title: title.to_owned(), text, source: String::new(), tone })
}

fn life(record: &Record, events: &[Event], now: Timestamp) -> Vec<Step> {
    let message = &record.message;
    let mut steps: Vec<(Timestamp, Step)> = events.iter().map(|event| (event.time, step(event, now))).collect();
    let plain = |at: Timestamp, title: &str, text: String, tone| {
        let step = Step { time: Moment::new(at, now), title: title.to_owned(), text, source: String::new(), tone };
        (at, step)
    };
    if !events.iter().any(|event| event.name == EventName::MessageInserted) {
        steps.push(plain(message.submitted, "Accepted", String::new(), ""));
    }
    match record.outcome {
        Some(outcome) if !events.iter().any(|event| ends(&event.name)) => {
            let text = explained(format!("after {} attempts, error {}", outcome.attempts, outcome.error));
            let tone = if outcome.state == FinalState::Delivered { "good" } else { "bad" };
            steps.push(plain(outcome.done, &format!("Ended: {}", end(outcome.state)), text, tone));
        }
        Some(_) => {}
        None => {
            let text = format!("through {}", super::overview::lane_name(&message.lane));
            if message.deliver_after > now {
                let title = if message.attempts > 0 { format!("Attempt {}", message.attempts + 1) } else { "Due".to_owned() };
                steps.push(plain(message.deliver_after, &title, text, "later"));
            } else if record.leased.is_some_and(|until| until > now) {
                steps.push(plain(now, "In delivery", text, "busy"));
            } else {
                steps.push(plain(now, "Waits to be taken", text, "busy"));
            }
            if message.expires != Timestamp::MAX {
                steps.push(plain(message.expires, "Expires", String::new(), "later"));
            }
        }
    }
    steps.sort_by_key(|(at, _)| *at);
    steps.into_iter().map(|(_, step)| step).collect()
}

fn step(event: &Event, now: Timestamp) -> Step {
    Step {
        time: Moment::new(event.time, now),
        title: title(&event.name),
        text: explained(visible(&event.description)),
        source: visible(&event.source),
        tone: tone(&event.name),
    }
}

fn title(name: &EventName) -> String {
    match name {
        EventName::MessageInserted => "Accepted".into(),
        EventName::NumberTranslated => "Number translated".into(),
        EventName::MessageRouted => "Route chosen".into(),
        EventName::RoutingFailed => "No route".into(),
        EventName::MessageDropped => "Dropped by a route".into(),
        EventName::AutoReplySent => "Answered by a route".into(),
        EventName::ChargingAttempted => "Charging asked".into(),
        EventName::ChargingFailed => "Charging did not grant".into(),
        EventName::MessageDelivered => "Delivered".into(),
        EventName::MessageFailed => "Failed".into(),
        EventName::MessageDeadLetter => "Dead letter".into(),
        EventName::MessageUpdated => "Changed".into(),
        EventName::MessageDeleted => "Deleted".into(),
        EventName::DuplicateDetected => "Repeat detected".into(),
        EventName::DeliveryReport => "Report of the network".into(),
        EventName::DeliveryAttempt(number) => format!("Attempt {number} failed"),
        other => visible(&other.to_string()),
    }
}

const fn tone(name: &EventName) -> &'static str {
    match name {
        EventName::MessageDelivered => "good",
        EventName::MessageFailed | EventName::MessageDropped | EventName::MessageDeleted | EventName::MessageDeadLetter => "bad",
        EventName::RoutingFailed | EventName::ChargingFailed | EventName::DeliveryAttempt(_) | EventName::DuplicateDetected => {
            "warn"
        }
        EventName::MessageRouted | EventName::MessageInserted => "busy",
        _ => "",
    }
}

const fn ends(name: &EventName) -> bool {
    matches!(
        name,
        EventName::MessageDelivered | EventName::MessageFailed | EventName::MessageDeadLetter | EventName::MessageDropped
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Lane, Message, MessageId, Outcome};

    fn record() -> Record {
        let mut message = Message::new(MessageId(7), Account::from("shop"), Lane::from("uk"));
        (message.submitted, message.deliver_after, message.expires) = (Timestamp(1_000), Timestamp(9_000), Timestamp(90_000));
        message.attempts = 1;
        Record { message, outcome: None, leased: None, remote: None }
    }

    fn event(at: u64, name: EventName) -> Event {
        Event { message_id: MessageId(7), time: Timestamp(at), name, description: "why".into(), source: "node".into() }
    }

    fn titles(steps: &[Step]) -> Vec<(&str, &str)> {
        steps.iter().map(|step| (step.title.as_str(), step.tone)).collect()
    }

    #[test]
    fn past_and_future_are_one_line() {
        let events = [event(2_000, EventName::DeliveryAttempt(1)), event(1_000, EventName::MessageInserted)];
        let steps = timeline(&record(), &Kept::None, &events, Timestamp(5_000));
        let expected = [("Accepted", "busy"), ("Attempt 1 failed", "warn"), ("Attempt 2", "later"), ("Expires", "later")];
        assert_eq!(titles(&steps), expected);
    }

    #[test]
    fn without_a_history_beginning_and_end_are_there_all_the_same() {
        let outcome = Outcome { state: FinalState::Delivered, error: 0, attempts: 2, done: Timestamp(8_000) };
        let steps = timeline(&Record { outcome: Some(outcome), ..record() }, &Kept::None, &[], Timestamp(9_999));
        assert_eq!(titles(&steps), [("Accepted", ""), ("Ended: delivered", "good")]);
        let steps = timeline(&record(), &Kept::None, &[], Timestamp(9_999));
        assert_eq!(titles(&steps), [("Accepted", ""), ("Waits to be taken", "busy"), ("Expires", "later")]);
    }
    #[test]
    fn the_record_stands_last() {
        let outcome = Outcome { state: FinalState::Undeliverable, error: 22, attempts: 2, done: Timestamp(8_000) };
        let ended = Record { outcome: Some(outcome), ..record() };
        for (kept, title) in [(Kept::Missing, "No record"), (Kept::Unknown, "Record")] {
            let steps = timeline(&ended, &kept, &[], Timestamp(9_999));
            assert_eq!(steps.last().map(|step| (step.title.as_str(), step.tone)), Some((title, "warn")));
            assert!(steps[1].text.contains("memory capacity exceeded"), "{}", steps[1].text);
        }
        // Nothing is said of one that goes on.
        assert_eq!(timeline(&record(), &Kept::Missing, &[], Timestamp(9_999)).last().unwrap().title, "Expires");
    }
}
