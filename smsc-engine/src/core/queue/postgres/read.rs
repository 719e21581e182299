//! Asking the tables.

use super::super::{Like, Page, QueueError, Record};
use super::error::unreadable;
use super::lease::{FREE, free};
use super::row::{ENDED, PENDING, moment, record};
use super::shared::Shared;
use super::table::{HANDINGS, MESSAGES, WORK};
use crate::core::queue::index::likeness;
use crate::model::{FinalState, Lane, Message, MessageId, Status, Timestamp};
use crate::sql::{List, Row as Columns, Statement, Value};

/// One half of a question, about pending or about ended messages, with its values.
struct Side<'a> {
    text: String,
    values: Vec<Value<'a>>,
}

impl<'a> Side<'a> {
    fn new(columns: &str, condition: &str, values: impl IntoIterator<Item = Value<'a>>) -> Self {
        Side { text: format!("{columns} WHERE {condition}"), values: values.into_iter().collect() }
    }
}

/// Asks for whole records.
async fn ask(shared: &Shared, sides: Vec<Side<'_>>, order: &str) -> Result<Vec<Columns>, QueueError> {
    let texts: Vec<_> = sides.iter().map(|side| format!("({})", side.text)).collect();
    let text = format!(
        "SELECT s.*, m.body, h.remote FROM ({}) s JOIN {MESSAGES} m ON m.id = s.id LEFT JOIN {HANDINGS} h ON h.id = s.id
         ORDER BY {order}",
        texts.join(" UNION ALL ")
    );
    let statement = sides.into_iter().flat_map(|side| side.values).fold(Statement::new(text), Statement::bind);
    shared.rows(statement.planned_anew()).await
}

/// Reads what was found; a body that cannot be read is reported and left out.
fn readable(rows: &[Columns]) -> Vec<Record> {
    let records = rows.iter().map(record);
    let good = records.filter_map(|record| {
        record.inspect_err(|error| tracing::error!(%error, "a message cannot be read and stays where it is")).ok()
    });
    good.collect()
}

/// One message, pending or ended.
pub(super) async fn get(shared: &Shared, id: MessageId) -> Result<Option<Record>, QueueError> {
    let sides = [PENDING, ENDED].map(|columns| Side::new(columns, "id = ?", [id.into()]));
    ask(shared, sides.into(), "s.id").await?.first().map(record).transpose()
}

pub(super) async fn oldest(shared: &Shared) -> Result<Option<Record>, QueueError> {
    let side = Side::new(PENDING, "TRUE ORDER BY id LIMIT 1", []);
    ask(shared, vec![side], "s.id").await?.first().map(record).transpose()
}

/// Pending messages like this one, newest first.
pub(super) async fn find(shared: &Shared, like: &Like, max: usize) -> Result<Vec<Record>, QueueError> {
    let alike = likeness(&like.account, &like.source, &like.destination);
    let (mut found, mut below) = (Vec::new(), i64::MAX);
    while found.len() < max {
        let look = max.min(LOOK);
        let values = [alike.into(), below.into(), look.into()];
        let side = Side::new(PENDING, "alike = ? AND id < ? ORDER BY id DESC LIMIT ?", values);
        let rows = ask(shared, vec![side], "s.id DESC").await?;
        found.extend(readable(&rows).into_iter().filter(|record| like.matches(&record.message)));
        match rows.last().filter(|_| rows.len() == look) {
            Some(last) => below = last.get("id").map_err(|error| unreadable(&error))?,
            None => break,
        }
    }
    found.truncate(max);
    Ok(found)
}

/// The message that was handed over last under this id.
pub(super) async fn handed(shared: &Shared, lane: &Lane, remote: &[u8]) -> Result<Option<Record>, QueueError> {
    let which = format!("id = (SELECT id FROM {HANDINGS} WHERE lane = ? AND remote = ? ORDER BY turn DESC LIMIT 1)");
    let sides = [PENDING, ENDED].map(|columns| Side::new(columns, &which, [lane.into(), remote.into()]));
    ask(shared, sides.into(), "s.id").await?.first().map(record).transpose()
}

