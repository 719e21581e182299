//! Records in tables: the same on a file, on PostgreSQL and on MariaDB.

use std::sync::Arc;
use std::time::Duration;

use smsc_engine::core::records::{
    Amount, Export, QUERIES, Query, Rate, RecordFilter, RecordSink, RecordStore, Recorder, RecorderOptions, SqlRecords,
    StoredRecord,
};
use smsc_engine::model::{Cdr, MessageId, Status, Timestamp};
use smsc_engine::sql::{Database, DatabaseConfig, Dialect, Row, SqlError, Statement, Value};

use crate::records::{MemoryLedger, NOON, delivered};
use crate::servers::{Server, sqlite};

const DAY: u64 = 86_400_000;
const START: Timestamp = Timestamp(0);

pub(crate) async fn all(records: &SqlRecords) -> Vec<StoredRecord> {
    records.records(&RecordFilter { max: 100_000, ..RecordFilter::default() }).await.unwrap()
}

async fn rows(database: &Database, text: &'static str) -> Vec<Row> {
    database.rows(Statement::new(text)).await.unwrap()
}

/// All that records in tables promise, on one empty database.
async fn battery(database: &Database) {
    let records = SqlRecords::new(database.clone()).with_large_indexes();
    records.prepare().await.unwrap();
    SqlRecords::new(database.clone()).with_large_indexes().prepare().await.unwrap();
    columns_and_indexes(database).await;
    records_survive(&records).await;
    what_is_too_long_is_cut(&records).await;
    doubtful_records_are_not_written_twice(&records).await;
    a_commit_whose_end_was_not_seen_is_waited_for(&records).await;
    pages_and_filters(&records).await;
    empty(database).await;
    questions(&records).await;
    empty(database).await;
    bills(&records).await;
    empty(database).await;
    old_records_move(&records).await;
    empty(database).await;
}

async fn empty(database: &Database) {
    database.execute(Statement::new("DELETE FROM cdrs")).await.unwrap();
}

async fn columns_and_indexes(database: &Database) {
    let (columns, indexes) = match database.dialect() {
        Dialect::Sqlite => (
            "SELECT name AS name FROM pragma_table_info('cdrs') ORDER BY cid",
            "SELECT name AS name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'cdrs'",
        ),
        Dialect::Postgres => (
            "SELECT column_name || ' ' || data_type || ' ' || is_nullable AS name FROM information_schema.columns
             WHERE table_name = 'cdrs' ORDER BY ordinal_position",
            "SELECT indexname AS name FROM pg_indexes WHERE tablename = 'cdrs'",
        ),
        Dialect::MySql => (
            "SELECT CONCAT(column_name, ' ', column_type, ' ', is_nullable) AS name FROM information_schema.columns
             WHERE table_name = 'cdrs' ORDER BY ordinal_position",
            "SELECT DISTINCT index_name AS name FROM information_schema.statistics WHERE table_name = 'cdrs'",
        ),
    };
    let names = |rows: Vec<Row>| rows.iter().map(|row| row.get::<String>("name").unwrap()).collect::<Vec<_>>();
    let columns = names(rows(database, columns).await);
    let wanted = EXPECTED.map(|(name, postgres, mysql)| {
        database.dialect().choose([name.to_owned(), format!("{name} {postgres}"), format!("{name} {mysql}")])
    });
    assert_eq!(columns, wanted);
    let indexes = names(rows(database, indexes).await);
    for index in ["message_id", "calling_number", "called_number", "status", "submission_time", "dest_smsc"]
        .into_iter()
        .chain(["billing", "route_perf", "party_time"])
        .chain((database.dialect() == Dialect::MySql).then_some("message_body_ft"))
    {
        assert!(indexes.contains(&format!("idx_cdrs_{index}")), "{index}: {indexes:?}");
    }
}

