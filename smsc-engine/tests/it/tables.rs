//! The operator's tables in a database.

use std::sync::Arc;

use smsc_engine::accounts::{AccountStore, Usage};
use smsc_engine::core::location::{LocationChange, LocationStore};
use smsc_engine::core::registry::{FrontendRecord, RegistryStore};
use smsc_engine::core::route::{ImportMode, RouteChange, RouteStore, RouteTable, TableOptions};
use smsc_engine::core::tables::{SqlAccounts, SqlFrontends, SqlLocations, SqlRoutes, SqlTable};
use smsc_engine::model::{Charged, Location, MmsMessage, Route, SourceType, Ss7Event, Status, Timestamp};
use smsc_engine::sql::{Database, Statement};

use crate::servers::sqlite;

const NOON: Timestamp = Timestamp(1_795_867_200_000);
const LATER: Timestamp = Timestamp(1_795_867_260_000);

fn full() -> Route {
    Route {
        id: 7,
        calling_prefix: Some("+44".into()),
        called_prefix: Some("+1".into()),
        source_smsc: Some("a".into()),
        source_type: Some(SourceType::Ims),
        enum_domain: Some("e164.arpa".into()),
        dest_smsc: Some("gateway".into()),
        auto_reply: true,
        auto_reply_message: Some("Grüße, 'wir' \"sind\" zu 👋".into()),
        drop: true,
        charged: Charged::No,
        weight: 1,
        priority: 255,
        description: "all; of -- it".into(),
        enabled: false,
    }
}

fn plain(id: u64) -> Route {
    Route { id, dest_smsc: Some("gateway".into()), ..Route::default() }
}

async fn routes(database: &Database) {
    let store = SqlRoutes::open(database).await.unwrap();
    assert_eq!(store.load().await.unwrap(), []);
    let many: Vec<_> = (10..1300).map(|id| RouteChange::Put(plain(id))).collect();
    store.save(&many).await.unwrap();
    // The same route twice, back and forth, in one change.
    let changes = [RouteChange::Put(plain(7)), RouteChange::Put(full()), RouteChange::Put(plain(3)), RouteChange::Delete(3)];
    store.save(&changes).await.unwrap();
    let (found, wanted) = (store.load().await.unwrap(), [full()].into_iter().chain((10..1300).map(plain)));
    assert_eq!(found, wanted.collect::<Vec<_>>());
    let replace = [RouteChange::Clear, RouteChange::Put(plain(2)), RouteChange::Delete(99), RouteChange::Put(plain(1))];
    store.save(&replace).await.unwrap();
    assert_eq!(store.load().await.unwrap(), [plain(1), plain(2)]);
    store.save(&[RouteChange::Clear]).await.unwrap();
    let table = RouteTable::open(Arc::new(store), TableOptions::default()).await.unwrap();
    table.import(vec![plain(0), full()], ImportMode::Merge).await.unwrap();
    let (document, store) = (table.export(), SqlRoutes::open(database).await.unwrap());
    let again = RouteTable::open(Arc::new(store), TableOptions::default()).await.unwrap();
    assert_eq!((again.export(), again.len()), (document, 2));
}

async fn others(database: &Database) {
    let table = SqlTable::<MmsMessage>::open(database).await.unwrap();
    let mut message = MmsMessage::new("+4477", "+1555");
    message.subject = Some("Grüße".into());
    message.content_type = Some("image/jpeg".into());
    message.content_location = Some("https://mmsc.example/1".into());
    message.message_size = Some(u64::from(u32::MAX) + 1);
    message.expires = Some(LATER);
    let made = table.create(message.clone(), NOON).await.unwrap();
    assert_eq!(made, MmsMessage { id: made.id, inserted_at: NOON, updated_at: NOON, ..message });
    assert_eq!(table.get(made.id).await.unwrap(), Some(made.clone()));
    let second = table.create(MmsMessage::new("1", "2"), NOON).await.unwrap();
    assert!(second.id > made.id);
    let edited = table.edit(made.id, LATER, |message| (message.id, message.status) = (99, Status::Delivered)).await.unwrap();
    assert_eq!(edited, Some(MmsMessage { status: Status::Delivered, updated_at: LATER, ..made.clone() }));
    assert_eq!(table.list(0, 9).await.unwrap(), [edited.unwrap(), second.clone()]);
    assert_eq!(table.list(made.id, 9).await.unwrap(), std::slice::from_ref(&second));
    assert_eq!((table.list(0, 1).await.unwrap().len(), table.count().await.unwrap()), (1, 2));
    assert!(table.delete(second.id).await.unwrap() && !table.delete(second.id).await.unwrap());
    assert_eq!(table.edit(second.id, NOON, |_| ()).await.unwrap(), None);
    assert_eq!(table.get(second.id).await.unwrap(), None);
    let events = SqlTable::<Ss7Event>::open(database).await.unwrap();
    let event =
        Ss7Event { event_type: "MAP_UPDATE_LOCATION".into(), imsi: Some("23415".into()), timestamp: NOON, ..Ss7Event::default() };
    let made = events.create(event, LATER).await.unwrap();
    assert_eq!(events.list(0, 9).await.unwrap(), std::slice::from_ref(&made));
    assert_eq!((made.timestamp, made.inserted_at), (NOON, LATER));
}

