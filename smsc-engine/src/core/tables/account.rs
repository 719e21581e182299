//! The table of what accounts have used of their quotas.

use crate::BoxFuture;
use crate::accounts::{AccountStore, AccountStoreError, Usage};
use crate::model::Account;
use crate::sql::{Database, Migration, Row, SqlError, Statement, Step};

const TABLE: &str = "account_usage";
const COLUMNS: [&str; 6] = ["account", "day_number", "day_messages", "month_number", "month_messages", "node"];
const MIGRATIONS: &[Migration] = &[
    Migration {
    version: 1,
    name: "usage of accounts",
    steps: &[Step::All(
        "CREATE TABLE account_usage (id {key}, account TEXT NOT NULL, day_number BIGINT NOT NULL, day_messages BIGINT NOT NULL,
         month_number BIGINT NOT NULL, month_messages BIGINT NOT NULL) {table}",
    )],
    },
    Migration {
        version: 2,
        name: "usage of each node",
        steps: &[Step::All("ALTER TABLE account_usage ADD COLUMN node VARCHAR(255) NOT NULL DEFAULT ''")],
    },
];

/// Keeps what accounts have used of their quotas in a database.
///
/// Days and months are counted from January 1970. Each node has rows of its own, so that they add up.
#[derive(Clone, Debug)]
pub struct SqlAccounts {
    database: Database,
    node: String,
}

impl SqlAccounts {
    /// Makes the table if it is not there, and brings an old one up to date.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn open(database: &Database) -> Result<Self, SqlError> {
        SqlAccounts::of_node(database, "").await
    }

    /// As [`SqlAccounts::open`], for one of the nodes that share the database: what the others count is left alone.
    ///
    /// # Errors
    /// As [`Database::migrate`].
    pub async fn of_node(database: &Database, node: &str) -> Result<Self, SqlError> {
        database.migrate(TABLE, MIGRATIONS).await?;
        Ok(SqlAccounts { database: database.clone(), node: node.to_owned() })
    }

    async fn read(&self) -> Result<Vec<Usage>, SqlError> {
        let all = format!("SELECT {} FROM {TABLE} WHERE node = ? ORDER BY account", COLUMNS.join(", "));
        self.database.rows(Statement::new(all).bind(&self.node)).await?.iter().map(usage).collect()
    }

    async fn replace(&self, usage: &[Usage]) -> Result<(), SqlError> {
        let mut transaction = self.database.begin().await?;
        transaction.execute(Statement::new(format!("DELETE FROM {TABLE} WHERE node = ?")).bind(&self.node)).await?;
        for usage in usage.chunks(ROWS) {
            let rows = usage.iter().map(|usage| {
                let Usage { account, day, day_messages, month, month_messages } = usage;
                let numbers = [(*day).into(), (*day_messages).into(), (*month).into(), (*month_messages).into()];
                let [day, day_messages, month, month_messages] = numbers;
                [account.into(), day, day_messages, month, month_messages, (&self.node).into()]
            });
            transaction.execute(Statement::insert(TABLE, &COLUMNS, rows, false)).await?;
        }
        transaction.commit().await
    }
}

impl AccountStore for SqlAccounts {
    fn load(&self) -> BoxFuture<'_, Result<Vec<Usage>, AccountStoreError>> {
        Box::pin(async { self.read().await.map_err(failed) })
    }

    fn save(&self, usage: Vec<Usage>) -> BoxFuture<'_, Result<(), AccountStoreError>> {
        Box::pin(async move { self.replace(&usage).await.map_err(failed) })
    }
}

fn usage(row: &Row) -> Result<Usage, SqlError> {
    Ok(Usage {
        account: Account::new(row.get::<String>("account")?),
        day: row.get("day_number")?,
        day_messages: row.get("day_messages")?,
        month: row.get("month_number")?,
        month_messages: row.get("month_messages")?,
    })
}

fn failed(error: SqlError) -> AccountStoreError {
    AccountStoreError(error.to_string())
}

/// Rows of one statement.
const ROWS: usize = 500;
