//! The figures of a running gateway.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::response::IntoResponse;
use axum::routing::get;

use super::bind::bind;
use super::page::page;
use super::page_of;
use super::table::Kind::{Counter, Gauge, Histogram};
use super::table::{Family, families, with_binds};
use super::writer::Writer;
use crate::frontend::{BindCounts, BindMode, BindState, BindStatus, STRANGERS};
use crate::gateway::GatewayControl;
use crate::remote::CoreStats;

/// Seconds a call may take.
const CALL: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

with_binds! {
    /// Every family of a gateway.
    pub const GATEWAY_FAMILIES;
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
