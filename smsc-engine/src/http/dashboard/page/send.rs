//! Sending a message by hand, and seeing before what will become of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};
use sms_codec::charset::{Charset, Coding};
use sms_codec::dcs::Indication;

use super::super::curl;
use super::super::desk::Desk;
use super::preview::{Preview, preview as look};
use crate::api::Submission;
use crate::audit::Role;
use crate::calendar;
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::problem::Problem;
use crate::http::pages::visit::{Order, Visit};
use crate::model::{Account, Address, Lane, Message, Timestamp};

#[derive(Template)]
#[template(path = "send.html")]
struct Send {
    layout: Layout,
    form: Form,
    look: Option<Preview>,
}

#[derive(Template)]
#[template(path = "part/preview.html")]
struct Fragment {
    look: Preview,
}

/// A message as it was filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) from: String,
    pub(super) to: String,
    pub(super) text: String,
    pub(super) source_smsc: String,
    pub(super) dest_smsc: Option<String>,
    pub(super) ucs2: bool,
    pub(super) priority: Option<u8>,
    pub(super) deliver_after: Option<Timestamp>,
}

impl Draft {
    pub(super) fn read(fields: &Fields, faults: &mut Faults) -> Draft {
        let draft = Draft {
            from: fields.word("from").unwrap_or_default(),
            to: fields.word("to").unwrap_or_default(),
            text: fields.text("text").to_owned(),
            source_smsc: fields.word("source_smsc").unwrap_or_else(|| SOURCE.to_owned()),
            dest_smsc: fields.word("dest_smsc"),
            ucs2: fields.text("alphabet") == "ucs2",
            priority: faults.number(fields, "priority", 0..=9),
            deliver_after: faults.moment(fields, "deliver_after"),
        };
        let digits = draft.to.strip_prefix('+').unwrap_or(&draft.to);
        if !(3..=20).contains(&digits.len()) || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
            faults.add("to", "a number of 3 to 20 digits, such as +447700900123");
        }
        let sender = Address::from_number(&draft.from);
        let most = if sender.ton == ALPHANUMERIC { 11 } else { 20 };
        if draft.from.is_empty() || sender.digits.octets().len() > most {
            faults.add("from", "a number of at most 20 digits, or a name of at most 11 letters");
        }
        if draft.text.is_empty() {
            faults.add("text", "what shall it say?");
        }
        if sms_codec::plan::Policy::default().plan(&draft.text).is_err() {
            faults.add("text", "it would take more than 255 parts");
        }
        if draft.source_smsc.len() > MOST_NAME {
            faults.add("source_smsc", "a name of at most 255 letters");
        }
        if draft.dest_smsc.as_ref().is_some_and(|name| !Lane::from(name.as_str()).is_public()) {
            faults.add("dest_smsc", "a name does not begin with '!'");
        }
        draft
    }

    fn message(&self, desk: &Desk) -> Message {
        let now = desk.now();
        let lane = self.dest_smsc.as_deref().map(Lane::from).unwrap_or_default();
        let mut message = Message::new(desk.handle().queue().next_id(), Account::from(self.source_smsc.as_str()), lane);
        message.source = Address::from_number(&self.from);
        message.destination = Address::from_number(&self.to);
        let (data_coding, octets) = match self.ucs2 {
            true => Coding::DEFAULT.encode_as(Charset::Ucs2, Indication::None, &self.text),
            false => Ok(Coding::DEFAULT.encode(&self.text)),
        }
        .unwrap_or_else(|_| Coding::DEFAULT.encode(&self.text));
        message.data_coding = data_coding;
        message.user_data = octets.into();
        message.priority = self.priority.unwrap_or_default();
        message.submitted = now;
        message.deliver_after = self.deliver_after.unwrap_or(now).max(now);
        message.expires = message.deliver_after.after(desk.handle().policy().dead_letter);
        message
    }

    fn form(&self, fields: &Fields, desk: &Desk, faults: &Faults) -> Form {
        let alphabets = [("", "GSM 7-bit, or UCS-2 where needed"), ("ucs2", "UCS-2")];
        Form::new("/send", "Send", "")
            .ask(Field::text("from", "From", &self.from).help("A number, or a name of at most 11 letters."))
            .ask(Field::text("to", "To", &self.to))
            .ask(Field::area("text", "Text", &self.text))
            .ask(Field::text("source_smsc", "Submitted by", &self.source_smsc).help("Routes may look at it."))
            .ask(
                Field::text("dest_smsc", "Through", self.dest_smsc.clone().unwrap_or_default())
                    .help("Empty: as the routes say.")
                    .suggest(desk.frontends()),
            )
            .ask(Field::choice("alphabet", "Alphabet", fields.text("alphabet"), &alphabets))
            .ask(Field::number("priority", "Priority", fields.text("priority")).help("0 to 9, higher goes first."))
            .ask(
                Field::text("deliver_after", "Not before (UTC)", fields.text("deliver_after"))
                    .help("Such as 2026-11-28 14:30; empty for now."),
            )
            .with(faults)
            .curl(self.curl(desk))
    }

    /// The REST call that sends the same.
    pub(super) fn curl(&self, desk: &Desk) -> String {
        let mut body = Map::new();
        let mut put = |name: &str, value: Value| drop(body.insert(name.to_owned(), value));
        put("source_msisdn", json!(self.from));
        put("destination_msisdn", json!(self.to));
        put("message_body", json!(self.text));
        put("source_smsc", json!(self.source_smsc));
        if let Some(name) = &self.dest_smsc {
            put("dest_smsc", json!(name));
        }
        if self.ucs2 {
            put("tp_dcs_character_set", json!("ucs2"));
        }
        if let Some(priority) = self.priority {
            put("priority", json!(priority));
        }
        if let Some(at) = self.deliver_after {
            put("deliver_after", json!(calendar::text(at).replace(' ', "T") + "Z"));
        }
        curl::call(&desk.options.api, ("POST", "/api/messages"), Some(&Value::Object(body)))
    }
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    visit.need(Role::Operator)?;
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let draft = Draft::read(&fields, &mut Faults::default());
    let layout = desk.layout(&visit, ("/send", "Send a message"));
    let form = draft.form(&fields, &desk, &Faults::default());
    Ok(page(&Send { layout, form, look: Some(look(&desk, &draft).await) }))
}

