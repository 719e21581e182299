//! Several cores as one: they share a database, and it decides.
//!
//! Queue, leases, routes, registrations, fingerprints and records are rows of the database, so a message that one node
//! accepts is any node's to hand out, to one at a time. Nodes tell each other nothing that matters: a node that cannot
//! reach the database accepts nothing and hands out nothing, and goes on by itself when it is back. What is here says
//! who is there ([`ClusterView`]), keeps a second process from taking a node's name, and finds a cluster that came
//! apart: nodes call each other too, and a member that answers with the right secret but lives in another database means
//! that there are two clusters. Then the side without most of the members stops.
//!
//! It moves no message and no table itself; `follow` only says that a table was changed elsewhere.

#[cfg(feature = "centre")]
mod follow;
#[cfg(feature = "centre")]
mod gate;
#[cfg(feature = "centre")]
mod hello;
#[cfg(feature = "centre")]
mod lookup;
#[cfg(feature = "centre")]
mod member;
#[cfg(feature = "centre")]
mod node;
#[cfg(feature = "centre")]
mod print;
#[cfg(feature = "centre")]
mod run;
#[cfg(feature = "centre")]
mod table;
#[cfg(feature = "centre")]
mod talk;
mod view;

#[cfg(feature = "centre")]
pub use follow::{Follower, follow};
#[cfg(feature = "centre")]
pub use node::{Cluster, ClusterConfig, ClusterError};
#[cfg(feature = "centre")]
pub use print::SqlFingerprints;
#[cfg(feature = "centre")]
pub use table::Identity;
pub use view::{ClusterView, Member, MemberState};
