//! Two sources of peers, one result.

use smsc_engine::Gateway;
use smsc_engine::config::GatewaySettings;
use smsc_engine::frontend::{ClientPeer, ServerPeer};
use smsc_engine::overlay::Origin;

use super::{carrier, partner, settings, start};

fn clients(gateway: &Gateway) -> Vec<(String, Origin, u32)> {
    let list = gateway.control().clients.list().into_iter();
    list.map(|listed| (listed.entry.name, listed.origin, listed.entry.tps_limit)).collect()
}

fn names(gateway: &Gateway) -> Vec<String> {
    gateway.control().binds.list().into_iter().map(|bind| bind.name).collect()
}

fn away(directory: &std::path::Path) -> GatewaySettings {
    settings("127.0.0.1:9".parse().unwrap(), directory)
}

#[tokio::test]
async fn what_was_changed_wins_over_the_file_and_survives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = away(directory.path());
    settings.binds = vec![carrier("a"), carrier("b"), carrier("c")];
    let gateway = start(&settings).await;
    let book = &gateway.control().clients;
    book.edit("a", "ann", |peer| {
        peer.tps_limit = 7;
        Ok(())
    })
    .await
    .unwrap();
    book.delete("b", "ann").await.unwrap();
    book.add(ClientPeer { name: "d".into(), ..ClientPeer::from(&carrier("d")) }, "ann").await.unwrap();
    let expected = [("a", Origin::Changed, 7), ("c", Origin::File, 100), ("d", Origin::Added, 100)];
    let expected = expected.map(|(name, origin, tps)| (name.to_owned(), origin, tps));
    assert_eq!(clients(&gateway), expected);
    assert_eq!(names(&gateway), ["a", "c", "d"]);
    gateway.shutdown().await;
    let gateway = start(&settings).await;
    assert_eq!(clients(&gateway), expected);
    assert_eq!(names(&gateway), ["a", "c", "d"]);
    gateway.control().revert_peer("b").await.unwrap();
    gateway.control().revert_peer("a").await.unwrap();
    assert_eq!(clients(&gateway)[..2], [("a".to_owned(), Origin::File, 100), ("b".to_owned(), Origin::File, 100)]);
    gateway.shutdown().await;
}

#[tokio::test]
async fn a_name_is_a_carriers_or_a_partners_at_run_time_too() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = away(directory.path());
    settings.binds = vec![carrier("uk")];
    let gateway = start(&settings).await;
    let refused = gateway.control().servers.add(ServerPeer::from(&partner("uk")), "ann").await.unwrap_err();
    assert!(refused.to_string().contains("uk"), "{refused}");
    gateway.control().clients.delete("uk", "ann").await.unwrap();
    gateway.control().servers.add(ServerPeer::from(&partner("uk")), "ann").await.unwrap();
    let refused = gateway.control().revert_peer("uk").await.unwrap_err();
    assert!(!refused.to_string().is_empty());
    gateway.shutdown().await;
}

#[tokio::test]
async fn a_peer_out_of_range_is_not_taken() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = start(&away(directory.path())).await;
    let peer = ClientPeer { tps_limit: 10_001, ..ClientPeer::from(&carrier("uk")) };
    let refused = gateway.control().clients.add(peer, "ann").await.unwrap_err();
    assert_eq!(refused.to_string(), "client peer \"uk\": tps_limit must be 1 to 10000, is 10001");
    gateway.shutdown().await;
}

#[tokio::test]
async fn the_first_partner_of_all_can_connect_without_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let gateway = Gateway::start(super::on_a_free_port(&away(directory.path()))).await.unwrap();
    assert_eq!(gateway.smpp_address(), None);
    gateway.control().servers.add(ServerPeer::from(&partner("bank")), "ann").await.unwrap();
    let address = gateway.smpp_address().unwrap();
    let client = smpp_session::net::Client::connect(address, Default::default(), |_| {}).await.unwrap();
    let credentials = smpp_session::Credentials::new("bank", "hunter2");
    client.bind(smpp_session::BindKind::Transceiver, &credentials).await.unwrap();
    gateway.shutdown().await;
}
