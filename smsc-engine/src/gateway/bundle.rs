//! All that somebody needs to help with a gateway, and nothing that they must not see, in one file.
//!
//! There are no texts of messages in it, no secrets, and of numbers all but the last four digits only.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::GatewayOperations;
use crate::calendar;
use crate::frontend::BindStatus;
use crate::http::metrics;
use crate::model::Timestamp;
use crate::ops::bundle::{archive, without_secrets};
use crate::ops::masked_numbers;

impl GatewayOperations {
    /// Writes a support bundle, a `.tar.gz` of small files: version, settings, metrics, log, binds, peers, machine.
    ///
    /// # Errors
    /// Whatever `out` says.
    pub fn support_bundle(&self, out: impl Write) -> io::Result<()> {
        let now = Timestamp::now();
        let json = |value: Value| serde_json::to_string_pretty(&value).unwrap_or_default();
        let (control, program) = (&self.control, &self.program);
        let lines = program.log_lines();
        let log = lines.get(lines.len().saturating_sub(LOG_LINES)..).unwrap_or_default();
        let files = vec![
            ("version.txt", format!("{}\n", program.version())),
            ("gateway.json", json(self.status())),
            ("settings.toml", masked_numbers(&without_secrets(&program.settings()))),
            ("metrics.txt", metrics::gateway::text(control)),
            ("log.txt", masked_numbers(&log.join("\n"))),
            ("binds.json", json(Value::Array(self.binds()))),
            ("peers.toml", masked_numbers(&self.peers().to_toml())),
            ("system.json", json(json!(self.system.read()))),
        ];
        archive(files, now, out)
    }

    /// How the gateway does, for people.
    pub fn status(&self) -> Value {
        let control = &self.control;
        let (now, stats) = (Timestamp::now(), control.core.client().stats());
        json!({
            "version": self.program.version(),
            "name": control.name,
            "now": calendar::text(now),
            "started": calendar::text(control.started),
            "uptime_seconds": now.since(control.started).as_secs(),
            "log_level": self.program.log_level(),
            "core": { "address": control.core.client().address(), "is_up": stats.is_up, "last_error": stats.last_error },
            "listener": control.binds.listener().map(|listener| json!({
                "address": listener.address.to_string(),
                "connections": listener.connections,
                "max_connections": listener.max_connections,
            })),
            "binds": control.binds.list().len(),
            "connected": control.binds.list().iter().filter(|bind| !bind.peers.is_empty()).count(),
            "system": self.system.read(),
        })
    }
}

/// One bind, for people.
pub(super) fn bind(bind: &BindStatus) -> Value {
    json!({
        "name": bind.name,
        "mode": bind.mode.name(),
        "state": bind.state.name(),
        "system_id": bind.system_id,
        "host": bind.place.as_ref().map(|place| place.host.clone()),
        "port": bind.place.as_ref().map(|place| place.port),
        "bind_type": bind.place.as_ref().map(|place| format!("{:?}", place.kind).to_lowercase()),
        "peers": bind.peers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "uptime_seconds": bind.uptime.as_secs(),
        "sent": bind.counts.sent,
        "received": bind.counts.received,
        "failures": bind.counts.failures,
        "unanswered": bind.unanswered,
        "held_back": bind.held_back,
        "dropped": bind.dropped,
        "last_error": bind.last_error,
    })
}

/// Lines of the log in a bundle.
const LOG_LINES: usize = 200;
