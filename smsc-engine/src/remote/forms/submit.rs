//! Handing messages in, one call for each.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use reqwest::Method;
use serde::Serialize;
use serde_json::Value;

use super::row::Row;
use super::{NoAnswer, Shared};
use crate::api::{Accepted, Answer, Mode, Refusal, Submission};
use crate::core::content;
use crate::json::coding::{CharacterSet, Coded, CodingGroup};
use crate::json::header::Header;
use crate::json::hex;
use crate::json::refusal::RefusalForm;
use crate::json::smpp::SmppForm;
use crate::model::{Message, MessageId, Timestamp};
use crate::remote::client::Call;
use crate::remote::desk::TestMessage;
use crate::remote::fault::CoreFault;

/// A message as `POST /api/messages` takes it.
#[derive(Serialize)]
struct NewMessage<'a> {
    source_msisdn: Cow<'a, str>,
    destination_msisdn: Cow<'a, str>,
    message_body: String,
    source_smsc: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    dest_smsc: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_after: Option<Timestamp>,
    priority: u8,
    #[serde(flatten)]
    coding: CodingFields,
    #[serde(skip_serializing_if = "Option::is_none")]
    smpp: Option<SmppForm>,
}

/// How the text is encoded.
#[derive(Serialize)]
struct CodingFields {
    tp_dcs_character_set: CharacterSet,
    #[serde(skip_serializing_if = "Option::is_none")]
    tp_dcs_coding_group: Option<CodingGroup>,
    tp_dcs_compressed: bool,
    tp_dcs_has_message_class: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    tp_dcs_message_class: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tp_user_data_header: Option<Header>,
    message_part_number: u8,
    message_parts: u8,
    raw_data_flag: bool,
}

impl Shared {
    /// Hands in all of them, many at once; one that replaces another waits for those before it.
    pub(super) async fn submit(self: &Arc<Self>, batch: Vec<Submission>) -> Vec<Answer> {
        let mut answers = Vec::with_capacity(batch.len());
        if batch.iter().any(|submission| submission.replace_if_present) {
            for submission in batch {
                answers.push(self.take(submission).await);
            }
            return answers;
        }
        join_all(batch.into_iter().map(|submission| self.take(submission))).await
    }

    async fn take(self: &Arc<Self>, submission: Submission) -> Answer {
        if submission.mode != Mode::Transaction {
            return Answer::Now(self.take_all(&submission).await);
        }
        let shared = Arc::clone(self);
        // It is answered when the message has ended; the others do not wait for that.
        Answer::Later(Box::pin(async move {
            let _permit = shared.transactions.try_acquire().map_err(|_| Refusal::Busy)?;
            shared.hand_in(&submission, &submission.message, Some(LONGEST_TRANSACTION)).await
        }))
    }

    /// The first that is accepted names all, so the others wait for it.
    async fn take_all(&self, submission: &Submission) -> Result<Accepted, Refusal> {
        let Ok(_permit) = self.calls.acquire().await else { return Err(Refusal::Broken) };
        if submission.more.is_empty() {
            return self.hand_in(submission, &submission.message, None).await;
        }
        let (mut named, mut refused) = (None, Vec::new());
        for (place, message) in std::iter::once(&submission.message).chain(&submission.more).enumerate() {
            let answer = match named {
                None => self.hand_in(submission, message, None).await,
                Some(id) => self.hand_in(submission, &Message { about: Some(id), ..message.clone() }, None).await,
            };
            match answer {
                Ok(accepted) => named = named.or(Some(accepted.id)),
                Err(refusal) => refused.push((place, refusal)),
            }
        }
        match (named, refused.first()) {
            (Some(id), _) => Ok(Accepted { id, duplicate: false, refused }),
            (None, Some((_, refusal))) => Err(*refusal),
            (None, None) => Err(Refusal::Broken),
        }
    }

    async fn hand_in(&self, submission: &Submission, message: &Message, timeout: Option<Duration>) -> Result<Accepted, Refusal> {
        let with_smpp = self.takes_smpp();
        let answer = self.post(new(submission, message, with_smpp), timeout).await;
        let answer = match answer {
            // Some cores refuse what they do not know.
            Err(NoAnswer::Fault(CoreFault::Http(400 | 422, text))) if with_smpp && text.contains("smpp") => {
                self.leave_out_smpp();
                self.post(new(submission, message, false), timeout).await
            }
            answer => answer,
        };
        accepted(&answer.map_err(refusal)?).map_err(|what| {
            self.client.unreadable("submit", what);
            Refusal::Broken
        })
    }

    async fn post(&self, body: Vec<u8>, timeout: Option<Duration>) -> Result<bytes::Bytes, NoAnswer> {
        let call = Call::new("submit", Method::POST, "/api/messages").json(body);
        self.ask(Call { timeout, ..call }).await
    }
}

/// Writes the message; nothing in it can fail to be JSON.
fn new(submission: &Submission, message: &Message, with_smpp: bool) -> Vec<u8> {
    let smpp = with_smpp.then(|| SmppForm {
        mode: Some(submission.mode.into()),
        replace_if_present: Some(submission.replace_if_present),
        ..SmppForm::of(message)
    });
    let is_raw = message.extra().raw_data;
    let body = if is_raw { hex::write(content::divided(message).1) } else { content::body(message) };
    let new = NewMessage {
        source_msisdn: message.source.number(),
        destination_msisdn: message.destination.number(),
        message_body: body,
        source_smsc: message.account.as_str(),
        dest_smsc: message.lane.is_public().then(|| message.lane.as_str()),
        expires: Some(message.expires).filter(|time| *time != Timestamp::MAX),
        deliver_after: Some(message.deliver_after).filter(|time| time.0 > 0),
        priority: message.priority,
        coding: CodingFields::of(message),
        smpp,
    };
    serde_json::to_vec(&new).unwrap_or_default()
}

