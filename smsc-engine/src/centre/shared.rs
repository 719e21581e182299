//! What a node has in common with others, if they share a database.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use super::{CentreConfig, Lists, StartError, stores};
use crate::BoxFuture;
use crate::cluster::{Cluster, ClusterConfig, ClusterView, Follower, MemberState, SqlFingerprints, follow};
use crate::control::Control;
use crate::core::location::Locations;
use crate::core::queue::{Queue, SharedQueue, SharedQueueOptions};
use crate::core::route::RouteTable;
use crate::core::{Clock, Core};
use crate::overlay::{AccountBook, RuleBook};
use crate::sql::{Database, DatabaseConfig};
use crate::users::Users;

/// The database that nodes share, and this node among them.
pub(super) struct Shared {
    pub(super) database: Database,
    /// Connections of its own: signs of life must not wait behind messages.
    signs: Database,
    pub(super) cluster: Cluster,
    pub(super) prints: Arc<SqlFingerprints>,
}

impl Shared {
    /// Takes this node's place; `None` if it has everything to itself.
    pub(super) async fn join(config: &CentreConfig) -> Result<Option<Shared>, StartError> {
        let Some(place) = stores::shared_database(&config.settings) else { return Ok(None) };
        let fault = |error| StartError::Shared { place: place.to_string(), error };
        let database = Database::open(&place).await.map_err(fault)?;
        let signs = Database::open(&DatabaseConfig { pool_size: 2, ..place.clone() }).await.map_err(fault)?;
        let cluster = Cluster::join(&signs, &ClusterConfig::from(&config.settings)).await.map_err(StartError::Cluster)?;
        match SqlFingerprints::open(&database, &cluster.identity().key).await {
            Ok(prints) => Ok(Some(Shared { database, signs, cluster, prints: Arc::new(prints) })),
            Err(error) => {
                cluster.leave().await;
                Err(fault(error))
            }
        }
    }

    /// Opens the queue, which stands still while this node may not work.
    pub(super) async fn queue(&self, config: &CentreConfig) -> Result<Arc<dyn Queue>, StartError> {
        let options = SharedQueueOptions {
            pending_limit: config.journal.pending_limit,
            keep_until_recorded: config.journal.keep_until_recorded,
            // Whoever waits for an answer has other nodes to ask; a repeat is known there.
            lookup_time: LOOK_UP,
            ..SharedQueueOptions::default()
        };
        let node = &config.settings.node.smsc_node_name;
        let queue = SharedQueue::open(&self.database, node, options).await.map_err(StartError::SharedQueue)?;
        Ok(self.cluster.guard(Arc::new(queue)))
    }

    /// Starts what keeps this node like the others.
    pub(super) fn follow(&self, (core, control, lists): (&Core, &Arc<Control>, &Lists), ttl: Duration) -> Vec<JoinHandle<()>> {
        let followers = followers(core, control, lists);
        vec![
            tokio::spawn(follow(self.signs.clone(), followers)),
            tokio::spawn(self.prints.clone().clean(ttl)),
            tokio::spawn(take_over(core.clone(), self.cluster.clone())),
        ]
    }

    /// What this node sees of the others, whenever it is asked.
    pub(super) fn view(&self) -> Arc<dyn Fn() -> ClusterView + Send + Sync> {
        let cluster = self.cluster.clone();
        Arc::new(move || cluster.view())
    }

    /// Says good-bye.
    pub(super) async fn leave(&self) {
        self.cluster.leave().await;
        self.signs.close().await;
        self.database.close().await;
    }
}

/// Who takes in what, by the names of the tables.
fn followers(core: &Core, control: &Arc<Control>, lists: &Lists) -> Vec<(String, Follower)> {
    let handle = core.handle();
    let clock = handle.clock().clone();
    let Lists { accounts, rules, users } = lists.clone();
    let routes = handle.routes().cloned().map(|routes| {
        follower(ROUTES, routes, |routes: RouteTable| async move {
            match routes.catch_up().await {
                Ok(()) => Ok(()),
                // Whatever was missed, this is all there is.
                Err(_) => routes.reload().await,
            }
        })
    });
    let locations = handle.locations().cloned().map(|locations| {
        follower(LOCATIONS, (locations, clock), |(locations, clock): (Locations, Clock)| async move {
            locations.catch_up(clock.now()).await
        })
    });
    let lists = [
        follower(FRONTENDS, control.clone(), |control: Arc<Control>| async move { control.registry.catch_up().await }),
        follower(&accounts.table(), accounts, |accounts: AccountBook| async move { accounts.catch_up().await }),
        follower(&rules.table(), rules, |rules: RuleBook| async move { rules.catch_up().await }),
        follower(&users.table(), users, |users: Users| async move { users.catch_up().await }),
    ];
    routes.into_iter().chain(locations).chain(lists).collect()
}

fn follower<T, W, F, E>(table: &str, thing: T, catch_up: W) -> (String, Follower)
where
    T: Clone + Send + Sync + 'static,
    W: Fn(T) -> F + Send + Sync + 'static,
    F: Future<Output = Result<(), E>> + Send + 'static,
    E: ToString,
{
    let follower = move || -> BoxFuture<'static, _> {
        let work = catch_up(thing.clone());
        Box::pin(async move { work.await.map_err(|error| error.to_string()) })
    };
    (table.to_owned(), Arc::new(follower))
}

/// Cares for messages that wait for a location when the node that knew of them is gone, and now and then in any case.
async fn take_over(core: Core, cluster: Cluster) {
    let (mut up, mut rounds) = (0, 0);
    loop {
        tokio::time::sleep(LOOK).await;
        let now_up = cluster.view().count(MemberState::Up);
        rounds += 1;
        if now_up < up || rounds >= ROUNDS {
            rounds = 0;
            if let Err(error) = core.take_over_waiting().await {
                tracing::warn!(%error, "messages that wait for a location are looked for later");
            }
        }
        up = now_up;
    }
}

// As the tables are called.
const ROUTES: &str = "routes";
const LOCATIONS: &str = "locations";
const FRONTENDS: &str = "frontends";
const LOOK_UP: Duration = Duration::from_secs(10);
const LOOK: Duration = Duration::from_secs(2);
/// About ten minutes.
const ROUNDS: u32 = 300;
