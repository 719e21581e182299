//! The figures of a running gateway.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;

use super::collect::bind_type;
use super::page::page;
use super::page_of;
use super::table::Kind::{Counter, Gauge, Histogram};
use super::table::{Family, families};
use super::writer::{Writer, millis};
use crate::frontend::{BindCounts, BindMode, BindState, BindStatus, STRANGERS};
use crate::gateway::GatewayControl;
use crate::remote::CoreStats;

/// Seconds a call may take.
const CALL: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

families! {
    /// Every family of a gateway.
    pub const GATEWAY_FAMILIES;
    STATUS = "smpp_connection_status" Gauge, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "1 while the bind is connected, 0 while it is not.";
    SENT = "smpp_messages_sent_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Messages sent on the bind and accepted by the peer.";
    MESSAGES_RECEIVED = "smpp_messages_received_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Messages and receipts received on the bind and taken by the core.";
    FAILURES = "smpp_delivery_failures_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Messages sent on the bind that the peer refused or did not answer.";
    BOUND = "smpp_bind_success_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Binds accepted.";
    BIND_REFUSED = "smpp_bind_failures_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Binds refused.";
    ATTEMPTS = "smpp_connection_attempts_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Connections tried.";
    DISCONNECTIONS = "smpp_disconnection_total" Counter, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Sessions that ended, wanted or not.";
    UPTIME = "smpp_uptime_seconds" Gauge, ["bind_name", "mode", "system_id", "host", "port", "bind_type"], "Age of the connection; 0 without one.";
    CALLS = "smpp_core_api_requests_total" Counter, ["operation", "result"], "Calls to the core by how they ended: ok, connection_refused, connection_reset, timeout, no_connection, http_503, http_error, parse_error.";
    CALL_TIME = "smpp_core_api_request_duration_seconds" Histogram(CALL), ["operation"], "Seconds a call to the core took.";
    CORE_UP = "smpp_core_api_up" Gauge, [], "1 while the core answers, 0 while it does not.";
}

/// Writes all figures of a gateway.
pub fn text(control: &GatewayControl) -> String {
    let mut writer = Writer::default();
    let strangers = control.binds.listener().map(|listener| strangers(listener.strangers));
    for status in control.binds.list().into_iter().chain(strangers) {
        bind(&mut writer, &status);
    }
    core(&mut writer, &control.core.client().stats());
    writer.text(GATEWAY_FAMILIES)
}

/// Serves them at `/metrics`, and nothing anywhere else.
pub fn router(control: Arc<GatewayControl>) -> axum::Router {
    axum::Router::new().route("/metrics", get(serve)).with_state(control)
}

async fn serve(State(control): State<Arc<GatewayControl>>) -> impl IntoResponse {
    page_of(text(&control))
}

/// Writes `docs/gateway/metrics.md`.
pub fn markdown() -> String {
    page(GATEWAY_FAMILIES, HEAD)
}

