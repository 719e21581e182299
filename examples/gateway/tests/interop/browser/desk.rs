//! A core, a gateway on it, and a browser in front of that; carriers and partners beside them.

use std::net::SocketAddr;
use std::ops::Deref;

use serde_json::json;
use sms_harness::dashboard::Dashboard;
use sms_harness::site::{SMSC, Site};
use sms_harness::web;
use sms_harness::webdriver::Browser;
use tokio::runtime::Runtime;

use crate::chain::{self, Lead, free_address};
use crate::partner::Partner;

/// A gateway whose dashboard speaks TLS, as it does by itself, and a browser.
pub(super) struct Desk {
    pub(super) core: Site,
    pub(super) gateway: Site,
    pub(super) dashboard: Dashboard,
}

impl Desk {
    /// Starts a core, a gateway with these carriers and the partner `partner`, and a browser; `None` where there is no
    /// browser.
    pub(super) fn start(carriers: &[Lead<'_>]) -> Option<Desk> {
        let browser = Browser::start()?;
        let core = chain::core();
        let mut gateway = chain::gateway(core.api(), free_address(), carriers);
        gateway.set("GATEWAY_WEB__ENABLE_TLS", "true");
        // Whoever starts it again finds it where it was.
        gateway.set("GATEWAY_WEB__LISTEN", &free_address().to_string());
        let gateway = gateway.running();
        let dashboard = Dashboard { browser, address: gateway.dashboard() };
        Some(Desk { core, gateway, dashboard })
    }

    /// The same, and logs in as the admin.
    pub(super) fn logged_in(carriers: &[Lead<'_>]) -> Option<Desk> {
        let desk = Desk::start(carriers)?;
        desk.come_in();
        Some(desk)
    }

    /// Logs in as the admin.
    pub(super) fn come_in(&self) {
        self.log_in("admin", &self.gateway.dashboard_password());
        self.browser.wait_until("return document.querySelector('h1')?.textContent === 'Live Status'");
    }

    /// Stops the gateway, starts it again and logs in anew.
    pub(super) fn restart(&mut self) {
        self.gateway.stop();
        self.gateway.start();
        self.come_in();
    }

    /// Waits until Live Status says this of a bind, without being loaded anew.
    pub(super) fn wait_for_bind(&self, name: &str, said: &str) {
        self.browser.wait_until(&format!("{} return row !== undefined && row.textContent.includes({});", row(name), json!(said)));
    }

    /// Waits until a column of a bind has this value.
    pub(super) fn wait_for_figure(&self, name: &str, column: &str, value: &str) {
        let cell = json!(format!("td[data-label='{column}']"));
        self.browser.wait_until(&format!("{} return row?.querySelector({cell})?.textContent === {};", row(name), json!(value)));
    }

    /// Whether Live Status has a bind of this name.
    pub(super) fn has_bind(&self, name: &str) -> bool {
        self.browser.script(&format!("{} return row !== undefined;", row(name))) == true
    }

    /// Hands the core a message for a bind; gives its id.
    pub(super) fn submit(&self, dest_smsc: &str, to: &str, text: &str) -> u64 {
        let message = json!({ "source_msisdn": "+15551234567", "destination_msisdn": to, "message_body": text,
            "source_smsc": "shop", "dest_smsc": dest_smsc });
        let reply = web::json(self.core.api(), ("POST", "/api/messages"), &message);
        assert_eq!(reply.status, 201, "{reply:?}");
        reply.json()["data"]["id"].as_u64().unwrap()
    }

    /// How a message stands in the core.
    pub(super) fn status_of(&self, id: u64) -> String {
        let message = web::get(self.core.api(), &format!("/api/messages/{id}")).json();
        message["data"]["status"].as_str().unwrap().to_owned()
    }
}

impl Deref for Desk {
    type Target = Dashboard;

    fn deref(&self) -> &Dashboard {
        &self.dashboard
    }
}

/// A script that finds the row of a bind on Live Status.
fn row(name: &str) -> String {
    let name = json!(name);
    format!(
        "const row = [...document.querySelectorAll('#status tbody tr')].find(row => row.querySelector('b')?.textContent === {name});"
    )
}

/// Another centre in the place of a carrier, where it can be started again.
pub(super) fn carrier() -> Site {
    let mut site = Site::of(SMSC, "[[accounts]]\nsystem_id = \"gateway\"\npassword = \"secret\"\n");
    site.set("SMSC_SMPP__LISTEN", &free_address().to_string());
    site.running()
}

/// What leads to it.
pub(super) fn lead<'a>(name: &'a str, address: SocketAddr) -> Lead<'a> {
    Lead { name, address, more: "" }
}

/// A partner that binds and comes back, and what it lives on.
pub(super) fn partner(gateway: &Site, system_id: &str) -> (Runtime, Partner) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let partner = {
        let _inside = runtime.enter();
        Partner::bind(gateway.smpp(), system_id)
    };
    (runtime, partner)
}
