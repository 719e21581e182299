//! Our client and the SMPP interface of OsmoMSC, which runs without the rest of a mobile network.
//!
//! It opens an SCTP socket before anything else; where the kernel has no SCTP it does not start.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use smpp_pdu::CommandId;
use smpp_session::{BindKind, CloseReason, End};

use crate::client::{self, Esme, Mc, all_of, calm};
use crate::program::follow;
use crate::{require, soon};

struct OsmoMsc {
    child: Child,
    address: SocketAddr,
    directory: PathBuf,
}

impl Mc for OsmoMsc {
    fn address(&self) -> SocketAddr {
        self.address
    }

    fn send(&mut self, request: CommandId) -> u32 {
        unreachable!("it sends {request} for a mobile only")
    }
}

impl Drop for OsmoMsc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// The MC; `None`, and a note, if it is not installed or cannot run here.
fn start() -> Option<OsmoMsc> {
    if !crate::program::succeeds(Command::new("osmo-msc").arg("--version")) {
        require::skip("osmo-msc", "./test as root, or: apt-get install osmo-msc");
        return None;
    }
    let [smpp, vty] = free_addresses();
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("osmo-{}-{}", std::process::id(), smpp.port()));
    fs::create_dir_all(&directory).unwrap();
    let file = directory.join("osmo-msc.cfg");
    fs::write(&file, configuration(smpp, vty)).unwrap();
    let mut child = Command::new("osmo-msc")
        .args(["--disable-color", "--config-file"])
        .arg(&file)
        .current_dir(&directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = follow(child.stderr.take().unwrap());
    let osmo = OsmoMsc { child, address: smpp, directory };
    while let Ok(line) = log.recv_timeout(crate::PATIENCE) {
        if line.contains("Starting SGs server failed") {
            require::note("osmo-msc", "this kernel has no SCTP; modprobe sctp");
            return None;
        }
        // The first thing it says after all its sockets are open.
        if line.contains("A-interface:") {
            return Some(osmo);
        }
    }
    panic!("OsmoMSC neither starts nor says why");
}

/// OsmoMSC cannot pick free ports itself. All are held together, so that they differ.
fn free_addresses() -> [SocketAddr; 2] {
    let held = [(); 2].map(|()| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
    held.map(|listener| listener.local_addr().unwrap())
}

fn configuration(smpp: SocketAddr, vty: SocketAddr) -> String {
    // Two of its ports are fixed; an address of its own keeps them apart from those of other runs.
    let [high, low] = smpp.port().to_be_bytes();
    let own = Ipv4Addr::new(127, 1, high, low);
    format!(
        "log stderr
 logging filter all 1
 logging level set-all notice
line vty
 bind 127.0.0.1 {}
ctrl
 bind {own}
network
 network country code 1
 mobile network code 1
 encryption a5 0
sgs
 local-ip {own}
smpp
 local-tcp-ip 127.0.0.1 {}
 system-id osmo
 policy closed
 smpp-first
 esme me
  password secret
  default-route
",
        vty.port(),
        smpp.port()
    )
}

#[test]
fn an_mc_that_takes_no_mobile_originated_part_serves_an_esme() {
    let Some(mc) = start() else { return };
    TcpStream::connect(mc.address()).unwrap();
    client::every_kind_of_bind_succeeds_and_unbinds(&mc);
    let esme = Esme::connect(mc.address(), calm());
    assert!(matches!(esme.bind(BindKind::Transceiver, "wrong"), Err(smpp_session::net::BindError::Refused(_))));
    client::our_enquire_link_keeps_a_quiet_session(&mc);

    // There is no mobile: it keeps the messages.
    let esme = Esme::bound(mc.address(), calm(), BindKind::Transceiver);
    let statuses = esme.runtime.block_on(all_of(&esme.client, |response| response.status()));
    assert!(statuses.iter().all(|status| status.is_ok()), "{statuses:?}");
    assert_eq!(esme.runtime.block_on(soon(esme.client.unbind())), CloseReason::Unbound { by: End::Local });
}
