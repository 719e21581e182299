//! Who is in a cluster.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use smsc_engine::accounts::Secret;
use smsc_engine::cluster::{Cluster, ClusterConfig, ClusterError, MemberState};
use smsc_engine::config::MemberAddress;
use smsc_engine::core::queue::MemoryQueue;
use smsc_engine::sql::Database;

use super::{database, until};
use crate::dns_server::DnsServer;

const SECRET: &str = "0123456789abcdef";
/// Longer than any test should take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Ports that were free a moment ago, all on one address.
fn ports<const N: usize>() -> [u16; N] {
    let taken = [(); N].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    taken.map(|listener| listener.local_addr().unwrap().port())
}

/// A node of a list of nodes on these ports, `n<port>@127.0.0.1` by name.
fn config(port: u16, ports: &[u16]) -> ClusterConfig {
    let members = ports.iter().map(|port| MemberAddress::read(&format!("n{port}@127.0.0.1:{port}")).unwrap());
    ClusterConfig {
        node: format!("n{port}@127.0.0.1"),
        members: members.collect(),
        dns: String::new(),
        dns_servers: Vec::new(),
        secret: Secret::new(SECRET),
        listen: SocketAddr::from(([127, 0, 0, 1], port)),
    }
}

fn state(cluster: &Cluster, port: u16) -> Option<MemberState> {
    let name = format!("n{port}@127.0.0.1");
    cluster.view().members.into_iter().find(|member| member.name == name).map(|member| member.state)
}

async fn sees(cluster: &Cluster, port: u16, wanted: MemberState) {
    until(&format!("{port} being {wanted:?}"), async || state(cluster, port) == Some(wanted)).await;
}

async fn join(database: &Database, config: &ClusterConfig) -> Cluster {
    Cluster::join(database, config).await.unwrap()
}

#[tokio::test]
async fn nodes_of_a_list_see_each_other_come_leave_and_die() {
    let Some((_server, database)) = database().await else { return };
    let [a, b, c] = ports();
    let all = [a, b, c];
    let first = join(&database, &config(a, &all)).await;
    assert_eq!((state(&first, a), state(&first, b)), (Some(MemberState::Up), Some(MemberState::Unknown)));
    assert!(first.view().works, "alone it works: nobody is known to be elsewhere");
    let second = join(&database, &config(b, &all)).await;
    let third = join(&database, &config(c, &all)).await;
    for port in all {
        sees(&first, port, MemberState::Up).await;
        sees(&third, port, MemberState::Up).await;
    }
    assert_eq!(first.view().problems, [""; 0]);
    assert_eq!((first.view().cluster, first.identity().key), (third.view().cluster, third.identity().key));
    second.leave().await;
    sees(&first, b, MemberState::Left).await;
    third.stop_without_a_word();
    sees(&first, c, MemberState::Down).await;
    assert_eq!(first.view().problems, [format!("n{c}@127.0.0.1 gives no sign of life")]);
    // Back under the same name, as after a restart.
    let again = join(&database, &config(c, &all)).await;
    sees(&first, c, MemberState::Up).await;
    sees(&again, a, MemberState::Up).await;
}

#[tokio::test]
async fn a_name_has_one_process_and_a_cluster_has_one_secret() {
    let Some((_server, database)) = database().await else { return };
    let [a, b, c] = ports();
    let first = join(&database, &config(a, &[a, b])).await;
    let twin = ClusterConfig { listen: SocketAddr::from(([127, 0, 0, 1], c)), ..config(a, &[a, b]) };
    let refused = Cluster::join(&database, &twin).await.unwrap_err();
    assert!(matches!(&refused, ClusterError::Taken { node, .. } if *node == format!("n{a}@127.0.0.1")), "{refused}");
    let stranger = ClusterConfig { secret: Secret::new("fedcba9876543210"), ..config(b, &[a, b]) };
    assert!(matches!(Cluster::join(&database, &stranger).await.unwrap_err(), ClusterError::OtherSecret));
    let without = ClusterConfig { secret: Secret::default(), members: Vec::new(), ..config(b, &[a, b]) };
    assert!(matches!(Cluster::join(&database, &without).await.unwrap_err(), ClusterError::NoSecret));
    assert!(first.view().works);
}

