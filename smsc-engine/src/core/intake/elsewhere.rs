//! Messages that another node has accepted before, or is accepting.

use std::collections::HashSet;
use std::time::Duration;

use super::super::StoreError;
use super::super::dedup::Claim;
use super::super::inner::Inner;
use super::super::prints::{FingerprintStore, Known, Print, octets};
use super::super::queue::QueueError;
use super::super::refusal::refusal;
use super::run::Run;
use crate::api::{Accepted, Refusal};
use crate::model::MessageId;

impl Inner {
    /// Takes out of the run what another node knows; returns what was noted there for the rest.
    pub(super) async fn meet_elsewhere(&self, run: &mut Run) -> Vec<Print> {
        let (Some(store), Some(fingerprints)) = (&self.shared_prints, &self.fingerprints) else { return Vec::new() };
        // Then nobody is asked in vain: the queue refuses them all.
        if self.queue.health().is_err() {
            return Vec::new();
        }
        let claimed: HashSet<MessageId> = run.claims.iter().map(Claim::id).collect();
        let claimed = run.messages.iter().filter(|message| claimed.contains(&message.id));
        let new = claimed.map(|message| Print { print: store.print(&octets(message)), id: message.id, at: run.now });
        let mut new: Vec<Print> = new.collect();
        if new.is_empty() {
            return new;
        }
        // Nodes that note the same messages wait for each other in one order.
        new.sort_by_key(|print| print.print);
        let known = match store.note(&new, fingerprints.ttl()).await {
            Ok(known) => known,
            Err(error) => {
                self.refuse_all(run, &new, &error);
                return Vec::new();
            }
        };
        for known in &known {
            match self.decide(&**store, known).await {
                Ok(None) => {}
                Ok(Some(former)) => {
                    let repeated = self.repeated(former);
                    run.withdraw(known.new.id, Ok(repeated));
                }
                Err(refusal) => run.withdraw(known.new.id, Err(refusal)),
            }
        }
        let left: HashSet<MessageId> = run.claims.iter().map(Claim::id).collect();
        new.retain(|print| left.contains(&print.id));
        new
    }

    /// The message that was accepted before, if one was.
    async fn decide(&self, store: &dyn FingerprintStore, known: &Known) -> Result<Option<MessageId>, Refusal> {
        let former = self.queue.get(known.former).await.map_err(|error| refusal(&error))?;
        if former.is_some() {
            return Ok(Some(known.former));
        }
        // It is being accepted right now, or its node died over it.
        if known.new.at.since(known.at) < DECIDED {
            return Err(Refusal::Busy);
        }
        match store.replace(known.new, known.former).await {
            Ok(true) => Ok(None),
            Ok(false) => Err(Refusal::Busy),
            Err(error) => {
                tracing::error!(%error, "fingerprints cannot be used");
                Err(Refusal::Away)
            }
        }
    }

    fn refuse_all(&self, run: &mut Run, new: &[Print], error: &StoreError) {
        tracing::error!(%error, "fingerprints cannot be used");
        new.iter().for_each(|print| run.withdraw(print.id, Err(Refusal::Away)));
    }

    /// What was noted is not accepted after all, if that is certain.
    pub(super) async fn forget_elsewhere(&self, noted: Vec<Print>, error: &QueueError) {
        let is_certain = matches!(
            error,
            QueueError::Full { .. }
                | QueueError::TooLarge { .. }
                | QueueError::NoRoom
                | QueueError::Unreachable(_)
                | QueueError::Apart(_)
        );
        if let (Some(store), true, false) = (&self.shared_prints, is_certain, noted.is_empty()) {
            store.forget(noted).await;
        }
    }
}

impl Run {
    /// Takes a message out, with all that was to become of it, and answers it.
    fn withdraw(&mut self, id: MessageId, answer: Result<Accepted, Refusal>) {
        self.messages.retain(|message| message.id != id);
        self.unrouted.retain(|message| message.id != id);
        self.endings.retain(|(message, _)| message.id != id);
        self.claims.retain(|claim| claim.id() != id);
        self.events.retain(|event| event.message_id != id);
        self.replace_answer(id, answer);
    }
}

/// A node that takes longer to write what it noted is dead, or as good as that.
const DECIDED: Duration = Duration::from_secs(10);
