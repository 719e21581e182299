//! A log of events in a database.
//!
//! Who writes never waits: events gather in memory, and one task carries them over, many in one transaction. What a
//! crash finds in memory is lost; what the database refuses is tried again until it is pushed out by newer events.
//! A row is small: our own names are numbers there.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, RwLock, watch};

use super::EventLog;
use crate::BoxFuture;
use crate::model::{Event, EventName, MessageId, Timestamp};
use crate::sql::{Database, Migration, Row, SqlError, Statement, Step, Value};

/// How a log in a database works.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct SqlEventsOptions {
    /// Events that may wait in memory, about 150 octets each; when there are more, the oldest are lost.
    pub buffer: usize,
    /// How long events gather before they are written, unless there are many.
    pub gather: Duration,
    /// How long to wait before a failed write is tried again.
    pub retry: Duration,
}

impl Default for SqlEventsOptions {
    fn default() -> Self {
        SqlEventsOptions { buffer: 100_000, gather: Duration::from_millis(100), retry: Duration::from_secs(1) }
    }
}

/// Keeps events in the table `message_events`.
///
/// Dropping it leaves what waits to its task; [`SqlEvents::close`] waits until that is done.
pub struct SqlEvents {
    shared: Arc<Shared>,
}

struct Shared {
    database: Database,
    options: SqlEventsOptions,
    kept: Mutex<Kept>,
    work: Notify,
    /// Held by readers while they look into memory and database, and by the writer while events go from one to the other.
    moving: RwLock<()>,
    closed: watch::Sender<bool>,
}

#[derive(Default)]
struct Kept {
    waiting: VecDeque<Event>,
    /// Those before the waiting ones that a transaction is carrying over.
    writing: Arc<Vec<Event>>,
    lost: u64,
    stop: bool,
}

impl SqlEvents {
    /// Makes the table if it is not there, and starts the task that writes on this runtime.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database, options: SqlEventsOptions) -> Result<Self, SqlError> {
        database.migrate("message_events", MIGRATIONS).await?;
        let shared = Arc::new(Shared {
            database: database.clone(),
            options,
            kept: Mutex::default(),
            work: Notify::new(),
            moving: RwLock::default(),
            closed: watch::Sender::new(false),
        });
        tokio::spawn(Arc::clone(&shared).run());
        Ok(SqlEvents { shared })
    }

    /// Writes what waits and ends; later events are counted as lost, and so are those that the database refuses now.
    pub async fn close(&self) {
        self.shared.stop();
        // The sender lives in `shared`, so waiting cannot fail.
        let _ = self.shared.closed.subscribe().wait_for(|closed| *closed).await;
    }
}

impl Drop for SqlEvents {
    fn drop(&mut self) {
        self.shared.stop();
    }
}

impl fmt::Debug for SqlEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqlEvents").field("waiting", &self.shared.lock().len()).finish_non_exhaustive()
    }
}

impl EventLog for SqlEvents {
    fn write(&self, events: Vec<Event>) {
        let mut kept = self.shared.lock();
        if kept.stop {
            kept.lost += events.len() as u64;
            return;
        }
        let first = kept.waiting.is_empty();
        kept.waiting.extend(events);
        let surplus = kept.len().saturating_sub(self.shared.options.buffer).min(kept.waiting.len());
        kept.waiting.drain(..surplus);
        kept.lost += surplus as u64;
        if first || kept.waiting.len() >= MANY {
            self.shared.work.notify_one();
        }
    }