/// Pending messages past their deadline that nobody delivers right now.
pub(super) async fn expired(shared: &Shared, now: Timestamp, max: usize) -> Result<Vec<Message>, QueueError> {
    shared.see(now);
    let max = max.min(LOOK);
    let [node, own, others] = free(shared, now);
    let condition = format!("w.expires <= ? AND {FREE} ORDER BY w.expires, w.id LIMIT ?");
    let values = [own.into(), node.into(), own.into(), others.into(), max.into()];
    let rows = ask(shared, vec![Side::new(PENDING, &condition, values)], "s.expires, s.id").await?;
    if rows.len() < max {
        next_expiry(shared).await?;
    }
    Ok(readable(&rows).into_iter().map(|record| record.message).collect())
}

/// Learns when the next message passes its deadline.
pub(super) async fn next_expiry(shared: &Shared) -> Result<(), QueueError> {
    let stamp = shared.lock().expiry.stamp;
    let ask = Statement::new(format!("SELECT MIN(expires) AS next FROM {WORK} WHERE expires < ?")).bind(i64::MAX);
    let rows = shared.rows(ask.planned_anew()).await?;
    let next: Option<i64> = rows.first().map_or(Ok(None), |row| row.get("next")).map_err(|error| unreadable(&error))?;
    shared.lock().expiry.learn(next.map(moment), stamp);
    Ok(())
}

/// Ended messages of which this node owes a record, and those of nodes that have been silent for long.
pub(super) async fn unrecorded(
    shared: &Shared,
    beyond: Option<(Timestamp, MessageId)>,
    max: usize,
) -> Result<Vec<Record>, QueueError> {
    let max = max.min(LOOK);
    let mut nodes = shared.lock().orphans.clone();
    nodes.push(shared.rules.node);
    let nodes = List::Ints(nodes.into_iter().map(|node| Some(i64::from(node))).collect());
    let (done, id) = beyond.map_or((-1, 0), |(done, id)| (super::row::millis(done), id.0 as i64));
    let text = format!(
        "SELECT s.*, m.body, h.remote FROM (
           SELECT e.* FROM UNNEST(?) AS n(node) CROSS JOIN LATERAL (
             {ENDED} WHERE o.owed AND o.node = n.node AND (o.done, o.id) > (?, ?) ORDER BY o.done, o.id LIMIT ?
           ) e ORDER BY e.done, e.id LIMIT ?
         ) s JOIN {MESSAGES} m ON m.id = s.id LEFT JOIN {HANDINGS} h ON h.id = s.id ORDER BY s.done, s.id"
    );
    let ask = Statement::new(text).bind(nodes).bind(done).bind(id).bind(max).bind(max);
    Ok(readable(&shared.rows(ask.planned_anew()).await?))
}

/// One page in the order of the ids.
pub(super) async fn list(shared: &Shared, page: &Page) -> Result<Vec<Record>, QueueError> {
    let order = if page.newest_first { "DESC" } else { "ASC" };
    let compare = if page.newest_first { "<" } else { ">" };
    let max = i64::try_from(page.max).unwrap_or(i64::MAX);
    let mut sides = Vec::new();
    for (columns, ended) in [(PENDING, false), (ENDED, true)] {
        if page.status.is_some_and(|status| (status != Status::Pending) != ended) {
            continue;
        }
        let mut side = Side::new(columns, "TRUE", []);
        if let Some(beyond) = page.beyond {
            side.text.push_str(&format!(" AND id {compare} ?"));
            side.values.push(beyond.into());
        }
        if let Some(lane) = &page.lane {
            side.text.push_str(" AND lane = ?");
            side.values.push(lane.into());
        }
        if let Some(status) = page.status.filter(|_| ended) {
            let states = FinalState::ALL.into_iter().filter(|state| state.status() == status);
            side.text.push_str(" AND state = ANY(?)");
            let states = states.map(|state| Some(i64::from(state.message_state()))).collect();
            side.values.push(List::Ints(states).into());
        }
        side.text.push_str(&format!(" ORDER BY id {order} LIMIT ?"));
        side.values.push(max.into());
        sides.push(side);
    }
    let mut records = readable(&ask(shared, sides, &format!("s.id {order}")).await?);
    records.truncate(page.max);
    Ok(records)
}

/// Rows that are read at a time: some megabytes.
const LOOK: usize = 5000;
