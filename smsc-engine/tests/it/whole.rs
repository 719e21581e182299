//! A centre as its settings make it: what it keeps, what it says when it cannot start, and what may change meanwhile.

use std::path::Path;
use std::time::Duration;

use smsc_engine::api::Submission;
use smsc_engine::centre::{Reloaded, check};
use smsc_engine::config::{Settings, SmsRoute, TranslationRule};
use smsc_engine::core::queue::Record;
use smsc_engine::core::records::{RecordFilter, RecordStore};
use smsc_engine::core::{HandleError, Uncharged};
use smsc_engine::frontend::Secret;
use smsc_engine::model::{Account, Address, Lane, Location, Message, MessageId, Route, Status};
use smsc_engine::{Centre, StartError};
use tracing::level_filters::LevelFilter;

use crate::support::settings;

/// Settings of a centre on free ports without HTTP, whose sandbox is quick.
fn quiet(directory: &Path) -> Settings {
    let mut settings = settings(directory);
    (settings.api.port.enabled, settings.web.port.enabled, settings.metrics.port.enabled) = (false, false, false);
    settings.sandbox.delay_ms = 0;
    settings
}

fn message(number: &str) -> Submission {
    let mut message = Message::new(MessageId(0), Account::from("shop"), Lane::default());
    message.source = Address::from_number("Shop");
    message.destination = Address::from_number(number);
    message.user_data = "hello".into();
    Submission::new(message)
}

/// Waits for the end of a message.
async fn ended(centre: &Centre, id: MessageId) -> Record {
    let ended = async {
        loop {
            let record = centre.control().handle.message(id).await.unwrap();
            if record.status() != Status::Pending {
                return record;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ended).await.expect("an end in time")
}

async fn submit(centre: &Centre, number: &str) -> MessageId {
    centre.control().handle.submit(message(number)).await.unwrap().id
}

async fn refused(settings: &Settings) -> StartError {
    Centre::start(settings).await.err().expect("a centre that does not start")
}

#[tokio::test]
async fn with_nothing_configured_a_message_reaches_the_sandbox_and_is_delivered() {
    let directory = tempfile::tempdir().unwrap();
    let centre = Centre::start(quiet(&directory.path().join("made"))).await.unwrap();
    let id = submit(&centre, "+447700900123").await;
    let record = ended(&centre, id).await;
    assert_eq!((record.status(), record.message.lane.as_str()), (Status::Delivered, "sandbox"));
    let routes = centre.control().handle.routes().unwrap().list(0, 10);
    assert_eq!(
        routes.iter().map(|route| (route.dest_smsc.as_deref(), route.priority)).collect::<Vec<_>>(),
        [(Some("sandbox"), 255)]
    );
    centre.shutdown().await;
}

#[tokio::test]
async fn routes_locations_history_records_and_quotas_are_there_after_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let settings = quiet(directory.path());
    let centre = Centre::start(&settings).await.unwrap();
    let control = centre.control();
    let route = Route { called_prefix: Some("44".into()), dest_smsc: Some("sandbox".into()), ..Route::default() };
    let route = control.handle.routes().unwrap().add(route).await.unwrap();
    let location = Location { imsi: "234150000000001".into(), msisdn: "447700900500".into(), ..Location::default() };
    control.handle.locations().unwrap().upsert(location, control.now()).await.unwrap();
    let id = submit(&centre, "+447700900123").await;
    ended(&centre, id).await;
    centre.shutdown().await;

    let centre = Centre::start(&settings).await.unwrap();
    let control = centre.control();
    assert_eq!(control.handle.routes().unwrap().get(route.id), Some(route));
    assert_eq!(control.handle.routes().unwrap().len(), 2, "the route to the sandbox is not added twice");
    assert!(control.handle.locations().unwrap().by_imsi("234150000000001").is_some());
    assert_eq!(control.handle.message(id).await.unwrap().status(), Status::Delivered);
    let events = control.handle.events(id).await.unwrap();
    assert!(events.iter().any(|event| event.name.to_string() == "message_delivered"), "{events:?}");
    let filter = RecordFilter { max: 10, ..RecordFilter::default() };
    let records = control.records.as_ref().unwrap().records(&filter).await.unwrap();
    let records: Vec<_> = records.iter().map(|record| (record.cdr.message_id, record.cdr.origin_node.as_deref())).collect();
    assert_eq!(records, [(id, Some("node1"))]);
    centre.shutdown().await;
}

#[tokio::test]
async fn routes_of_the_settings_are_loaded_into_an_empty_table_only() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = quiet(directory.path());
    settings.sms_routes = vec![SmsRoute { dest_smsc: "gateway".into(), ..SmsRoute::default() }];
    let (lines, _listening) = crate::rest_resources::log::listen();
    for ignored in 0..2 {
        let centre = Centre::start(&settings).await.unwrap();
        let routes = centre.control().handle.routes().unwrap().list(0, 10);
        assert_eq!(routes.iter().map(|route| route.dest_smsc.as_deref()).collect::<Vec<_>>(), [Some("gateway")]);
        // R-RT-38.
        assert_eq!(lines.containing("the routes of the configuration are ignored").len(), ignored);
        centre.shutdown().await;
        settings.sms_routes = vec![SmsRoute { dest_smsc: "other".into(), ..SmsRoute::default() }];
    }
}

