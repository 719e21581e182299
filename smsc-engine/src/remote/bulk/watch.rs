//! Hears from the core where there may be work: one open answer for all lanes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::sync::watch::Sender;

use super::Shared;
use super::call::call;
use super::late::Reading;
use crate::api::Work;
use crate::model::Lane;
use crate::wire::{self, MOST_ITEMS};

/// Lanes that somebody watches.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    watched: Mutex<Watched>,
    more: Notify,
}

#[derive(Debug, Default)]
struct Watched {
    lanes: HashMap<Lane, Sender<u64>>,
    /// Counts lanes that were added.
    added: u64,
}

impl Lanes {
    pub(super) fn watch(&self, lane: &Lane) -> Work {
        let mut watched = self.watched();
        if let Some(lane) = watched.lanes.get(lane) {
            return Work::new([lane.subscribe()]);
        }
        let sender = Sender::new(0);
        let work = Work::new([sender.subscribe()]);
        watched.lanes.insert(lane.clone(), sender);
        watched.added += 1;
        drop(watched);
        self.more.notify_one();
        work
    }

    pub(super) fn wake_all(&self) {
        self.watched().lanes.values().for_each(wake);
    }

    fn wake(&self, lanes: &[Lane]) {
        let watched = self.watched();
        lanes.iter().filter_map(|lane| watched.lanes.get(lane)).for_each(wake);
    }

    /// Those that are still watched, and how many were ever added.
    fn current(&self) -> (Vec<Lane>, u64) {
        let mut watched = self.watched();
        watched.lanes.retain(|_, sender| sender.receiver_count() > 0);
        if watched.lanes.len() > MOST_ITEMS {
            tracing::error!(lanes = watched.lanes.len(), "more lanes are watched than the core can be told of: {MOST_ITEMS}");
        }
        (watched.lanes.keys().take(MOST_ITEMS).cloned().collect(), watched.added)
    }

    /// Waits until there are more than there were.
    async fn more_than(&self, added: u64) {
        while self.watched().added == added {
            self.more.notified().await;
        }
    }

    fn watched(&self) -> MutexGuard<'_, Watched> {
        // Nothing behind it is half done at any time.
        self.watched.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wake(sender: &Sender<u64>) {
    sender.send_modify(|changes| *changes = changes.wrapping_add(1));
}

/// Why nothing more is heard.
enum End {
    /// There are lanes that the core was not told of.
    More,
    /// The core did not answer.
    Failed,
    /// It did, and stopped.
    Broke,
}

/// Listens for ever.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let (lanes, added) = shared.lanes.current();
        if lanes.is_empty() {
            shared.lanes.more_than(added).await;
        } else {
            match shared.listen(lanes, added).await {
                End::More => pause = FIRST_PAUSE,
                End::Broke => {
                    pause = FIRST_PAUSE;
                    tokio::time::sleep(pause).await;
                }
                End::Failed => {
                    tokio::time::sleep(pause).await;
                    pause = (pause * 2).min(shared.retry.max(FIRST_PAUSE));
                }
            }
        }
        // At the start many lanes come one after the other.
        tokio::time::sleep(SETTLE).await;
    }
}

impl Shared {
    async fn listen(&self, lanes: Vec<Lane>, added: u64) -> End {
        let opened = self.client.open(call("watch", wire::write(&lanes))).await;
        self.note(opened.as_ref().err());
        let Ok(response) = opened else { return End::Failed };
        // What came before is not told.
        self.lanes.wake_all();
        let mut reading = Reading::of(response);
        loop {
            tokio::select! {
                named = reading.next::<Vec<Lane>>() => match named {
                    Ok(Some(lanes)) => self.lanes.wake(&lanes),
                    Ok(None) => return End::Broke,
                    Err(what) => {
                        tracing::warn!("api watch: the answer broke off: {what}");
                        return End::Broke;
                    }
                },
                () = self.lanes.more_than(added) => return End::More,
            }
        }
    }
}

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const SETTLE: Duration = Duration::from_millis(20);
