//! Telling the core what became of messages, until it knows.

use std::collections::HashMap;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream;
use reqwest::Method;
use serde::Serialize;
use sms_codec::receipt::MessageState;

use super::{MOST_CALLS, Shared};
use crate::api::{Attempt, NetworkReport, Report};
use crate::model::{FinalState, Lane, MessageId, Timestamp, Word};
use crate::remote::client::Call;
use crate::remote::fault::CoreFault;

/// What a network says, as `delivery_status` takes it.
#[derive(Default, Serialize)]
struct StatusForm<'a> {
    status: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dest_smsc: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    smsc_message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error_code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    done_date: Option<Timestamp>,
}

/// Who delivered a message.
#[derive(Serialize)]
struct DeliveredForm<'a> {
    dest_smsc: &'a str,
}

/// What the core said to a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Taken,
    /// It does not want it, however often it is told: its status.
    Refused(u16),
}

impl Shared {
    pub(super) async fn report(&self, reports: Vec<Report>) {
        stream::iter(reports).for_each_concurrent(MOST_CALLS, |report| self.report_one(report)).await;
    }

    async fn report_one(&self, Report { message, attempt }: Report) {
        let (id, lane) = (message.id, &message.lane);
        match attempt {
            Attempt::Delivered => drop(self.insist(delivered(id, lane)).await),
            Attempt::Handed(remote) => self.report_handed(id, lane, remote).await,
            Attempt::Failed(state, error) => {
                let error_code = (error != 0).then_some(error);
                let form = StatusForm { status: end_word(state), error_code, dest_smsc: lane.as_str(), ..StatusForm::default() };
                self.insist(status(Some(id), &form)).await;
            }
            Attempt::TryAgain(_) | Attempt::Unknown => {
                self.insist(Call::new("retry", Method::PUT, format!("/api/messages/{}", id.0))).await;
            }
        }
        self.book.done(id);
    }

    /// A core of ours waits for the receipt; any other would hand the message out again, so there it is delivered when
    /// the network has taken it.
    async fn report_handed(&self, id: MessageId, lane: &Lane, remote: Word) {
        // The receipt may be faster than this report.
        self.named.insert(lane.clone(), remote.clone(), id);
        let smsc_message_id = Some(remote.text().into_owned());
        let form = StatusForm { status: "accepted", dest_smsc: lane.as_str(), smsc_message_id, ..StatusForm::default() };
        self.insist(status(Some(id), &form)).await;
        if !self.knows_smpp() {
            self.insist(delivered(id, lane)).await;
        }
    }

    /// What is said of one message is told in the order in which it was said: the core takes nothing after the end.
    pub(super) async fn hear(&self, reports: Vec<NetworkReport>) -> Vec<bool> {
        let mut known = vec![false; reports.len()];
        let mut told = stream::iter(by_message(reports)).map(|reports| self.hear_of_one(reports)).buffer_unordered(MOST_CALLS);
        while let Some(answers) = told.next().await {
            for (place, is_known) in answers {
                if let Some(known) = known.get_mut(place) {
                    *known = is_known;
                }
            }
        }
        drop(told);
        known
    }

    async fn hear_of_one(&self, reports: Vec<(usize, NetworkReport)>) -> Vec<(usize, bool)> {
        let mut answers = Vec::with_capacity(reports.len());
        for (place, report) in reports {
            answers.push((place, self.hear_one(report).await));
        }
        answers
    }

    async fn hear_one(&self, report: NetworkReport) -> bool {
        let NetworkReport { lane, remote, state, error, done } = report;
        let known = self.named.find(&lane, &remote);
        let form = StatusForm {
            status: state_word(state),
            dest_smsc: lane.as_str(),
            smsc_message_id: Some(remote.text().into_owned()),
            error_code: (error != 0).then_some(error),
            done_date: done,
        };
        let told = self.insist(status(known, &form)).await;
        if FinalState::from_message_state(state).is_some() {
            self.named.remove(&lane, &remote);
        }
        match told {
            Told::Taken => true,
            // It ended in another way before. A core that knows no such call says so, too.
            Told::Refused(422) => known.is_some() || self.knows_smpp(),
            Told::Refused(_) => false,
        }
    }

