//! The layer over SQL: the same on a file, on PostgreSQL and on MariaDB.

use std::time::Duration;

use smsc_engine::model::{MessageId, Timestamp};
use smsc_engine::sql::{Database, DatabaseConfig, Dialect, Migration, SqlError, Statement, Step, Value};

use crate::servers::{Server, sqlite};

const FIRST: Migration = Migration {
    version: 1,
    name: "samples",
    steps: &[
        Step::All(
            "CREATE TABLE samples (id {key}, flag BOOLEAN, number BIGINT, small {int}, ratio DOUBLE PRECISION,
             word VARCHAR(255), octets {blob}, moment {time}, day DATE, price DECIMAL(10,6)) {table}",
        ),
        Step::All("CREATE INDEX idx_samples_word ON samples (word)"),
    ],
};
const SECOND: Migration =
    Migration { version: 2, name: "one more", steps: &[Step::All("ALTER TABLE samples ADD COLUMN more TEXT")] };

/// All that the layer promises, on one database.
async fn battery(database: &Database) {
    migrations_run_once(database).await;
    values_survive(database).await;
    nothing_survives(database).await;
    keys_and_duplicates(database).await;
    transactions_are_whole(database).await;
    let measures = database.measures();
    assert!(measures.query_time.count() > 10 && measures.queue_time.count() > 10 && measures.connected > 0, "{measures:?}");
}

async fn migrations_run_once(database: &Database) {
    // Two programs at once: each step is done by one of them.
    let (one, other) = tokio::join!(database.migrate("samples", &[FIRST]), database.migrate("samples", &[FIRST]));
    assert_eq!(one.unwrap() + other.unwrap(), 1);
    assert_eq!(database.migrate("samples", &[FIRST, SECOND]).await.unwrap(), 1);
    assert_eq!(database.migrate("samples", &[FIRST, SECOND]).await.unwrap(), 0);
    let error = database.migrate("samples", &[FIRST]).await.unwrap_err();
    assert_eq!(error.to_string(), "the tables of samples are of version 2, this program knows 1");
    let bad = Migration { version: 1, name: "nonsense", steps: &[Step::All("CREATE TABLE"), Step::All("DROP TABLE samples")] };
    let error = database.migrate("others", &[bad]).await.unwrap_err();
    assert!(error.to_string().starts_with("migration 1 (nonsense) of others: the database refuses: "), "{error}");
    assert_eq!(database.rows(Statement::new("SELECT id FROM samples")).await.unwrap().len(), 0);
    if database.dialect() == Dialect::MySql {
        // An interrupted step there leaves some of what it made: it is passed over.
        let forget = "DELETE FROM smsc_migrations WHERE component = 'samples' AND version = 1";
        database.execute(Statement::new(forget)).await.unwrap();
        database.execute(Statement::new("DELETE FROM smsc_migrations WHERE component = 'samples'")).await.unwrap();
        assert_eq!(database.migrate("samples", &[FIRST]).await.unwrap(), 1);
    }
}

const COLUMNS: [&str; 9] = ["flag", "number", "small", "ratio", "word", "octets", "moment", "day", "price"];
const NOON: Timestamp = Timestamp(1_795_867_200_000);

async fn values_survive(database: &Database) {
    let text = "Grüße, 👋 'quoted' ? \\ \"";
    let row = [
        true.into(),
        MessageId(u64::MAX).into(),
        7_u32.into(),
        0.5.into(),
        text.into(),
        vec![0, 255, 10].into(),
        NOON.into(),
        Value::Date(Some(NOON)),
        0.005.into(),
    ];
    let insert = Statement::insert("samples", &COLUMNS, [row.clone(), row], false);
    assert_eq!(database.execute(insert).await.unwrap(), 2);
    let question = Statement::new(
        "SELECT flag, number, small, ratio, word, octets, moment, day, CAST(price AS CHAR(20)) AS price
         FROM samples WHERE word = ? AND flag = ? AND small = ? AND moment = ? AND number IN ",
    );
    let question = question.bind(text).bind(true).bind(7_i64).bind(NOON).push_list([MessageId(u64::MAX), MessageId(3)]);
    let rows = database.rows(question).await.unwrap();
    assert_eq!(rows.len(), 2);
    let row = &rows[0];
    assert!(row.get::<bool>("flag").unwrap());
    assert_eq!(row.get::<MessageId>("number").unwrap(), MessageId(u64::MAX));
    assert_eq!(row.get::<u8>("small").unwrap(), 7);
    assert_eq!(row.get::<f64>("ratio").unwrap(), 0.5);
    assert_eq!(row.get::<String>("word").unwrap(), text);
    assert_eq!(row.get::<Vec<u8>>("octets").unwrap(), [0, 255, 10]);
    assert_eq!(row.get::<Timestamp>("moment").unwrap(), NOON);
    assert_eq!(row.get::<String>("day").unwrap(), "2026-11-28");
    assert_eq!(row.get::<String>("price").unwrap().trim().parse::<f64>().unwrap(), 0.005);
    assert_eq!(row.columns().collect::<Vec<_>>(), COLUMNS);
    let error = row.get::<i64>("word").unwrap_err().to_string();
    assert_eq!(error, "column `word` holds a text, not a whole number");
    assert!(row.get::<i64>("colour").unwrap_err().to_string().contains("there is no such column"));
}

