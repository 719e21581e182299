//! Each action changes what it says, at once, for those who may, out of our own forms only.

use std::time::Duration;

use axum::http::StatusCode;
use smpp_session::net::{Client, Incoming};
use smpp_session::{BindKind, Config, Credentials};
use smsc_engine::frontend::{AskReceipts, BindState, BindStatus, ClientPeer, LongText};
use smsc_engine::log::{LogOptions, Logging};
use smsc_engine::overlay::Origin;
use smsc_engine::users::Role;

use super::site::{PASSWORD, Site};

/// Every action, with fields that would do.
const ACTIONS: &[(&str, &str)] = &[
    ("/binds/north/reconnect", ""),
    ("/binds/north/drop", ""),
    ("/client_peers", SOUTH),
    ("/client_peers/north", SOUTH),
    ("/client_peers/north/delete", ""),
    ("/client_peers/north/revert", ""),
    ("/server_peers", BANK),
    ("/server_peers/shop", BANK),
    ("/server_peers/shop/delete", ""),
    ("/server_peers/shop/revert", ""),
    ("/test_message", "dest_smsc=north&source=a&destination=%2B447700900001&body=Hi"),
];

/// A carrier in the eight fields everybody fills in.
const SOUTH: &str = "name=south&host=smsc.example&port=2776&system_id=gw&password=hush&bind_type=transmitter&tps_limit=80\
                     &queue_check_frequency=500";
/// A partner in the seven fields.
const BANK: &str = "name=bank&system_id=bank1&password=hush&transceiver=on&receiver=on\
                    &ip_whitelist=192.0.2.7,+198.51.100.0/24&tps_limit=25&queue_check_frequency=2000";

#[tokio::test]
async fn viewers_strangers_and_other_sites_change_nothing() {
    let site = Site::new().await;
    let state = || (site.control.clients.list(), site.control.servers.list(), site.core.control.handle.counts());
    let before = state();
    for (path, fields) in ACTIONS {
        site.takes_only_forms_of_operators(path, fields).await;
    }
    assert_eq!(state(), before);
}

#[tokio::test]
async fn a_carrier_is_added_changed_and_deleted() {
    let site = Site::new().await;
    let added = site.post(Role::Operator, "/client_peers", SOUTH).await;
    assert_eq!((added.status, added.location()), (StatusCode::SEE_OTHER, "/client_peers"), "{}", added.text);
    let south = site.control.clients.get("south").unwrap();
    let peer = &south.entry;
    assert_eq!(
        (peer.host.as_str(), peer.port, peer.system_id.as_str(), peer.password.expose()),
        ("smsc.example", 2776, "gw", "hush")
    );
    assert_eq!((peer.bind_type, peer.tps_limit), (BindKind::Transmitter, 80));
    assert_eq!((peer.queue_check_frequency, south.origin), (Duration::from_millis(500), Origin::Added));
    let list = site.sees(Role::Viewer, "/client_peers").await;
    for text in ["south", "smsc.example:2776", "transmitter", "80", "500 ms", "dashboard", "user operator"] {
        assert!(list.has(text), "{text}: {}", list.text);
    }
    let changed = SOUTH.replace("tps_limit=80", "tps_limit=90").replace("password=hush", "password=");
    site.post(Role::Operator, "/client_peers/south", &changed).await;
    let peer = site.control.clients.get("south").unwrap().entry;
    assert_eq!((peer.tps_limit, peer.password.expose()), (90, "hush"), "an empty password is the one that is kept");
    let one = site.sees(Role::Operator, "/client_peers/south").await;
    assert!(one.has("value=\"90\"") && one.has("readonly") && !one.has("hush"), "{}", one.text);
    site.post(Role::Operator, "/client_peers/south/delete", "").await;
    assert!(site.control.clients.get("south").is_none());
}

#[tokio::test]
async fn a_partner_is_added_changed_and_deleted() {
    let site = Site::new().await;
    let added = site.post(Role::Operator, "/server_peers", BANK).await;
    assert_eq!((added.status, added.location()), (StatusCode::SEE_OTHER, "/server_peers"), "{}", added.text);
    let peer = site.control.servers.get("bank").unwrap().entry;
    assert_eq!((peer.system_id.as_str(), peer.password.expose(), peer.tps_limit), ("bank1", "hush", 25));
    assert_eq!(peer.allowed_bind_types, [BindKind::Transceiver, BindKind::Receiver]);
    let networks: Vec<String> = peer.ip_whitelist.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["192.0.2.7/32", "198.51.100.0/24"]);
    let one = site.sees(Role::Operator, "/server_peers/bank").await;
    assert!(one.has("value=\"192.0.2.7, 198.51.100.0/24\"") && !one.has("hush"), "{}", one.text);
    let open = BANK.replace("192.0.2.7,+198.51.100.0/24", "").replace("password=hush", "password=other");
    site.post(Role::Operator, "/server_peers/bank", &open).await;
    let peer = site.control.servers.get("bank").unwrap().entry;
    assert!(peer.ip_whitelist.is_empty() && peer.password.expose() == "other");
    assert!(site.sees(Role::Viewer, "/server_peers").await.has("</span> anywhere</span>"), "that is marked");
    site.post(Role::Operator, "/server_peers/bank/delete", "").await;
    assert!(site.control.servers.get("bank").is_none());
}

