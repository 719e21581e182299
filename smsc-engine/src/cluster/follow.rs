//! Hears that another node changed a table.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use crate::BoxFuture;
use crate::core::tables::version;
use crate::sql::Database;

/// Takes in what was changed elsewhere; the error is for the log.
pub type Follower = Arc<dyn Fn() -> BoxFuture<'static, Result<(), String>> + Send + Sync>;

/// Calls the follower of each table that other nodes changed, for ever; tables are named as in `table_versions`.
///
/// What fails is tried again; while the database is away nothing changes in it.
pub async fn follow(database: Database, followers: Vec<(String, Follower)>) {
    let mut seen: HashMap<String, u64> = HashMap::new();
    loop {
        tokio::time::sleep(EVERY).await;
        let Ok(versions) = version::all(&database).await else { continue };
        for (name, version) in versions {
            let Some((_, follower)) = followers.iter().find(|(known, _)| *known == name) else { continue };
            if seen.get(&name) == Some(&version) {
                continue;
            }
            match follower().await {
                Ok(()) => drop(seen.insert(name, version)),
                Err(error) => tracing::error!(table = name, error, "what another node changed is not known here yet"),
            }
        }
    }
}

/// Half of the second within which a change counts everywhere.
const EVERY: Duration = Duration::from_millis(500);