async fn nothing_survives(database: &Database) {
    let row = [
        Value::Bool(None),
        Value::Int(None),
        Value::Int(None),
        Value::Real(None),
        Value::Text(None),
        Value::Blob(None),
        Value::Time(None),
        Value::Date(None),
        Value::Real(None),
    ];
    database.execute(Statement::insert("samples", &COLUMNS, [row], true)).await.unwrap();
    let rows = database.rows(Statement::new("SELECT * FROM samples WHERE word IS NULL")).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].get::<Option<String>>("word").unwrap(), None);
    assert_eq!(rows[0].get::<Option<Timestamp>>("moment").unwrap(), None);
    assert_eq!(rows[0].get::<Option<bool>>("flag").unwrap(), None);
    assert!(matches!(rows[0].get::<bool>("flag"), Err(SqlError::Column { .. })));
}

async fn keys_and_duplicates(database: &Database) {
    let table = Migration {
        version: 1,
        name: "pairs",
        steps: &[Step::All("CREATE TABLE pairs (id {key}, word VARCHAR(20) NOT NULL UNIQUE, number {int} NOT NULL) {table}")],
    };
    database.migrate("pairs", &[table]).await.unwrap();
    let pair =
        |word: &'static str, number: i64| Statement::insert("pairs", &["word", "number"], [[word.into(), number.into()]], true);
    let mut transaction = database.begin().await.unwrap();
    let one = transaction.insert(pair("one", 1)).await.unwrap();
    let two = transaction.insert(pair("two", 2)).await.unwrap();
    assert!(one < two);
    transaction.commit().await.unwrap();
    let dialect = database.dialect();
    database.execute(pair("one", 11).push(&dialect.on_duplicate(&["word"], &["number"]))).await.unwrap();
    database.execute(pair("two", 22).push(&dialect.on_duplicate(&["word"], &[]))).await.unwrap();
    let rows = database.rows(Statement::new("SELECT number FROM pairs ORDER BY id")).await.unwrap();
    let numbers: Vec<i64> = rows.iter().map(|row| row.get("number").unwrap()).collect();
    assert_eq!(numbers, [11, 2]);
    assert!(matches!(database.execute(pair("two", 3)).await, Err(SqlError::Refused(_))));
}

async fn transactions_are_whole(database: &Database) {
    let add = || Statement::new("INSERT INTO samples (word) VALUES (?)").bind("draft");
    let count = async || database.rows(Statement::new("SELECT id FROM samples WHERE word = 'draft'")).await.unwrap().len();
    let mut transaction = database.begin().await.unwrap();
    transaction.execute(add()).await.unwrap();
    assert_eq!(count().await, 0);
    drop(transaction);
    let mut transaction = database.begin().await.unwrap();
    transaction.execute(add()).await.unwrap();
    transaction.rollback().await.unwrap();
    assert_eq!(count().await, 0);
    let mut transaction = database.begin().await.unwrap();
    transaction.execute(add()).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(count().await, 1);
    // Writers that meet wait for one another.
    let writers = (0..8).map(|_| async {
        let mut transaction = database.begin().await.unwrap();
        transaction.rows(Statement::new("SELECT id FROM samples")).await.unwrap();
        transaction.execute(add()).await.unwrap();
        transaction.commit().await.unwrap();
    });
    futures_util::future::join_all(writers).await;
    assert_eq!(count().await, 9);
}

/// As many transactions as there are connections go on at a time; one more begins when one of them ends.
async fn its_size_is_the_pools(mut config: DatabaseConfig) {
    (config.pool_size, config.connect_timeout) = (3, Duration::from_secs(60));
    let database = Database::open(&config).await.unwrap();
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(database.begin().await.unwrap());
    }
    let mut fourth = std::pin::pin!(database.begin());
    assert!(tokio::time::timeout(Duration::from_secs(1), &mut fourth).await.is_err(), "it waits");
    held.pop().unwrap().rollback().await.unwrap();
    fourth.await.unwrap().rollback().await.unwrap();
    assert_eq!(database.measures().connected, 3);
    drop(held);
    database.close().await;
}