    fn of(&self, message_id: MessageId) -> BoxFuture<'_, Result<Vec<Event>, String>> {
        Box::pin(async move {
            let _still = self.shared.moving.read().await;
            let fresh = self.shared.lock().of(message_id);
            let rows = self.shared.database.rows(Statement::new(OF).bind(message_id)).await;
            let rows = rows.and_then(|rows| rows.iter().map(|row| event(row, message_id)).collect::<Result<Vec<_>, _>>());
            let mut events = rows.map_err(|error| error.to_string())?;
            events.extend(fresh);
            // Events from outside may come late; what happened at the same time stays in the order it came.
            events.sort_by_key(|event| event.time);
            Ok(events)
        })
    }

    fn forget(&self, before: Timestamp) -> BoxFuture<'_, ()> {
        self.shared.lock().waiting.retain(|event| event.time >= before);
        Box::pin(async move {
            if let Err(error) = self.shared.forget(before).await {
                tracing::warn!(%error, "old events cannot be deleted now; the next round tries again");
            }
        })
    }

    fn lost(&self) -> u64 {
        self.shared.lock().lost
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.lock().stop = true;
        self.work.notify_one();
    }

    /// Writes until the log is closed and nothing waits.
    async fn run(self: Arc<Self>) {
        while self.gathered().await {
            let batch = self.lock().batch();
            let result = self.carry_over(&batch).await;
            if let Err(error) = result
                && self.goes_on_after(&error)
            {
                // Cut short when somebody closes the log, or writes a lot.
                let _ = tokio::time::timeout(self.options.retry, self.work.notified()).await;
            }
        }
        self.closed.send_replace(true);
    }

    /// Keeps what could not be written for another try, unless the log is being closed.
    fn goes_on_after(&self, error: &SqlError) -> bool {
        let mut kept = self.lock();
        tracing::warn!(%error, waiting = kept.len(), "events cannot be written now");
        if kept.stop {
            kept.lost += kept.len() as u64;
            (kept.waiting, kept.writing) = Default::default();
        }
        !kept.stop
    }

    /// Waits until there is enough to write; `false` when nothing more will come.
    async fn gathered(&self) -> bool {
        let mut since: Option<Instant> = None;
        loop {
            let (count, stop, begun) = {
                let kept = self.lock();
                (kept.waiting.len(), kept.stop, !kept.writing.is_empty())
            };
            if begun || count >= MANY || (stop && count > 0) {
                return true;
            }
            if stop {
                return false;
            }
            if count == 0 {
                self.work.notified().await;
                continue;
            }
            let rest = self.options.gather.saturating_sub(since.get_or_insert_with(Instant::now).elapsed());
            if rest.is_zero() {
                return true;
            }
            // A wake-up and the end of the time mean the same: look again.
            let _ = tokio::time::timeout(rest, self.work.notified()).await;
        }
    }

    /// Writes as many as fit into the time that others can be made to wait for the database.
    async fn carry_over(&self, batch: &Arc<Vec<Event>>) -> Result<(), SqlError> {
        let start = Instant::now();
        let mut transaction = self.database.begin().await?;
        let mut rest = batch.as_slice();
        while !rest.is_empty() && start.elapsed() < LONGEST {
            let (chunk, more) = rest.split_at(ROWS.min(rest.len()));
            transaction.execute(Statement::insert(TABLE, &COLUMNS, chunk.iter().map(values), chunk.len() == ROWS)).await?;
            rest = more;
        }
        let _moving = self.moving.write().await;
        transaction.commit().await?;
        self.lock().writing = Arc::new(rest.to_vec());
        Ok(())
    }

    /// Deletes old rows from the first one on, a page at a time, until a page has none.
    async fn forget(&self, before: Timestamp) -> Result<(), SqlError> {
        let mut after = i64::MIN;
        loop {
            let page = self.database.rows(Statement::new(LAST_OF_PAGE).bind(after).bind(PAGE)).await?;
            let Some(last) = page.first().map_or(Ok(None), |row| row.get::<Option<i64>>("last_id"))? else { return Ok(()) };
            let delete = Statement::new(DELETE).bind(after).bind(last).bind(before.0);
            if self.database.execute(delete).await? == 0 {
                return Ok(());
            }
            after = last;
        }
    }
}

impl Kept {
    fn len(&self) -> usize {
        self.writing.len() + self.waiting.len()
    }

    fn of(&self, message_id: MessageId) -> Vec<Event> {
        self.writing.iter().chain(&self.waiting).filter(|event| event.message_id == message_id).cloned().collect()
    }

    /// Takes what is written next: what was left over, or else the oldest that wait.
    fn batch(&mut self) -> Arc<Vec<Event>> {
        if self.writing.is_empty() {
            let count = self.waiting.len().min(MANY);
            self.writing = Arc::new(self.waiting.drain(..count).collect());
        }
        Arc::clone(&self.writing)
    }
}

fn values(event: &Event) -> [Value<'_>; COLUMNS.len()] {
    let (code, name) = code(&event.name);
    let Event { message_id, time, description, source, .. } = event;
    [(*message_id).into(), time.0.into(), code.into(), name.into(), (&**description).into(), (&**source).into()]
}

fn event(row: &Row, message_id: MessageId) -> Result<Event, SqlError> {
    let name: Option<String> = row.get("name")?;
    let code: u32 = row.get("code")?;
    Ok(Event {
        message_id,
        time: Timestamp(row.get("time_ms")?),
        name: name_of(code, name.unwrap_or_default()),
        description: row.get::<String>("description")?.into(),
        source: row.get::<String>("source")?.into(),
    })
}

