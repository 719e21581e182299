//! Finding messages: by id, by number, by how they stand, where they go and when they came.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};

use super::super::desk::Desk;
use crate::core::queue::{Page, Record};
use crate::core::{Handle, HandleError};
use crate::http::pages::form::{Faults, Fields};
use crate::http::pages::link::Link;
use crate::http::pages::visit::Visit;
use crate::model::{Address, Lane, Message, MessageId, Status, Timestamp};

/// What is looked for; everything that is `None` does not matter.
#[derive(Clone, Debug, Default)]
pub(super) struct Criteria {
    /// A number of sender or recipient, without `+`; with `*` at the end, how it begins.
    pub(super) number: Option<String>,
    pub(super) status: Option<Status>,
    pub(super) lane: Option<Lane>,
    pub(super) from: Option<Timestamp>,
    pub(super) until: Option<Timestamp>,
    pub(super) beyond: Option<MessageId>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) records: Vec<Record>,
    /// Where to go on; `None` at the end.
    pub(super) next: Option<MessageId>,
    /// Messages looked at.
    pub(super) seen: usize,
}

impl Criteria {
    pub(super) fn read(fields: &Fields, faults: &mut Faults) -> Criteria {
        let status = fields.word("status").map(|name| (Status::from_name(&name), name));
        if let Some((None, name)) = &status {
            faults.add("status", format!("there is no state {name}"));
        }
        let lane = fields.word("smsc").map(|name| if name == "-" { Lane::default() } else { Lane::new(name) });
        Criteria {
            number: fields.word("q").map(|number| number.trim_start_matches('+').to_owned()),
            status: status.and_then(|(status, _)| status),
            lane,
            from: faults.moment(fields, "from"),
            until: faults.moment(fields, "until"),
            beyond: fields.word("beyond").and_then(|id| id.parse().ok()),
        }
    }

    fn matches(&self, record: &Record) -> bool {
        let Message { source, destination, submitted, .. } = &record.message;
        let number = |wanted: &String| is_number(source, wanted) || is_number(destination, wanted);
        self.number.as_ref().is_none_or(number)
            && self.from.is_none_or(|from| *submitted >= from)
            && self.until.is_none_or(|until| *submitted < until)
    }

    /// True if the queue itself finds what is wanted.
    const fn is_plain(&self) -> bool {
        self.number.is_none() && self.from.is_none() && self.until.is_none()
    }
}

fn is_number(address: &Address, wanted: &str) -> bool {
    let digits = address.digits.text();
    let digits = digits.trim_start_matches('+');
    match wanted.strip_suffix('*') {
        Some(start) => digits.starts_with(start),
        None => digits == wanted,
    }
}

/// Returns at most `max` messages, newest first, after a bounded look.
pub(super) async fn search(handle: &Handle, criteria: &Criteria, max: usize) -> Result<Found, HandleError> {
    let step = if criteria.is_plain() { max + 1 } else { STEP };
    let mut found = Found { next: criteria.beyond, ..Found::default() };
    loop {
        let page =
            Page { beyond: found.next, newest_first: true, max: step, status: criteria.status, lane: criteria.lane.clone() };
        let records = handle.messages(&page).await?;
        let last = records.len() < step;
        for record in records {
            if found.records.len() == max {
                return Ok(found);
            }
            // Messages come in the order of their ids, which is not quite that of their times.
            if criteria.from.is_some_and(|from| record.message.submitted.after(SLACK) < from) {
                return Ok(Found { next: None, ..found });
            }
            found.seen += 1;
            found.next = Some(record.message.id);
            found.records.extend(Some(record).filter(|record| criteria.matches(record)));
        }
        if last {
            return Ok(Found { next: None, ..found });
        }
        if found.seen >= MOST_SEEN {
            return Ok(found);
        }
    }
}

/// What was typed into the box on top.
#[derive(serde::Deserialize)]
pub(in super::super) struct Typed {
    #[serde(default)]
    q: String,
}

/// Shows the message with this id, if there is one; else the messages of this number.
pub(in super::super) async fn go(State(desk): State<Arc<Desk>>, _: Visit, Query(Typed { q }): Query<Typed>) -> Response {
    let wanted = q.trim();
    let id = wanted.parse::<MessageId>().ok();
    if let Some(id) = id
        && desk.handle().message(id).await.is_ok()
    {
        return Redirect::to(&format!("/message/{}", id.0)).into_response();
    }
    Redirect::to(&Link::to("/message_queue").with("q", wanted).text()).into_response()
}

const STEP: usize = 1_000;
// A look of some ten milliseconds; the next one goes on from there.
const MOST_SEEN: usize = 20_000;
const SLACK: Duration = Duration::from_secs(3_600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_with_or_without_plus_and_by_their_beginning() {
        let number = Address::from_number("+447700900123");
        for (wanted, expected) in [("447700900123", true), ("44*", true), ("44", false), ("4478*", false), ("*", true)] {
            assert_eq!(is_number(&number, wanted), expected, "{wanted}");
        }
        assert!(is_number(&Address::from_number("Shop"), "Shop"));
        let fields = Fields::read(b"q=%2B4477*&status=gone&from=never");
        let mut faults = Faults::default();
        let criteria = Criteria::read(&fields, &mut faults);
        assert_eq!(criteria.number.as_deref(), Some("4477*"));
        assert_eq!((faults.of("status"), faults.of("from").is_some()), (Some("there is no state gone"), true));
    }
}
