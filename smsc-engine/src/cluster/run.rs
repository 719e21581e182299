//! What a node does all the time: it gives signs of life, looks who else does, and decides whether it may work.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use tokio::time::{MissedTickBehavior, timeout};

use super::gate::Gate;
use super::hello::{Facts, HelloError, Secret, hex};
use super::lookup::{Lookup, Wanted};
use super::member::{Called, Judgement, Sight};
use super::node::ClusterError;
use super::table::{BEAT, LIFE, NodeRow, NodeTable};
use super::talk::{self, Answering, Say};
use super::view::{ClusterView, MemberState};

/// What one node knows.
pub(super) struct Watch {
    table: NodeTable,
    cluster: String,
    secret: Option<Secret>,
    lookup: Option<Lookup>,
    gate: Arc<Gate>,
    seen: Mutex<Seen>,
    view: ArcSwap<ClusterView>,
    /// Looks in a row that saw two clusters.
    split: AtomicU32,
}

#[derive(Default)]
struct Seen {
    rows: Vec<NodeRow>,
    wanted: Vec<Wanted>,
    called: Vec<Called>,
    /// What looking up members came to, if it failed.
    lookup_fault: Option<String>,
    /// What the database says, if it fails.
    fault: Option<String>,
    /// Since when signs of life reach the database.
    beating: Option<Instant>,
}

impl Watch {
    pub(super) fn new(table: NodeTable, cluster: String, (secret, lookup): (Option<Secret>, Option<Lookup>)) -> Watch {
        let gate = Arc::new(Gate::closed("it has not looked at the cluster yet"));
        let view = ClusterView { node: table.node.clone(), cluster: cluster.clone(), ..ClusterView::default() };
        Watch {
            table,
            cluster,
            secret,
            lookup,
            gate,
            seen: Mutex::default(),
            view: ArcSwap::from_pointee(view),
            split: AtomicU32::new(0),
        }
    }

    pub(super) fn gate(&self) -> Arc<Gate> {
        Arc::clone(&self.gate)
    }

    pub(super) fn view(&self) -> ClusterView {
        ClusterView::clone(&self.view.load())
    }

    pub(super) fn has_members(&self) -> bool {
        self.lookup.is_some()
    }

    /// Answers other nodes.
    pub(super) async fn answer(self: Arc<Self>, listen: SocketAddr, secret: Secret) -> Result<Answering, ClusterError> {
        let watch = Arc::downgrade(&self);
        let say: Say = Arc::new(move || watch.upgrade().map(|watch| watch.facts()).unwrap_or_default());
        Answering::start(listen, secret, say).await.map_err(|error| ClusterError::Listen { address: listen, error })
    }

    /// Takes the name of this node and looks around for the first time.
    pub(super) async fn enter(&self, address: Option<SocketAddr>) -> Result<(), ClusterError> {
        self.look_up().await;
        let address = address.map(|address| address.to_string()).unwrap_or_default();
        self.table.claim((&self.digest(), &address)).await?;
        self.note_beat(self.table.rows().await);
        self.call_all().await;
        // What is seen now is no slip: nobody waits for this node yet.
        self.split.store(SLIPS, Ordering::Relaxed);
        self.judge();
        Ok(())
    }

