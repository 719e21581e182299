//! The nodes of a cluster in its database: who is there by the database's own clock, and what makes it one cluster.

use std::time::{Duration, Instant};

use ring::rand::{SecureRandom, SystemRandom};

use super::hello::{Secret, hex};
use super::node::ClusterError;
use crate::sql::{Database, Migration, Row, SqlError, Statement, Step};

/// The row of one node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NodeRow {
    pub(super) name: String,
    pub(super) epoch: u64,
    /// How long it gave no sign of life.
    pub(super) silent: Duration,
    pub(super) has_left: bool,
    pub(super) version: String,
    /// A digest of its list of members.
    pub(super) members: String,
    /// Where it answers other nodes; empty if it does not.
    pub(super) address: String,
}

/// What is the same for all nodes of one database.
#[derive(Clone)]
pub struct Identity {
    /// The name of the cluster, by chance.
    pub cluster: String,
    /// The key of the fingerprints of messages, by chance.
    pub key: [u8; 32],
}

/// Never shows the key.
impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Identity").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

/// The table, as one node uses it.
#[derive(Clone, Debug)]
pub(super) struct NodeTable {
    database: Database,
    pub(super) node: String,
    pub(super) epoch: u64,
}

impl NodeTable {
    pub(super) async fn open(database: &Database, node: &str) -> Result<NodeTable, SqlError> {
        database.migrate("cluster", MIGRATIONS).await?;
        let epoch = u64::from_be_bytes(chance()) >> 1;
        Ok(NodeTable { database: database.clone(), node: node.to_owned(), epoch })
    }

    /// Reads what makes this a cluster; the first node makes it.
    pub(super) async fn identity(&self, secret: Option<&Secret>) -> Result<Identity, ClusterError> {
        let made =
            Statement::new("INSERT INTO cluster_identity (id, cluster, print_key) VALUES (1, ?, ?) ON CONFLICT (id) DO NOTHING");
        self.database.execute(made.bind(hex(&chance::<16>())).bind(chance::<32>().to_vec())).await?;
        let read = "SELECT cluster, print_key, secret FROM cluster_identity WHERE id = 1";
        let rows = self.database.rows(Statement::new(read)).await?;
        let row = rows.first().ok_or(ClusterError::Gone)?;
        let cluster: String = row.get("cluster")?;
        let key: Vec<u8> = row.get("print_key")?;
        let key = key.try_into().map_err(|_| ClusterError::Gone)?;
        self.agree(row.get("secret")?, secret.map(|secret| secret.seal(&cluster))).await?;
        Ok(Identity { cluster, key })
    }

    /// All nodes know the secret of the first, if that had one.
    async fn agree(&self, known: Option<String>, mine: Option<String>) -> Result<(), ClusterError> {
        let Some(mine) = mine else { return if known.is_some() { Err(ClusterError::NoSecret) } else { Ok(()) } };
        let known = match known {
            Some(known) => Some(known),
            None => {
                let keep = Statement::new("UPDATE cluster_identity SET secret = ? WHERE id = 1 AND secret IS NULL");
                self.database.execute(keep.bind(&mine)).await?;
                let rows = self.database.rows(Statement::new("SELECT secret FROM cluster_identity WHERE id = 1")).await?;
                rows.first().map_or(Ok(None), |row| row.get("secret"))?
            }
        };
        if known.is_some_and(|known| known == mine) { Ok(()) } else { Err(ClusterError::OtherSecret) }
    }