/// Writes a message for trying out.
pub(in crate::remote) fn test(message: &TestMessage) -> Value {
    let TestMessage { source_smsc, dest_smsc, source, destination, body } = message;
    serde_json::json!({
        "source_msisdn": source, "destination_msisdn": destination, "message_body": body,
        "source_smsc": source_smsc, "dest_smsc": dest_smsc,
    })
}

impl CodingFields {
    fn of(message: &Message) -> CodingFields {
        let coded = Coded::read(message.data_coding);
        let (message_part_number, message_parts) = content::place(message);
        CodingFields {
            tp_dcs_character_set: coded.character_set,
            tp_dcs_coding_group: Some(coded.group).filter(|group| group.can_be_asked_for()),
            tp_dcs_compressed: coded.is_compressed,
            tp_dcs_has_message_class: coded.class.is_some(),
            tp_dcs_message_class: coded.class,
            tp_user_data_header: content::divided(message).0.map(Header::read),
            message_part_number,
            message_parts,
            raw_data_flag: message.extra().raw_data,
        }
    }
}

/// Reads what the core said. Some cores only say that all went well; then the message has no name.
pub(in crate::remote) fn accepted(octets: &[u8]) -> Result<Accepted, String> {
    let row = Row::one(octets)?;
    let id = row.id().unwrap_or(NAMELESS);
    Ok(Accepted { duplicate: row.is_duplicate(), ..Accepted::from(id) })
}

/// What the sender is told.
fn refusal(none: NoAnswer) -> Refusal {
    match none {
        NoAnswer::Away => Refusal::Away,
        NoAnswer::Fault(CoreFault::Http(status, text)) => told(&text).unwrap_or_else(|| guessed(status, &text)),
        NoAnswer::Fault(_) => Refusal::Broken,
    }
}

/// What a core says for programs.
fn told(text: &str) -> Option<Refusal> {
    let answer: Value = serde_json::from_str(text).ok()?;
    let form: RefusalForm = serde_json::from_value(answer.pointer("/errors/refusal")?.clone()).ok()?;
    form.refusal()
}

/// What a core says for people, in the words of the documents.
fn guessed(status: u16, text: &str) -> Refusal {
    let text = text.to_ascii_lowercase();
    match status {
        429 => Refusal::Busy,
        400..=499 if text.contains("no route") => Refusal::NoRoute,
        400..=499 if text.contains("too long") => Refusal::TooLarge,
        400..=499 if text.contains("phone number") || text.contains("destination_msisdn") => Refusal::Denied(INVALID_DESTINATION),
        400 | 422 => Refusal::Denied(SUBMIT_FAILED),
        _ => Refusal::Broken,
    }
}

/// Cores count from 1.
const NAMELESS: MessageId = MessageId(0);
// SMPP 3.4 §5.1.3: ESME_RINVDSTADR, ESME_RSUBMITFAIL.
const INVALID_DESTINATION: u32 = 0x0B;
const SUBMIT_FAILED: u32 = 0x45;
/// As long as servers wait, and longer than a transaction is tried.
const LONGEST_TRANSACTION: Duration = Duration::from_secs(35);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FinalState;

    #[test]
    fn refusals_are_read_from_words_for_programs_and_for_people() {
        let http = |status, text: &str| refusal(NoAnswer::Fault(CoreFault::Http(status, text.to_owned())));
        let program = r#"{"errors":{"detail":"x","refusal":{"reason":"undelivered","code":9,"message_state":8}}}"#;
        assert_eq!(http(422, program), Refusal::Undelivered(FinalState::Rejected, 9));
        for (status, detail, expected) in [
            (422, "no route found for the message", Refusal::NoRoute),
            (422, "message too long", Refusal::TooLarge),
            (422, "invalid phone number format", Refusal::Denied(0x0B)),
            (422, "frontend not registered", Refusal::Denied(0x45)),
            (400, "", Refusal::Denied(0x45)),
            (429, "rate limit exceeded", Refusal::Busy),
            (401, "authentication required", Refusal::Broken),
            (500, "no route", Refusal::Broken),
        ] {
            assert_eq!(http(status, &format!(r#"{{"errors":{{"detail":"{detail}"}}}}"#)), expected, "{status} {detail}");
        }
        assert_eq!(refusal(NoAnswer::Away), Refusal::Away);
    }

    #[test]
    fn an_answer_without_an_id_is_an_acceptance_all_the_same() {
        assert_eq!(accepted(br#"{"status":"success"}"#), Ok(Accepted::from(MessageId(0))));
        let again = Accepted { duplicate: true, ..Accepted::from(MessageId(7)) };
        assert_eq!(accepted(br#"{"status":"success","data":{"id":7,"duplicate":true}}"#), Ok(again));
        assert_eq!(accepted(br#"{"id":7}"#), Ok(Accepted::from(MessageId(7))));
        assert!(accepted(b"thank you").is_err());
    }
}
