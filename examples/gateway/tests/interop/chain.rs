//! Core and gateway as processes of their own, with settings that lead from a partner to a carrier and back.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, Instant};

use serde_json::Value;
use sms_harness::site::{GATEWAY, SMSC, Site};
use sms_harness::web;

/// Longest wait for anything; far above what it needs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A core and gateways on it.
pub(crate) struct Chain {
    pub(crate) core: Site,
    pub(crate) gateways: Vec<Site>,
}

/// Where a carrier is, and the name it has.
pub(crate) struct Lead<'a> {
    pub(crate) name: &'a str,
    pub(crate) address: SocketAddr,
    pub(crate) more: &'a str,
}

/// Settings of a core whose routes lead to `carrier`, and numbers beginning with 5 to `partner`.
pub(crate) const CORE: &str = "\
[sandbox]\nenabled = false\n\
[[sms_routes]]\ncalled_prefix = \"5\"\ndest_smsc = \"partner\"\n\
[[sms_routes]]\ncalled_prefix = \"\"\ndest_smsc = \"carrier\"\n\
[api.limits]\nmessages = 0\ncreate_async = 0\nraw = 0\nraw_async = 0\nreads = 0\nwrites = 0\n";

impl Chain {
    /// A core, and one gateway with these carriers and the partner `partner`.
    pub(crate) fn start(carriers: &[Lead<'_>]) -> Chain {
        let core = core();
        let gateway = gateway(core.api(), free_address(), carriers).running();
        Chain { core, gateways: vec![gateway] }
    }

    /// Where partners connect to.
    pub(crate) fn partners(&self) -> SocketAddr {
        self.gateways[0].smpp()
    }

    /// What the core says of a path.
    pub(crate) fn ask(&self, path: &str) -> Value {
        web::get(self.core.api(), path).json()
    }

    /// Messages and receipts that wait in the core.
    pub(crate) fn pending(&self) -> u64 {
        self.ask("/api/messages?status=pending&limit=1000")["data"].as_array().map_or(0, |list| list.len() as u64)
    }
}

/// A running core that can be started again where it was.
pub(crate) fn core() -> Site {
    let mut core = Site::of(SMSC, CORE);
    core.set("SMSC_API__LISTEN", &free_address().to_string());
    core.set("SMSC_API__LEASE_SECONDS", "5");
    core.running()
}

/// A gateway with these carriers and the partner `partner`, nothing running yet.
pub(crate) fn gateway(core: SocketAddr, listen: SocketAddr, carriers: &[Lead<'_>]) -> Site {
    let mut settings = format!(
        "api_base_url = \"http://{core}\"\nsmpp_poll_interval = 100\n\
         [listen]\nhost = \"{}\"\nport = {}\n\
         [[server_binds]]\nname = \"partner\"\nsystem_id = \"partner\"\npassword = \"secret\"\n\
         allowed_bind_types = [\"transmitter\", \"receiver\", \"transceiver\"]\nip_whitelist = [\"127.0.0.0/8\"]\n\
         tps_limit = 10000\nqueue_check_frequency = 100\n",
        listen.ip(),
        listen.port()
    );
    for carrier in carriers {
        settings += &format!(
            "[[binds]]\nname = \"{}\"\nmode = \"client\"\nbind_type = \"transceiver\"\nhost = \"{}\"\nport = {}\n\
             system_id = \"gateway\"\npassword = \"secret\"\ntps_limit = 10000\nqueue_check_frequency = 100\n{}\n",
            carrier.name,
            carrier.address.ip(),
            carrier.address.port(),
            carrier.more
        );
    }
    Site::of(GATEWAY, &settings)
}

/// A port that is free now; a program that is started again must find it again.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

/// Asks again until it is so, on a runtime.
pub(crate) async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
