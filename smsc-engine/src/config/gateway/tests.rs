//! What a gateway's file may say, and what is told of one that may not.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use smpp_session::BindKind;

use super::*;
use crate::config::{ClientMode, PeerText, load_gateway};
use crate::frontend::{BindsOptions, ClientPeer, PeerTls, Rewrite, ServerPeer};

/// A file of one test.
struct File(tempfile::TempDir);

impl File {
    fn new(text: &str) -> File {
        let file = File(tempfile::tempdir().unwrap());
        fs::write(file.path(), text).unwrap();
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("gateway.toml")
    }
}

fn load(text: &str, variables: &[(&str, &str)]) -> Result<GatewaySettings, Vec<String>> {
    let file = File::new(text);
    let given = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let told = format!("{}:", file.path().display());
    load_gateway(Some(&file.path()), given)
        .map_err(|errors| errors.iter().map(|error| error.to_string().replace(&told, "")).collect())
}

#[track_caller]
fn refused(text: &str, expected: &[&str]) {
    assert_eq!(load(text, &[]).unwrap_err(), expected, "{text}");
}

const CORE: &str = "api_base_url = 'https://core.example:8443'\n";
const CARRIER: &str =
    "[[binds]]\nname = 'uk'\nbind_type = 'transceiver'\nhost = 'smsc.example'\nsystem_id = 'shop'\npassword = 'secret'\n";
const PARTNER: &str =
    "[[server_binds]]\nname = 'bank'\nsystem_id = 'bank'\npassword = 'secret'\nallowed_bind_types = ['receiver']\n";

#[test]
fn a_file_needs_the_core_alone() {
    refused("", &["1:1: api_base_url is missing"]);
    let settings = load(CORE, &[]).unwrap();
    assert_eq!(settings.smpp_poll_interval, 100);
    assert!(!settings.verify_ssl_peer);
    assert_eq!(settings.smsc_name, "smpp_gateway");
    assert_eq!((settings.listen.address().to_string().as_str(), settings.listen.max_connections), ("0.0.0.0:2775", 100));
    assert_eq!(
        (settings.web.port.listen.to_string().as_str(), settings.metrics.port.listen.to_string().as_str()),
        ("127.0.0.1:8087", "127.0.0.1:4000")
    );
    assert_eq!(BindsOptions::from(&settings).listen, None);
}

#[test]
fn the_four_names_of_the_environment_win_over_the_file() {
    let file = "api_base_url = 'http://a:1'\nsmpp_poll_interval = 200\nverify_ssl_peer = false\nsmsc_name = 'file'\n";
    let variables = [
        ("API_BASE_URL", "http://b:2"),
        ("SMPP_POLL_INTERVAL", "300"),
        ("VERIFY_SSL_PEER", "true"),
        ("SMSC_NAME", "environment"),
    ];
    let settings = load(file, &variables).unwrap();
    assert_eq!((settings.api_base_url.as_str(), settings.smpp_poll_interval), ("http://b:2", 300));
    assert!(settings.verify_ssl_peer);
    assert_eq!(settings.smsc_name, "environment");
    let errors = load(file, &[("SMPP_POLL_INTERVAL", "often")]).unwrap_err();
    assert_eq!(errors, ["SMPP_POLL_INTERVAL: smpp_poll_interval must be a whole number, is \"often\""]);
}

#[test]
fn keys_in_a_section_have_variables_of_their_own() {
    let settings = load(&[CORE, CARRIER].concat(), &[("GATEWAY_LISTEN__PORT", "2776"), ("GATEWAY_BINDS__0__PASSWORD", "other")]);
    let settings = settings.unwrap();
    assert_eq!((settings.listen.port, settings.binds[0].password.expose()), (2776, "other"));
    let errors = load(CORE, &[("GATEWAY_LISTEN__PROT", "1")]).unwrap_err();
    assert_eq!(errors, ["GATEWAY_LISTEN__PROT: unknown key `prot` in [listen], did you mean `GATEWAY_LISTEN__PORT`?"]);
}