fn bind(out: &mut Writer, status: &BindStatus) {
    let BindStatus { counts, state, .. } = status;
    let is_up = *state == BindState::Connected;
    // A bind of which nothing is known yet is not there.
    if *counts == BindCounts::default() && !is_up {
        return;
    }
    let mode = status.mode.name();
    let place = status.place.as_ref().map(|place| (&place.host, place.port, bind_type(place.kind)));
    let mut labels: Vec<(&'static str, &dyn Display)> =
        vec![("bind_name", &status.name), ("mode", &mode), ("system_id", &status.system_id)];
    if let Some((host, port, bind_type)) = &place {
        labels.extend([("host", host as &dyn Display), ("port", port), ("bind_type", bind_type)]);
    }
    out.put(&STATUS, &labels, u8::from(is_up));
    out.put(&UPTIME, &labels, millis(if is_up { status.uptime } else { Duration::ZERO }) / 1000.0);
    for (family, count) in [
        (&SENT, counts.sent),
        (&MESSAGES_RECEIVED, counts.received),
        (&FAILURES, counts.failures),
        (&BOUND, counts.bind_success),
        (&BIND_REFUSED, counts.bind_failures),
        (&ATTEMPTS, counts.attempts),
        (&DISCONNECTIONS, counts.disconnections),
    ] {
        out.put(family, &labels, count);
    }
}

/// Those who want to bind and are no partner, as one of them.
fn strangers(counts: BindCounts) -> BindStatus {
    BindStatus {
        name: STRANGERS.into(),
        mode: BindMode::Server,
        system_id: STRANGERS.into(),
        place: None,
        state: BindState::Disconnected,
        peers: Vec::new(),
        uptime: Duration::ZERO,
        counts,
        unanswered: 0,
        held_back: false,
        dropped: false,
        last_error: None,
    }
}

fn core(out: &mut Writer, stats: &CoreStats) {
    out.put(&CORE_UP, &[], u8::from(stats.is_up));
    for call in &stats.calls {
        out.put(&CALLS, &[("operation", &call.operation), ("result", &call.result)], call.count);
    }
    for (operation, took) in &stats.durations {
        out.durations(&CALL_TIME, &[("operation", operation)], (took, Duration::from_secs(1)));
    }
}

const HEAD: &str = "\
# Metrics of the gateway

The gateway serves these figures at `/metrics`, on port 4000 of this machine only unless told otherwise, in the text format
0.0.4 of Prometheus. This page is written by the program; the test
`metrics::shipped::the_page_of_metrics_is_that_of_the_table` says how.

* Counters begin at 0 when the program starts: use `rate` and `increase`.
* The series of a bind appear with its first event.
* `mode` is `client` for carriers and `server` for partners; `host`, `port` and `bind_type` are there for carriers only.
* What is refused to somebody who is no partner is counted under the name `(unknown)`.

| name | type | labels | meaning |
|---|---|---|---|
";

#[cfg(test)]
mod tests {
    use smpp_session::BindKind;

    use super::*;
    use crate::frontend::BindPlace;

    fn status(mode: BindMode) -> BindStatus {
        let place = BindPlace { host: "smsc.example".into(), port: 2776, kind: BindKind::Transceiver };
        BindStatus {
            name: "uk".into(),
            mode,
            system_id: "shop".into(),
            place: (mode == BindMode::Client).then_some(place),
            uptime: Duration::from_millis(1_500),
            ..strangers(BindCounts::default())
        }
    }

    fn written(status: &BindStatus) -> String {
        let mut writer = Writer::default();
        bind(&mut writer, status);
        let text = writer.text(GATEWAY_FAMILIES);
        text.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")).collect()
    }

    #[test]
    fn a_bind_appears_with_its_first_event() {
        let mut carrier = status(BindMode::Client);
        assert_eq!(written(&carrier), "");
        carrier.counts.attempts = 1;
        let labels =
            "{bind_name=\"uk\",mode=\"client\",system_id=\"shop\",host=\"smsc.example\",port=\"2776\",bind_type=\"transceiver\"}";
        let text = written(&carrier);
        assert_eq!(text.lines().count(), 9, "{text}");
        for line in [
            "smpp_connection_attempts_total{labels} 1\n",
            "smpp_connection_status{labels} 0\n",
            "smpp_uptime_seconds{labels} 0\n",
        ] {
            let line = line.replace("{labels}", labels);
            assert!(text.contains(&line), "{line}{text}");
        }
    }

    #[test]
    fn a_partner_has_no_place_and_grows_older_while_it_is_connected() {
        let mut partner = status(BindMode::Server);
        partner.state = BindState::Connected;
        let text = written(&partner);
        let labels = "{bind_name=\"uk\",mode=\"server\",system_id=\"shop\"}";
        assert!(text.contains(&format!("smpp_connection_status{labels} 1\n")), "{text}");
        assert!(text.contains(&format!("smpp_uptime_seconds{labels} 1.5\n")), "{text}");
        partner.state = BindState::Disconnected;
        partner.counts.disconnections = 1;
        assert!(written(&partner).contains(&format!("smpp_uptime_seconds{labels} 0\n")));
    }
}
