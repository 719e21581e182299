//! Questions and orders of those who handed messages in.

use reqwest::Method;
use serde::Serialize;

use super::report::ended;
use super::row::Row;
use super::{NoAnswer, Shared};
use crate::api::{Cancel, Question, Refusal, Replacement, Standing};
use crate::core::content;
use crate::model::{Account, Address, FinalState, Kind, Lane, Message, MessageId, Timestamp, Word};
use crate::remote::client::Call;
use crate::remote::fault::CoreFault;

/// What `PATCH /api/messages/{id}` changes.
#[derive(Serialize)]
struct Changes {
    message_body: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deliver_after: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    /// Only a core of ours knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    smpp: Option<SmppChanges>,
}

#[derive(Serialize)]
struct SmppChanges {
    registered_delivery: u8,
}

/// A message of the asker's, and how it stands.
struct Own {
    message: Message,
    standing: Standing,
}

impl Shared {
    pub(super) async fn query(&self, question: &Question) -> Result<Standing, Refusal> {
        Ok(self.own(question).await?.standing)
    }

    pub(super) async fn cancel(&self, cancel: Cancel) -> Result<(), Refusal> {
        let Cancel { account, id, source, destination, service_type } = cancel;
        if let Some(id) = id {
            self.waiting(&Question { account, id, source }).await?;
            return self.delete(id).await;
        }
        let found = self.alike(&account, &source, &destination, &service_type).await?;
        let mut result = Err(Refusal::Unknown);
        for id in found {
            let cancelled = if self.book.is_out(id) { Err(Refusal::TooLate) } else { self.delete(id).await };
            // An error only if none could be.
            result = result.or(cancelled);
        }
        result
    }

    pub(super) async fn replace(&self, replacement: Replacement) -> Result<(), Refusal> {
        let Replacement { account, id, source, deliver_after, expires, registered_delivery, user_data, .. } = replacement;
        let mut message = self.waiting(&Question { account, id, source }).await?.message;
        message.user_data = user_data;
        let smpp = self.knows_smpp().then_some(SmppChanges { registered_delivery });
        let changes = Changes { message_body: content::body(&message), deliver_after, expires, smpp };
        let call = Call::new("replace", Method::PATCH, path(id)).json(serde_json::to_vec(&changes).unwrap_or_default());
        match self.ask(call).await {
            Ok(_) => Ok(()),
            Err(NoAnswer::Fault(CoreFault::Http(422, text))) if text.contains("expires") => Err(Refusal::Expired),
            Err(NoAnswer::Fault(CoreFault::Http(422, text))) if text.contains("too long") => Err(Refusal::TooLarge),
            Err(NoAnswer::Fault(CoreFault::Http(409 | 422, _))) => Err(Refusal::TooLate),
            Err(none) => Err(refusal(none)),
        }
    }

    /// A message of the asker's that nobody delivers.
    async fn waiting(&self, question: &Question) -> Result<Own, Refusal> {
        let own = self.own(question).await?;
        let has_ended = FinalState::from_message_state(own.standing.state).is_some();
        if has_ended || self.book.is_out(question.id) { Err(Refusal::TooLate) } else { Ok(own) }
    }

    async fn own(&self, question: &Question) -> Result<Own, Refusal> {
        let parameters: &[(&str, &str)] = if self.is_plain() { &[] } else { &[("smpp", "true")] };
        let call = Call::new("query", Method::GET, path(question.id)).query(parameters);
        let octets = self.ask(call).await.map_err(refusal)?;
        let row = Row::one(&octets).map_err(|what| self.unreadable(what))?;
        self.learn(&row);
        let message = row.message(&Lane::default()).map_err(|what| self.unreadable(what))?;
        let is_theirs =
            message.account == question.account && message.kind == Kind::Mt && is_from(&row, &message, &question.source);
        if is_theirs { Ok(Own { standing: standing(&row, &message), message }) } else { Err(Refusal::Unknown) }
    }