#[test]
fn a_carrier_has_the_defaults_of_the_documents() {
    let settings = load(&[CORE, CARRIER].concat(), &[]).unwrap();
    let bind = &settings.binds[0];
    assert_eq!((bind.mode, bind.port, bind.tps_limit, bind.queue_check_frequency), (ClientMode::Client, 2775, 100, 1_000));
    let peer = ClientPeer::from(bind);
    let expected =
        ClientPeer { system_id: "shop".into(), password: Secret::new("secret"), ..ClientPeer::new("uk", "smsc.example") };
    assert_eq!(peer, expected);
}

#[test]
fn a_partner_has_the_defaults_of_the_documents() {
    let settings = load(&[CORE, PARTNER].concat(), &[]).unwrap();
    let peer = ServerPeer::from(&settings.server_binds[0]);
    let expected = ServerPeer { allowed_bind_types: vec![BindKind::Receiver], ..ServerPeer::new("bank", "bank", "secret") };
    assert_eq!(peer, expected);
}

#[test]
fn the_poll_interval_counts_where_a_bind_says_nothing_of_its_own() {
    let own = [CARRIER, "queue_check_frequency = 2000\n"].concat();
    let settings = load(&["smpp_poll_interval = 500\n", CORE, &own, PARTNER].concat(), &[]).unwrap();
    assert_eq!((settings.binds[0].queue_check_frequency, settings.server_binds[0].queue_check_frequency), (2_000, 500));
    let settings = load(&[CORE, CARRIER].concat(), &[("SMPP_POLL_INTERVAL", "20")]).unwrap();
    assert_eq!(settings.binds[0].queue_check_frequency, 100);
}

#[test]
fn every_mistake_names_its_entry_and_the_reason() {
    let carrier = "[[binds]]\nname = 'uk'\nmode = 'server'\nbind_type = 'transciever'\nhost = 'h'\nport = 0\nsystem_id = 's'\n\
                   password = 'p'\ntps_limit = 10001\nqueue_check_frequency = 99\n";
    refused(
        &[CORE, carrier].concat(),
        &[
            "4:8: binds[0].mode must be one of \"client\", is \"server\"",
            "5:13: binds[0].bind_type must be one of \"transmitter\", \"receiver\", \"transceiver\", is \"transciever\", did you mean `transceiver`?",
            "7:8: binds[0].port must be 1 to 65535, is 0",
            "10:13: binds[0].tps_limit must be 1 to 10000, is 10001",
            "11:25: binds[0].queue_check_frequency must be 100 to 10000, is 99",
        ],
    );
    let partner = PARTNER.replace("['receiver']", "[]") + "ip_whitelist = ['10.0.0.1', '10.0.0.0/33']\n";
    refused(
        &[CORE, &partner].concat(),
        &[
            "6:22: server_binds[0].allowed_bind_types must be 1 to 3 entries, is 0",
            "7:16: server_binds[0].ip_whitelist must be a list; each entry a network such as \"10.0.0.0/8\" or an IP address, is \"10.0.0.0/33\"",
        ],
    );
    refused(&[CORE, "[core]\nheartbeat_seconds = 61\n"].concat(), &["3:21: core.heartbeat_seconds must be 5 to 60, is 61"]);
    refused(
        &[CORE, "[listen]\nport = 0\nmax_connections = 10001\n"].concat(),
        &["3:8: listen.port must be 1 to 65535, is 0", "4:19: listen.max_connections must be 1 to 10000, is 10001"],
    );
    refused("api_base_url = 'core:8443'\n", &["1:16: api_base_url cannot be used: it must begin with http:// or https://"]);
    refused(
        "api_base_url = 'https://a:b@core'\n",
        &["1:16: api_base_url cannot be used: it may hold no user and no password; [core] api_key is the key of the API"],
    );
}

