//! Keeps one carrier bound: messages go there, what it sends comes in, its receipts are told to the core.
//!
//! Nothing is kept here: a message is the core's until the carrier has answered and that is reported, and what a
//! carrier sends is answered when the core has it.

mod config;
mod cut;
mod desk;
mod ear;
mod receipt;
mod recode;
mod submit;
#[cfg(feature = "charging-tls")]
mod tls;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp_session::net::{Keeper, KeeperState};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::bind::{BindMode, BindPlace, BindState, BindStatus};
use super::courier::Line;
use super::intake::Intake;
use super::peer::ClientPeer;
use crate::api::CoreApi;
use crate::model::Lane;

use desk::{Desk, Hall};
use ear::Ear;

/// A carrier that is kept bound. It is unbound when it is dropped; [`stop`](Self::stop) also waits for answers.
pub struct Carrier {
    shared: Arc<Shared>,
    tasks: [JoinHandle<()>; 2],
}

struct Shared {
    hall: Arc<Hall>,
    now: Mutex<Now>,
    /// One at a time unbinds and binds anew: an MC may take one session only.
    turn: tokio::sync::Mutex<()>,
}

/// What holds at the moment.
struct Now {
    peer: ClientPeer,
    /// None while the former one unbinds, and after the stop.
    keeper: Option<Keeper>,
    retiring: Vec<Keeper>,
    is_dropped: bool,
    is_stopped: bool,
    fault: Option<String>,
}

impl Carrier {
    /// Starts to connect and bind, and exchanges messages with `core` from then on.
    ///
    /// # Errors
    /// It could never be bound, in words for the operator.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(peer: ClientPeer, core: Arc<dyn CoreApi>) -> Result<Carrier, String> {
        Carrier::check(&peer)?;
        let line = Arc::new(Line::new(core.clone(), Lane::from(peer.name.as_str())));
        let (intake, alive) = (Arc::new(Intake::default()), Arc::new(watch::Sender::new(())));
        let ear = Arc::new(Ear::new(line.clone(), alive.clone()));
        let tasks = [tokio::spawn(intake.clone().run(core)), tokio::spawn(ear.clone().run())];
        let hall = Arc::new(Hall { line, intake, ear, alive });
        let now = Now { peer, keeper: None, retiring: Vec::new(), is_dropped: false, is_stopped: false, fault: None };
        let shared = Arc::new(Shared { hall, now: Mutex::new(now), turn: tokio::sync::Mutex::new(()) });
        shared.begin();
        Ok(Carrier { shared, tasks })
    }

    /// Tells whether a carrier like this could be bound at all.
    ///
    /// # Errors
    /// It could not, in words for the operator.
    pub fn check(peer: &ClientPeer) -> Result<(), String> {
        config::keeper(peer, None).map(drop)
    }

    /// How it stands.
    pub fn status(&self) -> BindStatus {
        let (now, line) = (self.shared.now(), &self.shared.hall.line);
        let link = now.keeper.as_ref().and_then(Keeper::current);
        let setback = now.keeper.as_ref().and_then(Keeper::last_setback).map(|setback| setback.to_string());
        let ClientPeer { name, system_id, host, port, bind_type, .. } = now.peer.clone();
        BindStatus {
            name,
            mode: BindMode::Client,
            system_id,
            place: Some(BindPlace { host, port, kind: bind_type }),
            state: now.state(),
            peers: link.iter().map(|link| link.peer()).collect(),
            uptime: now.uptime(),
            counts: line.meter.read(),
            unanswered: link.map_or(0, |link| link.waiting()),
            held_back: line.is_held_back(),
            dropped: now.is_dropped,
            last_error: setback.map(|error| error.escape_debug().to_string()).or_else(|| now.fault.clone()),
        }
    }

    /// The carrier as it was given last.
    pub fn peer(&self) -> ClientPeer {
        self.shared.now().peer.clone()
    }

    /// Connects anew at once, also if it was dropped.
    pub fn reconnect(&self) {
        let mut now = self.shared.now();
        let was_dropped = std::mem::replace(&mut now.is_dropped, false);
        let Some(keeper) = &now.keeper else {
            // It is being changed, or could not be started.
            let shared = self.shared.clone();
            tokio::spawn(async move { shared.turn_over().await });
            return;
        };
        if was_dropped { keeper.resume() } else { keeper.reconnect() }
    }

    /// Unbinds and stays away until it is reconnected or changed.
    pub fn drop_bind(&self) {
        let mut now = self.shared.now();
        now.is_dropped = true;
        now.keeper.iter().for_each(Keeper::pause);
    }

    /// Reconnects with other values, also if it was dropped; nothing happens if they are the same. Counters go on.
    ///
    /// # Errors
    /// It could never be bound like this, in words for the operator; then the old values stay.
    pub fn change(&self, peer: ClientPeer) -> Result<(), String> {
        Carrier::check(&peer)?;
        {
            let mut now = self.shared.now();
            if now.peer.name != peer.name {
                return Err("name: a carrier keeps its name; make another one".to_owned());
            }
            if now.peer == peer || now.is_stopped {
                return Ok(());
            }
            (now.peer, now.is_dropped) = (peer, false);
            let former = now.keeper.take();
            now.retiring.extend(former);
        }
        let shared = self.shared.clone();
        tokio::spawn(async move { shared.turn_over().await });
        Ok(())
    }

    /// Unbinds for good: answers that are due are waited for, within the response timer, and reported.
    pub async fn stop(&self) {
        {
            let mut now = self.shared.now();
            now.is_stopped = true;
            let former = now.keeper.take();
            now.retiring.extend(former);
        }
        self.shared.turn_over().await;
        self.shared.hall.alive.closed().await;
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Drop for Carrier {
    fn drop(&mut self) {
        self.shared.now().is_stopped = true;
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Shared {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Unbinds what is not wanted any more, then binds as it is wanted now.
    async fn turn_over(&self) {
        let _turn = self.turn.lock().await;
        let retiring = std::mem::take(&mut self.now().retiring);
        for keeper in retiring {
            keeper.stop().await;
        }
        self.begin();
    }

    fn begin(&self) {
        let mut now = self.now();
        if now.is_stopped || now.keeper.is_some() {
            return;
        }
        self.hall.line.set_limits(now.peer.tps_limit, now.peer.queue_check_frequency);
        self.hall.ear.hear_for(&now.peer.receipts_for);
        let desk = Arc::new(Desk::new(now.peer.clone(), self.hall.clone()));
        let started = config::keeper(&now.peer, Some(desk.clone()))
            .and_then(|config| Keeper::start(config, desk).map_err(|error| error.to_string()));
        match started {
            Ok(keeper) => {
                if now.is_dropped {
                    keeper.pause();
                }
                (now.keeper, now.fault) = (Some(keeper), None);
            }
            // It was checked before; files of TLS may have gone since.
            Err(fault) => {
                tracing::error!(bind = %now.peer.name, %fault, "a bind cannot be started");
                now.fault = Some(fault);
            }
        }
    }
}

impl Now {
    fn state(&self) -> BindState {
        if self.keeper.as_ref().and_then(Keeper::current).is_some() {
            return BindState::Connected;
        }
        match self.is_dropped || self.is_stopped || self.fault.is_some() {
            true => BindState::Disconnected,
            false => BindState::Reconnecting,
        }
    }

    fn uptime(&self) -> Duration {
        match self.keeper.as_ref().map(Keeper::state) {
            Some(KeeperState::Bound { since, link, .. }) if link.state().is_bound() => since.elapsed(),
            _ => Duration::ZERO,
        }
    }
}