#[tokio::test]
async fn without_the_sandbox_a_message_waits_for_a_route() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = quiet(directory.path());
    settings.sandbox.enabled = false;
    let centre = Centre::start(&settings).await.unwrap();
    assert!(centre.control().handle.routes().unwrap().is_empty());
    let id = submit(&centre, "+447700900123").await;
    assert_eq!(centre.control().handle.message(id).await.unwrap().status(), Status::Pending);
    centre.shutdown().await;
}

#[tokio::test]
async fn no_dns_server_is_asked_unless_enum_is_enabled() {
    // R-RT-54.
    let dns = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    dns.set_nonblocking(true).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let mut settings = quiet(directory.path());
    settings.enum_lookup.enum_dns_servers = vec![dns.local_addr().unwrap()];
    // Time enough for a question to leave, however busy the machine is; the answer never comes.
    settings.enum_lookup.enum_timeout = 3_000;
    assert!(!settings.enum_lookup.enum_enabled, "that is the default");
    // Another number each time: a repeat would not be looked up.
    for (is_enabled, number) in [(false, "+447700900123"), (true, "+447700900124")] {
        settings.enum_lookup.enum_enabled = is_enabled;
        let centre = Centre::start(&settings).await.unwrap();
        let id = submit(&centre, number).await;
        assert_eq!(ended(&centre, id).await.status(), Status::Delivered);
        centre.shutdown().await;
        // What was sent to it is there by now.
        assert_eq!(dns.recv(&mut [0; 512]).is_ok(), is_enabled);
    }
}

#[tokio::test]
async fn two_centres_on_one_host_have_data_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let one = Centre::start(quiet(&directory.path().join("one"))).await.unwrap();
    let two = Centre::start(quiet(&directory.path().join("two"))).await.unwrap();
    assert_ne!(one.smpp_address(), two.smpp_address());
    let id = submit(&one, "+447700900123").await;
    ended(&one, id).await;
    assert!(matches!(two.control().handle.message(id).await, Err(HandleError::Unknown(_))));
    one.shutdown().await;
    two.shutdown().await;
}

#[tokio::test]
async fn a_centre_starts_while_its_record_database_is_absent_and_delivers() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = quiet(directory.path());
    settings.records.db_adapter = smsc_engine::config::DbAdapter::Postgresql;
    settings.records.db_hostname = "127.0.0.1".into();
    settings.records.db_port = 9; // discard: nobody is there
    settings.records.db_password = Secret::new("unused");
    let centre = Centre::start(&settings).await.unwrap();
    let id = submit(&centre, "+447700900123").await;
    assert_eq!(ended(&centre, id).await.status(), Status::Delivered);
    centre.shutdown().await;
    // The record waited in the journal, and goes where there is somebody now.
    settings.records.db_adapter = smsc_engine::config::DbAdapter::Sqlite;
    let centre = Centre::start(&settings).await.unwrap();
    let filter = RecordFilter { max: 10, ..RecordFilter::default() };
    let written = async {
        loop {
            let records = centre.control().records.as_ref().unwrap().records(&filter).await.unwrap_or_default();
            if !records.is_empty() {
                return records;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let records = tokio::time::timeout(Duration::from_secs(10), written).await.expect("a record in time");
    assert_eq!(records.iter().map(|record| record.cdr.message_id).collect::<Vec<_>>(), [id]);
    centre.shutdown().await;
}

#[tokio::test]
async fn every_fault_at_the_start_says_what_it_is_about() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, "no directory").unwrap();
    let error = refused(&quiet(&file.join("below"))).await.to_string();
    assert!(error.starts_with("cannot make the directory ") && error.contains("below"), "{error}");

    let centre = Centre::start(quiet(&directory.path().join("used"))).await.unwrap();
    let error = refused(&quiet(&directory.path().join("used"))).await.to_string();
    assert!(error.starts_with("cannot open the journal in ") && error.ends_with("open elsewhere"), "{error}");
    let mut settings = quiet(&directory.path().join("port"));
    settings.smpp.listen = centre.smpp_address();
    let error = refused(&settings).await.to_string();
    assert!(error.starts_with(&format!("cannot listen for SMPP on {}: ", centre.smpp_address())), "{error}");
    centre.shutdown().await;

    let place = directory.path().join("tables");
    std::fs::create_dir_all(place.join("smsc.db")).unwrap();
    let error = refused(&quiet(&place)).await.to_string();
    assert!(error.starts_with("cannot use the tables in ") && error.contains("smsc.db"), "{error}");

    let place = directory.path().join("records");
    std::fs::create_dir_all(place.join("records.db")).unwrap();
    let error = refused(&quiet(&place)).await.to_string();
    assert!(error.starts_with("records cannot be written: "), "{error}");

    let mut settings = quiet(&directory.path().join("routes"));
    settings.sms_routes = vec![SmsRoute::default()];
    let error = refused(&settings).await.to_string();
    assert!(error.starts_with("routes are not loaded: row 1: dest_smsc"), "{error}");

    let mut settings = quiet(&directory.path().join("enum"));
    settings.enum_lookup.enum_enabled = true;
    settings.enum_lookup.enum_domains = vec!["not a domain..".into()];
    let error = refused(&settings).await.to_string();
    assert!(error.starts_with("ENUM cannot be used: "), "{error}");

    let mut settings = quiet(&directory.path().join("charging"));
    settings.charging.charging_enabled = true;
    settings.charging.ocs_url = "ftp://localhost".into();
    let error = refused(&settings).await.to_string();
    assert!(error.contains("charging address") && error.contains("ftp"), "{error}");
}