#[tokio::test]
async fn a_file_has_one_writer_and_as_many_readers_as_wanted() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = DatabaseConfig::sqlite(directory.path().join("test.sqlite"));
    config.pool_size = 2;
    let database = Database::open(&config).await.unwrap();
    // Slow enough that all of them are there at once.
    let count = "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 200000)
                 SELECT COUNT(*) AS total FROM numbers";
    let questions = (0..6).map(|_| database.rows(Statement::new(count)));
    for rows in futures_util::future::join_all(questions).await {
        assert_eq!(rows.unwrap()[0].get::<i64>("total").unwrap(), 200_000);
    }
    assert_eq!(database.measures().connected, 1 + 2);
    database.close().await;
}

#[tokio::test]
async fn the_layer_keeps_its_promises_on_sqlite() {
    let directory = tempfile::tempdir().unwrap();
    let database = sqlite(directory.path()).await;
    battery(&database).await;
    assert!(database.durability_faults().await.unwrap().is_empty());
    let pragmas =
        "SELECT (SELECT journal_mode FROM pragma_journal_mode) AS mode, (SELECT foreign_keys FROM pragma_foreign_keys) AS keys";
    let row = &database.rows(Statement::new(pragmas)).await.unwrap()[0];
    assert_eq!((row.get::<String>("mode").unwrap().as_str(), row.get::<bool>("keys").unwrap()), ("wal", true));
    // Queries cannot change anything.
    assert!(database.rows(Statement::new("DELETE FROM samples RETURNING id")).await.is_err());
    database.close().await;
    assert!(database.rows(Statement::new("SELECT 1 AS one")).await.unwrap_err().is_unreachable());
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_may_read_the_file() {
    use std::os::unix::fs::PermissionsExt;

    let directory = tempfile::tempdir().unwrap();
    let database = sqlite(directory.path()).await;
    database.migrate("samples", &[FIRST]).await.unwrap();
    for file in std::fs::read_dir(directory.path()).unwrap() {
        assert_eq!(file.unwrap().metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let nowhere = DatabaseConfig::sqlite(directory.path().join("no/such/folder.sqlite"));
    let error = Database::open(&nowhere).await.unwrap_err().to_string();
    assert!(error.starts_with("cannot open ") && error.contains("folder.sqlite"), "{error}");
    std::fs::write(directory.path().join("other.sqlite"), [b'x'; 4096]).unwrap();
    assert!(Database::open(&DatabaseConfig::sqlite(directory.path().join("other.sqlite"))).await.is_err());
}

/// The battery on a server, then a server that dies and comes back with careless settings.
async fn on_a_server(dialect: Dialect, careless: [&str; 2], fault: &str) {
    let Some(mut server) = Server::start(dialect).await else { return };
    let database = Database::open(&server.config()).await.unwrap();
    battery(&database).await;
    its_size_is_the_pools(server.config()).await;
    assert!(database.durability_faults().await.unwrap().is_empty());
    server.kill();
    assert!(database.rows(Statement::new("SELECT id FROM samples")).await.unwrap_err().is_unreachable());
    server.run(&careless).await;
    assert_eq!(database.rows(Statement::new("SELECT id FROM samples WHERE word = 'draft'")).await.unwrap().len(), 9);
    let faults = database.durability_faults().await.unwrap();
    assert!(faults.len() == 1 && faults[0].starts_with(fault), "{faults:?}");
    database.close().await;
    requires_tls(&server).await;
}

/// A server without TLS is refused where TLS is required, and a wrong password says so without naming it.
async fn requires_tls(server: &Server) {
    let mut config = server.config();
    config.require_tls = true;
    config.connect_timeout = Duration::from_secs(2);
    let database = Database::open(&config).await.unwrap();
    let error = database.rows(Statement::new("SELECT 1 AS one")).await.unwrap_err().to_string();
    assert!(error.to_lowercase().contains("tls"), "{error}");
    config.require_tls = false;
    config.password = Some(smsc_engine::frontend::Secret::new("guessed"));
    let database = Database::open(&config).await.unwrap();
    let error = database.rows(Statement::new("SELECT 1 AS one")).await.unwrap_err();
    assert!(!format!("{error} {error:?} {database:?}").contains("guessed"), "{error}");
    config.password = None;
    assert!(matches!(Database::open(&config).await, Err(SqlError::Missing { setting: "password", .. })));
}

#[cfg(feature = "postgres")]
#[tokio::test]
async fn the_layer_keeps_its_promises_on_postgresql() {
    on_a_server(Dialect::Postgres, ["-c", "synchronous_commit=off"], "synchronous_commit is off: ").await;
}

#[cfg(feature = "mysql")]
#[tokio::test]
async fn the_layer_keeps_its_promises_on_mariadb() {
    let careless = ["--innodb-flush-log-at-trx-commit=2", "--skip-ssl"];
    on_a_server(Dialect::MySql, careless, "innodb_flush_log_at_trx_commit is 2: ").await;
}
