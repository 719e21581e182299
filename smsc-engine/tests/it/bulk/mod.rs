//! Gateways and a core that exchange messages in bulk, over a real port.

mod away;
mod call;
mod door;
mod watch;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use smsc_engine::api::{Accepted, Answer, Attempt, CoreApi, Mode, Refusal, Report, Submission, Work};
use smsc_engine::core::{Clock, Hook, Setup};
use smsc_engine::http::listen::{ListenOptions, Listener};
use smsc_engine::http::rest::{Limits, Rest, RestOptions};
use smsc_engine::model::{Address, Lane, Message, MessageId, Outcome};
use smsc_engine::remote::{BulkCore, CoreClient, CoreClientConfig};

use crate::control::{Bench, route};

/// A core behind its REST API, on a real port.
struct Site {
    bench: Bench,
    rest: Arc<Rest>,
    listener: Listener,
}

impl Site {
    /// Numbers in Britain go through `uk`; the clock is the system's.
    async fn new() -> Site {
        Site::with(|_| {}, |router| router).await
    }

    async fn with(change: impl FnOnce(&mut Setup), wrap: impl FnOnce(Router) -> Router) -> Site {
        Site::at(ANYWHERE, change, wrap).await
    }

    async fn at(address: SocketAddr, change: impl FnOnce(&mut Setup), wrap: impl FnOnce(Router) -> Router) -> Site {
        let set = |setup: &mut Setup| {
            setup.clock = Clock::system();
            change(setup);
        };
        let bench = Bench::new(vec![route("44", "uk")], set).await;
        let rest = Rest::new(bench.control.clone(), RestOptions { limits: Limits::NONE, ..RestOptions::default() });
        let listener = Listener::start(ListenOptions::new(address), wrap(rest.router())).await.unwrap();
        Site { bench, rest, listener }
    }

    fn gateway(&self) -> BulkCore {
        gateway(self.listener.address())
    }

    /// Hands in messages where the core is.
    async fn queue(&self, count: usize) -> Vec<MessageId> {
        let batch = (0..count).map(|n| Submission::new(message(&format!("message {n}")))).collect();
        let mut ids = Vec::new();
        for answer in self.bench.core.submit(batch).await {
            ids.push(answer.wait().await.unwrap().id);
        }
        ids
    }

    /// SMPP `message_state` of a message.
    async fn state(&self, id: MessageId) -> Option<u8> {
        let record = self.bench.control.handle.message(id).await.unwrap();
        record.outcome.map(|outcome| outcome.state.message_state())
    }
}

fn client(address: SocketAddr) -> CoreClient {
    // As the program does; another test was perhaps quicker.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let mut config = CoreClientConfig::new(format!("http://{address}"));
    config.timeout = PATIENCE;
    CoreClient::new(config).unwrap()
}

fn gateway(address: SocketAddr) -> BulkCore {
    BulkCore::new(client(address), Duration::from_millis(50))
}

fn message(text: &str) -> Message {
    let mut message = Message::new(MessageId(0), "shop".into(), Lane::default());
    message.source = Address::from_number("+15551234567");
    message.destination = Address::from_number("+447700900000");
    message.user_data = text.to_owned().into();
    message
}

/// Leases until something comes.
async fn leased(core: &dyn CoreApi, lane: &str) -> Vec<Message> {
    within(async {
        loop {
            let messages = core.lease(&lane.into(), 100, HOLD).await;
            if !messages.is_empty() {
                return messages;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

/// Waits for what must come.
async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it must come")
}

async fn submit(core: &dyn CoreApi, message: Message) -> Result<Accepted, Refusal> {
    core.submit(vec![Submission::new(message)]).await.pop().unwrap().wait().await
}

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const HOLD: Duration = Duration::from_secs(60);
/// Nothing takes so long unless it is broken.
const PATIENCE: Duration = Duration::from_secs(30);
