//! What must be true of every message, known from the requests and the answers alone.

use std::collections::BTreeMap;

use serde_json::Value;
use smsc_engine::model::Timestamp;

use super::centre::{Answer, Centre};
use super::number_of;

/// All messages by the number in their text.
#[derive(Default)]
pub(super) struct Oracle {
    numbers: u64,
    messages: BTreeMap<u64, Fate>,
}

/// What is known of one message.
struct Fate {
    /// Its id, once it was told.
    id: Option<u64>,
    /// A route drops it.
    dropped: bool,
    /// Who has it, and until when.
    leased: Option<Timestamp>,
    /// Attempts that failed.
    attempts: u64,
    /// How it ended by a report.
    end: Option<&'static str>,
}

impl Oracle {
    pub(super) fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    pub(super) fn submitted(&mut self, number: u64, message: &Value, later: bool, answer: &Answer) {
        assert_eq!(answer.status, if later { 202 } else { 201 }, "{answer:?}");
        let id = answer.data()["id"].as_u64();
        assert_eq!(id.is_none(), later, "{answer:?}");
        let dropped = message["destination_msisdn"].as_str().unwrap().starts_with("+999");
        self.messages.insert(number, Fate { id, dropped, leased: None, attempts: 0, end: None });
    }

    /// A frontend got a message; gives its id.
    pub(super) fn taken(&mut self, message: &Value, by: &str, now: Timestamp) -> u64 {
        let (number, id) = (number_of(message), message["id"].as_u64().unwrap());
        let fate = self.messages.get_mut(&number).unwrap();
        assert_eq!(*fate.id.get_or_insert(id), id, "one message, one id");
        assert_eq!((fate.end, fate.dropped), (None, false), "{by} got {message}");
        assert!(fate.leased.is_none_or(|until| until <= now), "{by} got what another has: {message}");
        let time = |field: &str| serde_json::from_value::<Timestamp>(message[field].clone());
        assert!(time("expires").unwrap() > now, "{by} got it late: {message}");
        assert!(time("deliver_after").map_or(true, |due| due <= now), "{by} got it early: {message}");
        assert!(message["dest_smsc"] == by || message["dest_smsc"].is_null(), "{by} got {message}");
        assert_eq!(message["delivery_attempts"], fate.attempts, "{message}");
        fate.leased = Some(now.after(std::time::Duration::from_secs(60)));
        id
    }

    /// A frontend said that an attempt failed.
    pub(super) fn failed_once(&mut self, message: &Value, now: Timestamp, answer: &Answer) {
        let fate = self.messages.get_mut(&number_of(message)).unwrap();
        fate.attempts += 1;
        fate.leased = None;
        assert_eq!((answer.status, answer.data()["delivery_attempts"].as_u64()), (200, Some(fate.attempts)), "{answer:?}");
        let due: Timestamp = serde_json::from_value(answer.data()["deliver_after"].clone()).unwrap();
        let minutes = 1_u64.checked_shl(u32::try_from(fate.attempts).unwrap()).unwrap().min(24 * 60);
        assert_eq!(due, now.after(std::time::Duration::from_secs(60 * minutes)), "{answer:?}");
    }

    /// A frontend said how it ended.
    pub(super) fn ended(&mut self, message: &Value, end: &'static str, answer: &Answer) {
        let fate = self.messages.get_mut(&number_of(message)).unwrap();
        assert_eq!((answer.status, &answer.data()["status"]), (200, &Value::from(end)), "{answer:?}");
        (fate.end, fate.leased) = (Some(end), None);
    }

    /// Compares everything with what the centre says in the end.
    pub(super) async fn judge(&self, centre: &Centre) {
        let mut ends = BTreeMap::<String, u64>::new();
        for (number, fate) in &self.messages {
            // An asynchronous one that no frontend ever saw is found by its text.
            let Some(id) = fate.id else { continue };
            let message = centre.get(&format!("/api/messages/{id}"), &[]).await;
            let status = message.data()["status"].as_str().unwrap().to_owned();
            match (fate.end, fate.dropped) {
                (Some(end), _) => assert_eq!(status, end, "message {number}"),
                (None, true) => assert_eq!(status, "rejected", "message {number}"),
                (None, false) => assert_eq!((status.as_str(), &message.data()["deadletter"]), ("expired", &Value::Bool(true))),
            }
            self.judge_events(centre, id, &status, fate).await;
            *ends.entry(status).or_default() += 1;
        }
        let pending = centre.get("/api/messages?status=pending", &[]).await;
        assert_eq!(pending.messages(), &[] as &[Value]);
        // The day had some of everything.
        for status in ["delivered", "failed", "expired", "rejected"] {
            assert!(ends.get(status).is_some_and(|count| *count > 20), "{ends:?}");
        }
    }

    async fn judge_events(&self, centre: &Centre, id: u64, status: &str, fate: &Fate) {
        let events = centre.get(&format!("/api/events/{id}"), &[]).await;
        let events = events.messages();
        let epochs: Vec<_> = events.iter().map(|event| event["event_epoch"].as_u64().unwrap()).collect();
        assert!(epochs.is_sorted(), "{events:?}");
        let count = |name: &str| events.iter().filter(|event| event["name"] == name).count();
        let (last, others) = match status {
            "delivered" => ("message_delivered", ["message_failed", "message_dead_letter", "message_dropped"]),
            "failed" => ("message_failed", ["message_delivered", "message_dead_letter", "message_dropped"]),
            "expired" => ("message_dead_letter", ["message_delivered", "message_failed", "message_dropped"]),
            _ => ("message_dropped", ["message_delivered", "message_failed", "message_dead_letter"]),
        };
        assert_eq!((count(last), others.map(count)), (1, [0, 0, 0]), "{status}: {events:?}");
        for attempt in 1..=fate.attempts {
            assert_eq!(count(&format!("delivery_attempt_{attempt}")), 1, "{events:?}");
        }
    }
}
