//! Reading bodies back: the latest from memory, the others from the database.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::super::index::Hit;
use super::super::{QueueError, Record};
use super::group::Body;
use super::shared::Shared;
use super::table::MESSAGES;
use super::write::{listed, sized};
use crate::model::{Message, MessageId, Together};
use crate::sql::SqlError;

/// The latest bodies.
pub(super) struct Recent {
    bodies: HashMap<u64, (u32, Arc<[u8]>)>,
    /// In the order they came; some are gone.
    order: VecDeque<Body>,
    octets: usize,
    limit: usize,
}

/// A body as the database has it.
struct Row {
    version: u32,
    erased: bool,
    octets: Arc<[u8]>,
}

impl Recent {
    pub(super) fn new(limit: usize) -> Self {
        Recent { bodies: HashMap::new(), order: VecDeque::new(), octets: 0, limit }
    }

    pub(super) fn put(&mut self, body: Body, octets: Arc<[u8]>) {
        self.remove(MessageId(body.id));
        self.octets += octets.len();
        self.bodies.insert(body.id, (body.version, octets));
        self.order.push_back(body);
        // The order must not grow either while bodies come and go.
        while self.octets > self.limit || self.order.len() > 2 * self.bodies.len() + SLACK {
            let Some(oldest) = self.order.pop_front() else { break };
            if self.bodies.get(&oldest.id).is_some_and(|(version, _)| *version == oldest.version) {
                self.remove(MessageId(oldest.id));
            }
        }
    }

    pub(super) fn remove(&mut self, id: MessageId) {
        if let Some((_, octets)) = self.bodies.remove(&id.0) {
            self.octets -= octets.len();
        }
    }

    fn find(&self, body: Body) -> Option<Arc<[u8]>> {
        self.bodies.get(&body.id).filter(|(version, _)| *version == body.version).map(|(_, octets)| Arc::clone(octets))
    }
}

impl Shared {
    /// Reads the bodies of what was found and returns complete records in the same order; what is gone is left out.
    pub(super) async fn records(&self, hits: Vec<Hit<Body>>) -> Vec<Result<Record, QueueError>> {
        let recent = self.recent(&hits);
        let absent = hits.iter().zip(&recent).filter(|(_, octets)| octets.is_none());
        let absent: Vec<_> = absent.map(|(hit, _)| hit.id).collect();
        let rows = match self.rows(&absent).await {
            Ok(rows) => rows,
            Err(error) => return vec![Err(unreadable(&error))],
        };
        let mut others = Together::of(recent.iter().flatten().map(|octets| octets.len()).sum());
        let mut records = Vec::with_capacity(hits.len());
        for (hit, octets) in hits.into_iter().zip(recent) {
            let octets = octets.or_else(|| rows.get(&hit.id.0).filter(|row| row.fits(&hit)).map(|row| Arc::clone(&row.octets)));
            match octets {
                Some(octets) => records.push(decode(hit, &octets, &mut others)),
                None => records.extend(self.again(hit.id).await.transpose()),
            }
        }
        records
    }

    fn recent(&self, hits: &[Hit<Body>]) -> Vec<Option<Arc<[u8]>>> {
        let state = self.lock();
        hits.iter().map(|hit| state.recent.find(hit.body)).collect()
    }

    /// Reads one message while nothing is committed: it was changed since it was found.
    async fn again(&self, id: MessageId) -> Result<Option<Record>, QueueError> {
        let _still = self.moving.read().await;
        let Some(hit) = self.lock().index.get(id) else { return Ok(None) };
        let rows = self.rows(&[id]).await.map_err(|error| unreadable(&error))?;
        match rows.get(&id.0) {
            Some(row) if row.fits(&hit) => decode(hit, &row.octets, &mut Together::default()).map(Some),
            _ => Err(QueueError::Corrupt(format!("message {id}: its row is missing or not the one that was written").into())),
        }
    }

    async fn rows(&self, ids: &[MessageId]) -> Result<HashMap<u64, Row>, SqlError> {
        let question = format!("SELECT id, version, erased, body FROM {MESSAGES} WHERE id IN ");
        let mut found = HashMap::with_capacity(ids.len());
        for ids in sized(ids) {
            for row in self.database.rows(listed(&question, ids)).await? {
                let octets: Vec<u8> = row.get("body")?;
                let body = Row { version: row.get("version")?, erased: row.get("erased")?, octets: octets.into() };
                found.insert(row.get("id")?, body);
            }
        }
        Ok(found)
    }
}

impl Row {
    /// Tells whether this is the body that was found; its text may only be missing if that was known.
    fn fits(&self, hit: &Hit<Body>) -> bool {
        self.version == hit.body.version && (!self.erased || hit.marks.erased)
    }
}

fn decode(hit: Hit<Body>, octets: &[u8], others: &mut Together) -> Result<Record, QueueError> {
    match Message::decode_beside(octets, others) {
        Ok(stored) => Ok(hit.record(stored)),
        Err(error) => Err(QueueError::Corrupt(format!("message {}: {error}", hit.id).into())),
    }
}

fn unreadable(error: &SqlError) -> QueueError {
    QueueError::Corrupt(error.to_string().into())
}

/// Places of bodies that are gone, which need not be counted out at once.
const SLACK: usize = 1000;
