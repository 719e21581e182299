//! The log of a core: what operators search for, and what must not be there.

use std::sync::Arc;
use std::time::Duration;

use smsc_engine::BoxFuture;
use smsc_engine::api::{Attempt, CoreApi, Report, Submission};
use smsc_engine::core::charging::{ChargeError, ChargeEvent, Charging, Granted};
use smsc_engine::core::queue::MemoryQueue;
use smsc_engine::core::registry::{FrontendReport, Registry, RegistryOptions};
use smsc_engine::core::route::{MemoryRouteStore, RouteTable, TableOptions};
use smsc_engine::core::{Core, Policy, Setup, Uncharged};
use smsc_engine::log::{FileOptions, Format, Level, LogOptions, Logging};
use smsc_engine::model::{Account, Address, FinalState, Lane, Message, MessageId, Route};
use tracing::subscriber::DefaultGuard;

const BODY: &str = "the secret text of a message";

/// A log for this test alone.
fn listen(options: LogOptions) -> (Logging, DefaultGuard) {
    let (logging, subscriber) = Logging::subscriber(LogOptions { console: false, ..options }).unwrap();
    (logging, tracing::subscriber::set_default(subscriber))
}

fn texts(logging: &Logging) -> Vec<String> {
    logging.ring().latest(1000).iter().map(|line| line.to_string()).collect()
}

struct Broke;

impl Charging for Broke {
    fn authorize<'a>(&'a self, _: &'a ChargeEvent) -> BoxFuture<'a, Result<Granted, ChargeError>> {
        Box::pin(std::future::ready(Err(ChargeError::NoCredit)))
    }

    fn ping(&self) -> BoxFuture<'_, Result<(), ChargeError>> {
        Box::pin(std::future::ready(Ok(())))
    }
}

async fn core() -> Core {
    let table = RouteTable::open(Arc::new(MemoryRouteStore::default()), TableOptions::default()).await.unwrap();
    table.add(Route { called_prefix: Some("44".into()), dest_smsc: Some("uk".into()), ..Route::default() }).await.unwrap();
    let mut setup = Setup::with_routes(Arc::new(MemoryQueue::new(100, 100)), table);
    setup.charging = Some(Arc::new(Broke));
    setup.policy = Policy { charging: true, uncharged: Uncharged::Allow, ..Policy::default() };
    Core::start(setup).await.unwrap()
}

async fn submit(core: &Core, destination: &str) -> MessageId {
    let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::default());
    message.destination = Address::from_number(destination);
    message.user_data = BODY.into();
    core.handle().submit(Submission::new(message)).await.unwrap().id
}

#[tokio::test]
async fn what_operators_search_for_is_found_with_the_id_of_the_message() {
    let (logging, _listening) = listen(LogOptions::default());
    let core = core().await;
    let lost = submit(&core, "+1").await;
    let unpaid = submit(&core, "+44").await;
    let report = FrontendReport { frontend_name: "gateway\n".into(), frontend_type: "SMPP".into(), ..Default::default() };
    Registry::in_memory(RegistryOptions::default()).heartbeat(report, core.handle().clock().now()).await;
    let texts = texts(&logging);
    let has = |wanted: &str| texts.iter().any(|text| text.contains(wanted));
    assert!(has(&format!(" message_id={lost} [warning] routing failed")), "{texts:#?}");
    assert!(has(&format!(" message_id={unpaid} route_id=1 [warning] charging failed")), "{texts:#?}");
    assert!(has("[info] frontend gateway\\n registered"), "{texts:#?}");
}

#[tokio::test]
async fn no_level_shows_the_text_of_a_message() {
    let (logging, _listening) = listen(LogOptions { level: Level::Trace, ..LogOptions::default() });
    let core = core().await;
    submit(&core, "+1").await;
    for attempt in [Attempt::TryAgain(7), Attempt::Failed(FinalState::Undeliverable, 7), Attempt::Delivered] {
        submit(&core, "+44").await;
        for message in core.lease(&Lane::from("uk"), 10, Duration::from_secs(9)).await {
            let report = Report { message, attempt: attempt.clone() };
            core.report(vec![report.clone()]).await;
            // Too late now.
            core.report(vec![report]).await;
        }
    }
    let texts = texts(&logging);
    assert!(texts.len() > 3, "{texts:#?}");
    assert!(!texts.iter().any(|text| text.contains("secret")), "{texts:#?}");
}

