//! Our client and our server.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::Duration;

use smpp_pdu::{Addr, CStr, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::net::{Client, Incoming, IncomingBind, Pending, Response, Server, ServerConfig, Service, collector};
use smpp_session::{BindKind, Config, Credentials};

use crate::load::{Aside, Tally};

/// Answers every message at once.
pub(crate) struct Mc;

impl Service for Mc {
    fn bind(&self, bind: IncomingBind) {
        bind.accept(CStr::default()).unwrap();
    }

    fn request(&self, request: Incoming) {
        if request.read::<SubmitSm<'_>>().is_ok() {
            let message_id = CStr::new(MESSAGE_ID).unwrap();
            // A client that has gone wants no answer.
            let _ = request.answer(&SubmitSmResp { message_id, ..Default::default() });
        }
    }
}

/// The server, on a thread of its own.
pub(crate) fn server(service: Arc<dyn Service>, busy_poll: Duration) -> (Aside, SocketAddr) {
    let (sender, address) = mpsc::channel();
    let session = Config { busy_poll, ..Config::default() };
    let aside = Aside::run(move || async move {
        let server = Server::bind("127.0.0.1:0", ServerConfig { session, ..ServerConfig::default() }, service).await.unwrap();
        sender.send(server.local_addr()).unwrap();
        std::future::pending().await
    });
    (aside, address.recv().unwrap())
}

/// How a client keeps its window full.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Manner {
    /// As many callers as the window is wide, each awaiting one answer after the other.
    Tasks,
    /// One caller who awaits one after the other and sends another for it.
    InTurn,
    /// One caller who sends as many as there is room for and fetches the answers as they come.
    Gathered,
}

/// A client on a thread of its own.
pub(crate) fn client(manner: Manner, address: SocketAddr, config: Config, tally: Tally) -> Aside {
    Aside::run(move || async move {
        let client = connect(address, config.clone()).await;
        match manner {
            Manner::Tasks => call_all(client, config.window, tally).await,
            Manner::InTurn => pipeline(client, config.window, tally).await,
            Manner::Gathered => gather(client, config.window, tally).await,
        }
    })
}

pub(crate) async fn call_all(client: Client, window: usize, tally: Tally) {
    let callers: Vec<_> = (0..window).map(|_| tokio::spawn(call(client.clone(), tally.clone()))).collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

pub(crate) async fn connect(address: SocketAddr, config: Config) -> Client {
    let client = Client::connect(address, config, |_: Incoming| ()).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    client
}

async fn call(client: Client, tally: Tally) {
    while !tally.is_over() {
        let response = client.request(&submit()).unwrap().await.unwrap();
        check(&response);
        tally.add(1);
    }
}

async fn gather(client: Client, window: usize, tally: Tally) {
    let (collector, mut outcomes) = collector(window);
    let (mut room, mut messages, mut fetched) = (window, Vec::new(), Vec::new());
    while !tally.is_over() {
        while room > 0 {
            messages.extend((0..room.min(TOGETHER)).map(|_| submit()));
            room -= client.request_many(&messages, 0, &collector).unwrap();
            messages.clear();
        }
        room = outcomes.next_many(&mut fetched).await;
        for answered in fetched.drain(..) {
            check(&answered.result.unwrap());
        }
        tally.add(room as u64);
    }
}

async fn pipeline(client: Client, window: usize, tally: Tally) {
    let mut under_way: VecDeque<Pending> = (0..window).map(|_| client.request(&submit()).unwrap()).collect();
    while let Some(oldest) = under_way.pop_front() {
        check(&oldest.await.unwrap());
        tally.add(1);
        if !tally.is_over() {
            under_way.push_back(client.request(&submit()).unwrap());
        }
    }
}

fn check(response: &Response) {
    assert_eq!(response.read::<SubmitSmResp<'_>>().unwrap().message_id.as_bytes(), MESSAGE_ID.as_bytes());
}

/// The message everybody sends.
pub(crate) fn submit() -> SubmitSm<'static> {
    SubmitSm {
        source_addr: Addr::international(SOURCE).unwrap(),
        destination_addr: Addr::international(DESTINATION).unwrap(),
        short_message: ShortMessage::new(TEXT).unwrap(),
        ..Default::default()
    }
}

// As many messages are made before they are sent.
const TOGETHER: usize = 64;
pub(crate) const MESSAGE_ID: &str = "0123456789abcdef";
pub(crate) const SOURCE: &str = "447700900456";
pub(crate) const DESTINATION: &str = "447700900123";
/// 140 octets.
pub(crate) const TEXT: &str = "Your parcel has been handed over to our driver and will be with you today between 14:00 and 16:00. Track it at example.com/t/8F3K2 or reply.";
