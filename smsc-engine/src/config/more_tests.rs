//! What no single value shows: keys that need one another, and names from elsewhere.

use crate::config::{Settings, environment, load};

/// Loads the keys of one section and some variables; the faults without the name of the file.
fn load_text(text: &str, variables: &[(&str, &str)]) -> Result<Settings, Vec<String>> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("smsc.toml");
    std::fs::write(&file, text).unwrap();
    let variables = variables.iter().map(|(name, value)| (name.to_string(), value.to_string()));
    let prefix = format!("{}/", directory.path().display());
    let told = |errors: crate::config::ConfigErrors| errors.iter().map(|error| error.to_string().replace(&prefix, "")).collect();
    load(Some(&file), variables).map_err(told)
}

#[track_caller]
fn refused(text: &str, lines: &[&str]) {
    assert_eq!(load_text(text, &[]).unwrap_err(), lines);
}

#[test]
fn the_names_of_the_documents_win_over_the_file_and_lose_to_ours() {
    let text = "[records]\ndb_username = \"file\"\ndb_name = \"file\"\n[node]\nsmsc_node_name = \"file\"\n";
    let variables = [
        ("DB_USERNAME", "theirs"),
        ("DB_PASSWORD", "hush"),
        ("DB_HOSTNAME", "db"),
        ("DB_PORT", "3307"),
        ("DB_NAME", "theirs"),
        ("DB_POOL_SIZE", "7"),
        ("SMSC_RECORDS__DB_NAME", "ours"),
        ("API_LISTEN_IP", "0.0.0.0"),
        ("API_PORT", "9443"),
        ("API_ENABLE_TLS", "anything"),
        ("WEB_PORT", "80"),
        ("WEB_HOSTNAME", "sms.example.com"),
        ("WEB_ENABLE_TLS", "anything"),
        ("NODE_NAME", "sms_tenant1@node1.example.com"),
        ("OCS_URL", "http://ocs"),
        ("OCS_TENANT", "tenant"),
        ("OCS_ACCOUNT", "account"),
        ("CLUSTER_SECRET", "secret"),
        ("ERLANG_COOKIE", "other"),
    ];
    let settings = load_text(text, &variables).unwrap();
    let Settings { records, api, web, charging, node, .. } = settings;
    assert_eq!((records.db_username.as_str(), records.db_password.expose()), ("theirs", "hush"));
    assert_eq!((records.db_hostname.as_str(), records.db_port, records.pool_size), ("db", 3307, 7));
    assert_eq!(records.db_name, "ours");
    assert_eq!((api.port.listen.to_string().as_str(), api.port.enable_tls), ("0.0.0.0:9443", true));
    assert_eq!(
        (web.port.listen.to_string().as_str(), web.hostname.as_str(), web.port.enable_tls),
        ("127.0.0.1:80", "sms.example.com", false)
    );
    assert_eq!(node.smsc_node_name, "sms_tenant1@node1.example.com");
    assert_eq!(node.cluster_secret.expose(), "secret", "the newer name wins");
    assert_eq!((charging.ocs_url.as_str(), charging.ocs_tenant.as_str()), ("http://ocs", "tenant"));
    assert_eq!(charging.ocs_account, "account");
    let ours = [("API_PORT", "1"), ("SMSC_API__LISTEN", "127.0.0.1:2")];
    assert_eq!(load_text("", &ours).unwrap().api.port.listen.port(), 2);
    assert!(environment().all(|(name, _)| name.starts_with("SMSC_") || name.contains('_')));
}

#[test]
fn a_name_of_the_documents_with_nonsense_is_refused() {
    let errors = load_text("", &[("API_PORT", "99999"), ("API_LISTEN_IP", "here"), ("DB_PORT", "x")]).unwrap_err();
    assert_eq!(
        errors,
        [
            "API_LISTEN_IP: must be an IP address for api.listen, is \"here\"",
            "API_PORT: must be a port for api.listen, is \"99999\"",
            "DB_PORT: records.db_port must be a whole number, is \"x\"",
        ]
    );
}

#[test]
fn without_tls_the_api_has_the_port_of_plain_http_unless_one_was_asked_for() {
    for (text, variables, port) in [
        ("", &[][..], 8443),
        ("[api]\nenable_tls = false", &[], 8080),
        ("", &[("API_ENABLE_TLS", "false")], 8080),
        ("[api]\nenable_tls = false\nlisten = \"127.0.0.1:8443\"", &[], 8443),
        ("[api]\nenable_tls = false", &[("API_PORT", "81")], 81),
        ("[api]\nenable_tls = false", &[("API_LISTEN_IP", "::1")], 8080),
    ] {
        assert_eq!(load_text(text, variables).unwrap().api.port.listen.port(), port, "{text} {variables:?}");
    }
}

#[test]
fn a_certificate_needs_its_key() {
    refused(
        "[api]\ntls_cert_path = \"a.crt\"\n[web]\ntls_key_path = \"a.key\"\n",
        &[
            "smsc.toml:2:17: api.tls_cert_path cannot be used: tls_key_path is missing beside it",
            "smsc.toml:4:16: web.tls_key_path cannot be used: tls_cert_path is missing beside it",
        ],
    );
    refused(
        "[api]\nenable_tls = false\nclient_ca_path = \"ca.crt\"\n",
        &["smsc.toml:3:18: api.client_ca_path cannot be used: certificates of clients need enable_tls"],
    );
}

#[test]
fn a_server_for_records_needs_a_password_and_none_is_built_in() {
    let text = "[records]\ndb_adapter = \"postgresql\"\n";
    refused(text, &["smsc.toml:1:1: records.db_password is missing"]);
    assert!(load_text(text, &[("DB_PASSWORD", "hush")]).is_ok());
    assert!(load_text("[records]\ndb_adapter = \"mysql\"\ncdr_enabled = false\n", &[]).is_ok());
}