#[tokio::test]
async fn other_settings_count_at_once_or_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = quiet(directory.path());
    let centre = Centre::start(&settings).await.unwrap();
    let nobody = |level| panic!("the log is not to become {level}");
    assert_eq!(centre.reload(&settings, nobody).await, Reloaded::default());

    settings.lifecycle.max_delivery_attempts = 3;
    settings.charging.charging_failure_action = Uncharged::Deny;
    settings.accounts[0].system_id = "new".into();
    let rule = TranslationRule { called_match: "^00".into(), called_replace: Some("+".into()), ..TranslationRule::default() };
    settings.translation_rules = vec![rule];
    settings.log.level = LevelFilter::DEBUG;
    settings.api.limits.reads = 1;
    settings.smpp.window = 7;
    settings.storage.max_queued = 8;
    let mut level = None;
    let reloaded = centre.reload(&settings, |changed| level = Some(changed)).await;
    let applied = [
        "lifecycle.max_delivery_attempts",
        "charging.charging_failure_action",
        "accounts",
        "translation_rules",
        "api.limits.reads",
        "log.level",
    ];
    assert_eq!(reloaded.applied, applied);
    assert_eq!(reloaded.needs_restart, ["smpp.window", "storage.max_queued"]);
    assert!(reloaded.refused.is_empty());
    let handle = &centre.control().handle;
    assert_eq!((handle.policy().max_attempts, handle.policy().uncharged), (Some(3), Uncharged::Deny));
    assert!(centre.frontend().accounts().record("new").is_some() && centre.frontend().accounts().record("test").is_none());
    assert!(!handle.translator().is_empty());
    assert_eq!(level, Some(LevelFilter::DEBUG));

    // What counts already is not named again; what needs a restart is.
    let reloaded = centre.reload(&settings, nobody).await;
    assert!(reloaded.applied.is_empty());
    assert_eq!(reloaded.needs_restart, ["smpp.window", "storage.max_queued"]);
    settings.accounts[0].system_id = String::new();
    let reloaded = centre.reload(&settings, nobody).await;
    assert_eq!(reloaded.refused, ["accounts: account \"\": system_id: a name has 1 to 15 ASCII characters and no spaces"]);
    assert!(centre.frontend().accounts().record("new").is_some(), "the old ones stay");
    centre.shutdown().await;
}

#[tokio::test]
async fn the_check_finds_what_is_not_there_and_makes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = quiet(&directory.path().join("not").join("made"));
    let findings = check(&settings).await;
    assert!(findings.iter().all(|finding| finding.fault.is_none()), "{findings:?}");
    assert!(!directory.path().join("not").exists());

    let (certificate, key) = (directory.path().join("a.crt"), directory.path().join("a.key"));
    let [one, other] = [(), ()].map(|()| rcgen::generate_simple_self_signed(["localhost".into()]).unwrap());
    std::fs::write(&certificate, one.cert.pem()).unwrap();
    settings.api.port.enabled = true;
    (settings.api.port.tls_cert_path, settings.api.port.tls_key_path) = (certificate.clone(), key.clone());
    for (pem, good) in [(one.signing_key.serialize_pem(), true), (other.signing_key.serialize_pem(), false)] {
        std::fs::write(&key, pem).unwrap();
        let findings = check(&settings).await;
        let found = findings.iter().find(|finding| finding.about.starts_with("certificate of API ")).unwrap();
        assert_eq!(found.fault.is_none(), good, "{found}");
    }
    // A database of ours is looked at; one that is no database is named.
    let place = settings.storage.directory.clone();
    std::fs::create_dir_all(&place).unwrap();
    std::fs::write(place.join("records.db"), "not a database at all, but long enough to be looked at as one".repeat(100))
        .unwrap();
    let findings = check(&settings).await;
    let found = findings.iter().find(|finding| finding.about.starts_with("record database ")).unwrap();
    assert!(found.fault.is_some(), "{found}");
}