#[tokio::test]
async fn what_is_seldom_asked_is_kept_as_well() {
    let site = Site::new().await;
    let more = "&more_hosts=b.example:2775,+c.example:2775&system_type=VMA&tls=on&tls_server_name=smsc.example&receipts=always\
                &receipt_ids=receipt_hex&receipt_habits=provider&long_text=sar&version=5.0&window=10&enquire_link=0\
                &response_timeout=5&charset=ISO-8859-1&temporary=0x58&permanent=0x14,+0x45&source_ton=5&source_npi=0&destination_strip=%2B&destination_prepend=00";
    let added = site.post(Role::Operator, "/client_peers", &format!("{SOUTH}{more}")).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.text);
    let ClientPeer { more_hosts, system_type, tls, receipts, receipt_habits, long_text, profile, .. } =
        site.control.clients.get("south").unwrap().entry;
    assert_eq!((more_hosts.len(), system_type.as_str(), receipts, long_text), (2, "VMA", AskReceipts::Always, LongText::Sar));
    assert_eq!(receipt_habits, sms_codec::receipt::Habits::PROVIDER);
    assert!(tls.is_some_and(|tls| !tls.accept_any && tls.server_name == "smsc.example"));
    assert_eq!((profile.window, profile.enquire_link, profile.response_timeout), (10, Duration::ZERO, Duration::from_secs(5)));
    assert_eq!((profile.source.ton, profile.source.npi, profile.destination.prepend.as_str()), (Some(5), Some(0), "00"));
    assert_eq!((profile.temporary.len(), profile.permanent.len(), profile.charset.name()), (1, 2, "ISO-8859-1"));
    let form = site.sees(Role::Operator, "/client_peers/south").await;
    for shown in
        ["b.example:2775, c.example:2775", "value=\"0x14, 0x45\"", "value=\"ISO-8859-1\"", "<option value=\"sar\" selected>"]
    {
        assert!(form.has(shown), "{shown}: {}", form.text);
    }
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let site = Site::new().await;
    let before = site.control.clients.list();
    let bad = "name=&host=&port=65536&system_id=&password=&bind_type=both&tps_limit=10001&queue_check_frequency=99&more_hosts=nowhere\
               &window=0&temporary=soon";
    let page = site.post(Role::Operator, "/client_peers", bad).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for (field, fault) in [
        ("name", "is required"),
        ("host", "is required"),
        ("port", "a whole number from 1 to 65535"),
        ("system_id", "is required"),
        ("password", "is required"),
        ("bind_type", "one of transceiver, transmitter, receiver"),
        ("tps_limit", "a whole number from 1 to 10000"),
        ("queue_check_frequency", "a whole number from 100 to 10000"),
        ("window", "a whole number from 1 to 65535"),
    ] {
        assert_eq!(page.fault(field), Some(fault), "{field}");
    }
    assert!(page.fault("more_hosts").is_some() && page.fault("temporary").is_some());
    assert!(
        page.has("value=\"65536\"") && page.has("value=\"soon\"") && page.has("<details class=\"fold\" open>"),
        "{}",
        page.text
    );
    assert_eq!(site.control.clients.list(), before);
    let page = site.post(Role::Operator, "/server_peers", "name=x&system_id=x&password=secret7&ip_whitelist=192.0.2.0/33").await;
    assert!(page.fault("transmitter").is_some() && page.fault("ip_whitelist").is_some());
    assert!(page.has("192.0.2.0/33") && !page.has("secret7"), "a password is not sent back");
}

