//! What all handles of one core share.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use arc_swap::ArcSwap;
use tokio::sync::Semaphore;

use super::alerts::Flags;
use super::cdr::Recording;
use super::charging::Charging;
use super::clock::Clock;
use super::dedup::Fingerprints;
use super::enum_lookup::EnumLookup;
use super::events::EventLog;
use super::fleeting::Fleeting;
use super::handle::Gathering;
use super::hook::Hook;
use super::ledger::QueueLedger;
use super::locating::Waiting;
use super::location::Locations;
use super::meters::Meters;
use super::policy::Policy;
use super::prints::FingerprintStore;
use super::queue::Queue;
use super::records::Recorder;
use super::route::{RouteTable, Router};
use super::setup::{Records, Setup};
use super::translate::{Numbers, Translator};
use crate::model::{Address, Event, EventName, Message, MessageId, Timestamp, Word};

pub(super) struct Inner {
    pub(super) queue: Arc<dyn Queue>,
    pub(super) router: Arc<dyn Router>,
    pub(super) routes: Option<RouteTable>,
    pub(super) translator: Arc<Translator>,
    pub(super) locations: Option<Locations>,
    pub(super) enum_lookup: Option<Arc<dyn EnumLookup>>,
    pub(super) charging: Option<Arc<dyn Charging>>,
    pub(super) hooks: Vec<Arc<dyn Hook>>,
    pub(super) events: Option<Arc<dyn EventLog>>,
    pub(super) recorder: Option<Recorder>,
    pub(super) recording: Recording,
    pub(super) policy: Arc<ArcSwap<Policy>>,
    pub(super) fingerprints: Option<Arc<Fingerprints>>,
    /// The same for all nodes of a cluster.
    pub(super) shared_prints: Option<Arc<dyn FingerprintStore>>,
    pub(super) may_repeat: HashSet<String>,
    /// What messages that are accepted here say of this node.
    pub(super) origin: Option<Word>,
    pub(super) fleeting: Fleeting,
    /// What is handed in one by one.
    pub(super) gathering: Gathering,
    /// Who wants to hear when a subscriber can be reached again.
    pub(super) flags: Flags,
    /// Messages that wait for their recipient to be served by somebody.
    pub(super) waiting: Waiting,
    /// Places for messages that wait for ENUM or charging.
    pub(super) slow: Arc<Semaphore>,
    pub(super) meters: Meters,
    /// The disk was found full.
    pub(super) is_tight: AtomicBool,
    pub(super) clock: Clock,
}

impl Inner {
    pub(super) fn new(setup: Setup) -> Inner {
        let now = setup.clock.now();
        let fingerprints = setup.fingerprint_ttl.map(|ttl| Arc::new(Fingerprints::new(ttl, MOST_FINGERPRINTS, now)));
        let shared_prints = setup.fingerprints.filter(|_| fingerprints.is_some());
        let origin = setup.mark_origin.then(|| Word::new(setup.node.as_bytes()));
        let recording = Recording { node: setup.node, total_parts: setup.record_total_parts };
        let policy = Arc::new(ArcSwap::from_pointee(setup.policy));
        let recorder = setup.records.map(|Records { sinks, options }| {
            let ledger = QueueLedger { queue: setup.queue.clone(), recording: recording.clone(), policy: policy.clone() };
            Recorder::start(options, sinks, Arc::new(ledger))
        });
        Inner {
            queue: setup.queue,
            router: setup.router,
            routes: setup.routes,
            translator: setup.translator,
            locations: setup.locations.map(|(locations, _)| locations),
            enum_lookup: setup.enum_lookup,
            charging: setup.charging,
            hooks: setup.hooks,
            events: setup.events,
            recorder,
            recording,
            policy,
            fingerprints,
            shared_prints,
            origin,
            may_repeat: setup.may_repeat.into_iter().collect(),
            fleeting: Fleeting::new(),
            gathering: Gathering::default(),
            flags: Flags::default(),
            waiting: Waiting::default(),
            slow: Arc::new(Semaphore::new(MOST_SLOW)),
            meters: Meters::default(),
            is_tight: AtomicBool::new(false),
            clock: setup.clock,
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn policy(&self) -> Policy {
        **self.policy.load()
    }

    /// Translates both numbers, international ones with `+`, and tells, for people, what changed.
    pub(super) fn translate(&self, message: &mut Message) -> Option<String> {
        if self.translator.is_empty() {
            return None;
        }
        let (calling, called) = (message.source.number(), message.destination.number());
        let numbers = Numbers { calling: calling.as_bytes(), called: called.as_bytes(), source_smsc: message.account.as_str() };
        let translation = self.translator.translate(numbers)?;
        let (source, destination) = (translation.calling.text(), translation.called.text());
        let source = (*source != *calling).then(|| Address::from_number(&source));
        let destination = (*destination != *called).then(|| Address::from_number(&destination));
        message.source = source.unwrap_or(message.source.clone());
        message.destination = destination.unwrap_or(message.destination.clone());
        Some(translation.to_string())
    }

    /// Writes one event.
    pub(super) fn note(&self, id: MessageId, name: EventName, text: impl Into<Cow<'static, str>>) {
        if let Some(events) = &self.events {
            events.write(vec![self.event(id, (name, self.now()), text.into())]);
        }
    }

    pub(super) fn event(&self, id: MessageId, (name, time): (EventName, Timestamp), description: Cow<'static, str>) -> Event {
        Event { message_id: id, time, name, description, source: self.recording.node.clone() }
    }

    pub(super) fn write_events(&self, batch: Vec<Event>) {
        if let (Some(events), false) = (&self.events, batch.is_empty()) {
            events.write(batch);
        }
    }
}

/// About 48 octets each: 200 MB at most.
const MOST_FINGERPRINTS: usize = 4_000_000;
/// Each holds a message and a task; charging or ENUM that is down must not fill the memory.
const MOST_SLOW: usize = 10_000;
