//! A core on a faulty disk in virtual time, and everything around it that can go wrong.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smsc_engine::core::queue::io::Io;
use smsc_engine::core::queue::{JournalOptions, JournalQueue, OpenError, Page, Queue, Record};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::{Clock, Core, Handle, Hook, Policy, Setup};
use smsc_engine::model::{Lane, Message, MessageId, Outcome, Route, Timestamp, Word};
use smsc_engine::testing::{Dice, FaultyIo};

use super::call::{Call, Told};
use super::model::{Model, Sight};
use super::sink::Sink;

/// Where frontends and the ESME take work; messages without a route lie on the empty one.
pub(super) const LANES: [&str; 4] = ["a", "b", "esme:shop", ""];
/// How long a repeat is known.
pub(super) const TTL: Duration = Duration::from_secs(300);
/// Later than the clock of the machine, which the journal looks at when it puts a message off after a full disk.
const START: Timestamp = Timestamp(4_102_444_800_000);

/// One seeded life.
pub(super) struct World {
    pub(super) dice: Dice,
    pub(super) clock: Clock,
    pub(super) policy: Policy,
    pub(super) model: Model,
    pub(super) sink: Sink,
    io: FaultyIo,
    routes: RouteTable,
    core: Option<Living>,
    ear: Arc<Ear>,
    /// The disk is full now, or was since the last start.
    pub(super) is_full: bool,
    /// Whoever looks for a fault sees every call.
    is_traced: bool,
    /// What was given up when the last call was examined: it may still be on its way to the disk.
    late: Vec<Call>,
    pub(super) tags: u64,
    /// What was submitted, by tag.
    pub(super) drafts: BTreeMap<u64, Message>,
    /// Messages that frontends hold, or think they do.
    pub(super) held: Vec<Message>,
    /// Messages that other networks took.
    pub(super) handed: Vec<(Lane, Word, MessageId)>,
}

/// A core that runs.
#[derive(Clone)]
pub(super) struct Living {
    pub(super) core: Core,
    pub(super) handle: Handle,
    pub(super) queue: Arc<JournalQueue>,
}

/// Hears how messages end.
#[derive(Default)]
struct Ear(Mutex<Vec<(MessageId, Outcome)>>);

impl Hook for Ear {
    fn ended(&self, message: &Message, outcome: &Outcome) {
        self.0.lock().unwrap().push((message.id, *outcome));
    }
}

/// How the process comes to its end.
#[derive(Clone, Copy, Debug)]
pub(super) enum Death {
    /// The power fails.
    Crash,
    /// The process goes without a word; what it wrote is still in the system's cache.
    Kill,
    /// It is stopped in order.
    Stop,
}

