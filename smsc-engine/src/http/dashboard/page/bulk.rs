//! Changing many messages at once: those chosen, or all that match; what is meant must be typed.

use std::sync::Arc;

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::super::desk::Desk;
use super::message::again;
use super::queue::Row;
use super::search::{Criteria, search};
use crate::core::queue::Record;
use crate::core::{HandleError, Update};
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::layout::{Layout, page, refused};
use crate::http::pages::problem::Problem;
use crate::http::pages::show::{count, visible};
use crate::http::pages::visit::{Order, Visit};
use crate::model::{Lane, MessageId, Status, Timestamp};

#[derive(Template)]
#[template(path = "bulk.html")]
struct Bulk {
    layout: Layout,
    form: Form,
    count: String,
    most: bool,
    phrase: String,
    hidden: Vec<(String, String)>,
    rows: Vec<Row>,
}

/// What is done to each.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Deed {
    Retry,
    Redirect(String),
    End,
    Delete,
}

impl Deed {
    fn read(fields: &Fields, faults: &mut Faults) -> Option<Deed> {
        let deed = match fields.text("deed") {
            "retry" => Deed::Retry,
            "end" => Deed::End,
            "delete" => Deed::Delete,
            "redirect" => match fields.word("dest_smsc").filter(|name| Lane::from(name.as_str()).is_public()) {
                Some(name) => Deed::Redirect(name),
                None => {
                    faults.add("dest_smsc", "which frontend shall deliver them?");
                    return None;
                }
            },
            _ => {
                faults.add("deed", "choose what to do");
                return None;
            }
        };
        Some(deed)
    }

    fn update(&self, now: Timestamp) -> Update {
        match self {
            Deed::Retry => again(now),
            Deed::Redirect(name) => Update { dest_smsc: Some(Lane::from(name.as_str())), ..Update::default() },
            Deed::End | Deed::Delete => Update { status: Some(Status::Failed), ..Update::default() },
        }
    }

    fn name(&self) -> String {
        match self {
            Deed::Retry => "retry now".to_owned(),
            Deed::Redirect(name) => format!("redirect to {name}"),
            Deed::End => "cancel".to_owned(),
            Deed::Delete => "delete".to_owned(),
        }
    }
}

pub(in super::super) async fn ask(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    visit.need(crate::audit::Role::Operator)?;
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let records = wanted(&desk, &fields).await?;
    let layout = desk.layout(&visit, ("/message_queue", "Change messages"));
    Ok(page(&view((&desk, layout), &fields, &records, &Faults::default())))
}

pub(in super::super) async fn carry_out(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    let records = wanted(&desk, &order.fields).await?;
    let mut faults = Faults::default();
    let deed = Deed::read(&order.fields, &mut faults);
    let phrase = phrase(records.len());
    if order.fields.text("confirm").trim() != phrase {
        faults.add("confirm", format!("type: {phrase}"));
    }
    let (Some(deed), true) = (deed, faults.is_empty()) else {
        let layout = desk.layout(&order.visit, ("/message_queue", "Change messages"));
        return Ok(refused(&view((&desk, layout), &order.fields, &records, &faults)));
    };
    let (mut changed, mut refusals) = (0, Vec::new());
    for record in &records {
        let id = record.message.id;
        match change(&desk, id, &deed).await {
            Ok(()) => {
                changed += 1;
                order.audit(&deed.name(), &format!("message {id}"));
            }
            Err(error) => refusals.push(error.to_string()),
        }
    }
    let first = refusals.first().map(|first| format!(" {} were refused, the first because {first}.", refusals.len()));
    let notice = format!("{}: {changed} messages changed.{}", deed.name(), first.unwrap_or_default());
    Ok(crate::http::pages::visit::remembered(&notice, "/message_queue"))
}

async fn change(desk: &Desk, id: MessageId, deed: &Deed) -> Result<(), HandleError> {
    match deed {
        Deed::Delete => desk.handle().delete(id).await,
        _ => desk.handle().update(id, deed.update(desk.now())).await.map(drop),
    }
}

/// The messages chosen, or those that match; those that are gone by now are left out.
async fn wanted(desk: &Desk, fields: &Fields) -> Result<Vec<Record>, Problem> {
    let mut records = Vec::new();
    let chosen: Vec<MessageId> = fields.all("id").filter_map(|id| id.parse().ok()).take(MOST).collect();
    for id in &chosen {
        records.extend(desk.handle().message(*id).await.ok());
    }
    if !chosen.is_empty() {
        return Ok(records);
    }
    let mut faults = Faults::default();
    let criteria = Criteria::read(fields, &mut faults);
    if !faults.is_empty() {
        return Err(Problem::conflict("The filter cannot be read; go back and correct it."));
    }
    Ok(search(desk.handle(), &criteria, MOST).await?.records)
}

fn view((desk, layout): (&Desk, Layout), fields: &Fields, records: &[Record], faults: &Faults) -> Bulk {
    let deeds = [
        ("", "choose…"),
        ("retry", "Retry now"),
        ("redirect", "Redirect"),
        ("end", "Cancel: end as failed, with receipts and records"),
        ("delete", "Delete: no receipts, no records"),
    ];
    let form = Form::new("/message_queue/bulk", "Do it", "/message_queue")
        .ask(Field::choice("deed", "What to do", fields.text("deed"), &deeds))
        .ask(Field::text("dest_smsc", "Frontend", fields.text("dest_smsc")).help("For a redirection.").suggest(desk.frontends()))
        .ask(Field::text("confirm", "Confirmation", "").help("Type the words above, so that nothing happens by mistake."))
        .with(faults);
    let names = ["q", "status", "smsc", "from", "until"].iter().map(|name| (*name, fields.text(name)));
    let hidden = names.chain(fields.all("id").map(|id| ("id", id))).filter(|(_, value)| !value.is_empty());
    let now = desk.now();
    Bulk {
        form,
        count: count(records.len() as u64),
        most: records.len() == MOST,
        phrase: phrase(records.len()),
        hidden: hidden.map(|(name, value)| (name.to_owned(), visible(value))).collect(),
        rows: records.iter().take(SHOWN).map(|record| Row::new(record, now, true)).collect(),
        layout,
    }
}

fn phrase(count: usize) -> String {
    format!("change {count} messages")
}

// One request should not hold the queue for long; it can be repeated.
const MOST: usize = 1_000;
const SHOWN: usize = 20;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deed_must_be_chosen_and_a_redirection_needs_a_name() {
        for (form, deed, field) in [
            ("deed=retry", Some(Deed::Retry), None),
            ("deed=redirect&dest_smsc=uk", Some(Deed::Redirect("uk".into())), None),
            ("deed=redirect&dest_smsc=!at:x", None, Some("dest_smsc")),
            ("deed=explode", None, Some("deed")),
        ] {
            let mut faults = Faults::default();
            assert_eq!(Deed::read(&Fields::read(form.as_bytes()), &mut faults), deed);
            assert_eq!(faults.is_empty(), field.is_none_or(|field| faults.of(field).is_none()), "{form}");
        }
        assert_eq!(phrase(3), "change 3 messages");
    }
}
