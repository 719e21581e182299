//! All that an operator, a REST API, a dashboard or an embedder does with a core.
//!
//! Whoever controls a core goes through a [`Handle`]; whoever delivers for it goes through
//! [`CoreApi`](crate::api::CoreApi). Every change takes effect at once.

mod end;
mod error;
mod gather;
mod update;
mod work;

use std::sync::Arc;

use super::centre::Core;
use super::charging::ChargingStats;
use super::clock::Clock;
use super::enum_lookup::EnumStats;
use super::events::EventLog;
use super::inner::Inner;
#[cfg(feature = "http")]
use super::intake::Taken;
use super::location::Locations;
use super::meters::Meters;
use super::policy::Policy;
use super::queue::{Counts, Page, Queue, Record};
use super::records::{Recorder, Statistics};
use super::route::RouteTable;
use super::translate::Translator;
use crate::api::{Accepted, Refusal, Submission};
use crate::model::{Event, MessageId, Timestamp};

pub use end::NetworkStatus;
pub use error::HandleError;
pub(super) use gather::Gathering;
pub use update::Update;
pub use work::Order;

/// The control surface of one core; cheap to clone, all clones are one.
#[derive(Clone)]
pub struct Handle {
    inner: Arc<Inner>,
}

impl Core {
    /// Returns the control surface.
    pub fn handle(&self) -> Handle {
        Handle { inner: self.inner.clone() }
    }
}

impl Handle {
    /// Accepts one message; resolves when it is durable.
    ///
    /// # Errors
    /// The core refuses.
    pub async fn submit(&self, submission: Submission) -> Result<Accepted, Refusal> {
        self.inner.accept_one(submission).await.answer.wait().await
    }

    /// The same, and how the message stands then.
    ///
    /// # Errors
    /// The core refuses.
    #[cfg(feature = "http")]
    pub(crate) async fn submit_and_show(
        &self,
        submission: Submission,
    ) -> Result<(Accepted, Result<Record, HandleError>), Refusal> {
        let Taken { answer, message } = self.inner.accept_one(submission).await;
        let accepted = answer.wait().await?;
        let record = match message {
            // As it became durable; who took it since then is another matter.
            Some(message) => Ok(Record { message: *message, outcome: None, leased: None, remote: None }),
            None => self.message(accepted.id).await,
        };
        Ok((accepted, record))
    }

    /// Returns a message as it stands, until it is forgotten.
    ///
    /// # Errors
    /// [`HandleError::Unknown`], or the queue cannot be read.
    pub async fn message(&self, id: MessageId) -> Result<Record, HandleError> {
        self.inner.queue.get(id).await?.ok_or(HandleError::Unknown(id))
    }

    /// Returns a page of messages, ended ones included.
    ///
    /// # Errors
    /// The queue cannot be read.
    pub async fn messages(&self, page: &Page) -> Result<Vec<Record>, HandleError> {
        Ok(self.inner.queue.list(page).await?)
    }

    /// Returns the pending message that was accepted first.
    ///
    /// # Errors
    /// The queue cannot be read.
    pub async fn oldest(&self) -> Result<Option<Record>, HandleError> {
        Ok(self.inner.queue.oldest().await?)
    }

    /// Returns the history of a message, earliest first; empty without a log of events.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn events(&self, id: MessageId) -> Result<Vec<Event>, HandleError> {
        match &self.inner.events {
            Some(events) => events.of(id).await.map_err(HandleError::Events),
            None => Ok(Vec::new()),
        }
    }

    /// Adds an event from outside to the history of a message.
    pub fn add_event(&self, event: Event) {
        self.inner.write_events(vec![event]);
    }

    /// Counts messages by lane and state.
    pub fn counts(&self) -> Counts {
        self.inner.queue.counts()
    }

    /// Returns what the core counted since its start.
    pub fn meters(&self) -> &Meters {
        &self.inner.meters
    }

    /// Returns the rules of a message's life.
    pub fn policy(&self) -> Policy {
        self.inner.policy()
    }

    /// Changes the rules; they hold for what happens next.
    pub fn set_policy(&self, policy: Policy) {
        self.inner.policy.store(Arc::new(policy));
    }

    /// The table of routes, if the core has one.
    pub fn routes(&self) -> Option<&RouteTable> {
        self.inner.routes.as_ref()
    }

    /// Where subscribers are, if the core knows.
    pub fn locations(&self) -> Option<&Locations> {
        self.inner.locations.as_ref()
    }

    /// The rules of number translation.
    pub fn translator(&self) -> &Arc<Translator> {
        &self.inner.translator
    }

    /// Tells how the writing of records goes; `None` without records.
    pub fn recording(&self) -> Option<Statistics> {
        self.inner.recorder.as_ref().map(Recorder::statistics)
    }

    /// Tells how ENUM does; `None` without ENUM.
    pub fn enum_lookup(&self) -> Option<EnumStats> {
        self.inner.enum_lookup.as_ref().map(|lookup| lookup.stats())
    }

    /// Tells how charging does; `None` without charging.
    pub fn charging(&self) -> Option<ChargingStats> {
        self.inner.charging.as_ref().map(|charging| charging.stats())
    }

    /// Where messages live.
    pub fn queue(&self) -> &Arc<dyn Queue> {
        &self.inner.queue
    }

    /// Tells the time of this core.
    pub fn clock(&self) -> &Clock {
        &self.inner.clock
    }

    /// The log of events, if there is one.
    pub fn event_log(&self) -> Option<&Arc<dyn EventLog>> {
        self.inner.events.as_ref()
    }

    /// The core itself, as frontends in this process have it.
    pub fn core(&self) -> Core {
        Core { inner: self.inner.clone() }
    }

    fn now(&self) -> Timestamp {
        self.inner.now()
    }
}
