//! The locations of a core: looked up by everybody, fed by registrations, kept in a store.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;

use super::state::State;
use super::{LocationChange, LocationStore};
use crate::core::snapshot::finish;
use crate::core::{News, StoreError};
use crate::model::{Lane, Location, Timestamp};

/// What the core hears when a subscriber comes and goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The number is served by this frontend from now on.
    Served {
        /// The number as it was registered.
        msisdn: String,
        /// The frontend.
        by: Lane,
    },
    /// Nobody serves the number any more.
    Lost {
        /// The number as it was registered.
        msisdn: String,
    },
}

/// How locations are kept.
#[derive(Clone)]
#[non_exhaustive]
pub struct LocationOptions {
    /// At most so many.
    pub limit: usize,
    /// Hears of every change of who serves a number, in order, after readers see it. It must not block.
    pub listener: Option<Arc<dyn Fn(Reach) + Send + Sync>>,
}

impl Default for LocationOptions {
    fn default() -> Self {
        LocationOptions { limit: LIMIT, listener: None }
    }
}

/// Why a location is not taken; what was known before still holds.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocationError {
    /// A field is missing.
    #[error("{0} is required")]
    Missing(&'static str),
    /// A field has too many octets.
    #[error("{field}: more than {most} octets")]
    TooLong {
        /// Which field.
        field: &'static str,
        /// The most allowed.
        most: usize,
    },
    /// Another location has this IMSI.
    #[error("location {0} has this IMSI")]
    Taken(u64),
    /// There is no location with this number.
    #[error("there is no location {0}")]
    Unknown(u64),
    /// There are too many.
    #[error("there is no room for more than {0} locations")]
    Full(usize),
    /// The store did not take the change.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Locations of subscribers. Copies are the same table.
///
/// Look-ups take no lock; a change is seen once it is stored, and finished though its caller went away.
#[derive(Clone)]
pub struct Locations {
    shared: Arc<Shared>,
}

struct Shared {
    state: ArcSwap<State>,
    store: Arc<dyn LocationStore>,
    options: LocationOptions,
    writer: Arc<tokio::sync::Mutex<Writer>>,
}

/// What only those who change need.
struct Writer {
    next_id: u64,
    /// Ends of registrations that are still to come, and of those that were told of.
    ends: BTreeSet<(Timestamp, u64)>,
    over: BTreeSet<(Timestamp, u64)>,
}

impl Locations {
    /// Reads the locations of a store.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn open(store: Arc<dyn LocationStore>, options: LocationOptions) -> Result<Locations, LocationError> {
        let (mut state, mut writer) = (State::default(), Writer { next_id: 1, ends: BTreeSet::new(), over: BTreeSet::new() });
        for location in store.load().await? {
            writer.next_id = writer.next_id.max(location.id.saturating_add(1));
            writer.ends.extend(location.expires.map(|end| (end, location.id)));
            state.put(location);
        }
        let writer = Arc::new(tokio::sync::Mutex::new(writer));
        Ok(Locations { shared: Arc::new(Shared { state: ArcSwap::from_pointee(state), store, options, writer }) })
    }

    /// Takes a registration: what it says replaces what was known of this IMSI. Tells whether the IMSI is new.
    ///
    /// # Errors
    /// See [`LocationError`].
    pub async fn upsert(&self, location: Location, now: Timestamp) -> Result<(Location, bool), LocationError> {
        let limit = self.shared.options.limit;
        self.change(now, move |state, writer| {
            check(&location)?;
            let known = state.by_imsi(&location.imsi);
            if known.is_none() && state.book.len() >= limit {
                return Err(LocationError::Full(limit));
            }
            let (id, inserted_at) = known.map_or((writer.next_id, now), |known| (known.id, known.inserted_at));
            writer.next_id = writer.next_id.max(id.saturating_add(1));
            let location = Location { id, inserted_at, updated_at: now, ..location };
            Ok((vec![LocationChange::Put(location.clone())], (location, known.is_none())))
        })
        .await
    }

    /// Changes a location; its number and the time it was made stay whatever `edit` does to them.
    ///
    /// # Errors
    /// See [`LocationError`].
    pub async fn patch<F>(&self, id: u64, now: Timestamp, edit: F) -> Result<Location, LocationError>
    where
        F: FnOnce(&mut Location) + Send + 'static,
    {
        self.change(now, move |state, _| {
            let known = state.get(id).ok_or(LocationError::Unknown(id))?;
            let mut location = known.clone();
            edit(&mut location);
            check(&location)?;
            if let Some(other) = state.by_imsi(&location.imsi).filter(|other| other.id != id) {
                return Err(LocationError::Taken(other.id));
            }
            let location = Location { id, inserted_at: known.inserted_at, updated_at: now, ..location };
            Ok((vec![LocationChange::Put(location.clone())], location))
        })
        .await
    }

    /// Deletes a location, as after a deregistration.
    ///
    /// # Errors
    /// See [`LocationError`].
    pub async fn delete(&self, id: u64, now: Timestamp) -> Result<Location, LocationError> {
        self.change(now, move |state, _| {
            let location = state.get(id).ok_or(LocationError::Unknown(id))?.clone();
            Ok((vec![LocationChange::Delete(id)], location))
        })
        .await
    }

    /// Tells the listener of registrations that have ended, and deletes those that ended more than `keep` ago, for
    /// until then people want to see why nothing is delivered. Returns how many were deleted.
    ///
    /// # Errors
    /// See [`LocationError`].
    pub async fn sweep(&self, now: Timestamp, keep: Duration) -> Result<usize, LocationError> {
        let shared = Arc::clone(&self.shared);
        self.change(now, move |state, writer| {
            // The end itself belongs to the time after.
            let ended = take_until(&mut writer.ends, now);
            for location in ended.iter().filter_map(|(_, id)| state.get(*id)) {
                if state.serving(location.msisdn.as_bytes(), now).is_none() && location.location.is_some() {
                    shared.tell(Reach::Lost { msisdn: location.msisdn.clone() });
                }
            }
            writer.over.extend(ended);
            // Looked at, not taken: a store that fails will be asked again.
            let old = writer.over.range(..=(now.before(keep), u64::MAX));
            let deletions: Vec<LocationChange> = old.map(|(_, id)| LocationChange::Delete(*id)).collect();
            let deleted = deletions.len();
            Ok((deletions, deleted))
        })
        .await
    }

    /// Takes in what other nodes changed since one looked last.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn catch_up(&self, now: Timestamp) -> Result<(), LocationError> {
        let shared = Arc::clone(&self.shared);
        finish(async move {
            let mut writer = shared.writer.lock().await;
            let news = shared.store.news().await?;
            shared.take(&mut writer, news, now);
            Ok(())
        })
        .await
    }

    /// Returns who serves a number, with or without a leading `+`.
    pub fn serving(&self, msisdn: &[u8], now: Timestamp) -> Option<Lane> {
        self.shared.state.load().serving(msisdn, now).cloned()
    }

    /// Returns the location with this number.
    pub fn get(&self, id: u64) -> Option<Location> {
        self.shared.state.load().get(id).cloned()
    }

    /// Returns the location of this IMSI.
    pub fn by_imsi(&self, imsi: &str) -> Option<Location> {
        self.shared.state.load().by_imsi(imsi).cloned()
    }

    /// Returns the latest location of this telephone number, with or without a leading `+`.
    pub fn by_msisdn(&self, msisdn: &str) -> Option<Location> {
        self.shared.state.load().by_msisdn(msisdn).cloned()
    }

    /// Returns at most `max` locations with numbers greater than `after`, in order.
    pub fn list(&self, after: u64, max: usize) -> Vec<Location> {
        self.shared.state.load_full().book.after(after).take(max).map(|record| record.location.clone()).collect()
    }

    /// Returns at most `max` locations in the order of their numbers, without the first `offset`.
    pub fn page(&self, offset: usize, max: usize) -> Vec<Location> {
        self.shared.state.load_full().book.after(0).skip(offset).take(max).map(|record| record.location.clone()).collect()
    }

    /// Counts the locations.
    pub fn len(&self) -> usize {
        self.shared.state.load().book.len()
    }

    /// Tells whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Stores and makes the changes that `plan` asks for, and returns what it says.
    async fn change<T, F>(&self, now: Timestamp, plan: F) -> Result<T, LocationError>
    where
        T: Send + 'static,
        F: FnOnce(&State, &mut Writer) -> Result<(Vec<LocationChange>, T), LocationError> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        finish(async move {
            let mut writer = shared.writer.lock().await;
            let mut turn = shared.store.turn().await?;
            shared.take(&mut writer, turn.take_news(), now);
            let (changes, answer) = plan(&shared.state.load(), &mut writer)?;
            let changes = turn.save(changes).await?;
            if !changes.is_empty() {
                shared.apply(&mut writer, changes, now);
            }
            Ok(answer)
        })
        .await
    }
}

