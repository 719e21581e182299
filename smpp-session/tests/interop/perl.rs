//! Perl's Net::SMPP and our server.

use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use smpp_pdu::{
    CStr, CommandStatus, DataSm, DataSmResp, DeliverSm, MessageState, QuerySm, QuerySmResp, ShortMessage, SubmitSm, SubmitSmResp,
};
use smpp_session::net::{Incoming, IncomingBind, Link, Server, ServerConfig, Service};
use smpp_session::{CloseReason, Config, End, Timeouts};
use tokio::runtime::Runtime;

use crate::program::{Program, script, succeeds};
use crate::{eventually, require, runtime, soon};

/// Answers messages with the number of their request as their id, and notes the sessions.
#[derive(Default)]
struct Centre {
    links: Mutex<Vec<Link>>,
    ends: Mutex<Vec<CloseReason>>,
}

impl Service for Centre {
    fn bind(&self, bind: IncomingBind) {
        if bind.request().password.expose() == b"secret" {
            bind.accept(CStr::new("centre").unwrap()).unwrap();
        } else {
            bind.refuse(CommandStatus::RINVPASWD);
        }
    }

    fn bound(&self, link: &Link) {
        self.links.lock().unwrap().push(link.clone());
    }

    fn request(&self, request: Incoming) {
        let number = request.frame().sequence_number().to_string();
        let message_id = CStr::new(&number).unwrap();
        if request.read::<SubmitSm<'_>>().is_ok_and(|message| message.destination_addr.value.as_bytes() == b"447700900123") {
            request.answer(&SubmitSmResp { message_id, ..Default::default() }).unwrap();
        } else if request.read::<DataSm<'_>>().is_ok() {
            request.answer(&DataSmResp { message_id, ..Default::default() }).unwrap();
        } else {
            let asked = request.frame().clone();
            let asked: QuerySm<'_> = asked.read(&Default::default()).unwrap();
            let message_state = MessageState::DELIVERED;
            request.answer(&QuerySmResp { message_id: asked.message_id, message_state, ..Default::default() }).unwrap();
        }
    }

    fn closed(&self, _: &Link, why: CloseReason) {
        self.ends.lock().unwrap().push(why);
    }
}

/// Our server and an ESME in Perl.
struct Stage {
    esme: Program,
    centre: Arc<Centre>,
    server: Server,
    runtime: Runtime,
}

impl Stage {
    /// `None`, and a note, if Net::SMPP is not installed.
    fn set(config: Config) -> Option<Self> {
        if !succeeds(Command::new("perl").args(["-MNet::SMPP", "-e1"])) {
            require::skip("Net-SMPP", "./test as root, or: apt-get install libnet-smpp-perl");
            return None;
        }
        let (runtime, centre) = (runtime(), Arc::new(Centre::default()));
        let config = ServerConfig { session: config, ..ServerConfig::default() };
        let server = runtime.block_on(Server::bind("127.0.0.1:0", config, centre.clone())).unwrap();
        let esme = Program::start(Command::new("perl").arg(script("perl/esme.pl")));
        Some(Stage { esme, centre, server, runtime })
    }

    fn bound(config: Config, kind: &str) -> Option<Self> {
        let mut stage = Stage::set(config)?;
        assert_eq!(stage.bind(kind, "secret"), "0 centre 34");
        Some(stage)
    }

    fn bind(&mut self, kind: &str, password: &str) -> String {
        self.esme.ask(&format!("bind {kind} {} {password}", self.server.local_addr().port()))
    }

    fn link(&self) -> Link {
        eventually("bound", || !self.centre.links.lock().unwrap().is_empty());
        self.centre.links.lock().unwrap().last().unwrap().clone()
    }

    /// The sessions that ended did so for this reason.
    fn ended(&self, why: CloseReason) {
        eventually("the end is told", || self.server.links().is_empty());
        assert!(self.centre.ends.lock().unwrap().drain(..).all(|end| end == why));
    }
}

fn calm() -> Config {
    Config { timers: Timeouts { enquire_link: None, ..Timeouts::default() }, ..Config::default() }
}

#[test]
fn every_kind_of_bind_succeeds_and_unbinds() {
    let Some(mut stage) = Stage::set(calm()) else { return };
    for kind in ["transmitter", "receiver", "transceiver"] {
        assert_eq!(stage.bind(kind, "secret"), "0 centre 34", "{kind}");
        assert_eq!(stage.esme.ask("unbind"), "0 closed", "{kind}");
        stage.ended(CloseReason::Unbound { by: End::Peer });
    }
}

#[test]
fn a_wrong_password_is_refused() {
    let Some(mut stage) = Stage::set(calm()) else { return };
    let answer = stage.bind("transceiver", "wrong");
    assert_eq!(answer.split(' ').next(), Some(CommandStatus::RINVPASWD.0.to_string().as_str()), "{answer}");
    stage.ended(CloseReason::BindRefused(CommandStatus::RINVPASWD));
}

#[test]
fn messages_are_accepted_one_by_one_and_a_hundred_at_a_time() {
    let Some(mut stage) = Stage::bound(calm(), "transmitter") else { return };
    assert_eq!(stage.esme.ask("submit hello"), "0 2");
    assert_eq!(stage.esme.ask("data hello"), "0 3");
    assert_eq!(stage.esme.ask("query 2"), "0 2 2");
    assert_eq!(stage.esme.ask("burst 100"), "0 100");
    assert_eq!(stage.link().counters().malformed, 0);
}

#[test]
fn what_we_deliver_is_answered() {
    for kind in ["receiver", "transceiver"] {
        let Some(mut stage) = Stage::bound(calm(), kind) else { return };
        let link = stage.link();
        for text in ["one", "two"] {
            let deliver = DeliverSm { short_message: ShortMessage::new(text).unwrap(), ..Default::default() };
            let pending = link.request(&deliver).unwrap();
            assert_eq!(stage.esme.ask("deliver_sm"), format!("0 {text}"));
            assert!(stage.runtime.block_on(soon(pending)).unwrap().status().is_ok());
        }
    }
}

#[test]
fn enquire_link_is_answered_both_ways() {
    let timers = Timeouts { enquire_link: Some(Duration::from_millis(100)), ..Timeouts::default() };
    let Some(mut stage) = Stage::bound(Config { timers, ..calm() }, "transceiver") else { return };
    // Ours comes sooner or later, and would get in the way of the answer to theirs.
    let before = stage.link().counters().pdus_in;
    for count in 1..=3 {
        assert_eq!(stage.esme.ask("enquire_link"), "0");
        eventually("its answer arrives", || stage.link().counters().pdus_in >= before + count);
    }
    let Some(mut stage) = Stage::bound(calm(), "transceiver") else { return };
    assert_eq!(stage.esme.ask("enquire"), "0");
}

#[test]
fn our_unbind_is_answered_and_ends_the_session() {
    let Some(mut stage) = Stage::bound(calm(), "transceiver") else { return };
    stage.link().unbind();
    assert_eq!(stage.esme.ask("unbound"), "0 closed");
    stage.ended(CloseReason::Unbound { by: End::Local });
}