#[test]
fn what_must_be_given_is_missed() {
    refused(
        &[CORE, "[[binds]]\nname = 'uk'\n[[server_binds]]\nname = 'bank'\n"].concat(),
        &[
            "2:1: binds[0].host is missing",
            "2:1: binds[0].system_id is missing",
            "2:1: binds[0].password is missing",
            "2:1: binds[0].bind_type is missing",
            "4:1: server_binds[0].system_id is missing",
            "4:1: server_binds[0].password is missing",
            "4:1: server_binds[0].allowed_bind_types is missing",
        ],
    );
}

#[test]
fn a_name_is_either_a_carriers_or_a_partners() {
    let partner = PARTNER.replace("name = 'bank'", "name = 'uk'");
    refused(&[CORE, CARRIER, &partner].concat(), &["9:8: server_binds[0].name \"uk\" is taken by binds[0].name already"]);
    let second = PARTNER.replace("name = 'bank'", "name = 'other'");
    refused(
        &[CORE, PARTNER, &second].concat(),
        &["9:13: server_binds[1].system_id \"bank\" is taken by server_binds[0].system_id already"],
    );
}

#[test]
fn two_entries_of_one_name_are_told_once() {
    let errors = load(&[CORE, CARRIER, CARRIER].concat(), &[]).unwrap_err();
    assert_eq!(errors, ["9:8: binds[1].name \"uk\" is taken by binds[0] already"]);
}

#[test]
fn a_syntax_error_says_that_it_is_one_and_where() {
    for (text, line) in [
        ("api_base_url = \"https://core'\n", "1:"),
        ("api_base_url = 'x'\n[[binds]\nname = 'a'\n", "2:"),
        ("[[server_binds]]\nallowed_bind_types = ['receiver' 'transmitter']\n", "2:"),
        ("api_base_url = 'x'\n= 1\n", "2:"),
    ] {
        let errors = load(text, &[]).unwrap_err();
        assert!(errors.iter().any(|error| error.starts_with(line) && error.contains(": syntax error: ")), "{text}{errors:?}");
    }
}

#[test]
fn a_bare_address_is_a_network_of_one() {
    let partner = [CORE, PARTNER, "ip_whitelist = ['192.0.2.7', '10.0.0.0/8']\n"].concat();
    let whitelist = load(&partner, &[]).unwrap().server_binds[0].ip_whitelist.clone();
    assert_eq!(whitelist.iter().map(ToString::to_string).collect::<Vec<_>>(), ["192.0.2.7/32", "10.0.0.0/8"]);
}

#[test]
fn what_nobody_should_overlook_is_said() {
    let settings = load(&[CORE, PARTNER].concat(), &[]).unwrap();
    assert_eq!(
        settings.warnings(),
        [
            "listen.host is 0.0.0.0: partners reach port 2775 on every address of this machine",
            "verify_ssl_peer is false: whoever is in between can pose as the core",
        ]
    );
    assert_eq!(settings.peer_warnings(), ["the ip_whitelist of bank is empty: it may come from any address"]);
    let quiet = "api_base_url = 'http://127.0.0.1:8080'\n";
    assert_eq!(load(&[quiet, CARRIER].concat(), &[]).unwrap().warnings(), Vec::<String>::new());
}

#[test]
fn passwords_are_shown_nowhere() {
    let text = [
        CORE,
        "[core]\napi_key = 'hunter2hunter2'\n",
        &CARRIER.replace("'secret'", "'hunter2'"),
        &PARTNER.replace("'secret'", "'hunter2'"),
    ];
    let settings = load(&text.concat(), &[]).unwrap();
    assert!(!format!("{settings:?}{}", settings.to_toml()).contains("hunter2"));
}