#[test]
fn spans_say_what_a_line_is_about() {
    let (logging, _listening) = listen(LogOptions::default());
    let request = tracing::info_span!("request", request_id = "abc", method = "GET");
    request.in_scope(|| {
        tracing::info!(message_id = 7, size = 3, "in both");
        tracing::info_span!("inner", request_id = "def").in_scope(|| tracing::error!(critical = true, "in the nearest"));
    });
    tracing::info!("outside");
    let texts = texts(&logging);
    let ends: Vec<_> = texts.iter().map(|text| text.get(24..).unwrap()).collect();
    let both = "request_id=abc message_id=7 [info] in both size=3";
    assert_eq!(ends, [both, "request_id=def [critical] in the nearest", "[info] outside"]);
}

#[test]
fn the_level_changes_while_the_program_runs() {
    let (logging, _listening) = listen(LogOptions { level: Level::Warning, ..LogOptions::default() });
    let say = || {
        tracing::debug!(target: "smsc_engine::test", "quiet");
        tracing::info!("said");
        tracing::debug!(target: "hyper::proto", "of no interest");
    };
    say();
    assert!(texts(&logging).is_empty());
    logging.set_level(Level::Info);
    say();
    assert_eq!((texts(&logging).len(), logging.level()), (1, Level::Info));
    logging.set_ring_level(Level::Debug);
    say();
    assert_eq!((texts(&logging).len(), logging.level()), (3, Level::Info));
    logging.set_level(Level::Error);
    say();
    assert_eq!(texts(&logging).len(), 3);
}

#[test]
fn a_file_has_the_lines_of_its_level_and_is_opened_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("smsc.log");
    let file = Some(FileOptions::new(&path));
    let (logging, _listening) = listen(LogOptions { format: Format::Json, file, ..LogOptions::default() });
    logging.set_ring_level(Level::Debug);
    tracing::debug!(target: "smsc_engine::test", "for the ring alone");
    tracing::warn!(message_id = 7, "for both\r\n");
    std::fs::rename(&path, directory.path().join("away")).unwrap();
    logging.reopen().unwrap();
    tracing::warn!("later");
    let lines = |name: &str| -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(directory.path().join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    assert_eq!((lines("away").len(), lines("smsc.log").len(), texts(&logging).len()), (1, 1, 3));
    let away = &lines("away")[0];
    assert_eq!((&away["text"], &away["message_id"], &away["level"]), (&"for both\r\n".into(), &"7".into(), &"warning".into()));
}

#[test]
fn a_log_file_that_cannot_be_opened_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let file = Some(FileOptions::new(directory.path()));
    let error = Logging::subscriber(LogOptions { file, ..LogOptions::default() }).err().unwrap();
    assert!(error.to_string().starts_with(&format!("the log file {}", directory.path().display())), "{error}");
}

#[test]
fn a_value_without_end_is_cut() {
    let (logging, _listening) = listen(LogOptions::default());
    tracing::info!(value = "ä".repeat(100_000), "long");
    assert!(texts(&logging)[0].len() < 10_000);
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn a_database_that_goes_away_is_told_once() {
    use smsc_engine::sql::{Database, DatabaseConfig, Dialect, Statement};
    let (logging, _listening) = listen(LogOptions::default());
    let mut config = DatabaseConfig::new(Dialect::Postgres);
    // Nobody listens on the first port of all.
    (config.host, config.port) = ("127.0.0.1".into(), Some(1));
    config.password = Some(smsc_engine::frontend::Secret::new("unused"));
    config.connect_timeout = Duration::from_millis(100);
    let database = Database::open(&config).await.unwrap();
    for _ in 0..3 {
        database.rows(Statement::new("SELECT 1")).await.unwrap_err();
    }
    let texts = texts(&logging);
    let told = texts.iter().filter(|text| text.contains("[error] database error: it does not answer")).count();
    assert_eq!(told, 1, "{texts:#?}");
}
