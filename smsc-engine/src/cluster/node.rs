//! One node of a cluster.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;

use super::gate::GatedQueue;
use super::hello::Secret;
use super::lookup::Lookup;
use super::run::Watch;
use super::table::{Identity, NodeTable};
use super::talk::Answering;
use super::view::ClusterView;
use crate::config::{MemberAddress, Settings};
use crate::core::queue::Queue;
use crate::sql::{Database, SqlError};

/// How a node takes part in a cluster.
#[derive(Clone, Debug)]
pub struct ClusterConfig {
    /// The name of the node.
    pub node: String,
    /// All nodes, this one too; none if DNS says it, or if this is a single node.
    pub members: Vec<MemberAddress>,
    /// A name whose records are the nodes; empty for none.
    pub dns: String,
    /// DNS servers to ask; none are those of the system.
    pub dns_servers: Vec<SocketAddr>,
    /// What all nodes know; empty for a single node, which answers nobody.
    pub secret: crate::accounts::Secret,
    /// Where others may call.
    pub listen: SocketAddr,
}

impl From<&Settings> for ClusterConfig {
    fn from(settings: &Settings) -> Self {
        let node = &settings.node;
        // What cannot be read was complained about with the settings.
        let members = node.cluster_nodes.iter().filter_map(|entry| MemberAddress::read(entry).ok());
        ClusterConfig {
            node: node.smsc_node_name.clone(),
            members: members.collect(),
            dns: node.dns_cluster_query.clone(),
            dns_servers: node.cluster_dns_servers.clone(),
            secret: node.cluster_secret.clone(),
            listen: node.cluster_listen,
        }
    }
}

/// Why a node does not take part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClusterError {
    /// The database fails.
    #[error(transparent)]
    Database(#[from] SqlError),
    /// The first node of this database knew another secret.
    #[error("the cluster in this database has another secret: node.cluster_secret must be the same on all nodes")]
    OtherSecret,
    /// It knew one, and here is none.
    #[error("the cluster in this database has a secret: node.cluster_secret is missing")]
    NoSecret,
    /// Another process lives under the name of this node.
    #[error("another process is node {node:?} already{}: node.smsc_node_name must be another on every node", at(address))]
    Taken {
        /// The name.
        node: String,
        /// Where that process answers, if it does.
        address: String,
    },
    /// What makes the database one cluster's was deleted meanwhile.
    #[error("the table cluster_identity was changed by somebody else")]
    Gone,
    /// DNS cannot be asked.
    #[error("node.dns_cluster_query cannot be used: {0}")]
    Dns(String),
    /// Other nodes cannot be listened for.
    #[error("cannot listen for other nodes on {address}: {error}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system says.
        error: std::io::Error,
    },
}

fn at(address: &str) -> String {
    if address.is_empty() { String::new() } else { format!(", at {address}") }
}

/// A node among others, or the only one; copies are the same.
#[derive(Clone)]
pub struct Cluster {
    watch: Arc<Watch>,
    identity: Identity,
    address: Option<SocketAddr>,
    tasks: Arc<Vec<JoinHandle<()>>>,
    answering: Arc<Option<Answering>>,
}

impl Cluster {
    /// Takes this node's place in the cluster of a database: its name, and the secret that all nodes know.
    ///
    /// If the name is that of a process that was killed a moment ago, it waits until that one would have been missed.
    ///
    /// # Errors
    /// See [`ClusterError`].
    pub async fn join(database: &Database, config: &ClusterConfig) -> Result<Cluster, ClusterError> {
        let secret = Some(config.secret.expose()).filter(|secret| !secret.is_empty()).map(Secret::new);
        let table = NodeTable::open(database, &config.node).await?;
        let identity = table.identity(secret.as_ref()).await?;
        let lookup = lookup(config)?;
        let watch = Arc::new(Watch::new(table, identity.cluster.clone(), (secret.clone(), lookup)));
        let answering = match (&secret, watch.has_members()) {
            (Some(secret), true) => Some(watch.clone().answer(config.listen, secret.clone()).await?),
            _ => None,
        };
        let address = answering.as_ref().map(|answering| answering.address);
        watch.enter(address).await?;
        let tasks = vec![tokio::spawn(watch.clone().beat()), tokio::spawn(watch.clone().look_around())];
        Ok(Cluster { watch, identity, address, tasks: Arc::new(tasks), answering: Arc::new(answering) })
    }

    /// A queue that stands still while this node may not work.
    pub fn guard(&self, queue: Arc<dyn Queue>) -> Arc<dyn Queue> {
        Arc::new(GatedQueue { queue, gate: self.watch.gate() })
    }

    /// What this node sees.
    pub fn view(&self) -> ClusterView {
        self.watch.view()
    }

    /// What is the same for all nodes.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where other nodes call, if they can.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }

    /// Stops as a process that was killed does: nobody is told.
    pub fn stop_without_a_word(&self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        if let Some(answering) = &*self.answering {
            answering.stop();
        }
    }

    /// Tells the others that this node stops, so that they need not miss it first.
    pub async fn leave(&self) {
        self.stop_without_a_word();
        self.watch.leave().await;
    }
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("identity", &self.identity).finish_non_exhaustive()
    }
}

fn lookup(config: &ClusterConfig) -> Result<Option<Lookup>, ClusterError> {
    // Port 0 takes a free one, which nobody else could guess.
    let port = if config.listen.port() == 0 { PORT } else { config.listen.port() };
    if !config.members.is_empty() {
        return Ok(Some(Lookup::list(&config.members, port)));
    }
    (!config.dns.is_empty()).then(|| Lookup::dns(&config.dns, &config.dns_servers, port)).transpose()
}

/// As in the settings.
const PORT: u16 = 9100;