/// The eighteen columns with their types in PostgreSQL and MariaDB.
const EXPECTED: [(&str, &str, &str); 18] = [
    ("id", "bigint NO", "bigint(20) NO"),
    ("message_id", "bigint NO", "bigint(20) NO"),
    ("calling_number", "character varying NO", "varchar(255) NO"),
    ("called_number", "character varying NO", "varchar(255) NO"),
    ("source_smsc", "character varying YES", "varchar(255) YES"),
    ("dest_smsc", "character varying YES", "varchar(255) YES"),
    ("origin_node", "character varying YES", "varchar(255) YES"),
    ("destination_node", "character varying YES", "varchar(255) YES"),
    ("submission_time", "timestamp without time zone NO", "datetime NO"),
    ("delivery_time", "timestamp without time zone YES", "datetime YES"),
    ("expiry_time", "timestamp without time zone YES", "datetime YES"),
    ("status", "character varying NO", "varchar(50) NO"),
    ("delivery_attempts", "integer YES", "int(11) YES"),
    ("message_parts", "integer YES", "int(11) YES"),
    ("deadletter", "boolean YES", "tinyint(1) YES"),
    ("message_body", "text YES", "text YES"),
    ("inserted_at", "timestamp without time zone NO", "datetime NO"),
    ("updated_at", "timestamp without time zone NO", "datetime NO"),
];

/// As the server keeps it: MariaDB has whole seconds.
fn kept(database: &Database, cdr: Cdr) -> Cdr {
    let time = |time: Timestamp| database.dialect().kept_time(time);
    Cdr {
        submission_time: time(cdr.submission_time),
        delivery_time: cdr.delivery_time.map(time),
        expiry_time: cdr.expiry_time.map(time),
        ..cdr
    }
}

async fn records_survive(records: &SqlRecords) {
    let full = delivered(u64::MAX);
    let bare = Cdr {
        source_smsc: None,
        dest_smsc: None,
        origin_node: None,
        destination_node: None,
        delivery_time: None,
        expiry_time: Some(NOON),
        status: Status::Expired,
        delivery_attempts: 0,
        message_parts: None,
        deadletter: true,
        message_body: None,
        ..delivered(2)
    };
    records.write(&[full.clone(), bare.clone()], false).await.unwrap();
    let found: Vec<_> = all(records).await.into_iter().rev().map(|record| record.cdr).collect();
    assert_eq!(found, [kept(records.database(), full), kept(records.database(), bare)]);
    // Text as operators see it, without a zone, and the time of writing.
    let dialect = records.database().dialect();
    let text = dialect.choose([
        "submission_time",
        "to_char(submission_time, 'YYYY-MM-DD HH24:MI:SS')",
        "CAST(submission_time AS CHAR(30))",
    ]);
    let question =
        format!("SELECT {text} AS text FROM cdrs WHERE inserted_at = updated_at AND inserted_at > submission_time OR 1 = 1");
    let shown: String = records.database().rows(Statement::new(question)).await.unwrap()[0].get("text").unwrap();
    assert!(shown.starts_with("2026-11-28 12:00:00"), "{shown}");
}

async fn what_is_too_long_is_cut(records: &SqlRecords) {
    empty(records.database()).await;
    let fits = Cdr { message_body: Some("é".repeat(32_767) + "x"), ..delivered(1) };
    let long = Cdr {
        message_body: Some("x".repeat(65_534) + "é"),
        calling_number: "é".repeat(300),
        delivery_attempts: u32::MAX,
        ..delivered(2)
    };
    let hollow = Cdr { message_body: Some("a\0b".into()), ..delivered(3) };
    records.write(&[fits.clone(), long, hollow], false).await.unwrap();
    let found = all(records).await;
    assert_eq!(found[2].cdr.message_body, fits.message_body);
    assert_eq!(found[1].cdr.message_body.as_ref().unwrap().len(), 65_534);
    assert_eq!(found[1].cdr.calling_number, "é".repeat(255));
    let nul = found[0].cdr.message_body.clone().unwrap();
    assert!(["a\0b", "a\u{FFFD}b"].contains(&nul.as_str()), "{nul:?}");
}

async fn doubtful_records_are_not_written_twice(records: &SqlRecords) {
    empty(records.database()).await;
    let batch: Vec<_> = (0..2_500).map(delivered).collect();
    records.write(&batch[..1_500], false).await.unwrap();
    records.write(&batch, true).await.unwrap();
    records.write(&batch, true).await.unwrap();
    assert_eq!(all(records).await.len(), 2_500);
    // The same id in another cluster, or long ago, is another message.
    let other = Cdr { origin_node: None, ..delivered(1) };
    let later = Cdr { submission_time: Timestamp(NOON.0 + DAY), ..delivered(1) };
    for _ in 0..2 {
        records.write(&[other.clone(), later.clone()], true).await.unwrap();
    }
    assert_eq!(all(records).await.len(), 2_502);
}