#[tokio::test]
async fn a_name_stands_for_one_bind_only() {
    let site = Site::new().await;
    for (path, fields, name) in [
        ("/client_peers", SOUTH, "north"),
        ("/client_peers", SOUTH, "shop"),
        ("/server_peers", BANK, "north"),
        ("/server_peers", BANK, "shop"),
    ] {
        let (_, rest) = fields.split_once('&').unwrap();
        let page = site.post(Role::Operator, path, &format!("name={name}&{rest}")).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path} {name}");
        assert!(page.fault("name").is_some(), "{path} {name}");
    }
    let twice = site.post(Role::Operator, "/server_peers", &BANK.replace("bank1", "shop1")).await;
    assert_eq!(twice.fault("system_id"), Some("&#34;shop&#34; has the same"));
    // A name that was given up here is free, until it is wanted back.
    site.post(Role::Operator, "/client_peers/north/delete", "").await;
    let taken = site.post(Role::Operator, "/server_peers", &BANK.replace("name=bank", "name=north")).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER);
    assert_eq!(site.post(Role::Operator, "/client_peers/north/revert", "").await.status, StatusCode::CONFLICT);
}

#[tokio::test]
async fn what_the_binds_refuse_does_not_happen() {
    let site = Site::new().await;
    let page = site.post(Role::Operator, "/client_peers", &SOUTH.replace("smsc.example", "refused.example")).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(page.fault("host"), Some("nobody is called refused.example"));
    assert!(site.control.clients.get("south").is_none());
}

#[tokio::test]
async fn the_file_is_overridden_and_can_be_had_back() {
    let site = Site::new().await;
    assert!(site.sees(Role::Operator, "/client_peers").await.has("<td data-label=\"from\">file</td>"));
    let fields = "host=127.0.0.1&port=9&system_id=gw&bind_type=receiver&tps_limit=5";
    let changed = site.post(Role::Operator, "/client_peers/north", fields).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.text);
    let peer = site.control.clients.get("north").unwrap().entry;
    assert_eq!((peer.bind_type, peer.tps_limit, peer.password.expose()), (BindKind::Receiver, 5, PASSWORD));
    assert!(site.sees(Role::Operator, "/client_peers").await.has("dashboard over file"));
    let form = site.sees(Role::Operator, "/client_peers/north").await;
    assert!(form.has("action=\"/client_peers/north/revert\""));
    site.post(Role::Operator, "/client_peers/north/revert", "").await;
    assert_eq!(site.control.clients.get("north").unwrap().origin, Origin::File);
    site.post(Role::Operator, "/client_peers/north/delete", "").await;
    let list = site.sees(Role::Operator, "/client_peers").await;
    assert!(site.control.clients.is_empty() && list.has("Deleted here, still in the configuration"));
    site.post(Role::Operator, "/client_peers/north/revert", "").await;
    assert_eq!(site.control.clients.get("north").unwrap().entry.bind_type, BindKind::Transceiver);
}

