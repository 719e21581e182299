//! The program as a person or a service manager meets it: its options, its words, its exit codes.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy takes helpers of tests for something else

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use sms_harness::scratch::{PATIENCE, Running, Scratch, run};

#[path = "cli/command.rs"]
mod command;
#[path = "cli/deploy.rs"]
mod deploy;
#[path = "cli/sample.rs"]
mod sample;

/// The program, on free ports, without variables of whoever runs the tests.
fn gateway(scratch: &Scratch) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("GATEWAY_") || OTHERS.contains(&name.as_str()) {
            command.env_remove(name);
        }
    }
    command.env("GATEWAY_WEB__LISTEN", "127.0.0.1:0").env("GATEWAY_METRICS__LISTEN", "127.0.0.1:0");
    command.current_dir(&scratch.0).stdin(Stdio::null());
    command
}

/// A file only its owner can open.
fn file(scratch: &Scratch, text: &str) -> PathBuf {
    let file = scratch.0.join("gateway.toml");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

/// Asks the running gateway again and again until it says this word.
fn until(scratch: &Scratch, arguments: &[&str], word: &str) {
    let begun = Instant::now();
    while !run(gateway(scratch).args(arguments)).1.contains(word) {
        assert!(begun.elapsed() < PATIENCE, "{word} is never said");
    }
}

const OTHERS: [&str; 4] = ["API_BASE_URL", "SMPP_POLL_INTERVAL", "VERIFY_SSL_PEER", "SMSC_NAME"];
const CORE: &str = "api_base_url = 'http://127.0.0.1:9'\n";
const CARRIER: &str =
    "[[binds]]\nname = 'uk'\nbind_type = 'transceiver'\nhost = '127.0.0.1'\nport = 1\nsystem_id = 'shop'\npassword = 'hunter2'\n";

#[test]
fn version_is_one_line_and_needs_no_settings() {
    let scratch = Scratch::new("version");
    let expected = format!("gateway {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(gateway(&scratch).arg("--version")), (Some(0), expected, String::new()));
}

#[test]
fn help_names_every_command_and_an_unknown_option_is_refused() {
    let scratch = Scratch::new("help");
    let (code, output, errors) = run(gateway(&scratch).arg("--help"));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    for word in ["--config <FILE>", "check-config", "binds", "peers", "test-message", "support-bundle", "API_BASE_URL"] {
        assert!(output.contains(word), "{word} is not in\n{output}");
    }
    let refused = run(gateway(&scratch).arg("--confg"));
    let said = "gateway: unexpected argument '--confg' found; gateway --help explains\n";
    assert_eq!(refused, (Some(2), String::new(), said.into()));
}

#[test]
fn without_a_core_nothing_starts() {
    let scratch = Scratch::new("core");
    assert_eq!(run(&mut gateway(&scratch)), (Some(2), String::new(), "gateway: no file: api_base_url is missing\n".into()));
    let file = file(&scratch, "");
    let said = format!("gateway: {}:1:1: api_base_url is missing\n", file.display());
    for arguments in [&["--config"][..], &["check-config", "--config"]] {
        assert_eq!(run(gateway(&scratch).args(arguments).arg(&file)), (Some(2), String::new(), said.clone()));
    }
}

#[test]
fn the_check_shows_what_is_in_force_without_passwords_and_starts_nothing() {
    let scratch = Scratch::new("good");
    let file = file(&scratch, &[CORE, CARRIER].concat());
    let mut command = gateway(&scratch);
    command.args(["check-config", "--data-dir", "elsewhere", "--config"]).arg(&file);
    command.env("SMSC_NAME", "uk_gateway").env("VERIFY_SSL_PEER", "true").env("SMPP_POLL_INTERVAL", "250");
    let (code, output, errors) = run(command.env("API_BASE_URL", "https://core.example:8443"));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    for line in [
        "configuration is good",
        "api_base_url = \"https://core.example:8443\"",
        "smpp_poll_interval = 250",
        "verify_ssl_peer = true",
        "smsc_name = \"uk_gateway\"",
        "directory = \"elsewhere\"",
        "queue_check_frequency = 250",
        "password = \"********\"",
    ] {
        assert!(output.lines().any(|shown| shown == line), "{line} is not in\n{output}");
    }
    assert!(!output.contains("hunter2") && !scratch.0.join("elsewhere").exists());
}

#[test]
fn a_bad_configuration_is_refused_by_the_check_and_by_the_start_in_the_same_words() {
    let scratch = Scratch::new("bad");
    let carrier = CARRIER.replace("port = 1\n", "port = 70000\n").replace("password", "pasword");
    let file = file(&scratch, &[CORE, &carrier].concat());
    let place = file.display();
    let expected = format!(
        "gateway: {place}:2:1: binds[0].password is missing\n\
         gateway: {place}:6:8: binds[0].port must be 1 to 65535, is 70000\n\
         gateway: {place}:8:1: unknown key `pasword` in [[binds]], did you mean `password`?\n"
    );
    for arguments in [&["check-config", "--config"][..], &["--config"]] {
        assert_eq!(run(gateway(&scratch).args(arguments).arg(&file)), (Some(2), String::new(), expected.clone()));
    }
    let broken = [CORE, "[[binds]\nname = 'uk'\n"].concat();
    let file = self::file(&scratch, &broken);
    let (code, _, errors) = run(gateway(&scratch).args(["check-config", "--config"]).arg(&file));
    assert_eq!(code, Some(2));
    assert!(errors.starts_with(&format!("gateway: {place}:2:")) && errors.contains("syntax error: "), "{errors}");
}

#[test]
fn a_file_that_others_can_open_and_a_partner_from_anywhere_are_warned_of() {
    let scratch = Scratch::new("warnings");
    let partner =
        "[[server_binds]]\nname = 'bank'\nsystem_id = 'bank'\npassword = 'hunter2'\nallowed_bind_types = ['receiver']\n";
    let file = file(&scratch, &[CORE, "[listen]\nhost = '127.86.1.1'\n", partner].concat());
    fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
    let about_file = format!("{} holds passwords and has mode 644; 600 keeps others out", file.display());
    let (code, _, errors) = run(gateway(&scratch).args(["check-config", "--config"]).arg(&file));
    let expected = format!(
        "gateway: warning: {about_file}\ngateway: warning: the ip_whitelist of bank is empty: it may come from any address\n"
    );
    assert_eq!((code, errors), (Some(0), expected));
    let running = Running::start(gateway(&scratch).arg("--config").arg(&file));
    running.signal("TERM");
    let (code, _, log) = running.end();
    assert_eq!(code, Some(0));
    assert!(log.contains(&about_file) && log.contains("ip_whitelist") && log.contains("bank"), "{log}");
    assert!(!log.contains("hunter2"));
}

#[test]
fn it_runs_in_the_foreground_and_says_where_everything_is() {
    let scratch = Scratch::new("foreground");
    let file = file(&scratch, &[CORE, CARRIER].concat());
    let running = Running::start(gateway(&scratch).arg("--config").arg(&file));
    let greeting = &running.greeting;
    assert_eq!(greeting[0], concat!("gateway ", env!("CARGO_PKG_VERSION")));
    assert_eq!(greeting[1], "\"smpp_gateway\" works for the core at http://127.0.0.1:9/");
    assert_eq!(greeting[2], "1 carriers, 0 partners");
    assert!(greeting[3].starts_with("dashboard: https://127.0.0.1:"), "{greeting:?}");
    assert!(greeting[4].starts_with("metrics: http://127.0.0.1:") && greeting[4].ends_with("/metrics"), "{greeting:?}");
    assert_eq!(greeting[6], "log in as \"admin\" with the password in ./gateway-data/dashboard-password");
    until(&scratch, &["status"], "connection refused");
    running.signal("INT");
    let (code, rest, log) = running.end();
    assert_eq!((code, rest.as_str()), (Some(0), ""));
    assert!(log.contains("connection refused") && !log.contains("hunter2"), "{log}");
}

#[test]
fn a_changed_file_counts_after_a_restart_only() {
    let scratch = Scratch::new("restart");
    let path = file(&scratch, CORE);
    let mut running = Running::start(gateway(&scratch).arg("--config").arg(&path));
    let mut errors = BufReader::new(running.child.stderr.take().unwrap());
    file(&scratch, &[CORE, CARRIER].concat());
    running.signal("HUP");
    let mut line = String::new();
    while !line.contains("settings are read at the start only: restart the gateway") {
        line.clear();
        assert_ne!(errors.read_line(&mut line).unwrap(), 0);
    }
    let list = |scratch: &Scratch| run(gateway(scratch).args(["peers", "list"])).1;
    assert_eq!(list(&scratch), "none\n");
    drop(running);
    let _running = Running::start(gateway(&scratch).arg("--config").arg(&path));
    assert!(list(&scratch).contains("uk "), "{}", list(&scratch));
}
