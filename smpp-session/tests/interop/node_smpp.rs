//! Our client and the server of node-smpp.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use smpp_pdu::CommandId;
use smpp_session::BindKind;

use crate::client::{self, Esme, Mc, calm};
use crate::program::{Program, script, succeeds};
use crate::require;

struct NodeSmpp {
    program: Program,
    address: SocketAddr,
}

impl Mc for NodeSmpp {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn send(&mut self, request: CommandId) -> u32 {
        let name = request.to_string();
        self.program.ask(&name).parse().unwrap()
    }
}

/// The server; `None`, and a note, if it is not installed.
fn start() -> Option<NodeSmpp> {
    if !succeeds(node().args(["-e", "require('smpp')"])) {
        require::skip("node-smpp", "./test, or: npm install smpp");
        return None;
    }
    let mut program = Program::start(node().arg(script("node/mc.js")));
    let port: u16 = program.answer("start").parse().unwrap();
    Some(NodeSmpp { program, address: ([127, 0, 0, 1], port).into() })
}

/// Node with the packages `./test` installed, or else the system's.
fn node() -> Command {
    let mut command = Command::new("node");
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("interop").join("node/node_modules");
    if own.exists() {
        command.env("NODE_PATH", own);
    }
    command
}

macro_rules! cases {
    ($($case:ident)+) => {
        $(#[test] fn $case() {
            if let Some(mut mc) = start() {
                client::$case(&mut mc);
            }
        })+
    };
}

cases! {
    every_kind_of_bind_succeeds_and_unbinds
    a_wrong_password_is_told
    messages_are_accepted_with_a_window_of_100
    our_enquire_link_keeps_a_quiet_session
    what_the_mc_sends_to_a_transceiver_is_answered
    what_the_mc_sends_to_a_receiver_is_answered
    an_unbind_of_the_mc_ends_the_session_in_order
}

#[test]
fn an_enquire_link_of_the_mc_is_answered() {
    let Some(mut mc) = start() else { return };
    let _esme = Esme::bound(mc.address(), calm(), BindKind::Transceiver);
    assert_eq!(mc.send(CommandId::ENQUIRE_LINK), 0);
}
