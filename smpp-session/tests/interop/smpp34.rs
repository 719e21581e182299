//! Our client and the server of the crate smpp34.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use smpp_pdu::CommandId;
use smpp_session::BindKind;
use smpp34::server::ESME;
use smpp34::{
    SmppConnectionInformation, SmppError, SmppServer, SmppServerListener, bind_receiver, bind_receiver_resp, bind_transceiver,
    bind_transceiver_resp, bind_transmitter, bind_transmitter_resp, submit_sm, submit_sm_resp,
};
use tokio::runtime::Runtime;

use crate::client::{self, Esme, Mc, calm};
use crate::{eventually, runtime};

struct Smpp34 {
    address: SocketAddr,
    listener: Arc<Listener>,
    // Stopped by being dropped, on its runtime.
    _server: SmppServer,
    runtime: Runtime,
}

/// Lets in whoever knows the secret.
#[derive(Default)]
struct Listener {
    esmes: Mutex<Vec<Arc<ESME>>>,
    binds: AtomicUsize,
    messages: AtomicUsize,
}

macro_rules! bind {
    ($listener:expr, $request:expr) => {{
        let request = $request;
        if request.password == "secret" {
            $listener.binds.fetch_add(1, Ordering::Relaxed);
            request.accept("smpp34".into(), Some(0x34))
        } else {
            request.reject(SmppError::ESME_RINVPASWD)
        }
    }};
}

#[async_trait]
impl SmppServerListener for Listener {
    async fn on_bind_transmitter(
        &self,
        request: bind_transmitter,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transmitter_resp {
        bind!(self, request)
    }

    async fn on_bind_receiver(&self, request: bind_receiver, _: &SmppConnectionInformation, _: &String) -> bind_receiver_resp {
        bind!(self, request)
    }

    async fn on_bind_transceiver(
        &self,
        request: bind_transceiver,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transceiver_resp {
        bind!(self, request)
    }

    async fn on_submit_sm(&self, request: submit_sm, _: &SmppConnectionInformation, _: &String) -> submit_sm_resp {
        request.accept(format!("smpp34-{}", self.messages.fetch_add(1, Ordering::Relaxed)))
    }

    async fn on_esme_bound(&self, esme: ESME, _: &String) {
        self.esmes.lock().unwrap().push(Arc::new(esme));
    }
}

impl Mc for Smpp34 {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn send(&mut self, request: CommandId) -> u32 {
        let esmes = || self.listener.esmes.lock().unwrap();
        eventually("the listener is told", || esmes().len() == self.listener.binds.load(Ordering::Relaxed));
        let esme = esmes().last().unwrap().clone();
        if request == CommandId::UNBIND {
            // It does not know the answer to its own unbind, and reports an error whatever we say.
            self.runtime.spawn(async move { esme.send_unbind().await.map(|_| ()) });
            return 0;
        }
        let deliver = async { esme.deliver_sm().source_addr("1").destination_addr("2").short_message(b"hello").send().await };
        self.runtime.block_on(deliver).unwrap();
        0
    }
}

/// The server; it asks after so long whether a quiet ESME is there.
fn start_with(enquire_link: Duration) -> Smpp34 {
    // It cannot pick a free port itself.
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
    let (runtime, listener) = (runtime(), Arc::new(Listener::default()));
    let server = runtime.block_on(async {
        let ask = enquire_link.as_millis() as u64;
        let mut server = SmppServer::new_with_default_timers(
            address.ip(),
            address.port(),
            listener.clone(),
            MINUTE,
            ask,
            MINUTE,
            MINUTE,
            1500,
        );
        server.start().await;
        server
    });
    Smpp34 { address, listener, _server: server, runtime }
}

fn start() -> Smpp34 {
    start_with(Duration::from_secs(60))
}

macro_rules! cases {
    ($($case:ident)+) => {
        $(#[test] fn $case() {
            client::$case(&mut start());
        })+
    };
}

// To a receiver it sends, and then nacks the answer.
cases! {
    every_kind_of_bind_succeeds_and_unbinds
    a_wrong_password_is_told
    messages_are_accepted_with_a_window_of_100
    our_enquire_link_keeps_a_quiet_session
    what_the_mc_sends_to_a_transceiver_is_answered
    an_unbind_of_the_mc_ends_the_session_in_order
}

#[test]
fn an_enquire_link_of_the_mc_is_answered() {
    let mc = start_with(Duration::from_millis(50));
    let esme = Esme::bound(mc.address(), calm(), BindKind::Transceiver);
    let before = esme.client.counters();
    // It closes the connection if it gets no answer.
    eventually("it asks", || esme.client.counters().pdus_in >= before.pdus_in + 4);
    assert!(esme.client.counters().pdus_out >= before.pdus_out + 3);
}

/// In milliseconds.
const MINUTE: u64 = 60_000;
