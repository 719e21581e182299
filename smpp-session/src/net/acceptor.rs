//! The task that accepts connections, and how each of them begins.

use std::net::SocketAddr;
use std::sync::Arc;
#[cfg(feature = "tls")]
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::vec::Vec;

use smpp_pdu::Side;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Handle;
use tokio::time::sleep;

use super::admission::{AllowList, Refusal, canonical};
use super::driver::give_up;
use super::gate::Gate;
use super::hub::{Hub, Member};
use super::link::Link;
use super::pace::Pace;
#[cfg(feature = "tls")]
use super::rustls;
use super::server::ServerConfig;
use super::service::Service;
use super::shared::Shared;
use super::stats::Stats;
use super::stream::Stream;
use super::trace::Tracer;
use crate::Config;

/// What every connection of a server shares.
pub(crate) struct House {
    /// Which side of each session is ours.
    side: Side,
    session: Config,
    service: Arc<dyn Service>,
    allow: AllowList,
    workers: Vec<Handle>,
    stats: Option<Arc<Stats>>,
    tracer: Option<Arc<Tracer>>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) gate: Arc<Gate>,
    #[cfg(feature = "tls")]
    tls: Mutex<Option<Arc<rustls::ServerConfig>>>,
    #[cfg(feature = "tls")]
    handshake_timeout: Duration,
}

/// A connection that was let in.
struct Arrival {
    house: Arc<House>,
    shared: Arc<Shared>,
    _member: Member,
}

impl House {
    pub(crate) fn new(side: Side, config: ServerConfig, service: Arc<dyn Service>) -> Self {
        House {
            side,
            service,
            allow: AllowList::new(config.allow.as_deref()),
            workers: config.workers,
            stats: config.stats,
            tracer: config.tracer,
            hub: Arc::new(Hub::new(config.max_connections, config.max_per_address)),
            gate: Arc::new(Gate::new(config.max_undecided, config.penalty)),
            session: config.session,
            #[cfg(feature = "tls")]
            tls: Mutex::new(config.tls),
            #[cfg(feature = "tls")]
            handshake_timeout: config.handshake_timeout,
        }
    }

    /// Accepts connections until the task is stopped.
    pub(crate) async fn run(self: Arc<Self>, listener: TcpListener) {
        let mut pace = Pace::new();
        for turn in 0_usize.. {
            pace.next().await;
            match listener.accept().await {
                Ok((stream, peer)) => self.take(stream, canonical(peer), turn),
                // Mostly out of file descriptors: let some connections end.
                Err(_) => sleep(ACCEPT_PAUSE).await,
            }
        }
    }

    /// Uses another certificate, or another trust, for connections from now on.
    #[cfg(feature = "tls")]
    pub(crate) fn set_tls(&self, config: Arc<rustls::ServerConfig>) {
        *self.tls.lock().unwrap_or_else(PoisonError::into_inner) = Some(config);
    }

    #[cfg(feature = "tls")]
    fn tls(&self) -> Option<Arc<rustls::ServerConfig>> {
        self.tls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(self: &Arc<Self>, stream: TcpStream, peer: SocketAddr, turn: usize) {
        if !self.allow.admits(peer.ip()) {
            return self.refuse(peer, Refusal::NotAllowed);
        }
        // A connection made and lost again at once is none.
        if stream.set_nodelay(true).is_err() {
            return;
        }
        let arrival = match self.admit(self.side, self.session.clone(), peer) {
            Ok(arrival) => arrival,
            Err(why) => return self.refuse(peer, why),
        };
        arrival.shared.watch(stream.local_addr().ok(), (self.stats.as_ref(), self.tracer.as_ref()));
        match self.workers.get(turn % self.workers.len().max(1)) {
            None => drop(tokio::spawn(arrival.begin(stream))),
            Some(worker) => {
                let Ok(stream) = stream.into_std() else { return };
                worker.spawn(async move {
                    if let Ok(stream) = TcpStream::from_std(stream) {
                        arrival.begin(stream).await;
                    }
                });
            }
        }
    }

    /// Serves a connection that this side has made.
    pub(crate) fn adopt(self: &Arc<Self>, stream: Stream, config: Config, peer: SocketAddr) -> Result<Link, Refusal> {
        let arrival = self.admit(Side::Mc, config, peer)?;
        let link = Link { shared: arrival.shared.clone() };
        tokio::spawn(arrival.drive(stream));
        Ok(link)
    }

    fn admit(self: &Arc<Self>, side: Side, config: Config, peer: SocketAddr) -> Result<Arrival, Refusal> {
        let shared = Arc::new(Shared::new(side, config, peer));
        let _ = shared.gate.set(self.gate.clone());
        let member = self.hub.join(&shared)?;
        Ok(Arrival { house: self.clone(), shared, _member: member })
    }

    fn refuse(&self, peer: SocketAddr, why: Refusal) {
        self.gate.tally.count(why);
        self.service.refused(peer, why);
    }
}

impl Arrival {
    /// Serves the connection from its first octet to its end.
    async fn begin(self, stream: TcpStream) {
        #[cfg(feature = "tls")]
        if let Some(tls) = self.house.tls() {
            return self.begin_tls(tls, stream).await;
        }
        self.drive(Stream::Plain(stream)).await;
    }

    async fn drive(self, stream: Stream) {
        stream.drive(self.shared.clone(), self.house.service.clone()).await;
    }

    /// In the connection's own task: whoever says nothing, or nonsense, holds up nobody else.
    #[cfg(feature = "tls")]
    async fn begin_tls(self, tls: Arc<rustls::ServerConfig>, stream: TcpStream) {
        let handshake = tokio::select! {
            done = tokio::time::timeout(self.house.handshake_timeout, super::tls::accept(tls, stream)) => done,
            () = super::tls::given_up(&self.shared) => return,
        };
        match handshake {
            Ok(Ok(stream)) => self.drive(stream).await,
            Ok(Err(why)) => self.house.refuse(self.shared.peer, why),
            Err(_) => {
                let reason = crate::CloseReason::TimedOut(crate::Timer::SessionInit);
                self.shared.lock().session.close_because(reason);
                self.house.refuse(self.shared.peer, Refusal::HandshakeTimedOut);
            }
        }
    }
}

/// However early it ends, nobody waits for it in vain.
impl Drop for Arrival {
    fn drop(&mut self) {
        give_up(&Link { shared: self.shared.clone() }, self.house.service.as_ref(), None);
    }
}

const ACCEPT_PAUSE: Duration = Duration::from_millis(50);
