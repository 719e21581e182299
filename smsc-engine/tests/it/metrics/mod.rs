//! The figures of a centre as Prometheus reads them, the alerts and panels made of them.

mod shipped;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use smpp_session::net::ServerConfig;
use smsc_engine::BoxFuture;
use smsc_engine::api::{Attempt, CoreApi, Report, Submission};
use smsc_engine::control::Control;
use smsc_engine::core::charging::{ChargeError, ChargeEvent, Charging, Granted};
use smsc_engine::core::queue::MemoryQueue;
use smsc_engine::core::registry::{FrontendReport, Registry, RegistryOptions};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::tables::SqlTable;
use smsc_engine::core::{Batch, BatchOptions, Core, Setup};
use smsc_engine::frontend::{Binds, BindsOptions, ClientPeer};
use smsc_engine::http::metrics::{self, FAMILIES, Figures, Resource};
use smsc_engine::model::{Account, Address, Charged, FinalState, Lane, Message, MessageId, Route, SourceType, Timestamp};
use smsc_engine::sql::{Database, DatabaseConfig};
use tower::ServiceExt;

use crate::require;

const HOLD: Duration = Duration::from_secs(60);

/// A centre in memory.
struct Centre {
    control: Arc<Control>,
    core: Core,
    _directory: tempfile::TempDir,
}

/// Grants every second message.
#[derive(Default)]
struct Moody(std::sync::atomic::AtomicU64);

