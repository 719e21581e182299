//! The task that writes: it takes everything that waits, commits it as one transaction and answers all.

use std::fs::File;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::super::QueueError;
use super::super::index::Effect;
use super::super::promises;
use super::group::Group;
use super::shared::Shared;
use super::write::reserve;
use crate::model::{MessageId, Timestamp};
use crate::sql::{SqlError, Transaction};

pub(super) struct Writer {
    pub(super) shared: Arc<Shared>,
    /// Ids from here on were never handed out.
    pub(super) reserved: u64,
}

/// How many ids are reserved at a time: a crash skips at most so many.
const RESERVE: u64 = 1 << 16;

impl Writer {
    /// Works until the queue stops; `guard` keeps others out until the very end.
    pub(super) async fn run(mut self, guard: File) {
        while let Some(group) = self.next_group().await {
            self.write(group).await;
        }
        self.finish().await;
        self.shared.database.close().await;
        drop(guard);
        self.shared.closed.send_replace(true);
    }

    /// Reserves the first ids, which also shows that the database can be written to.
    pub(super) async fn start(&mut self) -> Result<(), QueueError> {
        self.write(Group::default()).await;
        self.shared.open().map(drop)
    }

    /// Waits for something to write; `None` when the queue has stopped and everything is written.
    async fn next_group(&self) -> Option<Group> {
        loop {
            {
                let mut state = self.shared.lock();
                if !state.group.is_empty() {
                    let mut group = mem::take(&mut state.group);
                    group.room.clear();
                    return Some(group);
                }
                if state.stop.is_some() {
                    return None;
                }
            }
            self.shared.work.notified().await;
        }
    }

    /// Makes a group durable, does what it does, and answers all who wait for it.
    async fn write(&mut self, group: Group) {
        if let Err(poisoned) = self.poisoned() {
            return group.promises.refuse(&poisoned);
        }
        let next_id = self.shared.next_id.load(Ordering::Relaxed);
        let reserved = (next_id + RESERVE / 2 > self.reserved).then_some(next_id + RESERVE);
        let written = async {
            let mut transaction = self.shared.database.begin().await?;
            if let Some(reserved) = reserved {
                reserve(&mut transaction, reserved).await?;
            }
            for batch in group.batches() {
                batch.write(&mut transaction).await?;
            }
            Ok::<Transaction, SqlError>(transaction)
        };
        let result = match written.await {
            Ok(transaction) => {
                let _moving = self.shared.moving.write().await;
                let result = transaction.commit().await;
                if result.is_ok() {
                    self.reserved = reserved.unwrap_or(self.reserved);
                    return self.commit(group);
                }
                result
            }
            Err(error) => Err(error),
        };
        match result {
            Err(error) if error.is_out_of_room() => self.take_back(group),
            Err(error) => group.promises.refuse(&self.poison(&error)),
            Ok(()) => {}
        }
    }

    /// Keeps what a durable group promised.
    fn commit(&self, mut group: Group) {
        let mut bodies = group.take_bodies();
        promises::keep([&mut group.promises].into_iter(), |few| {
            let mut state = self.shared.lock();
            few.for_each(|(_, effect)| state.commit(effect, &mut bodies));
            state.index.notify();
        });
    }

    /// Refuses a group that found no room, and the one that gathers: it may build on the first.
    fn take_back(&self, group: Group) {
        let mut state = self.shared.lock();
        let gathered = mem::take(&mut state.group);
        let ids = group.promises.effects.iter().chain(&gathered.promises.effects).map(Effect::id);
        state.index.roll_back(ids, Timestamp::now().after(HELD_BACK));
        state.arrivals.clear();
        // What the index has forgotten must go all the same.
        let gone: Vec<MessageId> =
            group.batches().chain(gathered.batches()).flat_map(|batch| batch.gone.iter().copied()).collect();
        for id in gone {
            state.delete_row(id);
        }
        drop(state);
        group.promises.refuse(&QueueError::NoRoom);
        gathered.promises.refuse(&QueueError::NoRoom);
    }

    fn poisoned(&self) -> Result<(), QueueError> {
        match &self.shared.lock().stop {
            Some(poisoned @ QueueError::Poisoned(_)) => Err(poisoned.clone()),
            _ => Ok(()),
        }
    }

    fn poison(&self, error: &SqlError) -> QueueError {
        tracing::error!(critical = true, %error, "the queue cannot be written to");
        let poisoned = QueueError::Poisoned(error.to_string().into());
        self.shared.lock().stop = Some(poisoned.clone());
        poisoned
    }

    /// Gives the ids back that were reserved in vain.
    async fn finish(&self) {
        if self.poisoned().is_err() {
            return;
        }
        let next_id = self.shared.next_id.load(Ordering::Relaxed);
        let noted = async {
            let mut transaction = self.shared.database.begin().await?;
            reserve(&mut transaction, next_id).await?;
            transaction.commit().await
        };
        if let Err(error) = noted.await {
            tracing::warn!(%error, "some ids are skipped at the next start");
        }
    }
}

/// How long a message stays off its work list whose change found no room: it may have been delivered, and must not go
/// out again and again.
const HELD_BACK: Duration = Duration::from_secs(10);