impl Shared {
    /// Makes what others changed ours.
    fn take(&self, writer: &mut Writer, news: News<Location>, now: Timestamp) {
        let (locations, gone) = match news {
            News::Rows(locations, gone) => (locations, gone),
            News::All(locations) => {
                let present: BTreeSet<u64> = locations.iter().map(|location| location.id).collect();
                let state = self.state.load();
                let gone = state.book.after(0).map(|record| record.location.id).filter(|id| !present.contains(id));
                (locations, gone.collect())
            }
        };
        let highest = locations.last().map_or(0, |location| location.id);
        writer.next_id = writer.next_id.max(highest.saturating_add(1));
        let deletions = gone.into_iter().map(LocationChange::Delete);
        let changes: Vec<_> = deletions.chain(locations.into_iter().map(LocationChange::Put)).collect();
        if !changes.is_empty() {
            self.apply(writer, changes, now);
        }
    }

    /// Makes changes that are stored, and tells who is served by whom now.
    fn apply(&self, writer: &mut Writer, changes: Vec<LocationChange>, now: Timestamp) {
        let old = self.state.load_full();
        let mut new = State::clone(&old);
        let mut touched = BTreeSet::new();
        for change in changes {
            let id = change.id();
            let former = new.get(id).cloned();
            touched.extend(former.as_ref().map(|location| location.msisdn.clone()));
            if let Some(end) = former.and_then(|location| location.expires) {
                writer.ends.remove(&(end, id));
                writer.over.remove(&(end, id));
            }
            match change {
                LocationChange::Put(location) => {
                    touched.insert(location.msisdn.clone());
                    writer.ends.extend(location.expires.map(|end| (end, id)));
                    new.put(location);
                }
                LocationChange::Delete(_) => new.remove(id),
            }
        }
        let new = Arc::new(new);
        self.state.store(Arc::clone(&new));
        for msisdn in touched {
            let by = |state: &State| state.serving(msisdn.as_bytes(), now).cloned();
            match (by(&old), by(&new)) {
                (before, after) if before == after => {}
                (_, Some(by)) => self.tell(Reach::Served { msisdn, by }),
                (_, None) => self.tell(Reach::Lost { msisdn }),
            }
        }
    }

