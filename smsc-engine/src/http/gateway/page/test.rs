//! A message to try a connection with.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::super::desk::Desk;
use super::peer::required;
use super::queue::complaint;
use crate::audit::Role;
use crate::http::pages::form::{Faults, Field, Fields, Form};
use crate::http::pages::layout::{FormPage, page, refused};
use crate::http::pages::problem::Problem;
use crate::http::pages::visit::{Order, Visit};
use crate::remote::{CoreFault, TestMessage};

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    visit.need(Role::Operator)?;
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    Ok(page(&ask(&desk, &visit, form(&desk, &fields))))
}

pub(in super::super) async fn send(State(desk): State<Arc<Desk>>, order: Order) -> Result<Response, Problem> {
    let mut faults = Faults::default();
    let mut word = |name| required(&order.fields, name, &mut faults);
    let message = TestMessage {
        source_smsc: desk.control.name.clone(),
        dest_smsc: word("dest_smsc"),
        source: word("source"),
        destination: word("destination"),
        body: word("body"),
    };
    let mut trouble = None;
    if faults.is_empty() {
        match desk.control.core.send_test(&message).await {
            Ok(id) => {
                let object = format!("{id} through {}", message.dest_smsc);
                let notice = format!("The core has taken message {id}, to be sent through {}.", message.dest_smsc);
                return Ok(order.done(("send test message", &object), &format!("/queue/{}", id.0), &notice));
            }
            Err(fault) => trouble = Some(refusal(&desk, &fault)),
        }
    }
    let form = Form { trouble, ..form(&desk, &order.fields).typed(&order.fields).with(&faults) };
    Ok(refused(&ask(&desk, &order.visit, form)))
}

fn ask(desk: &Desk, visit: &Visit, form: Form) -> FormPage {
    let title = "Send a test message".to_owned();
    FormPage { layout: desk.layout(visit, ("/queue", &title)), title, form }
}

fn form(desk: &Desk, fields: &Fields) -> Form {
    Form::new("/test_message", "Send", "/queue")
        .ask(
            Field::text("dest_smsc", "Through (dest_smsc)", fields.text("dest_smsc"))
                .suggest(desk.bind_names())
                .help("The name of the bind that is to send it."),
        )
        .ask(Field::text("source", "From", fields.text("source")).help("A number or a name the carrier allows."))
        .ask(Field::text("destination", "To", fields.text("destination")).help("With country code, such as +447700900123."))
        .ask(Field::area("body", "Text", fields.word("body").unwrap_or_else(|| "Test".to_owned())))
}

/// Why it was not sent, and whether it may have been nevertheless.
fn refusal(desk: &Desk, fault: &CoreFault) -> String {
    let doubt = " The core may have taken it nevertheless: look for it before you send it again.";
    format!("The message is not sent. {}{}", complaint(desk, fault), if fault.is_in_doubt() { doubt } else { "" })
}
