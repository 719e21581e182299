//! The partners of a gateway as guests, and how each of them stands.

use std::collections::HashMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use smpp_pdu::CommandStatus;
use smpp_session::net::{BindRequest, Limits, Link};
use smpp_session::{CloseReason, Timeouts};
use tokio::time::Instant;

use super::bind::{BindCounts, BindMeter, BindMode, BindState, BindStatus};
use super::courier::Line;
use super::guest::{Decision, Guest, Guests, Rebuff, Welcome};
use super::peer::ServerPeer;
use crate::accounts::{Defaults, is_within};
use crate::api::CoreApi;
use crate::model::{Account, Lane, Message, Timestamp};

/// All partners of the moment.
pub(super) struct Partners {
    core: Arc<dyn CoreApi>,
    table: ArcSwap<Table>,
    /// Of those who turned out to be no partner.
    strangers: BindMeter,
    /// Where a partner's habits do not say otherwise.
    timers: Timeouts,
}

#[derive(Default)]
struct Table {
    /// In the order given.
    list: Vec<Arc<Partner>>,
    by_system_id: HashMap<String, Arc<Partner>>,
}

/// One partner as it was given; a change of it makes another one.
pub(super) struct Partner {
    pub(super) peer: ServerPeer,
    /// What its sessions share; outlives changes.
    pub(super) line: Arc<Line>,
    /// Why it was refused, or how its session ended, last.
    fault: Mutex<Option<String>>,
}

impl Partners {
    /// None yet.
    pub(super) fn new(core: Arc<dyn CoreApi>, timers: Timeouts) -> Partners {
        Partners { core, table: ArcSwap::default(), strangers: BindMeter::default(), timers }
    }

    /// Takes other partners; one that is as before stays the same.
    pub(super) fn set(&self, peers: Vec<ServerPeer>) {
        let before = self.list();
        let before: HashMap<&str, &Arc<Partner>> = before.iter().map(|partner| (partner.name(), partner)).collect();
        let kept_or_new = |peer: ServerPeer| match before.get(peer.name.as_str()) {
            Some(same) if same.peer == peer => Arc::clone(same),
            changed => {
                if peer.ip_whitelist.is_empty() {
                    tracing::warn!(name = %peer.name, "ip_whitelist is empty: this partner may come from any address");
                }
                let new = || Arc::new(Line::new(self.core.clone(), Lane::from(peer.name.as_str())));
                let line = changed.map_or_else(new, |partner| partner.line.clone());
                line.set_limits(peer.tps_limit, peer.queue_check_frequency);
                Arc::new(Partner { peer, line, fault: Mutex::default() })
            }
        };
        let list: Vec<_> = peers.into_iter().map(kept_or_new).collect();
        let by_system_id = list.iter().map(|partner| (partner.peer.system_id.clone(), partner.clone())).collect();
        self.table.store(Arc::new(Table { list, by_system_id }));
    }

    /// All, in the order given.
    pub(super) fn list(&self) -> Vec<Arc<Partner>> {
        self.table.load().list.clone()
    }

    /// What was counted of those who turned out to be no partner.
    pub(super) fn strangers(&self) -> BindCounts {
        self.strangers.read()
    }

    fn welcome(&self, partner: &Arc<Partner>) -> Welcome {
        let ServerPeer { name, max_sessions, dialect, message_ids, profile, .. } = &partner.peer;
        let mut limits = Limits::default();
        if *max_sessions != 0 {
            limits.sessions = *max_sessions;
        }
        (limits.window, limits.version) = (Some(profile.window), Some(profile.version));
        let enquire_link = Some(profile.enquire_link).filter(|silence| !silence.is_zero());
        limits.timers = Some(Timeouts { enquire_link, response: profile.response_timeout, ..self.timers });
        let defaults = Defaults { charset: profile.charset, dialect: *dialect, message_id: *message_ids, ..Defaults::default() };
        let account = Account::from(name.as_str());
        Welcome { guest: Guest { account, defaults, since: Instant::now(), partner: Some(partner.clone()) }, limits }
    }
}

impl Guests for Partners {
    fn ask(&self, request: &BindRequest<'_>) -> Decision {
        let table = self.table.load();
        let name = std::str::from_utf8(request.system_id.as_bytes()).ok();
        let partner = name.and_then(|name| table.by_system_id.get(name));
        // Compared with nothing, an unknown name takes as long as a wrong password.
        let is_right = request.password_is(partner.map_or("", |partner| partner.peer.password.expose()));
        let Some(partner) = partner else {
            self.turned_away();
            return Decision::Now(Err(Rebuff::Unknown));
        };
        partner.line.meter.attempts.add(1);
        Decision::Now(match partner.judge(request, is_right) {
            Ok(()) => Ok(self.welcome(partner)),
            Err(why) => {
                partner.refuse(request.peer, why);
                Err(why)
            }
        })
    }

    fn is_welcome(&self, guest: &Guest) -> bool {
        let Some(partner) = &guest.partner else { return false };
        self.table.load().by_system_id.get(&partner.peer.system_id).is_some_and(|now| Arc::ptr_eq(now, partner))
    }

    /// The core decides about messages, not the gateway.
    fn admit(&self, _: &Account, _: &mut Message, _: Timestamp) -> Result<(), CommandStatus> {
        Ok(())
    }

    fn turned_away(&self) {
        self.strangers.attempts.add(1);
        self.strangers.bind_failures.add(1);
    }
}

impl Partner {
    pub(super) fn name(&self) -> &str {
        &self.peer.name
    }

    /// A bind of its was refused.
    pub(super) fn refuse(&self, from: SocketAddr, why: Rebuff) {
        self.line.meter.bind_failures.add(1);
        self.blame(format!("bind from {from} failed: {why}"));
    }

    /// A session of its has ended.
    pub(super) fn leave(&self, why: CloseReason) {
        self.line.meter.disconnections.add(1);
        if !matches!(why, CloseReason::Unbound { .. }) {
            self.blame(why.to_string());
        }
    }

    /// How it stands, with these sessions.
    pub(super) fn status(&self, mut links: Vec<Link>) -> BindStatus {
        links.retain(|link| link.state().is_bound());
        let oldest = links.iter().filter_map(|link| Some(link.account::<Guest>()?.since)).min();
        BindStatus {
            name: self.peer.name.clone(),
            mode: BindMode::Server,
            system_id: self.peer.system_id.clone(),
            place: None,
            state: if links.is_empty() { BindState::Disconnected } else { BindState::Connected },
            peers: links.iter().map(Link::peer).collect(),
            uptime: oldest.map_or(Duration::ZERO, |since| since.elapsed()),
            counts: self.line.meter.read(),
            unanswered: links.iter().map(Link::waiting).sum(),
            held_back: self.line.is_held_back(),
            dropped: false,
            last_error: self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }

    fn judge(&self, request: &BindRequest<'_>, is_right: bool) -> Result<(), Rebuff> {
        let ServerPeer { ip_whitelist, allowed_bind_types, .. } = &self.peer;
        match () {
            () if !is_right => Err(Rebuff::WrongPassword),
            () if !ip_whitelist.is_empty() && !is_within(ip_whitelist, request.peer.ip()) => Err(Rebuff::Place),
            () if !allowed_bind_types.contains(&request.kind) => Err(Rebuff::Kind),
            () => Ok(()),
        }
    }

    fn blame(&self, fault: String) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }
}

/// Shows which partner it is.
impl fmt::Debug for Partner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Partner").field(&self.name()).finish()
    }
}