/// The connection is gone, but the server still works on its commit: looking too early would find nothing.
async fn a_commit_whose_end_was_not_seen_is_waited_for(records: &SqlRecords) {
    empty(records.database()).await;
    records.write(&[delivered(1)], false).await.unwrap();
    records.archive(Timestamp(NOON.0 + DAY), 1).await.unwrap();
    let mut earlier = records.database().begin().await.unwrap();
    let lock = Statement::new("SELECT node FROM cdr_writers").push(records.database().dialect().for_update());
    earlier.rows(lock).await.unwrap();
    let copy = "INSERT INTO cdrs SELECT * FROM cdrs_archive";
    earlier.execute(Statement::new(copy)).await.unwrap();
    let again = [delivered(1)];
    let ((), written) = tokio::join!(
        async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            earlier.commit().await.unwrap();
        },
        records.write(&again, true)
    );
    written.unwrap();
    assert_eq!(all(records).await.len(), 1);
    records.database().execute(Statement::new("DELETE FROM cdrs_archive")).await.unwrap();
}

async fn pages_and_filters(records: &SqlRecords) {
    empty(records.database()).await;
    let mut batch: Vec<_> = (0..10).map(delivered).collect();
    batch[3].status = Status::Failed;
    batch[4].calling_number = "123".into();
    batch[5].dest_smsc = Some("other".into());
    batch[6].submission_time = Timestamp(NOON.0 + DAY);
    records.write(&batch, false).await.unwrap();
    let ids = async |filter: RecordFilter| {
        let found = records.records(&RecordFilter { max: 100, ..filter }).await.unwrap();
        found.iter().map(|record| record.cdr.message_id.0).collect::<Vec<_>>()
    };
    let none = RecordFilter::default;
    assert_eq!(ids(RecordFilter { status: Some(Status::Failed), ..none() }).await, [3]);
    assert_eq!(ids(RecordFilter { number: Some("123".into()), ..none() }).await, [4]);
    assert_eq!(ids(RecordFilter { number: Some("6140012345".into()), ..none() }).await.len(), 10);
    assert_eq!(ids(RecordFilter { smsc: Some("other".into()), ..none() }).await, [5]);
    assert_eq!(ids(RecordFilter { smsc: Some("shop".into()), ..none() }).await.len(), 10);
    let tomorrow = Timestamp(NOON.0 + DAY / 2);
    assert_eq!(ids(RecordFilter { from: Some(tomorrow), ..none() }).await, [6]);
    assert_eq!(ids(RecordFilter { until: Some(tomorrow), number: Some("123".into()), ..none() }).await, [4]);
    let mut pages = Vec::new();
    let mut beyond = None;
    loop {
        let page = records.records(&RecordFilter { beyond, max: 4, ..none() }).await.unwrap();
        let Some(last) = page.last() else { break };
        beyond = Some(last.id);
        pages.push(page.len());
    }
    assert_eq!(pages, [4, 4, 2]);
    assert_eq!(ids(RecordFilter { number: Some("' OR 1=1 --".into()), ..none() }).await, [0; 0]);
}