/// A name is asked for at any moment between two signs of life of its holder.
#[tokio::test]
async fn a_twin_is_refused_whenever_it_comes() {
    let Some((_server, database)) = database().await else { return };
    let [a, b, _] = ports();
    let first = join(&database, &config(a, &[a, b])).await;
    let twins = (0..8).map(|number| {
        let (database, [listen]) = (&database, ports());
        async move {
            tokio::time::sleep(Duration::from_millis(125) * number).await;
            let twin = ClusterConfig { listen: SocketAddr::from(([127, 0, 0, 1], listen)), ..config(a, &[a, b]) };
            tokio::time::timeout(PATIENCE, Cluster::join(database, &twin)).await.expect("it waits for ever")
        }
    });
    for refused in futures_util::future::join_all(twins).await {
        assert!(matches!(refused.unwrap_err(), ClusterError::Taken { .. }));
    }
    assert!(first.view().works);
}

#[tokio::test]
async fn two_databases_are_a_split_brain_and_the_smaller_side_stops_until_it_heals() {
    let Some((_server, one)) = database().await else { return };
    let Some((_other_server, other)) = database().await else { return };
    let [a, b, c] = ports();
    let all = [a, b, c];
    let (first, second) = (join(&one, &config(a, &all)).await, join(&one, &config(b, &all)).await);
    sees(&first, b, MemberState::Up).await;
    let apart = join(&other, &config(c, &all)).await;
    let queue = apart.guard(std::sync::Arc::new(MemoryQueue::new(10, 10)));
    until("standing still", async || !apart.view().works && queue.health().is_err()).await;
    assert!(apart.view().reason.unwrap().starts_with("split brain"), "and says so");
    sees(&first, c, MemberState::Apart).await;
    assert_eq!(first.view().problems, [format!("split brain: n{c}@127.0.0.1 works on another database")]);
    assert!(first.view().works && second.view().works, "two of three go on");
    // The operator stops it and starts it on the right database.
    apart.leave().await;
    let healed = join(&one, &config(c, &all)).await;
    assert!(healed.view().works);
    sees(&first, c, MemberState::Up).await;
    until("no problem", async || first.view().problems.is_empty()).await;
}

#[tokio::test]
async fn a_node_that_loses_the_database_stops_and_goes_on_by_itself() {
    let Some((mut server, database)) = database().await else { return };
    let [a, b] = ports();
    let (first, second) = (join(&database, &config(a, &[a, b])).await, join(&database, &config(b, &[a, b])).await);
    let queue = first.guard(std::sync::Arc::new(MemoryQueue::new(10, 10)));
    assert!(queue.health().is_ok());
    server.kill();
    until("a stop", async || queue.health().is_err() && !second.view().works).await;
    server.run(&[]).await;
    until("going on", async || queue.health().is_ok() && second.view().works).await;
    // The database takes no changes: a standby, or one that is being moved.
    server.kill();
    server.run(&["-c", "default_transaction_read_only=on"]).await;
    // First it is away, then it is there and refuses.
    let refuses = async || first.view().reason.is_some_and(|reason| reason.contains("takes no sign of life"));
    until("a stop for want of changes", refuses).await;
    assert!(!first.view().works);
}

#[tokio::test]
async fn members_come_out_of_dns_with_ports_and_without() {
    let Some((_server, database)) = database().await else { return };
    let [a, b] = ports();
    let service = |host: &str, port: u16| format!("srv-host=_sms._tcp.sms-cluster.example.com,{host}.example.com,{port}");
    let lines = [
        service("a", a),
        service("b", b),
        "address=/a.example.com/127.0.0.1".into(),
        "address=/b.example.com/127.0.0.1".into(),
        "host-record=plain.example.com,127.0.0.1".into(),
    ];
    let Some(dns) = DnsServer::dnsmasq_with(&lines) else { return };
    let config = |port, name: &str| ClusterConfig {
        dns: name.into(),
        dns_servers: vec![dns.address],
        members: Vec::new(),
        ..config(port, &[])
    };
    let first = join(&database, &config(a, "plain.example.com")).await;
    until("itself", async || first.view().members.len() == 1 && first.view().problems.is_empty()).await;
    let second = join(&database, &config(b, "sms-cluster.example.com")).await;
    sees(&second, a, MemberState::Up).await;
    sees(&second, b, MemberState::Up).await;
    until("the first seeing both", async || first.view().count(MemberState::Up) == 2).await;
    // One asks for other members than the other, and both say so.
    until("a problem", async || first.view().problems.iter().any(|problem| problem.contains("another list"))).await;
}