    fn tell(&self, reach: Reach) {
        if let Some(listener) = &self.options.listener {
            listener(reach);
        }
    }
}

impl LocationChange {
    fn id(&self) -> u64 {
        match self {
            LocationChange::Put(location) => location.id,
            LocationChange::Delete(id) => *id,
        }
    }
}

impl fmt::Debug for Locations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locations").field("locations", &self.len()).finish_non_exhaustive()
    }
}

fn check(location: &Location) -> Result<(), LocationError> {
    for (field, text) in [("imsi", &location.imsi), ("msisdn", &location.msisdn)] {
        if text.is_empty() {
            return Err(LocationError::Missing(field));
        }
        check_len(field, text, KEY)?;
    }
    let Location { location, ran_location, imei, user_agent, .. } = location;
    for (field, text) in [("location", location), ("ran_location", ran_location), ("imei", imei), ("user_agent", user_agent)] {
        check_len(field, text.as_deref().unwrap_or_default(), TEXT)?;
    }
    Ok(())
}

fn check_len(field: &'static str, text: &str, most: usize) -> Result<(), LocationError> {
    if text.len() > most { Err(LocationError::TooLong { field, most }) } else { Ok(()) }
}

/// Takes out all up to and including this time.
fn take_until(ends: &mut BTreeSet<(Timestamp, u64)>, time: Timestamp) -> BTreeSet<(Timestamp, u64)> {
    let later = ends.split_off(&(time.after(Duration::from_millis(1)), 0));
    std::mem::replace(ends, later)
}

// An IMSI has 15 digits, a number as many; some networks put more around them.
const KEY: usize = 64;
// As long as a SIP User-Agent reasonably is.
const TEXT: usize = 512;
// Some hundred octets each: what a small machine can hold.
const LIMIT: usize = 1_000_000;