/// Runs a question with what its parameters ask for.
async fn ask(records: &SqlRecords, name: &str) -> Vec<Row> {
    let query = Query::named(name).unwrap();
    let value = |parameter: &&str| match *parameter {
        "from" => Value::from(START),
        "until" | "before" => Timestamp(NOON.0 + 10 * DAY).into(),
        "one" | "calling number" => "447700900001".into(),
        "other" | "called number" | "number" => "6140012345".into(),
        "pattern of calling number" => "4477%".into(),
        "word" => "pineapple".into(),
        other => panic!("a parameter nobody knows: {other}"),
    };
    records.run(query, query.parameters.iter().map(value).collect()).await.unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// Six messages: three delivered, two to a number that fails, one the other way, with known figures.
async fn fill(records: &SqlRecords) {
    let failed =
        |id, status| Cdr { status, delivery_time: None, delivery_attempts: 3, called_number: "999".into(), ..delivered(id) };
    let back = Cdr {
        calling_number: "6140012345".into(),
        called_number: "447700900001".into(),
        message_parts: Some(1),
        delivery_time: Some(Timestamp(NOON.0 + 20_000)),
        origin_node: None,
        message_body: Some("one Pineapple please".into()),
        ..delivered(9)
    };
    let next_day =
        Cdr { submission_time: Timestamp(NOON.0 + DAY), delivery_time: Some(Timestamp(NOON.0 + DAY + 10_000)), ..delivered(3) };
    let mut batch = vec![delivered(1), delivered(2), next_day, back];
    batch.extend((10..15).map(|id| failed(id, if id == 10 { Status::Expired } else { Status::Failed })));
    records.write(&batch, false).await.unwrap();
}

async fn questions(records: &SqlRecords) {
    fill(records).await;
    for query in QUERIES {
        assert!(!ask(records, query.name).await.is_empty(), "{}", query.name);
    }
    assert_eq!(QUERIES.len(), 18);
    let number = |row: &Row, column: &str| row.get::<i64>(column).unwrap_or_else(|error| panic!("{error}: {row:?}"));
    let real = |row: &Row, column: &str| row.get::<f64>(column).unwrap_or_else(|error| panic!("{error}: {row:?}"));
    let close = |found: f64, wanted: f64| assert!((found - wanted).abs() < 0.01, "{found} is not {wanted}");
    assert_eq!(ask(records, "records_of_party").await.len(), 4);
    let by_status = ask(records, "count_by_status").await;
    let counts: Vec<_> = by_status.iter().map(|row| (row.get::<String>("status").unwrap(), number(row, "count"))).collect();
    assert_eq!(counts, [("delivered".into(), 4), ("failed".into(), 4), ("expired".into(), 1)]);
    close(real(&ask(records, "mean_delivery_time").await[0], "mean_seconds"), 12.5);
    let days = ask(records, "volume_by_day_and_route").await;
    assert_eq!((days.len(), days[0].get::<String>("day").unwrap().as_str()), (2, "2026-11-28"));
    assert_eq!((number(&days[0], "count"), number(&days[0], "delivered"), number(&days[0], "segments")), (8, 3, 15));
    let bill = &ask(records, "billable").await[0];
    assert_eq!((number(bill, "count"), number(bill, "segments")), (3, 6));
    close(real(bill, "cost"), 0.06);
    let route = &ask(records, "delivery_rate_by_route").await[0];
    assert_eq!((number(route, "total"), number(route, "delivered")), (9, 4));
    close(real(route, "percentage"), 44.44);
    close(real(route, "mean_attempts"), 19.0 / 9.0);
    close(real(route, "mean_seconds"), 12.5);
    let hour = &ask(records, "volume_by_hour").await[0];
    assert_eq!((number(hour, "hour_of_day"), number(hour, "count")), (12, 9));
    let parts = ask(records, "by_number_of_parts").await;
    assert_eq!((number(&parts[0], "message_parts"), number(&parts[1], "count")), (1, 8));
    let failing = ask(records, "failing_recipients").await;
    assert_eq!((failing.len(), number(&failing[0], "failures")), (1, 5));
    assert_eq!(failing[0].get::<Timestamp>("last_time").unwrap(), records.database().dialect().kept_time(NOON));
    let conversation = ask(records, "conversation").await;
    let callers: std::collections::BTreeSet<String> = conversation.iter().map(|row| row.get("calling_number").unwrap()).collect();
    assert_eq!((conversation.len(), callers.len()), (4, 2), "both directions");
    assert_eq!(ask(records, "older_than").await.len(), 9);
    let nodes = ask(records, "volume_by_origin_node").await;
    assert_eq!((number(&nodes[0], "count"), number(&nodes[1], "count")), (8, 1));
    let found = ask(records, "with_word").await;
    assert_eq!((found.len(), number(&found[0], "message_id")), (1, 9));
    assert_eq!(ask(records, "records_of_caller").await.len(), 8);
    assert_eq!(ask(records, "caller_or_recipient").await.len(), 8);
    let month = &ask(records, "growth_by_month").await[0];
    assert_eq!((month.get::<String>("month_of_year").unwrap().as_str(), number(month, "messages")), ("2026-11", 9));
    let octets: usize = all(records).await.iter().map(|record| record.cdr.message_body.as_ref().unwrap().len()).sum();
    assert_eq!(number(month, "octets"), octets as i64);
    let pairs = ask(records, "masked_pairs").await;
    let masked: Vec<_> =
        pairs.iter().map(|row| (row.get::<String>("caller").unwrap(), row.get::<String>("called").unwrap())).collect();
    assert!(masked.contains(&("44770090XXXX".into(), "XXXX".into())), "{masked:?}");
    assert_eq!(ask(records, "export_of_month").await[0].columns().count(), Export::default().header().split(',').count());
}

async fn bills(records: &SqlRecords) {
    let day = |text: &str| {
        Timestamp(match text {
            "2025-01-01" => 1_735_689_600_000,
            "2026-11-27" => 1_795_737_600_000,
            "2026-11-28" => 1_795_824_000_000,
            other => panic!("{other}"),
        })
    };
    let rate = |prefix: &str, micros: u64| Rate {
        destination_prefix: prefix.into(),
        description: Some("somewhere".into()),
        rate_per_message: Amount(micros),
        rate_per_segment: Amount(micros),
        currency: "USD".into(),
        effective_date: day("2025-01-01"),
        expiry_date: None,
    };
    let ended = Rate { expiry_date: Some(day("2026-11-27")), ..rate("+6140", 1) };
    let last_day = Rate { expiry_date: Some(day("2026-11-28")), ..rate("614", 20_000) };
    let to_come = Rate { effective_date: Timestamp(NOON.0 + DAY), ..rate("+614001", 1) };
    for rate in [rate("+1", 5_000), rate("+44", 8_000), rate("+61", 10_000), ended.clone(), last_day, to_come] {
        records.add_rate(&rate).await.unwrap();
    }
    let kept = records.rates().await.unwrap();
    assert_eq!(kept[3].1, ended, "rates are read back");
    let to = |id, number: &str| Cdr { called_number: number.into(), ..delivered(id) };
    let failed = Cdr { status: Status::Failed, ..delivered(9) };
    let unknown = Cdr { message_parts: None, dest_smsc: None, ..to(6, "8613") };
    let batch = [to(1, "6140012345"), to(2, "+6140055555"), to(3, "6199"), to(4, "+447700"), to(5, "447711"), unknown, failed];
    records.write(&batch, false).await.unwrap();
    let report = records.billing_report(START, Timestamp(NOON.0 + DAY)).await.unwrap();
    let mut lines: Vec<_> = report
        .iter()
        .map(|line| {
            assert_eq!(line.day, "2026-11-28");
            (line.destination_prefix.as_deref(), line.messages, line.segments, line.rate.to_string(), line.total.to_string())
        })
        .collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            (None, 1, 1, "0.015000".into(), "0.015000".into()),
            (Some("+44"), 2, 4, "0.008000".into(), "0.032000".into()),
            (Some("+61"), 1, 2, "0.010000".into(), "0.020000".into()),
            (Some("614"), 2, 4, "0.020000".into(), "0.080000".into()),
        ]
    );
    assert!(records.billing_report(START, NOON).await.unwrap().is_empty(), "the end does not belong to it");
    assert!(records.delete_rate(kept[0].0).await.unwrap());
    assert!(!records.delete_rate(kept[0].0).await.unwrap());
}