/// Turns a name into its number, or into 0 and its text.
fn code(name: &EventName) -> (u32, Option<&str>) {
    match name {
        EventName::DeliveryAttempt(number) if *number <= LAST_ATTEMPT => (ATTEMPT + number, None),
        EventName::Other(text) => (0, Some(text)),
        // Such a number was never counted, it comes from outside: the last one that fits stands for it.
        EventName::DeliveryAttempt(_) => (ATTEMPT + LAST_ATTEMPT, None),
        ours => (NAMES.iter().zip(1..).find(|(name, _)| *name == ours).map_or(0, |(_, code)| code), None),
    }
}

fn name_of(code: u32, text: String) -> EventName {
    match code.checked_sub(ATTEMPT) {
        Some(number) => EventName::DeliveryAttempt(number),
        None => {
            let known = usize::try_from(code).ok().and_then(|code| NAMES.get(code.checked_sub(1)?));
            known.cloned().unwrap_or_else(|| EventName::Other(text.into()))
        }
    }
}

/// Names by their numbers, from 1 on: new ones go to the end.
const NAMES: [EventName; 15] = [
    EventName::MessageInserted,
    EventName::NumberTranslated,
    EventName::MessageRouted,
    EventName::RoutingFailed,
    EventName::MessageDropped,
    EventName::AutoReplySent,
    EventName::ChargingAttempted,
    EventName::ChargingFailed,
    EventName::MessageDelivered,
    EventName::MessageFailed,
    EventName::MessageDeadLetter,
    EventName::MessageUpdated,
    EventName::MessageDeleted,
    EventName::DuplicateDetected,
    EventName::DeliveryReport,
];
/// The number of the attempt that comes before the first.
const ATTEMPT: u32 = 100;
/// What is left of the numbers that fit into a column.
const LAST_ATTEMPT: u32 = i32::MAX as u32 - ATTEMPT;

const TABLE: &str = "message_events";
const COLUMNS: [&str; 6] = ["message_id", "time_ms", "code", "name", "description", "source"];
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "events of messages",
    steps: &[
        Step::All(
            "CREATE TABLE message_events (id {key}, message_id BIGINT NOT NULL, time_ms BIGINT NOT NULL, code {int} NOT NULL,
             name TEXT, description TEXT NOT NULL, source TEXT NOT NULL) {table}",
        ),
        Step::All("CREATE INDEX idx_message_events_message ON message_events (message_id)"),
        // For people with a tool of their own; the program knows the names itself.
        Step::All("CREATE TABLE event_names (code {id}, name VARCHAR(64) NOT NULL) {table}"),
        Step::All(
            "INSERT INTO event_names (code, name) VALUES (1, 'message_inserted'), (2, 'number_translated'),
             (3, 'message_routed'), (4, 'routing_failed'), (5, 'message_dropped'), (6, 'auto_reply_sent'),
             (7, 'charging_attempted'), (8, 'charging_failed'), (9, 'message_delivered'), (10, 'message_failed'),
             (11, 'message_dead_letter'), (12, 'message_updated'), (13, 'message_deleted'), (14, 'duplicate_detected'),
             (15, 'delivery_report')",
        ),
    ],
}];
const OF: &str = "SELECT time_ms, code, name, description, source FROM message_events WHERE message_id = ? ORDER BY id";
const LAST_OF_PAGE: &str = "SELECT MAX(id) AS last_id FROM (SELECT id FROM message_events WHERE id > ? ORDER BY id LIMIT ?) page";
const DELETE: &str = "DELETE FROM message_events WHERE id > ? AND id <= ? AND time_ms < ?";

/// Rows of one statement.
const ROWS: usize = 500;
/// Events of one transaction, and enough of them not to wait for more.
const MANY: usize = 10_000;
/// How long a transaction goes on taking events in: SQLite has one writer at a time.
const LONGEST: Duration = Duration::from_millis(100);
/// Rows that one statement deletes at most.
const PAGE: usize = 5000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_a_number_and_the_table_of_names_says_the_same() {
        for (name, number) in NAMES.iter().zip(1..) {
            assert_eq!(code(name), (number, None));
            assert_eq!(name_of(number, String::new()), *name);
            let [Migration { steps: [.., Step::All(rows)], .. }] = MIGRATIONS else { panic!("one migration") };
            assert!(rows.contains(&format!("({number}, '{name}')")), "{name}");
        }
        for name in [EventName::DeliveryAttempt(0), EventName::DeliveryAttempt(7), EventName::Other("beep".into())] {
            let (number, text) = code(&name);
            assert_eq!(name_of(number, text.unwrap_or_default().to_owned()), name);
        }
        assert_eq!(name_of(99, "later".into()), EventName::Other("later".into()));
    }
}