async fn in_memory_elsewhere(database: &Database) {
    let store = SqlLocations::open(database).await.unwrap();
    let whole = Location {
        id: 2,
        imsi: "23415".into(),
        msisdn: "+4477".into(),
        location: Some("ims".into()),
        ran_location: Some("cell 1".into()),
        imei: Some("35".into()),
        ims_capable: Some(true),
        csfb: Some(false),
        registered: Some(true),
        expires: Some(LATER),
        user_agent: Some("Grüße/1.0".into()),
        inserted_at: NOON,
        updated_at: LATER,
    };
    let bare = Location { id: 1, imsi: "23416".into(), msisdn: "+4478".into(), ..Location::default() };
    let put = |location: &Location| LocationChange::Put(location.clone());
    store.save(&[put(&bare), put(&whole), put(&Location { id: 3, ..bare.clone() })]).await.unwrap();
    store.save(&[LocationChange::Delete(3), put(&whole)]).await.unwrap();
    assert_eq!(store.load().await.unwrap(), [bare, whole]);

    let store = SqlFrontends::open(database).await.unwrap();
    let record = FrontendRecord {
        id: 1,
        frontend_name: "gateway".into(),
        frontend_type: "SMPP".into(),
        ip_address: Some("192.0.2.1".into()),
        hostname: None,
        uptime_seconds: Some(60),
        configuration: Some(serde_json::json!({"port": 2775, "name": "Grüße"})),
        expires_at: LATER,
        last_seen_at: NOON,
        inserted_at: NOON,
        updated_at: NOON,
    };
    store.put(record.clone(), vec![]).await.unwrap();
    let record = FrontendRecord { uptime_seconds: None, configuration: None, ..record };
    store.put(record.clone(), vec![7]).await.unwrap();
    assert_eq!(store.load().await.unwrap(), std::slice::from_ref(&record));
    let next = FrontendRecord { id: 2, ..record };
    store.put(next.clone(), vec![1]).await.unwrap();
    assert_eq!(store.load().await.unwrap(), [next]);

    let store = SqlAccounts::open(database).await.unwrap();
    let usage =
        |account: &str, day_messages| Usage { account: account.into(), day: 20_000, day_messages, month: 658, month_messages: 9 };
    store.save(vec![usage("a", 5), usage("b", 6)]).await.unwrap();
    store.save(vec![usage("b", 7), usage("c", u64::MAX)]).await.unwrap();
    assert_eq!(store.load().await.unwrap(), [usage("b", 7), usage("c", u64::MAX)]);
}

#[tokio::test]
async fn tables_are_kept_in_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let database = sqlite(directory.path()).await;
    routes(&database).await;
    others(&database).await;
    in_memory_elsewhere(&database).await;
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn tables_are_kept_in_postgresql() {
    use crate::servers::Server;
    use smsc_engine::sql::Dialect;

    let Some(server) = Server::start(Dialect::Postgres).await else { return };
    let database = Database::open(&server.config()).await.unwrap();
    routes(&database).await;
    others(&database).await;
    in_memory_elsewhere(&database).await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn tables_are_kept_in_mariadb() {
    use crate::servers::Server;
    use smsc_engine::sql::Dialect;

    let Some(server) = Server::start(Dialect::MySql).await else { return };
    let database = Database::open(&server.config()).await.unwrap();
    routes(&database).await;
    others(&database).await;
    in_memory_elsewhere(&database).await;
}

#[tokio::test]
async fn a_change_of_routes_is_stored_as_a_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let database = sqlite(directory.path()).await;
    let store = SqlRoutes::open(&database).await.unwrap();
    store.save(&[RouteChange::Put(plain(1))]).await.unwrap();
    let trigger = "CREATE TRIGGER no BEFORE INSERT ON routes WHEN NEW.id = 3 BEGIN SELECT RAISE(ABORT, 'not this one'); END";
    database.execute(Statement::new(trigger)).await.unwrap();
    let changes = [RouteChange::Clear, RouteChange::Put(plain(2)), RouteChange::Delete(2), RouteChange::Put(plain(3))];
    let error = store.save(&changes).await.unwrap_err().to_string();
    assert!(error.contains("not this one"), "{error}");
    assert_eq!(store.load().await.unwrap(), [plain(1)]);
    // A word that no route can have is named.
    database.execute(Statement::new("UPDATE routes SET charged = 'perhaps'")).await.unwrap();
    let error = store.load().await.unwrap_err().to_string();
    assert!(error.contains("column `charged` holds another text, not yes, no or default"), "{error}");
}