    /// Makes a call until the core has done it, or does not want to.
    async fn insist(&self, call: Call) -> Told {
        let mut pause = self.gate.pause();
        loop {
            if self.gate.enter() {
                let Ok(_permit) = self.calls.acquire().await else { return Told::Refused(0) };
                let answer = self.client.call(call.clone()).await;
                self.gate.note(answer.as_ref().is_err_and(CoreFault::is_away));
                match answer {
                    // Too long an answer is one.
                    Ok(_) | Err(CoreFault::Parse(_)) => return Told::Taken,
                    Err(CoreFault::Http(status, _)) if is_final(status) => return Told::Refused(status),
                    Err(_) => {}
                }
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE.max(self.gate.pause()));
        }
    }
}

/// The reports with their places, those that name the same message together.
fn by_message(reports: Vec<NetworkReport>) -> Vec<Vec<(usize, NetworkReport)>> {
    let mut groups: HashMap<(Lane, Word), Vec<(usize, NetworkReport)>> = HashMap::with_capacity(reports.len());
    for (place, report) in reports.into_iter().enumerate() {
        groups.entry((report.lane.clone(), report.remote.clone())).or_default().push((place, report));
    }
    groups.into_values().collect()
}

fn delivered(id: MessageId, lane: &Lane) -> Call {
    let form = DeliveredForm { dest_smsc: lane.as_str() };
    let call = Call::new("delivered", Method::POST, format!("/api/messages/{}/mark_delivered", id.0));
    call.json(serde_json::to_vec(&form).unwrap_or_default())
}

/// Says that a message has ended so, whoever had it.
pub(super) fn ended(operation: &'static str, id: MessageId, state: FinalState) -> Call {
    Call { operation, ..status(Some(id), &StatusForm { status: end_word(state), ..StatusForm::default() }) }
}

/// About this message, or the one that the network calls so.
fn status(id: Option<MessageId>, form: &StatusForm<'_>) -> Call {
    let path = match id {
        Some(id) => format!("/api/messages/{}/delivery_status", id.0),
        None => "/api/messages/delivery_status".to_owned(),
    };
    Call::new("delivery_status", Method::PUT, path).json(serde_json::to_vec(form).unwrap_or_default())
}

/// Whether the same call would be refused again: not for a key that is not known yet, nor for a limit.
const fn is_final(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 401 | 403 | 408 | 425 | 429)
}

/// The word that ends a message so.
const fn end_word(state: FinalState) -> &'static str {
    match state {
        FinalState::Delivered => "delivered",
        FinalState::Expired => "expired",
        FinalState::Deleted => "deleted",
        FinalState::Rejected => "rejected",
        // `unknown` would end nothing.
        FinalState::Undeliverable | FinalState::Unknown => "undeliverable",
    }
}

/// The word for a state that a network tells.
fn state_word(state: u8) -> &'static str {
    match (FinalState::from_message_state(state), MessageState::from_wire(state)) {
        (Some(FinalState::Unknown), _) => "unknown",
        (Some(end), _) => end_word(end),
        (None, Some(MessageState::Accepted)) => "accepted",
        (None, Some(MessageState::Enroute | MessageState::Scheduled)) => "enroute",
        _ => "unknown",
    }
}

const LONGEST_PAUSE: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_have_the_words_of_the_documents() {
        let words: Vec<_> = (0..=10).map(state_word).collect();
        let expected =
            ["enroute", "enroute", "delivered", "expired", "deleted", "undeliverable", "accepted", "unknown", "rejected"];
        assert_eq!(words[..9], expected);
        assert_eq!(words[9..], ["unknown", "unknown"], "they are no ends");
        for state in FinalState::ALL {
            assert_ne!(end_word(state), "unknown", "it ends the message");
        }
    }

    #[test]
    fn what_is_said_of_one_message_stays_in_its_order() {
        let report = |remote: &str, state| NetworkReport {
            lane: Lane::from("uk"),
            remote: Word::from(remote),
            state,
            error: 0,
            done: None,
        };
        let mut groups = by_message(vec![report("A1", 6), report("B2", 2), report("A1", 2), report("A1", 5)]);
        groups.sort_by_key(Vec::len);
        let told: Vec<Vec<_>> =
            groups.iter().map(|group| group.iter().map(|(place, one)| (*place, one.state)).collect()).collect();
        assert_eq!(told, [vec![(1, 2)], vec![(0, 6), (2, 2), (3, 5)]]);
    }

    #[test]
    fn only_what_would_be_refused_again_is_given_up() {
        for status in [400, 404, 405, 409, 422] {
            assert!(is_final(status), "{status}");
        }
        for status in [401, 403, 408, 429, 500, 503, 504] {
            assert!(!is_final(status), "{status}");
        }
    }
}
