//! A running centre with a browser in front of it.

use std::ops::Deref;

use serde_json::{Value, json};
use sms_harness::dashboard::Dashboard;
use sms_harness::webdriver::Browser;

use crate::program::Smsc;
use crate::web;

/// Pages of the menu, as an admin sees it, with the word their heading holds.
pub(super) const PAGES: [(&str, &str); 17] = [
    ("/", "Overview"),
    ("/message_queue", "Message queue"),
    ("/send", "Send a message"),
    ("/records", "Records"),
    ("/sms_routing", "Routes"),
    ("/routing", "Routes"),
    ("/simulator", "Simulator"),
    ("/number_translation", "Number translation"),
    ("/locations", "Locations"),
    ("/frontend_status", "Frontends"),
    ("/smpp_sessions", "SMPP sessions"),
    ("/accounts", "Accounts"),
    ("/services", "ENUM and charging"),
    ("/batch_workers", "Batch workers"),
    ("/system", "Resources"),
    ("/logs", "Logs"),
    ("/users", "Users"),
];

/// A centre whose dashboard speaks TLS, as it does by itself, and a browser.
pub(super) struct Desk {
    pub(super) smsc: Smsc,
    pub(super) dashboard: Dashboard,
}

impl Desk {
    /// Starts both; `None` where there is no browser.
    pub(super) fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// The same with settings of the test's own.
    pub(super) fn with(settings: &[(&str, &str)]) -> Option<Self> {
        let browser = Browser::start()?;
        let smsc = Smsc::with(&[&[("SMSC_API__ENABLE_TLS", "false")], settings].concat());
        let dashboard = Dashboard { browser, address: smsc.dashboard };
        Some(Self { smsc, dashboard })
    }

    /// Starts both and logs in as the admin.
    pub(super) fn logged_in() -> Option<Self> {
        let desk = Self::start()?;
        desk.log_in("admin", &desk.smsc.dashboard_password());
        desk.browser.wait_until("return document.querySelector('h1')?.textContent === 'Overview'");
        Some(desk)
    }

    /// Submits a message over REST, for a frontend that is not there: it waits. Gives its id.
    pub(super) fn submit(&self, to: &str, text: &str) -> u64 {
        let message = json!({ "source_msisdn": "+15551234567", "destination_msisdn": to, "message_body": text,
            "source_smsc": "shop", "dest_smsc": "nobody" });
        self.post("/api/messages", &message)["data"]["id"].as_u64().unwrap()
    }

    /// Posts to the REST API.
    pub(super) fn post(&self, path: &str, body: &Value) -> Value {
        let reply = web::json(self.smsc.api, ("POST", path), body);
        assert!((200..300).contains(&reply.status), "{path}: {reply:?}");
        reply.json()
    }
}

impl Deref for Desk {
    type Target = Dashboard;

    fn deref(&self) -> &Dashboard {
        &self.dashboard
    }
}
