//! Several nodes on one database: what each knows of the others.

mod members;
mod tables;

use std::time::Duration;

use smsc_engine::sql::{Database, Dialect};

use crate::servers::Server;

/// A server and its database; `None` if it is not installed.
async fn database() -> Option<(Server, Database)> {
    let server = Server::start(Dialect::Postgres).await?;
    let database = Database::open(&server.config()).await.unwrap();
    Some((server, database))
}

/// Waits until something is so: what nodes see of each other takes its time.
async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    for _ in 0..600 {
        if is_so().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{what} does not come");
}
