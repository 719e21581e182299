//! What our client must achieve with an MC of anybody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use smpp_pdu::{Addr, CommandId, CommandStatus, DeliverSm, DeliverSmResp, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::net::{BindError, Client, Incoming};
use smpp_session::{BindKind, CloseReason, Config, Credentials, End, Timeouts};
use tokio::runtime::Runtime;

use crate::{eventually, runtime, soon};

/// An MC of other people.
pub(crate) trait Mc {
    fn address(&self) -> SocketAddr;

    /// Sends this to the ESME bound last and gives the status of its answer.
    fn send(&mut self, request: CommandId) -> u32;
}

/// Our ESME and what it was sent.
pub(crate) struct Esme {
    pub(crate) client: Client,
    pub(crate) received: Arc<AtomicUsize>,
    pub(crate) runtime: Runtime,
}

impl Esme {
    pub(crate) fn connect(address: SocketAddr, config: Config) -> Self {
        let (runtime, received) = (runtime(), Arc::new(AtomicUsize::new(0)));
        let count = received.clone();
        let service = move |incoming: Incoming| {
            let sound = incoming.read::<DeliverSm<'_>>().is_ok_and(|message| !message.short_message.as_bytes().is_empty());
            assert!(sound, "{:?}", incoming.frame());
            count.fetch_add(1, Ordering::Relaxed);
            incoming.answer(&DeliverSmResp::default()).unwrap();
        };
        let client = runtime.block_on(Client::connect(address, config, service)).unwrap();
        Esme { client, received, runtime }
    }

    pub(crate) fn bound(address: SocketAddr, config: Config, kind: BindKind) -> Self {
        let esme = Esme::connect(address, config);
        esme.bind(kind, "secret").unwrap();
        esme
    }

    pub(crate) fn bind(&self, kind: BindKind, password: &str) -> Result<(), BindError> {
        self.runtime.block_on(soon(self.client.bind(kind, &Credentials::new("me", password)))).map(|_| ())
    }
}

/// One message; `read` judges the answer.
pub(crate) fn submit() -> SubmitSm<'static> {
    SubmitSm {
        source_addr: Addr::international("447700900456").unwrap(),
        destination_addr: Addr::international("447700900123").unwrap(),
        short_message: ShortMessage::new("hello").unwrap(),
        ..Default::default()
    }
}

/// No keep-alive of our own.
pub(crate) fn calm() -> Config {
    Config { timers: Timeouts { enquire_link: None, ..Timeouts::default() }, window: 100, ..Config::default() }
}

pub(crate) fn every_kind_of_bind_succeeds_and_unbinds(mc: &dyn Mc) {
    for kind in [BindKind::Transmitter, BindKind::Receiver, BindKind::Transceiver] {
        let esme = Esme::bound(mc.address(), calm(), kind);
        assert_eq!(esme.client.kind(), Some(kind));
        assert_eq!(esme.runtime.block_on(soon(esme.client.unbind())), CloseReason::Unbound { by: End::Local }, "{kind:?}");
    }
}

pub(crate) fn a_wrong_password_is_told(mc: &dyn Mc) {
    let esme = Esme::connect(mc.address(), calm());
    assert_eq!(esme.bind(BindKind::Transceiver, "wrong"), Err(BindError::Refused(CommandStatus::RINVPASWD)));
    esme.runtime.block_on(soon(esme.client.closed()));
}

pub(crate) fn messages_are_accepted_with_a_window_of_100(mc: &dyn Mc) {
    let esme = Esme::bound(mc.address(), calm(), BindKind::Transmitter);
    let ids = esme
        .runtime
        .block_on(all_of(&esme.client, |response| response.read::<SubmitSmResp<'_>>().unwrap().message_id.to_string()));
    let distinct: std::collections::HashSet<_> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (1000, 1000));
}

/// The answers to a thousand messages, as many at a time as the window is wide.
pub(crate) async fn all_of<T: Send + 'static>(client: &Client, judge: fn(smpp_session::net::Response) -> T) -> Vec<T> {
    let tasks: Vec<_> = (0..1000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { judge(client.call(&submit()).await.unwrap()) })
        })
        .collect();
    let (mut answers, mut peak) = (Vec::new(), 0);
    for task in tasks {
        peak = peak.max(client.waiting());
        answers.push(soon(task).await.unwrap());
    }
    assert!((2..=100).contains(&peak), "{peak} at a time");
    answers
}

pub(crate) fn our_enquire_link_keeps_a_quiet_session(mc: &dyn Mc) {
    let timers =
        Timeouts { enquire_link: Some(Duration::from_millis(50)), response: Duration::from_secs(5), ..Timeouts::default() };
    let esme = Esme::bound(mc.address(), Config { timers, ..calm() }, BindKind::Transceiver);
    let before = esme.client.counters();
    eventually("it answers", || esme.client.counters().pdus_in >= before.pdus_in + 4);
    assert!(esme.client.counters().pdus_out >= before.pdus_out + 4);
    assert_eq!((esme.client.counters().strays, esme.client.close_reason()), (0, None));
}

pub(crate) fn what_the_mc_sends_to_a_transceiver_is_answered(mc: &mut dyn Mc) {
    what_the_mc_sends_is_answered(mc, BindKind::Transceiver);
}

pub(crate) fn what_the_mc_sends_to_a_receiver_is_answered(mc: &mut dyn Mc) {
    what_the_mc_sends_is_answered(mc, BindKind::Receiver);
}

fn what_the_mc_sends_is_answered(mc: &mut dyn Mc, kind: BindKind) {
    let esme = Esme::bound(mc.address(), calm(), kind);
    for count in 1..=3 {
        assert_eq!(mc.send(CommandId::DELIVER_SM), 0);
        assert_eq!(esme.received.load(Ordering::Relaxed), count);
    }
    assert_eq!(esme.runtime.block_on(soon(esme.client.unbind())), CloseReason::Unbound { by: End::Local });
}

pub(crate) fn an_unbind_of_the_mc_ends_the_session_in_order(mc: &mut dyn Mc) {
    let esme = Esme::bound(mc.address(), calm(), BindKind::Transceiver);
    assert_eq!(mc.send(CommandId::UNBIND), 0);
    assert_eq!(esme.runtime.block_on(soon(esme.client.closed())), CloseReason::Unbound { by: End::Peer });
}
