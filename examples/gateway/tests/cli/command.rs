//! Commands against a running gateway.

use super::*;

fn said(scratch: &Scratch, arguments: &[&str]) -> String {
    let (code, output, errors) = run(gateway(scratch).args(arguments));
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{arguments:?}");
    output
}

#[test]
fn peers_are_listed_exported_changed_and_reverted() {
    let scratch = Scratch::new("peers");
    let path = file(&scratch, &[CORE, CARRIER].concat());
    let _running = Running::start(gateway(&scratch).arg("--config").arg(&path));
    assert!(said(&scratch, &["peers", "list"]).contains("uk    client  file    shop       127.0.0.1:1  100\n"));
    let exported = said(&scratch, &["peers", "export"]);
    assert!(exported.contains("[[binds]]\n") && exported.contains("password = \"hunter2\"\n"), "{exported}");
    fs::write(scratch.0.join("more.toml"), exported.replace("name = \"uk\"", "name = \"de\"")).unwrap();
    assert_eq!(said(&scratch, &["peers", "import", "more.toml"]), "client_peers: 1\nserver_peers: 0\n");
    assert_eq!(said(&scratch, &["peers", "delete", "uk"]), "uk is gone\n");
    let list = said(&scratch, &["peers", "list"]);
    assert!(list.contains("de    client  added") && list.contains("uk    client  deleted"), "{list}");
    assert_eq!(said(&scratch, &["peers", "revert", "uk"]), "uk is as the file says\n");
    assert!(said(&scratch, &["peers", "list", "--json"]).contains("\"origin\": \"file\""));
    let (code, _, errors) = run(gateway(&scratch).args(["peers", "delete", "nobody"]));
    assert_eq!((code, errors.as_str()), (Some(1), "gateway: there is no client peer \"nobody\"\n"));
}

#[test]
fn binds_are_shown_dropped_and_reconnected() {
    let scratch = Scratch::new("binds");
    let path = file(&scratch, &[CORE, CARRIER].concat());
    let _running = Running::start(gateway(&scratch).arg("--config").arg(&path));
    assert!(said(&scratch, &["binds", "status"]).contains("uk    client  "));
    assert_eq!(said(&scratch, &["binds", "drop", "uk"]), "uk is being unbound\n");
    assert!(said(&scratch, &["binds", "status"]).contains("Disconnected"));
    assert_eq!(said(&scratch, &["binds", "reconnect", "uk"]), "uk is being connected\n");
    assert!(said(&scratch, &["status"]).contains("core.is_up: false\n"));
}

#[test]
fn a_support_bundle_has_no_password_and_is_for_its_owner_alone() {
    let scratch = Scratch::new("bundle");
    let path = file(&scratch, &[CORE, CARRIER].concat());
    let _running = Running::start(gateway(&scratch).arg("--config").arg(&path));
    until(&scratch, &["status"], "connection refused");
    assert!(said(&scratch, &["support-bundle", "help.tar.gz"]).ends_with(" octets are in help.tar.gz\n"));
    let bundle = scratch.0.join("help.tar.gz");
    assert_eq!(fs::metadata(&bundle).unwrap().permissions().mode() & 0o777, 0o600);
    let (code, text, _) = run(Command::new("tar").args(["-xzOf"]).arg(&bundle));
    assert_eq!(code, Some(0));
    for word in ["gateway 0.", "smpp_core_api_up", "api_base_url", "connection refused", "********"] {
        assert!(text.contains(word), "{word} is not in\n{text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn a_command_to_nobody_says_where_it_looked_and_stop_stops() {
    let scratch = Scratch::new("nobody");
    let (code, _, errors) = run(gateway(&scratch).arg("status"));
    assert_eq!(code, Some(1));
    assert!(errors.starts_with("gateway: nobody answers at gateway-data/control.sock: "), "{errors}");
    let running = Running::start(gateway(&scratch).arg("--config").arg(file(&scratch, CORE)));
    assert_eq!(said(&scratch, &["stop"]), "the gateway stops\n");
    assert_eq!(running.end().0, Some(0));
}