    /// Pending messages of this account between these two.
    async fn alike(
        &self,
        account: &Account,
        source: &Address,
        destination: &Address,
        service_type: &Word,
    ) -> Result<Vec<MessageId>, Refusal> {
        let number = destination.number();
        let limit = MOST_CANCELLED.to_string();
        let mut parameters = vec![("status", "pending"), ("source_smsc", account.as_str()), ("msisdn", &*number)];
        if !self.is_plain() {
            parameters.extend([("limit", limit.as_str()), ("smpp", "true")]);
        }
        let octets = self.ask(Call::new("list", Method::GET, "/api/messages").query(&parameters)).await.map_err(refusal)?;
        let rows = Row::list(&octets).map_err(|what| self.unreadable(what))?;
        rows.iter().for_each(|row| self.learn(row));
        // A core may not know how to look for all that.
        let found = rows.iter().filter(|row| row.is_pending()).filter_map(|row| {
            let message = row.message(&Lane::default()).ok()?;
            let is_like = message.account == *account
                && message.kind == Kind::Mt
                && is_from(row, &message, source)
                && message.destination.digits == destination.digits
                && (service_type.is_empty() || message.service_type == *service_type);
            is_like.then_some(message.id)
        });
        Ok(found.collect())
    }

    /// A core of ours ends it, and its sender hears so if it wants to. Any other is told to remove it, for its documents
    /// do not say that it would take the news of an end from whoever handed the message in.
    async fn delete(&self, id: MessageId) -> Result<(), Refusal> {
        let call = match self.knows_smpp() {
            true => ended("cancel", id, FinalState::Deleted),
            false => Call::new("cancel", Method::DELETE, path(id)),
        };
        match self.ask(call).await {
            Ok(_) => Ok(()),
            Err(NoAnswer::Fault(CoreFault::Http(409 | 422, _))) => Err(Refusal::TooLate),
            Err(none) => Err(refusal(none)),
        }
    }

    /// A message with the object `smpp` is one of a core of ours.
    fn learn(&self, row: &Row) {
        if row.smpp().is_some_and(|smpp| smpp.user_data.is_some()) {
            self.note_smpp(true);
        }
    }

    fn unreadable(&self, what: String) -> Refusal {
        self.client.unreadable("query", what);
        Refusal::Broken
    }
}

fn path(MessageId(id): MessageId) -> String {
    format!("/api/messages/{id}")
}

/// Whether it was submitted with this source; a core that knows no types of number knows the digits.
fn is_from(row: &Row, message: &Message, source: &Address) -> bool {
    let knows_types = row.smpp().is_some_and(|smpp| smpp.source_ton.is_some());
    if knows_types { message.source == *source } else { message.source.digits == source.digits }
}

fn standing(row: &Row, message: &Message) -> Standing {
    let smpp = row.smpp().unwrap_or_default();
    let end = match smpp.message_state {
        Some(state) => FinalState::from_message_state(state),
        None => row.end(),
    };
    match end {
        Some(end) => Standing { state: end.message_state(), done: row.done(), error: smpp.error_code.unwrap_or_default() },
        // Past its deadline it will never be handed out, whether the core has noticed or not.
        None if message.expires <= Timestamp::now() => {
            Standing { state: FinalState::Expired.message_state(), done: Some(message.expires), error: 0 }
        }
        None => Standing { state: ENROUTE, done: None, error: 0 },
    }
}

fn refusal(none: NoAnswer) -> Refusal {
    match none {
        NoAnswer::Away => Refusal::Away,
        NoAnswer::Fault(CoreFault::Http(404, _)) => Refusal::Unknown,
        NoAnswer::Fault(CoreFault::Http(429, _)) => Refusal::Busy,
        NoAnswer::Fault(_) => Refusal::Broken,
    }
}

// SMPP 3.4 §5.2.28, message_state.
const ENROUTE: u8 = 1;
/// One page of a core's list.
const MOST_CANCELLED: usize = 1000;
