//! Fetching the messages of a lane.

use std::time::Instant;

use reqwest::Method;

use super::book::{Given, Want};
use super::row::{Row, complaint};
use super::{NoAnswer, Shared};
use crate::model::{Lane, Message};
use crate::remote::client::Call;
use crate::remote::core::WorkList;
use crate::remote::fault::CoreFault;

impl Shared {
    /// Takes due messages of a lane: those that came back, then what the core gives.
    pub(super) async fn lease(&self, lane: &Lane, want: Want) -> Vec<Message> {
        let mut messages = self.book.take_back(lane, want, crate::model::Timestamp::now());
        let more = Want { max: want.max.saturating_sub(messages.len()), ..want };
        if more.max > 0 {
            messages.extend(self.fetch(lane, more).await);
        }
        messages
    }

    async fn fetch(&self, lane: &Lane, want: Want) -> Vec<Message> {
        // Without leases the list begins with what is in our hands already.
        let known = if self.knows_smpp() { 0 } else { self.book.count(lane) };
        let limit = want.max.saturating_add(known).min(MOST);
        let asked = Instant::now();
        let octets = match self.ask(self.work_call(lane, limit, !self.is_plain())).await {
            // Some cores refuse parameters that they do not know.
            Err(NoAnswer::Fault(CoreFault::Http(400 | 422, _))) if !self.is_plain() => {
                let plain = self.ask(self.work_call(lane, limit, false)).await;
                if plain.is_ok() {
                    self.leave_out_parameters();
                }
                plain
            }
            answer => answer,
        };
        let Ok(octets) = octets else { return Vec::new() };
        match Row::list(&octets) {
            Ok(rows) => {
                let messages = self.messages(&rows, lane);
                self.book.give(lane, Given { messages, asked, is_leased: self.knows_smpp() }, want)
            }
            Err(what) => {
                self.client.unreadable("work", what);
                Vec::new()
            }
        }
    }

    /// What of a list is work of this lane.
    fn messages(&self, rows: &[Row], lane: &Lane) -> Vec<Message> {
        if let Some(row) = rows.first() {
            self.note_smpp(row.smpp().is_some());
        }
        let mut messages = Vec::with_capacity(rows.len());
        let mut unfit = Vec::new();
        for row in rows.iter().filter(|row| row.is_pending() && row.dest_smsc().is_none_or(|name| name == lane.as_str())) {
            match row.message(lane) {
                Ok(message) => messages.push(message),
                Err(fault) => unfit.push(complaint(row, &fault)),
            }
        }
        if let Some(first) = unfit.first() {
            // The first stands for all: they come again with every list.
            self.client.unreadable("work", format_args!("{first} ({} such messages)", unfit.len()));
        }
        messages
    }

    fn work_call(&self, lane: &Lane, limit: usize, with_parameters: bool) -> Call {
        let name = lane.as_str();
        let limit = limit.to_string();
        let more: &[(&str, &str)] = if with_parameters { &[("limit", &limit), ("smpp", "true")] } else { &[] };
        let by = |path: &str, parameter| {
            let all: Vec<_> = std::iter::once((parameter, name)).chain(more.iter().copied()).collect();
            Call::new("work", Method::GET, path).query(&all)
        };
        match self.work_list {
            WorkList::MessageQueue => by("/api/message_queue", "destination_smsc"),
            WorkList::MessagesQueue => by("/api/messages/queue", "smsc"),
            WorkList::GetBySmsc => by("/api/messages/get_by_smsc", "smsc"),
            WorkList::Header => {
                let call = Call::new("work", Method::GET, "/api/messages").query(more);
                Call { header: Some(("SMSc", name.to_owned())), ..call }
            }
        }
    }
}

// core-api 4.6: no list is longer.
const MOST: usize = 1000;