#[test]
fn users_and_accounts_have_a_password_or_its_hash() {
    refused(
        "[[web.users]]\nname = \"a\"\n[[web.users]]\nname = \"b\"\npassword = \"x\"\npassword_hash = \"y\"\n",
        &[
            "smsc.toml:1:1: web.users[0].password is missing",
            "smsc.toml:5:12: web.users[1].password cannot be used: there is a password_hash beside it, only one of the two counts",
        ],
    );
    refused(
        "[[accounts]]\nsystem_id = \"a\"\npassword = \"x\"\npassword_hash = \"y\"\n",
        &["smsc.toml:3:12: accounts[0].password cannot be used: there is a password_hash beside it, only one of the two counts"],
    );
}

#[cfg(feature = "passwords")]
#[test]
fn a_hash_that_is_none_is_refused_where_it_stands() {
    let errors = load_text("[[accounts]]\nsystem_id = \"a\"\npassword_hash = \"hunter2\"\n", &[]).unwrap_err();
    assert!(errors[0].starts_with("smsc.toml:3:17: accounts[0].password_hash cannot be used: "), "{errors:?}");
    assert!(!errors[0].contains("hunter2"));
}

#[test]
fn rules_and_routes_that_make_no_sense_are_refused_where_they_stand() {
    let text = "[[translation_rules]]\ncalling_match = \"^(\"\n[[translation_rules]]\ncalled_match = \"^0\"\ncalled_replace = \"\\\\1\"\n\
                [[sms_routes]]\ncalled_prefix = \"44\"\n";
    let errors = load_text(text, &[]).unwrap_err();
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert!(errors[0].starts_with("smsc.toml:2:17: translation_rules[0].calling_match cannot be used: "), "{errors:?}");
    assert!(
        errors[1].starts_with("smsc.toml:5:18: translation_rules[1].called_replace cannot be used: there is no group 1"),
        "{errors:?}"
    );
    assert!(errors[2].starts_with("smsc.toml:6:1: sms_routes[0].dest_smsc cannot be used: missing"), "{errors:?}");
}

#[test]
fn an_empty_replacement_is_not_the_same_as_none() {
    let text =
        "[[translation_rules]]\ncalled_match = \"^00\"\ncalled_replace = \"\"\n[[translation_rules]]\ncalled_match = \"^0\"\n";
    let rules = load_text(text, &[]).unwrap().translation_rules;
    assert_eq!((rules[0].called_replace.as_deref(), rules[1].called_replace.as_deref()), (Some(""), None));
}

#[test]
fn a_cluster_needs_a_database_a_secret_and_this_node_in_its_list() {
    refused(
        "[node]\ncluster_nodes = [\"sms@b\"]\ndns_cluster_query = \"sms.example.com\"\n",
        &[
            "smsc.toml:1:1: node.cluster_secret is missing",
            "smsc.toml:2:17: node.cluster_nodes cannot be used: the nodes of a cluster share a database: storage.shared.db_hostname is missing",
            "smsc.toml:2:17: node.cluster_nodes cannot be used: this node, \"node1\" by node.smsc_node_name, is not among them",
            "smsc.toml:3:21: node.dns_cluster_query cannot be used: there is a list beside it, only one of the two counts",
        ],
    );
    let shared = "[storage.shared]\ndb_hostname = \"db\"\n";
    refused(
        &format!("[node]\ndns_cluster_query = \"sms.example.com\"\ncluster_secret = \"short\"\n{shared}"),
        &[
            "smsc.toml:3:18: node.cluster_secret cannot be used: it must have at least 16 octets: whoever hears nodes talk could guess a shorter one",
            "smsc.toml:4:1: storage.shared.db_password is missing",
        ],
    );
    let good = format!(
        "[node]\nsmsc_node_name = \"sms@a\"\ncluster_nodes = [\"sms@a:9101\", \"sms@b\"]\ncluster_secret = \"0123456789abcdef\"\n{shared}db_password = \"p\"\n"
    );
    assert!(load_text(&good, &[]).unwrap().node.is_clustered());
    refused(
        &good.replace("sms@b", "b"),
        &["smsc.toml:3:17: node.cluster_nodes cannot be used: \"b\": it must be sms@host or sms@host:port"],
    );
    assert!(!load_text(&format!("{shared}db_password = \"p\"\n"), &[]).unwrap().node.is_clustered(), "a single node");
}

#[test]
fn networks_ports_and_words_of_the_new_keys_are_checked() {
    refused(
        "[api]\nallow = [\"10.0.0.0/33\"]\nlong_text = \"cut\"\n[charging]\nocs_url = \"localhost\"\n",
        &[
            "smsc.toml:2:9: api.allow must be a list; each entry a network such as \"10.0.0.0/8\" or an IP address, is \"10.0.0.0/33\"",
            "smsc.toml:3:13: api.long_text must be one of \"split\", \"refuse\", is \"cut\"",
        ],
    );
    refused(
        "[charging]\nocs_url = \"localhost\"\n",
        &["smsc.toml:2:11: charging.ocs_url cannot be used: it must begin with http:// or https://"],
    );
    refused(
        "[[sms_routes]]\ndest_smsc = \"a\"\nweight = 101\npriority = 0\n[[api.api_keys]]\nname = \"a\"\nkey = \"short\"\n",
        &[
            "smsc.toml:3:10: sms_routes[0].weight must be 1 to 100, is 101",
            "smsc.toml:4:12: sms_routes[0].priority must be 1 to 255, is 0",
            "smsc.toml:7:7: api.api_keys[0].key must be 16 to 255 octets long, is 5",
        ],
    );
}
