//! Messages, through the REST API.

use serde_json::{Value, json};

use super::{Outcome, Shell, field, pretty, query, table};
use crate::args::{Filter, Messages};

impl Shell {
    pub(super) async fn messages(&self, messages: Messages) -> Outcome {
        match messages {
            Messages::List(filter) => Ok(self.table(self.get(&list(filter)).await?, &COLUMNS)),
            Messages::Show { id } => self.show(id).await,
            Messages::Retry { id } => {
                let now = json!({ "status": "pending", "delivery_attempts": 0, "deliver_after": "1970-01-01T00:00:00Z" });
                self.done("PATCH", &path(id), Some(now), &format!("message {id} is tried again")).await
            }
            Messages::Redirect { id, dest_smsc } => {
                let said = format!("message {id} goes through {dest_smsc}");
                self.done("PATCH", &path(id), Some(json!({ "dest_smsc": dest_smsc })), &said).await
            }
            Messages::Cancel { id } => self.done("DELETE", &path(id), None, &format!("message {id} is cancelled")).await,
            Messages::Send { from, to, source_smsc, text } => {
                let message = json!({
                    "source_msisdn": from, "destination_msisdn": to, "message_body": text, "source_smsc": source_smsc
                });
                let answer = self.call("POST", "/api/messages", Some(message)).await?;
                Ok(if self.json { pretty(&answer) } else { format!("accepted as {}\n", field(&answer, "id")) })
            }
        }
    }

    async fn show(&self, id: u64) -> Outcome {
        let message = self.get(&path(id)).await?;
        let events = self.get(&format!("/api/events/{id}")).await?;
        if self.json {
            return Ok(pretty(&json!({ "message": message, "events": events })));
        }
        let history = match &events {
            Value::Array(_) => table::rows(&events, &["event_epoch", "name", "description", "event_source"]),
            _ => String::new(),
        };
        Ok(format!("{}\n{history}", table::tree(&message)))
    }
}

fn path(id: u64) -> String {
    format!("/api/messages/{id}")
}

fn list(filter: Filter) -> String {
    let Filter { status, msisdn, source_smsc, dest_smsc, limit, offset } = filter;
    let pages = [("limit", Some(limit.to_string())), ("offset", Some(offset.to_string()))];
    let wanted = [("status", status), ("msisdn", msisdn), ("source_smsc", source_smsc), ("dest_smsc", dest_smsc)];
    query("/api/messages", &[&wanted[..], &pages].concat())
}

const COLUMNS: [&str; 8] =
    ["id", "status", "source_msisdn", "destination_msisdn", "source_smsc", "dest_smsc", "delivery_attempts", "send_time"];