impl Charging for Moody {
    fn authorize<'a>(&'a self, _: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>> {
        let asked = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let answer = if asked.is_multiple_of(2) { Ok(Granted { max_usage: 1 }) } else { Err(ChargeError::NoCredit) };
        Box::pin(std::future::ready(answer))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

/// The carriers a centre binds to by itself: one, and it is not there.
pub(crate) async fn carriers(core: &Core) -> Binds {
    let options = BindsOptions { listen: None, system_id: "smsc".into(), server: ServerConfig::default() };
    let binds = Binds::start(options, Arc::new(core.clone())).await.unwrap();
    let mut peer = ClientPeer::new("direct", "127.0.0.1");
    (peer.port, peer.system_id) = (1, "smsc".into());
    binds.set_clients(vec![peer]).unwrap();
    binds
}

impl Centre {
    async fn start() -> Centre {
        let directory = tempfile::tempdir().unwrap();
        let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
        let to = |prefix: &str, dest: &str| Route {
            called_prefix: Some(prefix.into()),
            dest_smsc: Some(dest.into()),
            priority: 5,
            ..Route::default()
        };
        table.add(to("44", "uk")).await.unwrap();
        table.add(Route { charged: Charged::Yes, ..to("49", "de") }).await.unwrap();
        let mut setup = Setup::with_routes(Arc::new(MemoryQueue::new(10_000, 10_000)), table);
        setup.charging = Some(Arc::new(Moody::default()));
        setup.fingerprint_ttl = Some(HOLD);
        let core = Core::start(setup).await.unwrap();
        let database = Database::open(&DatabaseConfig::sqlite(directory.path().join("tables.sqlite"))).await.unwrap();
        let figures =
            Figures { database: Some(database.clone()), directory: Some(directory.path().into()), ..Figures::default() };
        let control = Control {
            application: "smsc".into(),
            started: Timestamp::now(),
            handle: core.handle(),
            batch: Batch::start(core.clone(), BatchOptions::default()),
            registry: Registry::in_memory(RegistryOptions::default()),
            mms: SqlTable::open(&database).await.unwrap(),
            ss7: SqlTable::open(&database).await.unwrap(),
            smpp: None,
            carriers: Some(carriers(&core).await),
            cluster: None,
            records: None,
            figures,
        };
        Centre { control: Arc::new(control), core, _directory: directory }
    }

    async fn submit(&self, destination: &str, source_type: Option<SourceType>) {
        let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::default());
        message.source = Address::from_number("Shop");
        message.destination = Address::from_number(destination);
        message.user_data = format!("to {destination}").into();
        self.control.handle.submit(Submission { source_type, ..Submission::new(message) }).await.unwrap();
    }

    async fn lease(&self, lane: &str) -> Vec<Message> {
        self.core.lease(&Lane::from(lane), 100, HOLD).await
    }

    async fn report(&self, message: &Message, attempt: Attempt) {
        self.core.report(vec![Report { message: message.clone(), attempt }]).await;
    }

    async fn text(&self) -> String {
        metrics::text(&self.control).await
    }

    /// The value of one series, labels and all.
    async fn value(&self, series: &str) -> Option<f64> {
        let text = self.text().await;
        let line = text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        line.map(|value| value.parse().unwrap())
    }
}

#[tokio::test]
async fn carriers_of_the_centre_itself_are_counted_as_a_gateway_counts_its_own() {
    let centre = Centre::start().await;
    let labels = "{bind_name=\"direct\",mode=\"client\",system_id=\"smsc\",host=\"127.0.0.1\",port=\"1\",\
                  bind_type=\"transceiver\"}";
    let deadline = std::time::Instant::now() + HOLD;
    while centre.value(&format!("smpp_connection_attempts_total{labels}")).await.is_none_or(|count| count < 1.0) {
        assert!(std::time::Instant::now() < deadline, "{}", centre.text().await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(centre.value(&format!("smpp_connection_status{labels}")).await, Some(0.0));
}

#[tokio::test]
async fn what_happens_to_messages_is_counted_by_where_they_come_from_and_go_to() {
    let centre = Centre::start().await;
    for number in ["+44001", "+44002", "+44003"] {
        centre.submit(number, Some(SourceType::Ims)).await;
    }
    centre.submit("+44001", Some(SourceType::Ims)).await;
    centre.submit("+1", None).await;
    let leased = centre.lease("uk").await;
    centre.report(&leased[0], Attempt::Delivered).await;
    centre.report(&leased[1], Attempt::TryAgain(8)).await;
    centre.report(&leased[2], Attempt::Failed(FinalState::Undeliverable, 1)).await;
    for (series, value) in [
        ("sms_c_message_received_count{source_smsc=\"shop\",source_type=\"IMS\"}", 4.0),
        ("sms_c_message_received_count{source_smsc=\"shop\",source_type=\"none\"}", 1.0),
        ("sms_c_duplicate_count", 1.0),
        ("sms_c_routing_failed_count", 1.0),
        ("sms_c_routing_stop_duration_count", 4.0),
        ("sms_c_message_processing_stop_duration_count", 5.0),
        ("sms_c_routing_route_matched_count{route_id=\"1\",dest_smsc=\"uk\",priority=\"5\"}", 3.0),
        ("sms_c_delivery_queued_count{dest_smsc=\"uk\"}", 3.0),
        ("sms_c_delivery_queued_count{dest_smsc=\"none\"}", 1.0),
        ("sms_c_delivery_attempted_count{dest_smsc=\"uk\"}", 3.0),
        ("sms_c_delivery_succeeded_count{dest_smsc=\"uk\"}", 1.0),
        ("sms_c_delivery_succeeded_attempt_count_bucket{le=\"1\"}", 1.0),
        ("sms_c_delivery_succeeded_attempt_count_count", 1.0),
        ("sms_c_delivery_succeeded_duration_count", 1.0),
        ("sms_c_delivery_failed_count", 1.0),
        ("sms_c_delivery_dead_letter_count", 0.0),
        ("sms_c_store_up", 1.0),
    ] {
        assert_eq!(centre.value(series).await, Some(value), "{series}");
    }
}

#[tokio::test]
async fn receipts_do_not_pass_for_messages() {
    let centre = Centre::start().await;
    let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::default());
    message.destination = Address::from_number("+44001");
    message.registered_delivery = 1;
    centre.control.handle.submit(Submission::new(message)).await.unwrap();
    let leased = centre.lease("uk").await;
    centre.report(&leased[0], Attempt::Failed(FinalState::Undeliverable, 1)).await;
    let receipt = centre.lease("esme:shop").await.remove(0);
    centre.report(&receipt, Attempt::Delivered).await;
    assert_eq!(centre.value("sms_c_receipt_delivered_count").await, Some(1.0));
    assert_eq!(centre.value("sms_c_delivery_succeeded_count{dest_smsc=\"esme:shop\"}").await, None);
    assert_eq!(centre.value("sms_c_delivery_failed_count").await, Some(1.0));
    assert_eq!(centre.value("sms_c_delivery_queued_count{dest_smsc=\"uk\"}").await, Some(1.0));
}

#[tokio::test]
async fn the_gauges_of_the_queue_are_its_own_numbers() {
    let centre = Centre::start().await;
    let oldest = "sms_c_queue_oldest_message_age_seconds";
    assert_eq!(centre.value(oldest).await, Some(0.0), "nothing waits");
    for number in 0..7 {
        centre.submit(&format!("+44{number}"), None).await;
    }
    let leased = centre.lease("uk").await;
    centre.report(&leased[0], Attempt::Delivered).await;
    let counts = centre.control.handle.counts();
    assert_eq!((counts.pending, counts.delivered), (6, 1));
    assert_eq!(centre.value("sms_c_queue_size_pending").await, Some(6.0));
    assert_eq!(centre.value("sms_c_queue_size_size").await, Some(7.0));
    assert_eq!(centre.value("sms_c_queue_size_leased").await, Some(6.0));
    let first = centre.control.handle.oldest().await.unwrap().unwrap().message;
    assert_eq!(first.id, leased[1].id, "the first is delivered");
    let before = Timestamp::now().since(first.submitted).as_secs_f64();
    let age = centre.value(oldest).await.unwrap();
    assert!(age >= before && age <= Timestamp::now().since(first.submitted).as_secs_f64(), "{age}");
    for message in &leased[1..] {
        centre.report(message, Attempt::Delivered).await;
    }
    assert_eq!(centre.value(oldest).await, Some(0.0), "all are delivered");
}

#[tokio::test]
async fn charging_counts_what_it_was_asked_and_denied() {
    let centre = Centre::start().await;
    for number in 0..4 {
        centre.submit(&format!("+49{number}"), None).await;
    }
    assert_eq!(centre.value("sms_c_charging_attempted_count").await, Some(4.0));
    assert_eq!(centre.value("sms_c_charging_failed_count").await, Some(2.0));
    assert_eq!(centre.value("sms_c_charging_succeeded_duration_count").await, Some(2.0));
}

#[tokio::test]
async fn a_frontend_that_went_away_is_disconnected_for_good_and_lost_for_an_hour() {
    let centre = Centre::start().await;
    let report = |name: &str| FrontendReport { frontend_name: name.into(), frontend_type: "SMPP".into(), ..Default::default() };
    let now = centre.control.now();
    let ago = |seconds| now.before(Duration::from_secs(seconds));
    // Both were there before; one is back, and that one was gone is forgotten with it.
    for (name, at) in [("here", ago(9_000)), ("here", now), ("lately", ago(1_000)), ("long", ago(9_000))] {
        centre.control.registry.heartbeat(report(name), at).await;
    }
    assert_eq!(centre.value("sms_c_frontend_status_count{status=\"connected\"}").await, Some(1.0));
    assert_eq!(centre.value("sms_c_frontend_status_count{status=\"disconnected\"}").await, Some(2.0));
    assert_eq!(centre.value("sms_c_frontend_lost_count").await, Some(1.0));
}

#[tokio::test]
async fn metrics_are_served_at_their_path_as_the_text_format_wants() {
    let centre = Centre::start().await;
    let router = metrics::router(centre.control.clone());
    let get = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let response = router.clone().oneshot(get("/metrics")).await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
    let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    assert!(body.starts_with(b"# HELP "));
    assert_eq!(router.oneshot(get("/other")).await.unwrap().status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn requests_are_counted_on_their_way_through() {
    let centre = Centre::start().await;
    let layer = axum::middleware::from_fn_with_state(centre.control.clone(), metrics::count);
    let router = metrics::router(centre.control.clone()).layer(layer);
    for path in ["/metrics", "/metrics", "/api/routes/7"] {
        router.clone().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    }
    centre.control.figures.api.record(Resource::Routes, 201, Duration::from_millis(3));
    let value = async |resource: &str, status: &str| {
        let series = format!("sms_c_api_request_count{{resource=\"{resource}\",status=\"{status}\"}}");
        centre.value(&series).await.unwrap()
    };
    assert_eq!((value("other", "2xx").await, value("routes", "4xx").await, value("routes", "2xx").await), (2.0, 1.0, 1.0));
    assert_eq!(centre.value("sms_c_api_request_stop_duration_count{resource=\"routes\"}").await, Some(2.0));
}

#[tokio::test]
async fn every_metric_of_the_specification_has_its_name_and_type() {
    let text = Centre::start().await.text().await;
    for (names, kind) in [
        ("sms_c_message_received_count sms_c_routing_route_matched_count sms_c_routing_failed_count", "counter"),
        ("sms_c_delivery_queued_count sms_c_delivery_attempted_count sms_c_delivery_succeeded_count", "counter"),
        ("sms_c_delivery_dead_letter_count sms_c_enum_cache_hit_count sms_c_enum_cache_miss_count", "counter"),
        ("sms_c_charging_failed_count sms_c_delivery_failed_count sms_c_charging_attempted_count", "counter"),
        ("sms_c_duplicate_count sms_c_batch_enqueued_count sms_c_account_denied_count sms_c_api_request_count", "counter"),
        ("sms_c_message_processing_stop_duration sms_c_routing_stop_duration", "histogram"),
        ("sms_c_delivery_succeeded_attempt_count sms_c_delivery_succeeded_duration", "histogram"),
        ("sms_c_enum_lookup_stop_duration sms_c_charging_succeeded_duration", "histogram"),
        ("ecto_pools_queue_time ecto_pools_query_time", "histogram"),
        ("sms_c_queue_size_size sms_c_queue_size_pending sms_c_queue_oldest_message_age_seconds", "gauge"),
        ("sms_c_frontend_status_count sms_c_enum_cache_size_size ecto_pools_connected_count", "gauge"),
    ] {
        for name in names.split(' ') {
            assert!(text.contains(&format!("# TYPE {name} {kind}\n")), "{name} {kind}");
        }
    }
    for series in [
        "sms_c_enum_lookup_stop_duration_count{success=\"true\"} ",
        "sms_c_enum_lookup_stop_duration_count{success=\"false\"} ",
        "ecto_pools_query_time_bucket{database=\"tables\",le=\"+Inf\"} ",
        "sms_c_disk_free_bytes ",
        "process_start_time_seconds ",
    ] {
        assert!(text.contains(series), "{series}");
    }
}

#[tokio::test]
async fn labels_are_those_of_the_table() {
    let centre = Centre::start().await;
    centre.submit("+44001", None).await;
    centre.submit("+49001", None).await;
    let text = centre.text().await;
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let name = line.split(['{', ' ']).next().unwrap();
        let family = FAMILIES.iter().find(|family| family.series().iter().any(|series| series == name));
        let family = family.unwrap_or_else(|| panic!("{name} is not in the table"));
        let labels = line.split_once('{').map_or("", |(_, rest)| rest.rsplit_once('}').unwrap().0);
        let labels: Vec<_> = labels.split(',').filter_map(|label| Some(label.split_once('=')?.0)).collect();
        let labels: Vec<_> = labels.into_iter().filter(|label| *label != "le").collect();
        assert_eq!(labels, family.labels, "{line}");
    }
}

#[tokio::test]
async fn promtool_finds_nothing_wrong_with_the_text() {
    let centre = Centre::start().await;
    centre.submit("+44001", Some(SourceType::Smpp)).await;
    centre.submit("+49001", None).await;
    let Some(output) = promtool(&["check", "metrics"], &centre.text().await) else { return };
    let complaints = String::from_utf8(output.stderr).unwrap();
    // The names are given; what it has against them is known.
    let of_names = ["should have \"_total\" suffix", "should not have \"_count\" suffix", "metric names should not contain"];
    let others: Vec<_> = complaints.lines().filter(|line| !of_names.iter().any(|known| line.contains(known))).collect();
    assert!(others.is_empty(), "{others:#?}");
    // 3: it parsed, and there are complaints.
    assert!(matches!(output.status.code(), Some(0 | 3)), "{complaints}");
}

/// Runs `promtool`; `None` where it is not installed.
pub(crate) fn promtool(arguments: &[&str], input: &str) -> Option<Output> {
    let spawned =
        Command::new("promtool").args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = spawned else {
        require::skip("prometheus", "apt-get install prometheus");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input.as_bytes()).unwrap();
    drop(stdin);
    Some(child.wait_with_output().unwrap())
}

/// A file of the repository.
fn shipped_file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}