    /// Takes the name, unless another process has it; a node that was killed keeps its own for as long as it could live.
    pub(super) async fn claim(&self, (members, address): (&str, &str)) -> Result<(), ClusterError> {
        let began = Instant::now();
        loop {
            let claim = Statement::new(CLAIM).bind(&self.node).bind(self.epoch).bind(env!("CARGO_PKG_VERSION"));
            let claim = claim.bind(members).bind(address).bind(millis(LIFE));
            if self.database.execute(claim).await? > 0 {
                return Ok(());
            }
            let waited = began.elapsed();
            let holder = self.rows().await?.into_iter().find(|row| row.name == self.node);
            // Who has given a sign of life since this began is alive.
            if let Some(holder) = holder.filter(|holder| holder.silent + ROUNDING < waited) {
                return Err(ClusterError::Taken { node: self.node.clone(), address: holder.address });
            }
            tokio::time::sleep(BEAT / 2).await;
        }
    }

    /// Gives a sign of life; false if another process has the name by now.
    pub(super) async fn beat(&self, members: &str) -> Result<bool, SqlError> {
        let beat = Statement::new(BEAT_ROW).bind(members).bind(&self.node).bind(self.epoch);
        Ok(self.database.execute(beat).await? > 0)
    }

    /// Says good-bye, so that others need not wait.
    pub(super) async fn leave(&self) -> Result<(), SqlError> {
        let leave = Statement::new("UPDATE cluster_nodes SET has_left = TRUE WHERE name = ? AND epoch = ?");
        self.database.execute(leave.bind(&self.node).bind(self.epoch)).await.map(drop)
    }

    pub(super) async fn rows(&self) -> Result<Vec<NodeRow>, SqlError> {
        self.database.rows(Statement::new(ROWS)).await?.iter().map(read).collect()
    }
}

fn read(row: &Row) -> Result<NodeRow, SqlError> {
    let silent: i64 = row.get("silent")?;
    Ok(NodeRow {
        name: row.get("name")?,
        epoch: row.get("epoch")?,
        silent: Duration::from_millis(u64::try_from(silent).unwrap_or(0)),
        has_left: row.get("has_left")?,
        version: row.get("version")?,
        members: row.get("members")?,
        address: row.get("address")?,
    })
}

fn chance<const N: usize>() -> [u8; N] {
    let mut octets = [0; N];
    // The system's source does not fail once it has begun.
    let _ = SystemRandom::new().fill(&mut octets);
    octets
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// How often nodes give a sign of life.
pub(super) const BEAT: Duration = Duration::from_secs(1);
/// Without one for so long a node counts as gone: several were missed.
pub(super) const LIFE: Duration = Duration::from_secs(5);
/// What two readings of the database's clock in milliseconds can differ by from ours.
const ROUNDING: Duration = Duration::from_millis(5);

const CLAIM: &str = "INSERT INTO cluster_nodes (name, epoch, version, members, address, started, seen, has_left)
    SELECT ?, ?, ?, ?, ?, now_ms, now_ms, FALSE
    FROM (SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) AS now_ms) AS clock
    ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, version = excluded.version, members = excluded.members,
    address = excluded.address, started = excluded.started, seen = excluded.seen, has_left = FALSE
    WHERE cluster_nodes.has_left OR cluster_nodes.seen < excluded.seen - ?";
const BEAT_ROW: &str = "UPDATE cluster_nodes SET members = ?, has_left = FALSE,
    seen = CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) WHERE name = ? AND epoch = ?";
const ROWS: &str = "SELECT name, epoch, has_left, version, members, address,
    CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT) - seen AS silent FROM cluster_nodes ORDER BY name";

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "nodes of a cluster",
    steps: &[
        Step::All(
            "CREATE TABLE cluster_identity (id {int} PRIMARY KEY, cluster VARCHAR(64) NOT NULL, print_key {blob} NOT NULL,
             secret VARCHAR(64)) {table}",
        ),
        Step::All(
            "CREATE TABLE cluster_nodes (name VARCHAR(255) PRIMARY KEY, epoch BIGINT NOT NULL, version VARCHAR(64) NOT NULL,
             members VARCHAR(64) NOT NULL, address VARCHAR(255) NOT NULL, started BIGINT NOT NULL, seen BIGINT NOT NULL,
             has_left BOOLEAN NOT NULL) {table}",
        ),
    ],
}];