async fn old_records_move(records: &SqlRecords) {
    let at = |id: u64| Cdr { submission_time: Timestamp(NOON.0 + id * DAY), ..delivered(id) };
    records.write(&(0..20).rev().map(at).collect::<Vec<_>>(), false).await.unwrap();
    let before = Timestamp(NOON.0 + 15 * DAY);
    // Two that tidy at the same time do not take the same rows.
    let (one, other) = tokio::join!(records.archive(before, 6), records.archive(before, 6));
    let moved = one.unwrap() + other.unwrap();
    assert!((6..=12).contains(&moved), "{moved}");
    while records.archive(before, 6).await.unwrap() > 0 {}
    let archived = rows(records.database(), "SELECT message_id, message_body FROM cdrs_archive ORDER BY message_id").await;
    let ids: Vec<u64> = archived.iter().map(|row| row.get::<MessageId>("message_id").unwrap().0).collect();
    assert_eq!(ids, (0..15).collect::<Vec<_>>());
    assert_eq!(all(records).await.len(), 5);
    assert_eq!(records.delete(Timestamp(NOON.0 + 17 * DAY), 100).await.unwrap(), 2);
    assert_eq!(records.delete(Timestamp(NOON.0 + 17 * DAY), 100).await.unwrap(), 0);
    assert_eq!(all(records).await.len(), 3);
}

#[tokio::test]
async fn records_are_kept_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    battery(&sqlite(directory.path()).await).await;
}