impl World {
    pub(super) async fn new(seed: u64) -> World {
        let mut dice = Dice::new(seed);
        let policy = Policy {
            max_attempts: (dice.throw(2) == 0).then_some(3),
            delete_body_after_delivery: dice.throw(4) == 0,
            ..Policy::default()
        };
        let mut world = World {
            clock: Clock::by_hand(START),
            model: Model::new(policy),
            sink: Sink::default(),
            io: FaultyIo::new(seed),
            routes: routes().await,
            core: None,
            ear: Arc::default(),
            is_full: false,
            is_traced: std::env::var_os("SMSC_TRACE").is_some(),
            late: Vec::new(),
            tags: 0,
            drafts: BTreeMap::new(),
            held: Vec::new(),
            handed: Vec::new(),
            dice,
            policy,
        };
        world.start().await;
        world
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Shows what happens to whoever looks for a fault.
    pub(super) fn trace(&self, what: impl FnOnce() -> String) {
        if self.is_traced {
            eprintln!("{:?}{} {}", self.now(), if self.is_full { " full" } else { "" }, what());
        }
    }

    pub(super) fn living(&self) -> Living {
        self.core.clone().unwrap()
    }

    /// Picks one of these, if there is any.
    pub(super) fn pick<T: Copy>(&mut self, all: &[T]) -> Option<T> {
        all.get(self.dice.throw(all.len() as u64) as usize).copied()
    }

    /// Tells whether the queue must be opened anew.
    pub(super) async fn is_broken(&self) -> bool {
        // The power may be off and the queue not know it yet.
        self.living().queue.append(Vec::new()).await.is_err() || self.io.list().is_err()
    }

    /// The power fails after so many changes of the disk.
    pub(super) fn fail_after(&self, changes: u64) {
        self.io.fail_after(changes);
    }

    /// The next sync of a journal file fails.
    pub(super) fn fail_sync(&self) {
        self.io.fail_next_sync("journal");
    }

    /// From now on there is only so much more room on the disk.
    pub(super) fn fill_up(&mut self) {
        let names = self.io.list().unwrap_or_default();
        let used: usize = names.iter().filter_map(|name| self.io.content(name)).map(|content| content.len()).sum();
        self.io.limit(used as u64 + self.dice.throw(5000));
        self.is_full = true;
    }

    /// Compares what is there with what was asked for and told.
    pub(super) async fn note(&mut self, calls: Vec<Call>, told: Told) {
        self.trace(|| {
            let made = calls.iter().map(|call| (call.wishes.iter().map(|(id, _)| id.0).collect::<Vec<_>>(), call.births.len()));
            format!("changes of, births {:?}: {told:?}", made.collect::<Vec<_>>())
        });
        if self.is_broken().await {
            // A refusal of a broken queue says nothing.
            let told = if told == Told::Refused { Told::Silent } else { told };
            let late = self.take_late();
            self.model.unsure.extend(late.chain(calls.into_iter().map(|call| (call, told))));
            return;
        }
        let told = match told {
            Told::Silent if !self.is_full => Told::Done,
            told => told,
        };
        let touched: Vec<MessageId> = calls.iter().flat_map(|call| call.wishes.iter().map(|(id, _)| *id)).collect();
        let given_up = self.late.len();
        let late = self.take_late();
        let mut calls: Vec<_> = late.chain(calls.into_iter().map(|call| (call, told))).collect();
        if !self.look(&calls, false).await {
            self.model.unsure.extend(calls.into_iter().map(|(call, _)| (call, Told::Silent)));
            return;
        }
        if told == Told::Silent {
            // Those before were written before these, or never will be.
            self.late = calls.drain(given_up..).map(|(call, _)| call).collect();
        }
        if self.is_full {
            // What found no room was taken from whoever held it.
            for id in touched {
                self.model.known.get_mut(&id).unwrap().holder = None;
            }
        }
    }

    /// Something that was given up may be done or not.
    pub(super) fn is_unsure(&self) -> bool {
        !self.late.is_empty()
    }

    /// Takes out what was given up and may be done or not.
    fn take_late(&mut self) -> impl Iterator<Item = (Call, Told)> + use<> {
        std::mem::take(&mut self.late).into_iter().map(|call| (call, Told::Silent))
    }

    /// Ends the process and starts another; then everything must be as it was answered.
    pub(super) async fn restart(&mut self, death: Death) {
        let living = self.core.take().unwrap();
        // The power may have failed unseen.
        let death = if self.io.list().is_err() { Death::Crash } else { death };
        match death {
            Death::Crash => {
                let left = self.io.crash();
                drop(living);
                self.io = left;
            }
            Death::Kill => drop(living),
            Death::Stop => drop((living.queue.close().await, living)),
        }
        // It may have failed while the process ended.
        if self.io.list().is_err() {
            self.io = self.io.crash();
        }
        self.io.limit(u64::MAX);
        self.held.retain(|_| self.dice.throw(2) == 0);
        while self.dice.throw(4) == 0 {
            // The power fails again while the core starts.
            self.io.fail_after(self.dice.throw(12));
            drop(self.open().await);
            self.io = self.io.crash();
        }
        self.io.fail_after(u64::MAX);
        self.start().await;
    }

    /// Starts a core on the disk as it is, and examines it.
    async fn start(&mut self) {
        let living = match self.open().await {
            Ok(living) => living,
            // The sync that was to fail may have been the first one.
            Err(_) => self.open().await.unwrap_or_else(|error| panic!("the core does not start: {error}")),
        };
        self.core = Some(living);
        self.is_full = false;
        let late = self.take_late();
        let unsure: Vec<_> = late.chain(std::mem::take(&mut self.model.unsure)).collect();
        assert!(self.look(&unsure, true).await, "the power is on");
        self.model.restart();
        self.check_counts().await;
        self.sink.check(&self.model, &self.living().queue).await;
    }

    async fn open(&self) -> Result<Living, String> {
        let queue = match JournalQueue::open_on(Arc::new(self.io.clone()), options()) {
            Ok(queue) => Arc::new(queue),
            Err(error @ (OpenError::Disk { .. } | OpenError::Queue(_))) => return Err(error.to_string()),
            Err(other) => panic!("{other}"),
        };
        let setup = Setup {
            clock: self.clock.clone(),
            policy: self.policy,
            hooks: vec![self.ear.clone()],
            fingerprint_ttl: Some(TTL),
            ..Setup::with_routes(queue.clone(), self.routes.clone())
        };
        let core = Core::start(setup).await.map_err(|error| error.to_string())?;
        Ok(Living { handle: core.handle(), core, queue })
    }

    /// Looks at everything there is.
    async fn look(&mut self, calls: &[(Call, Told)], fresh: bool) -> bool {
        let page = Page { max: usize::MAX, ..Page::default() };
        let records = self.living().handle.messages(&page).await.unwrap();
        // A list leaves out what cannot be read, and without power that is everything.
        if self.io.list().is_err() {
            return false;
        }
        let seen = records.len();
        let bare = |record: Record| (record.message.id, Record { leased: None, ..record });
        let there: BTreeMap<MessageId, Record> = records.into_iter().map(bare).collect();
        assert_eq!(there.len(), seen, "a message is listed twice");
        self.model.reconcile(Sight { there, now: self.now(), fresh }, calls);
        for (id, outcome) in std::mem::take(&mut *self.ear.0.lock().unwrap()) {
            self.model.hear(id, &outcome);
        }
        true
    }

    async fn check_counts(&self) {
        let Living { handle, .. } = self.living();
        let page = Page { max: usize::MAX, ..Page::default() };
        let records = handle.messages(&page).await.unwrap();
        let count = |name: &str| records.iter().filter(|record| record.status().name() == name).count() as u64;
        let counts = handle.counts();
        let told = [counts.pending, counts.delivered, counts.failed, counts.expired, counts.rejected];
        assert_eq!(told, ["pending", "delivered", "failed", "expired", "rejected"].map(count));
        for lane in &counts.lanes {
            let there = records.iter().filter(|record| record.outcome.is_none() && record.message.lane == lane.lane);
            assert_eq!((lane.pending, lane.leased), (there.count() as u64, 0), "{lane:?} after a start");
        }
        assert_eq!(counts.lanes.iter().map(|lane| lane.pending).sum::<u64>(), counts.pending);
    }
}

fn options() -> JournalOptions {
    let mut options = JournalOptions::default();
    // Small, so that segments are begun, emptied and used again all the time.
    options.segment_octets = 4096;
    options.recent_octets = 2048;
    options.keep_until_recorded = true;
    options
}

/// Two lanes, a drop, an automatic reply, one that drops as well; nothing for other numbers.
async fn routes() -> RouteTable {
    let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
    let to = |prefix: &str, lane: Option<&str>| Route {
        called_prefix: Some(prefix.into()),
        dest_smsc: lane.map(Into::into),
        drop: lane.is_none(),
        ..Route::default()
    };
    let reply =
        |prefix: &str, drop| Route { auto_reply: true, auto_reply_message: Some("closed".into()), drop, ..to(prefix, Some("a")) };
    let deliver = [to("+44", Some("a")), to("+49", Some("b")), to("+33", Some("a"))];
    for route in deliver.into_iter().chain([to("+1", None), reply("+7", false), reply("+8", true)]) {
        table.add(route).await.unwrap();
    }
    table
}