pub(in super::super) async fn preview(State(desk): State<Arc<Desk>>, order: Order) -> Response {
    let draft = Draft::read(&order.fields, &mut Faults::default());
    page(&Fragment { look: look(&desk, &draft).await })
}

pub(in super::super) async fn send(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let draft = Draft::read(&order.fields, &mut faults);
    let shown = order.fields.ticked("preview");
    if faults.is_empty() && !shown {
        match desk.handle().submit(Submission::new(draft.message(&desk))).await {
            Ok(accepted) => {
                let (id, more) = (accepted.id, if accepted.duplicate { " It repeats one sent before." } else { "" });
                let page = format!("/message/{}", id.0);
                return Ok(order.done(("send", &format!("message {id}")), &page, &format!("Message {id} is accepted.{more}")));
            }
            Err(refusal) => faults.add("to", format!("refused: {refusal}")),
        }
    }
    let layout = desk.layout(&order.visit, ("/send", "Send a message"));
    let form = draft.form(&order.fields, &desk, &faults);
    let view = Send { layout, form, look: Some(look(&desk, &draft).await) };
    Ok(if faults.is_empty() { page(&view).into_response() } else { refused(&view) })
}

const SOURCE: &str = "dashboard";
const MOST_NAME: usize = 255;
// SMPP 3.4 §5.2.5
const ALPHANUMERIC: u8 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_says_what_is_wrong_at_each_field() {
        let mut faults = Faults::default();
        Draft::read(&Fields::read(b"to=abc&from=TwelveLetter&priority=10&deliver_after=soon&dest_smsc=!x"), &mut faults);
        for field in ["to", "from", "text", "priority", "deliver_after", "dest_smsc"] {
            assert!(faults.of(field).is_some(), "{field}");
        }
        let mut faults = Faults::default();
        let draft = Draft::read(&Fields::read(b"to=%2B447700900123&from=Shop&text=Hi&priority=3"), &mut faults);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!((draft.source_smsc.as_str(), draft.priority), ("dashboard", Some(3)));
    }
}
