//! Tables that two nodes change.

use std::sync::Arc;
use std::time::Duration;

use smsc_engine::accounts::{AccountStore, Usage};
use smsc_engine::cluster::SqlFingerprints;
use smsc_engine::core::location::{LocationOptions, Locations};
use smsc_engine::core::registry::{FrontendReport, Registry, RegistryOptions};
use smsc_engine::core::route::{RouteTable, TableOptions};
use smsc_engine::core::tables::{SqlAccounts, SqlFrontends, SqlLocations, SqlRoutes};
use smsc_engine::core::{FingerprintStore, Known, Print};
use smsc_engine::model::{Account, Location, MessageId, Route, Timestamp};
use smsc_engine::sql::Database;

use super::database;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

async fn routes(database: &Database) -> RouteTable {
    RouteTable::open(Arc::new(SqlRoutes::open(database).await.unwrap()), TableOptions::default()).await.unwrap()
}

fn route(called: &str) -> Route {
    Route { called_prefix: Some(called.into()), dest_smsc: Some("carrier".into()), ..Route::default() }
}

fn prefixes(table: &RouteTable) -> Vec<(u64, String)> {
    table.list(0, 100).into_iter().map(|route| (route.id, route.called_prefix.unwrap())).collect()
}

#[tokio::test]
async fn routes_that_two_nodes_change_are_the_same_on_both() {
    let Some((_server, database)) = database().await else { return };
    let (a, b) = (routes(&database).await, routes(&database).await);
    // Neither has looked at what the other does.
    assert_eq!(a.add(route("44")).await.unwrap().id, 1);
    assert_eq!(b.add(route("49")).await.unwrap().id, 2, "no number is given away twice");
    assert_eq!(prefixes(&b), [(1, "44".into()), (2, "49".into())]);
    assert_eq!(prefixes(&a).len(), 1);
    a.catch_up().await.unwrap();
    assert_eq!(prefixes(&a), prefixes(&b));
    b.edit(1, |route| route.weight = 7).await.unwrap();
    a.delete(2).await.unwrap();
    a.edit(1, |route| route.priority = 9).await.unwrap();
    b.catch_up().await.unwrap();
    let (of_a, of_b) = (a.get(1).unwrap(), b.get(1).unwrap());
    assert_eq!((of_a.weight, of_a.priority), (7, 9), "what the other changed is not lost");
    assert!(of_a == of_b && a.get(2).is_none() && b.get(2).is_none());
    assert!(b.delete(2).await.is_err() && !b.seed(vec![route("1")]).await.unwrap());
}

#[tokio::test]
async fn many_changes_at_once_lose_none() {
    let Some((_server, database)) = database().await else { return };
    let tables = [routes(&database).await, routes(&database).await, routes(&database).await];
    let adding = tables.iter().enumerate().map(|(node, table)| async move {
        for number in 0..20 {
            table.add(route(&format!("{node}{number:02}"))).await.unwrap();
        }
    });
    futures_util::future::join_all(adding).await;
    for table in &tables {
        table.catch_up().await.unwrap();
        assert_eq!(prefixes(table).len(), 60);
        assert_eq!(prefixes(table), prefixes(&tables[0]));
    }
    // More than is told one by one is read as a whole.
    let many = (0..1200).map(|number| route(&format!("9{number:04}"))).collect();
    tables[0].import(many, smsc_engine::core::route::ImportMode::Replace).await.unwrap();
    tables[1].catch_up().await.unwrap();
    assert_eq!(tables[1].len(), 1200);
}