/// The program dies between the commit and the note that it was done; the next life writes nothing twice.
#[tokio::test]
async fn a_crash_of_the_program_loses_and_doubles_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = Arc::new(MemoryLedger::default());
    let cdrs: Vec<_> = (0..300).map(delivered).collect();
    cdrs.iter().for_each(|cdr| ledger.end(cdr));
    {
        let records = SqlRecords::new(sqlite(directory.path()).await);
        records.write(&cdrs[..130], false).await.unwrap();
        // Another batch did not get to its commit.
        let mut transaction = records.database().begin().await.unwrap();
        transaction.execute(Statement::new("DELETE FROM cdrs")).await.unwrap();
    }
    let records = Arc::new(SqlRecords::new(sqlite(directory.path()).await));
    let recorder = Recorder::start(RecorderOptions::default(), vec![records.clone()], ledger.clone());
    until_empty(&ledger).await;
    recorder.close(Duration::from_secs(60)).await;
    exactly_once(&records, 300).await;
}

pub(crate) async fn until_empty(ledger: &MemoryLedger) {
    let start = std::time::Instant::now();
    while !ledger.left().is_empty() {
        assert!(start.elapsed() < Duration::from_secs(120), "{} records are left", ledger.left().len());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn exactly_once(records: &SqlRecords, count: u64) {
    let mut ids: Vec<_> = all(records).await.iter().map(|record| record.cdr.message_id.0).collect();
    ids.sort_unstable();
    assert_eq!(ids, (0..count).collect::<Vec<_>>());
}

/// The battery on a server, then records while the server dies again and again.
#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn on_a_server(dialect: Dialect) {
    let Some(mut server) = Server::start(dialect).await else { return };
    let mut config: DatabaseConfig = server.config();
    let database = Database::open(&config).await.unwrap();
    battery(&database).await;
    analysts_see_no_texts(&database, &config).await;
    server.kill();
    // The program starts, and messages end, while the database is down.
    config.connect_timeout = Duration::from_millis(500);
    let records = Arc::new(SqlRecords::new(Database::open(&config).await.unwrap()));
    let ledger = Arc::new(MemoryLedger::default());
    let options = RecorderOptions { longest_pause: Duration::from_millis(200), largest_batch: 50, ..RecorderOptions::default() };
    let recorder = Recorder::start(options, vec![records.clone()], ledger.clone());
    let mut ended = 0;
    for life in 0..3 {
        ledger.end(&delivered(ended));
        recorder.offer(delivered(ended));
        ended += 1;
        while recorder.statistics().flush_errors <= life {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        server.run(&[]).await;
        for _ in 0..40 {
            for _ in 0..10 {
                ledger.end(&delivered(ended));
                recorder.offer(delivered(ended));
                ended += 1;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if life < 2 {
            server.kill();
        }
    }
    until_empty(&ledger).await;
    let statistics = recorder.statistics();
    assert_eq!(statistics.total_flushed, ended, "{statistics:?}");
    recorder.close(Duration::from_secs(60)).await;
    exactly_once(&records, ended).await;
}

/// Who may not read texts runs reports all the same.
#[cfg(any(feature = "postgres", feature = "mysql"))]
async fn analysts_see_no_texts(database: &Database, config: &DatabaseConfig) {
    let (make, user) = match database.dialect() {
        Dialect::MySql => ("CREATE USER 'analytics'@'127.0.0.1' IDENTIFIED BY 'hush'", "'analytics'@'127.0.0.1'"),
        _ => ("CREATE ROLE analytics LOGIN PASSWORD 'hush'", "analytics"),
    };
    database.execute(Statement::new(make)).await.unwrap();
    database.execute(Statement::new(SqlRecords::grant_analysis(user))).await.unwrap();
    let mut config = config.clone();
    config.user = "analytics".into();
    let analyst = Database::open(&config).await.unwrap();
    for (name, from) in [("count_by_status", None), ("delivery_rate_by_route", Some(START)), ("volume_by_hour", Some(START))] {
        let statement = Statement::new(Query::named(name).unwrap().text(database.dialect()));
        let statement = from.into_iter().fold(statement, Statement::bind);
        analyst.rows(statement).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    for hidden in
        ["SELECT message_body FROM cdrs", "SELECT origin_node FROM cdrs", "SELECT * FROM cdrs", "SELECT id FROM billing_rates"]
    {
        assert!(matches!(analyst.rows(Statement::new(hidden)).await, Err(SqlError::Refused(_))), "{hidden}");
    }
    analyst.close().await;
    database.execute(Statement::new(SqlRecords::grant_billing(user))).await.unwrap();
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn records_are_kept_on_postgresql_and_survive_its_crashes() {
    on_a_server(Dialect::Postgres).await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn records_are_kept_on_mariadb_and_survive_its_crashes() {
    on_a_server(Dialect::MySql).await;
}