#[tokio::test]
async fn every_change_leaves_a_line_without_a_secret() {
    let (logging, subscriber) = Logging::subscriber(LogOptions { console: false, ..LogOptions::default() }).unwrap();
    let site = Site::new().await;
    let _guard = tracing::subscriber::set_default(subscriber);
    for (path, fields) in [
        ("/client_peers", SOUTH),
        ("/client_peers/south", SOUTH),
        ("/client_peers/south/delete", ""),
        ("/server_peers", BANK),
        ("/server_peers/bank/delete", ""),
        ("/server_peers/shop/delete", ""),
        ("/server_peers/shop/revert", ""),
    ] {
        assert_eq!(site.post(Role::Operator, path, fields).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    let lines = logging.ring().latest(usize::MAX);
    assert!(lines.iter().all(|line| !line.to_string().contains("hush")));
    let audited: Vec<&str> = lines.iter().filter(|line| line.target == "audit").map(|line| line.text.as_str()).collect();
    assert_eq!(
        audited,
        [
            "add client peer",
            "change client peer",
            "delete client peer",
            "add server peer",
            "delete server peer",
            "delete server peer",
            "revert server peer",
        ]
    );
}

#[tokio::test]
async fn changes_outlive_a_restart() {
    let site = Site::new().await;
    site.post(Role::Operator, "/client_peers", SOUTH).await;
    site.post(Role::Operator, "/client_peers/north", "host=127.0.0.2&system_id=gw").await;
    site.post(Role::Operator, "/server_peers/shop/delete", "").await;
    let (clients, servers) = site.reopened().await;
    assert_eq!(clients.list(), site.control.clients.list());
    assert_eq!(clients.get("north").unwrap().entry.password.expose(), PASSWORD);
    assert!(servers.is_empty() && servers.deleted().iter().any(|gone| gone.key == "shop"));
}

#[tokio::test]
async fn a_partner_is_live_at_once_and_can_be_dropped() {
    let site = Site::new().await;
    site.post(Role::Operator, "/server_peers", BANK).await;
    let page = site.sees(Role::Operator, "/").await;
    for text in ["bank1", "/server_peers/bank", "Disconnected", "waiting for it", "0 active, 2 waiting"] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    assert!(!page.has("/binds/bank/drop"), "nobody is there to be dropped");
    let dropped = site.post(Role::Operator, "/binds/bank/drop", "").await;
    assert_eq!((dropped.status, dropped.location()), (StatusCode::SEE_OTHER, "/"));
    for path in ["/binds/nobody/drop", "/binds/nobody/reconnect", "/binds/bank/reconnect"] {
        assert_eq!(site.post(Role::Operator, path, "").await.status, StatusCode::NOT_FOUND, "{path}");
    }
    site.post(Role::Operator, "/server_peers/bank/delete", "").await;
    assert!(site.sees(Role::Operator, "/").await.has("0 active, 1 waiting"));
}

#[tokio::test]
async fn a_partner_that_can_never_bind_is_not_kept() {
    let site = Site::new().await;
    for (from, to, field) in [
        ("system_id=bank1", "system_id=longer-than-15-octets", "system_id"),
        ("password=hush", "password=longer-than-8", "password"),
        ("name=bank", "name=!at", "name"),
    ] {
        let page = site.post(Role::Operator, "/server_peers", &BANK.replace(from, to)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{to}");
        assert!(page.fault(field).is_some() && !page.has("longer-than-8"), "{to}: {}", page.text);
    }
    assert_eq!(site.control.servers.len(), 1);
}

#[tokio::test]
async fn a_partner_that_is_bound_is_shown_with_its_address_and_dropped() {
    let site = Site::new().await;
    site.post(Role::Operator, "/server_peers", &BANK.replace("192.0.2.7,+198.51.100.0/24", "127.0.0.1")).await;
    let listener = site.control.binds.listener().unwrap().address;
    let client = Client::connect(listener, Config::default(), |_: Incoming| {}).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("bank1", "hush")).await.unwrap();
    let page = site.sees(Role::Operator, "/").await;
    let (ours, port) = (client.local().unwrap().to_string(), format!("<span class=\"value\">{}</span>", listener.port()));
    for text in ["1 active, 1 waiting", "</span> Connected</span>", "/binds/bank/drop", "127.0.0.1", &ours, &port] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    assert!(!site.sees(Role::Viewer, "/").await.has("/binds/bank/drop"));
    site.post(Role::Operator, "/binds/bank/drop", "").await;
    client.closed().await;
    site.until("bank", |bind| bind.state != BindState::Connected).await;
    assert!(site.sees(Role::Operator, "/").await.has("0 active, 2 waiting"));
}

/// The gateway binds to itself: the partner is the carrier.
#[tokio::test]
async fn a_carrier_is_connected_changed_dropped_reconnected_and_gone_at_once() {
    let site = Site::new().await;
    site.post(Role::Operator, "/server_peers", &BANK.replace("192.0.2.7,+198.51.100.0/24", "127.0.0.1")).await;
    let port = site.control.binds.listener().unwrap().address.port();
    let south = format!("name=south&host=127.0.0.1&port={port}&system_id=bank1&password=hush&bind_type=transceiver");
    site.post(Role::Operator, "/client_peers", &south).await;
    let is_up = |bind: &BindStatus| bind.state == BindState::Connected;
    site.until("south", is_up).await;
    let page = site.sees(Role::Operator, "/").await;
    for text in ["1 connected, 1 disconnected", "1 active, 1 waiting", &format!("127.0.0.1:{port}"), "south", "1 bound"] {
        assert!(page.has(text), "{text}: {}", page.text);
    }
    site.post(Role::Operator, "/client_peers/south", &south.replace("transceiver", "receiver")).await;
    site.until("south", |bind| is_up(bind) && bind.counts.bind_success == 2).await;
    assert!(site.sees(Role::Viewer, "/").await.has("bank1</bdi>, receiver"));
    site.post(Role::Operator, "/binds/south/drop", "").await;
    site.until("south", |bind| bind.state == BindState::Disconnected && bind.dropped).await;
    let page = site.sees(Role::Operator, "/").await;
    assert!(page.has("dropped by hand") && !page.has("/binds/south/drop\""), "{}", page.text);
    let again = site.post(Role::Operator, "/binds/south/reconnect", "").await;
    assert_eq!((again.status, again.location()), (StatusCode::SEE_OTHER, "/"));
    site.until("south", is_up).await;
    site.post(Role::Operator, "/client_peers/south/delete", "").await;
    site.until("bank", |bind| !is_up(bind)).await;
    assert!(!site.sees(Role::Viewer, "/").await.has("south"));
}