#[tokio::test]
async fn locations_and_frontends_of_one_node_are_known_on_the_other() {
    let Some((_server, database)) = database().await else { return };
    let locations = async || {
        Locations::open(Arc::new(SqlLocations::open(&database).await.unwrap()), LocationOptions::default()).await.unwrap()
    };
    let (a, b) = (locations().await, locations().await);
    let at = |imsi: &str, frontend: &str| Location {
        imsi: imsi.into(),
        msisdn: "447700900000".into(),
        location: Some(frontend.into()),
        ..Location::default()
    };
    a.upsert(at("1", "gw1"), NOW).await.unwrap();
    b.upsert(at("1", "gw2"), NOW.after(Duration::from_secs(1))).await.unwrap();
    assert_eq!(b.len(), 1, "the same subscriber is no second row");
    a.catch_up(NOW).await.unwrap();
    assert_eq!(a.serving(b"447700900000", NOW).unwrap().as_str(), "gw2");
    b.delete(1, NOW).await.unwrap();
    a.catch_up(NOW).await.unwrap();
    assert!(a.is_empty());

    let registry = async || {
        Registry::open(RegistryOptions::default(), Arc::new(SqlFrontends::open(&database).await.unwrap())).await.unwrap()
    };
    let (a, b) = (registry().await, registry().await);
    let report = |name: &str| FrontendReport { frontend_name: name.into(), frontend_type: "SMPP".into(), ..Default::default() };
    assert_eq!(a.heartbeat(report("gw1"), NOW).await.0.id, 1);
    assert_eq!(b.heartbeat(report("gw2"), NOW).await.0.id, 2);
    let (record, created) = b.heartbeat(report("gw1"), NOW.after(Duration::from_secs(60))).await;
    assert_eq!((record.id, created), (1, false), "it is there already, whichever node it talks to");
    a.catch_up().await.unwrap();
    assert_eq!(a.all(), b.all());
}

#[tokio::test]
async fn what_nodes_count_of_quotas_adds_up() {
    let Some((_server, database)) = database().await else { return };
    let usage = |day_messages| Usage { account: Account::from("shop"), day: 1, day_messages, month: 1, month_messages: 9 };
    let (a, b) = (SqlAccounts::of_node(&database, "a").await.unwrap(), SqlAccounts::of_node(&database, "b").await.unwrap());
    a.save(vec![usage(3)]).await.unwrap();
    b.save(vec![usage(5)]).await.unwrap();
    assert_eq!((a.load().await.unwrap(), b.load().await.unwrap()), (vec![usage(3)], vec![usage(5)]));
}

#[tokio::test]
async fn a_repeat_at_another_node_is_known_until_its_time_is_over() {
    let Some((_server, database)) = database().await else { return };
    let (a, b) =
        (SqlFingerprints::open(&database, &[7; 32]).await.unwrap(), SqlFingerprints::open(&database, &[7; 32]).await.unwrap());
    let ttl = Duration::from_secs(300);
    let print =
        |store: &SqlFingerprints, text: &str, id, at| Print { print: store.print(text.as_bytes()), id: MessageId(id), at };
    let first = print(&a, "hello", 1, NOW);
    assert_eq!(first.print, b.print(b"hello"));
    assert_ne!(first.print, SqlFingerprints::open(&database, &[8; 32]).await.unwrap().print(b"hello"), "it is keyed");
    assert!(a.note(&[first, print(&a, "other", 2, NOW)], ttl).await.unwrap().is_empty());
    let again = [print(&b, "hello", 3, NOW.after(ttl)), print(&b, "new", 4, NOW.after(ttl))];
    let known = Known { new: again[0], former: MessageId(1), at: NOW };
    assert_eq!(b.note(&again, ttl).await.unwrap(), [known]);
    assert!(b.replace(again[0], MessageId(1)).await.unwrap() && !b.replace(again[0], MessageId(1)).await.unwrap());
    let late = print(&a, "other", 5, NOW.after(ttl * 2));
    assert!(a.note(&[late], ttl).await.unwrap().is_empty(), "it is old");
    b.forget(vec![late]).await;
    assert!(b.note(&[print(&b, "other", 6, NOW.after(ttl * 2))], ttl).await.unwrap().is_empty());
}