fn odd_carrier() -> ClientPeer {
    let mut peer = ClientPeer::new("uk", "smsc.example");
    (peer.system_id, peer.password, peer.system_type) = ("a".into(), Secret::new("p\"\\"), "VMA".into());
    peer.more_hosts = vec!["b.example:2776".into(), "[::1]:1".into()];
    peer.tls = Some(PeerTls { accept_any: true, ca_path: "/a b".into(), ..PeerTls::default() });
    peer.queue_check_frequency = Duration::from_millis(1_234);
    peer.receipt_habits = sms_codec::receipt::Habits::PROVIDER;
    peer.profile.enquire_link = Duration::ZERO;
    peer.profile.source = Rewrite { ton: Some(1), npi: None, strip: "+".into(), prepend: "00".into() };
    peer.profile.temporary = vec![smpp_pdu::CommandStatus::RINVDSTADR, smpp_pdu::CommandStatus(0x400)];
    peer
}

#[test]
fn a_peer_is_kept_in_the_words_of_the_file_and_comes_back_the_same() {
    let peer = odd_carrier();
    let text = ClientBind::from(&peer).to_text();
    assert!(text.contains("temporary_statuses = [\"ESME_RINVDSTADR\", 0x400]\n"), "{text}");
    assert_eq!(ClientBind::from_text(&text).map(|bind| ClientPeer::from(&bind)), Ok(peer.clone()), "{text}");
    let mut partner = ServerPeer::new("bank", "bank", "secret");
    partner.dialect = sms_codec::receipt::Dialect::PROVIDER;
    partner.ip_whitelist = vec!["10.0.0.0/8".parse().unwrap()];
    let text = ServerBind::from(&partner).to_text();
    assert_eq!(ServerBind::from_text(&text).map(|bind| ServerPeer::from(&bind)), Ok(partner.clone()), "{text}");
    let file = PeerFile::new(std::slice::from_ref(&peer), std::slice::from_ref(&partner));
    assert_eq!(PeerFile::read(&file.write()).unwrap().peers(), (vec![peer], vec![partner]));
}

#[test]
fn a_peer_out_of_range_is_refused_in_the_words_of_the_file() {
    let mut peer = odd_carrier();
    (peer.port, peer.tps_limit, peer.queue_check_frequency) = (0, 0, Duration::from_secs(11));
    let told =
        "port must be 1 to 65535, is 0; tps_limit must be 1 to 10000, is 0; queue_check_frequency must be 100 to 10000, is 11000";
    assert_eq!(ClientBind::from(&peer).fault(), Err(told.into()));
    let mut partner = ServerPeer::new("bank", "", "much too long");
    partner.allowed_bind_types.clear();
    let told = ServerBind::from(&partner).fault().unwrap_err();
    assert!(told.contains("system_id must be 1 to 15 octets long, is 0"), "{told}");
    assert!(told.contains("allowed_bind_types must be 1 to 3 entries, is 0") && !told.contains("much"), "{told}");
}

#[test]
fn the_sample_holds_every_key_with_its_default() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/gateway/gateway.example.toml");
    if std::env::var_os("SMSC_TEST_WRITE").is_some() {
        fs::write(path, GatewaySettings::sample()).unwrap();
    }
    let sample = fs::read_to_string(path).unwrap();
    assert_eq!(sample, GatewaySettings::sample(), "SMSC_TEST_WRITE=1 writes it anew");
    let settings = load(&sample.replace("api_base_url = \"\"", CORE.trim_end()), &[]).unwrap();
    // What is given counts for binds too; there are none.
    assert_eq!(settings, load(CORE, &[]).unwrap());
    assert!(sample.contains("#[[binds]]\n") && sample.contains("#[[server_binds]]\n"), "{sample}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_open_is_warned_of() {
    use std::os::unix::fs::PermissionsExt;
    let file = File::new(CORE);
    for (mode, is_warned) in [(0o600, false), (0o400, false), (0o640, true), (0o604, true), (0o700, false)] {
        fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).unwrap();
        let warning = file_warning(&file.path());
        assert_eq!(warning.is_some(), is_warned, "{mode:o}");
        assert!(warning.is_none_or(|warning| warning.contains(&format!("has mode {mode:o}"))));
    }
}