    /// Gives signs of life, for ever.
    pub(super) async fn beat(self: Arc<Self>) {
        let mut ticks = tokio::time::interval(BEAT);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let beat = async {
                let is_ours = self.table.beat(&self.digest()).await?;
                let rows = self.table.rows().await?;
                Ok::<_, crate::sql::SqlError>((is_ours, rows))
            };
            match timeout(PATIENCE, beat).await {
                Ok(Ok((true, rows))) => self.note_beat(Ok(rows)),
                Ok(Ok((false, _))) => self.note_fault("another process has taken the name of this node"),
                Ok(Err(error)) => self.note_fault(&format!("the database takes no sign of life: {error}")),
                Err(_) => self.note_fault("the database does not answer in time"),
            }
            self.judge();
        }
    }

    /// Looks up the members and calls them, for ever.
    pub(super) async fn look_around(self: Arc<Self>) {
        let mut looked = Instant::now();
        loop {
            tokio::time::sleep(LOOK).await;
            if looked.elapsed() >= LOOK_UP {
                self.look_up().await;
                looked = Instant::now();
            }
            self.call_all().await;
            self.judge();
        }
    }

    pub(super) async fn leave(&self) {
        self.gate.set(Some("it is being stopped"));
        match timeout(PATIENCE, self.table.leave()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "the other nodes are not told that this one stops; they will miss it"),
            Err(_) => tracing::warn!("the other nodes are not told that this one stops; they will miss it"),
        }
    }

    fn facts(&self) -> Facts {
        let seen = self.seen();
        let up = seen.rows.iter().filter(|row| !row.has_left && row.silent < LIFE);
        Facts {
            node: self.table.node.clone(),
            epoch: self.table.epoch,
            cluster: self.cluster.clone(),
            version: env!("CARGO_PKG_VERSION").into(),
            // Not before everybody has read of it: it would look like another database.
            beats: seen.beating.is_some_and(|since| since.elapsed() >= SETTLED),
            sees: up.map(|row| row.name.clone()).collect(),
        }
    }

    async fn look_up(&self) {
        let Some(lookup) = &self.lookup else { return };
        let found = lookup.members().await;
        let mut seen = self.seen();
        match found {
            Ok(wanted) => (seen.wanted, seen.lookup_fault) = (wanted, None),
            // Those known before still count.
            Err(error) => seen.lookup_fault = Some(format!("members cannot be looked up: {error}")),
        }
    }

    /// Calls every member but this one.
    async fn call_all(&self) {
        let Some(secret) = &self.secret else { return };
        let wanted = self.seen().wanted.clone();
        let facts = self.facts();
        let calls = wanted.into_iter().map(|wanted| {
            let facts = &facts;
            async move {
                let is_self = wanted.name.as_ref().is_some_and(|name| *name == facts.node);
                let said = if is_self { None } else { Some(call(&wanted, (secret, facts)).await) };
                Called { place: wanted.place(), name: wanted.name, said }
            }
        });
        let called = futures_util::future::join_all(calls).await;
        self.seen().called = called;
    }

    fn note_beat(&self, rows: Result<Vec<NodeRow>, crate::sql::SqlError>) {
        let Ok(rows) = rows else { return };
        let mut seen = self.seen();
        seen.beating.get_or_insert_with(Instant::now);
        (seen.rows, seen.fault) = (rows, None);
    }

    fn note_fault(&self, fault: &str) {
        let mut seen = self.seen();
        (seen.fault, seen.beating) = (Some(fault.to_owned()), None);
    }

    /// Decides whether this node may work, and says what it sees.
    fn judge(&self) {
        let (judgement, fault) = {
            let seen = self.seen();
            let sight = Sight {
                node: self.table.node.clone(),
                members: digest(&seen.wanted),
                rows: seen.rows.clone(),
                called: seen.called.clone(),
            };
            let mut judgement = sight.judge();
            judgement.problems.extend(seen.lookup_fault.clone());
            (judgement, seen.fault.clone())
        };
        let why = self.why_not(&judgement, fault);
        self.tell(judgement, why);
    }

    /// Why this node may not work.
    fn why_not(&self, judgement: &Judgement, fault: Option<String>) -> Option<String> {
        if let Some(fault) = fault {
            return Some(fault);
        }
        if !judgement.is_split {
            self.split.store(0, Ordering::Relaxed);
            return None;
        }
        // A node that stops or starts may look like two clusters for a moment.
        let looks = self.split.fetch_add(1, Ordering::Relaxed);
        (!judgement.has_majority && looks >= SLIPS)
            .then(|| "split brain: most of the members are not in the database of this node".to_owned())
    }

    fn tell(&self, judgement: Judgement, why: Option<String>) {
        let before = self.view.load_full();
        if self.gate.set(why.as_deref()) {
            match &why {
                Some(why) => tracing::error!("this node accepts and hands out nothing: {why}"),
                None => tracing::info!(cluster = self.cluster, "this node works"),
            }
        }
        let Judgement { members, problems, .. } = judgement;
        for member in &members {
            let known = before.members.iter().find(|known| known.name == member.name).map(|known| known.state);
            if known != Some(member.state) {
                let (node, state) = (&member.name, member.state.name());
                match member.state {
                    MemberState::Up | MemberState::Left => tracing::info!(node, state, "a node of the cluster"),
                    _ => tracing::warn!(node, state, detail = member.detail, "a node of the cluster"),
                }
            }
        }
        for problem in problems.iter().filter(|problem| !before.problems.contains(problem)) {
            tracing::warn!("cluster: {problem}");
        }
        let (node, cluster) = (self.table.node.clone(), self.cluster.clone());
        self.view.store(Arc::new(ClusterView { node, cluster, works: why.is_none(), reason: why, members, problems }));
    }

    fn digest(&self) -> String {
        digest(&self.seen().wanted)
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Calls one member.
async fn call(wanted: &Wanted, talk: (&Secret, &Facts)) -> Result<Facts, HelloError> {
    let address = wanted.address().await.map_err(HelloError::Away)?;
    talk::call(address, talk).await
}

/// By this, nodes see that their lists differ; the order does not matter.
fn digest(wanted: &[Wanted]) -> String {
    let mut places: Vec<String> = wanted.iter().map(Wanted::place).collect();
    places.sort();
    let digest = ring::digest::digest(&ring::digest::SHA256, places.join("\n").as_bytes());
    hex(digest.as_ref().get(..16).unwrap_or_default())
}

/// A database that takes longer is as good as away.
const PATIENCE: Duration = Duration::from_secs(2);
/// Two rounds of reading and one of calling.
const SETTLED: Duration = Duration::from_secs(3);
/// How often members are called.
const LOOK: Duration = Duration::from_secs(1);
/// How often they are looked up.
const LOOK_UP: Duration = Duration::from_secs(10);
/// Looks that may be wrong: about as long as a sign of life counts.
const SLIPS: u32 = 6;
