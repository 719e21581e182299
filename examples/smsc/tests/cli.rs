//! The program as a person or a service manager meets it: its options, its words, its exit codes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // clippy takes helpers of tests for something else

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use smsc_engine::config::Settings;

use sms_harness::postgres::{PASSWORD, Postgres};
use sms_harness::scratch::{PATIENCE, Running, Scratch, run};

#[cfg(unix)]
#[path = "cli/command.rs"]
mod command;
#[cfg(unix)]
#[path = "cli/deploy.rs"]
mod deploy;

/// The program, on a free port, without variables of whoever runs the tests.
fn smsc(scratch: &Scratch) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_smsc"));
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SMSC_")) {
        command.env_remove(name);
    }
    for service in ["SMPP", "API", "WEB", "METRICS"] {
        command.env(format!("SMSC_{service}__LISTEN"), "127.0.0.1:0");
    }
    command.current_dir(&scratch.0).stdin(Stdio::null());
    command
}

/// A run that must end by itself with one line of complaint.
#[track_caller]
fn refused(command: &mut Command, code: i32) -> String {
    let (status, output, errors) = run(command);
    assert_eq!((status, output.as_str()), (Some(code), ""), "{errors}");
    assert_eq!(errors.lines().count(), 1, "{errors}");
    errors.trim_end().strip_prefix("smsc: ").unwrap().into()
}

/// An ESME that does only what it is told.
struct Esme(TcpStream);

impl Esme {
    fn bind(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut esme = Self(stream);
        esme.send(BIND_TRANSCEIVER, b"test\0test\0\0\x34\0\0\0");
        assert_eq!(esme.response(BIND_TRANSCEIVER), 0);
        esme
    }

    fn send(&mut self, command_id: u32, body: &[u8]) {
        let command_length = 16 + u32::try_from(body.len()).unwrap();
        let header = [command_length, command_id, 0, 1].map(u32::to_be_bytes).concat();
        self.0.write_all(&[&header, body].concat()).unwrap();
    }

    /// The next PDU as command_id and command_status.
    fn receive(&mut self) -> (u32, u32) {
        let mut header = [0; 16];
        self.0.read_exact(&mut header).unwrap();
        let word = |at: usize| u32::from_be_bytes(header[at..at + 4].try_into().unwrap());
        self.0.read_exact(&mut vec![0; word(0) as usize - 16]).unwrap();
        (word(4), word(8))
    }

    /// The status of the response that comes next.
    #[track_caller]
    fn response(&mut self, command_id: u32) -> u32 {
        let (received, status) = self.receive();
        assert_eq!(received, command_id | RESPONSE);
        status
    }

    /// The request that comes next.
    fn request(&mut self) -> u32 {
        self.receive().0
    }
}

const BIND_TRANSCEIVER: u32 = 0x09;
const SUBMIT_SM: u32 = 0x04;
const UNBIND: u32 = 0x06;
const RESPONSE: u32 = 0x8000_0000;

#[test]
fn help_names_every_option() {
    let scratch = Scratch::new("help");
    let (code, output, errors) = run(smsc(&scratch).arg("--help"));
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    for word in ["--config <FILE>", "--data-dir <DIR>", "check-config", "--help", "--version", "SMSC_SMPP__LISTEN"] {
        assert!(output.contains(word), "{word} is not in\n{output}");
    }
}

#[test]
fn version_is_one_line() {
    let scratch = Scratch::new("version");
    let expected = format!("smsc {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(smsc(&scratch).arg("--version")), (Some(0), expected, String::new()));
}

#[test]
fn an_unknown_option_is_refused() {
    let scratch = Scratch::new("option");
    assert_eq!(refused(smsc(&scratch).arg("--confg"), 2), "unexpected argument '--confg' found; smsc --help explains");
}

#[test]
fn a_good_configuration_is_shown_without_its_passwords() {
    let scratch = Scratch::new("good");
    let file = scratch.file("[smpp]\nwindow = 7\n[[accounts]]\nsystem_id = \"shop\"\npassword = \"hunter2\"\n");
    let mut command = smsc(&scratch);
    command
        .arg("check-config")
        .arg("--config")
        .arg(&file)
        .args(["--data-dir", "elsewhere"])
        .env("SMSC_SMPP__LISTEN", "127.0.0.2:0");
    let (code, output, errors) = run(&mut command);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert!(output.starts_with("configuration is good\n"), "{output}");
    for line in
        ["window = 7", "listen = \"127.0.0.2:0\"", "directory = \"elsewhere\"", "system_id = \"shop\"", "password = \"********\""]
    {
        assert!(output.lines().any(|shown| shown == line), "{line} is not in\n{output}");
    }
    assert!(!output.contains("hunter2") && !scratch.0.join("elsewhere").exists());
}

#[test]
fn a_bad_configuration_is_refused_by_the_check_and_by_the_start_in_the_same_words() {
    let scratch = Scratch::new("bad");
    let file = scratch.file("[smpp]\nlisten = 2775\n[[accounts]]\nsystem_id = \"a\"\npasword = \"hunter2\"\n");
    let place = file.display();
    let expected = format!(
        "smsc: {place}:2:10: smpp.listen must be an IP address and a port such as \"127.0.0.1:2775\", found a whole number\n\
         smsc: {place}:3:1: accounts[0].password is missing\n\
         smsc: {place}:5:1: unknown key `pasword` in [[accounts]], did you mean `password`?\n"
    );
    for arguments in [&["check-config", "--config"][..], &["--config"]] {
        let mut command = smsc(&scratch);
        let result = run(command.args(arguments).arg(&file).env_remove("SMSC_SMPP__LISTEN"));
        assert_eq!(result, (Some(2), String::new(), expected.clone()));
    }
}

#[test]
fn an_unreadable_file_is_named() {
    let scratch = Scratch::new("unreadable");
    let error = refused(smsc(&scratch).args(["--config", "nowhere.toml"]), 2);
    assert!(error.starts_with("nowhere.toml: cannot be read: "), "{error}");
}

#[test]
fn a_wrong_variable_is_named() {
    let scratch = Scratch::new("variable");
    let error = refused(smsc(&scratch).env("SMSC_SMPP__WINDOW", "many"), 2);
    assert_eq!(error, "SMSC_SMPP__WINDOW: smpp.window must be a whole number, is \"many\"");
    let error = refused(smsc(&scratch).env("SMSC_SMPP__WINDWO", "1"), 2);
    assert_eq!(error, "SMSC_SMPP__WINDWO: unknown key `windwo` in [smpp], did you mean `SMSC_SMPP__WINDOW`?");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf8_is_refused_only_if_it_is_ours() {
    use std::os::unix::ffi::OsStrExt;
    let scratch = Scratch::new("utf8");
    let latin1 = std::ffi::OsStr::from_bytes(b"d\xE9j\xE0");
    assert_eq!(run(smsc(&scratch).arg("check-config").env("NAME", latin1)).0, Some(0));
    let error = refused(smsc(&scratch).arg("check-config").env("SMSC_STORAGE__DIRECTORY", latin1), 2);
    assert_eq!(error, "SMSC_STORAGE__DIRECTORY: storage.directory must be a path, is \"not UTF-8\"");
}

#[test]
fn the_sample_holds_every_key_with_its_default() {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/smsc.example.toml");
    if std::env::var_os("SMSC_TEST_WRITE").is_some() {
        fs::write(sample, Settings::sample()).unwrap();
    }
    assert_eq!(fs::read_to_string(sample).unwrap(), Settings::sample(), "SMSC_TEST_WRITE=1 writes it anew");
    let scratch = Scratch::new("sample");
    let check = |arguments: &[&str]| run(smsc(&scratch).arg("check-config").args(arguments));
    let (code, from_sample, errors) = check(&["--config", sample]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    assert_eq!(from_sample, check(&[]).1);
}

#[test]
fn a_taken_port_is_named() {
    let scratch = Scratch::new("port");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    for service in ["SMPP", "API", "WEB", "METRICS"] {
        let error = refused(smsc(&scratch).env(format!("SMSC_{service}__LISTEN"), &address), 1);
        assert!(error.contains(&address), "{error}");
    }
    // The first start that succeeds is the first one, and tells how to log in.
    assert!(Running::start(&mut smsc(&scratch)).greeting[6].starts_with("log in as \"admin\""));
}

#[test]
fn the_check_names_what_is_not_there_and_what_it_saw() {
    let scratch = Scratch::new("check");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let file = scratch.file(
        "[api]\ntls_cert_path = \"no.crt\"\ntls_key_path = \"no.key\"\n\
         [records]\ndb_adapter = \"postgresql\"\ndb_hostname = \"no.invalid\"\ndb_password = \"hunter2\"\n\
         [charging]\ncharging_enabled = true\nocs_url = \"http://127.0.0.1:9/jsonrpc\"\n\
         [enum]\nenum_enabled = true\nenum_timeout = 200\nenum_dns_servers = [\"127.0.0.1:9\"]\n",
    );
    let (code, output, errors) =
        run(smsc(&scratch).arg("check-config").arg("--config").arg(file).env("SMSC_METRICS__LISTEN", &address));
    assert_eq!(code, Some(1), "{errors}");
    for fault in [
        format!("smsc: port of metrics {address}: "),
        "smsc: certificate of API no.crt: ".into(),
        "smsc: record database postgres sms_user@no.invalid:5432/sms_c_prod: ".into(),
        "smsc: charging http://127.0.0.1:9/jsonrpc: ".into(),
        "smsc: ENUM: ".into(),
    ] {
        assert!(errors.lines().any(|line| line.starts_with(&fault)), "{fault} is not in\n{errors}");
    }
    assert!(output.contains("directory smsc-data: good\n") && output.contains("port of API 127.0.0.1:0: good\n"), "{output}");
    assert!(!output.contains("hunter2") && !errors.contains("hunter2"));
}

#[cfg(unix)]
#[test]
fn settings_are_read_again_when_it_is_told_to() {
    let scratch = Scratch::new("hangup");
    let file = scratch.file("[[accounts]]\nsystem_id = \"a\"\npassword = \"x\"\n");
    let mut running = Running::start(smsc(&scratch).arg("--config").arg(&file));
    let mut errors = BufReader::new(running.child.stderr.take().unwrap());
    let mut told = |text: &str| {
        scratch.file(text);
        running.signal("HUP");
        loop {
            let mut line = String::new();
            assert_ne!(errors.read_line(&mut line).unwrap(), 0, "it ended");
            if let Some(at) = line.find("settings ") {
                return line[at..].trim_end().to_string();
            }
        }
    };
    let good = "[smpp]\nwindow = 7\n[log]\nlevel = \"debug\"\n[[accounts]]\nsystem_id = \"b\"\npassword = \"y\"\n";
    let restart = "need a restart: smpp.window";
    assert_eq!(told(good), format!("settings were read again: in force: accounts, log.level; {restart}"));
    let bad = told("[smp]\n");
    assert!(bad.starts_with("settings cannot be read again: ") && bad.contains("unknown key `smp`"), "{bad}");
    assert_eq!(told(good), format!("settings were read again: {restart}"));
    running.signal("TERM");
    drop(errors);
    assert!(running.child.wait().unwrap().success());
}

#[test]
fn every_profile_is_good_and_starts() {
    let profiles = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles");
    let mut seen = 0;
    for profile in fs::read_dir(profiles).unwrap() {
        let profile = profile.unwrap().path();
        let name = profile.file_stem().unwrap().to_str().unwrap().to_string();
        let scratch = Scratch::new(&name);
        let mut command = smsc(&scratch);
        // The servers of a profile are not here, which stops nobody.
        command.arg("--config").arg(&profile).env("DB_PASSWORD", "unused").env("DB_HOSTNAME", "127.0.0.1").env("DB_PORT", "9");
        seen += 1;
        // But for the one that has no store of its own.
        let shared = (name == "high-availability").then(Postgres::start);
        match &shared {
            None => {}
            Some(None) => continue,
            Some(Some(database)) => share(&mut command, database),
        }
        let running = Running::start(&mut command);
        assert_ne!(running.address().port(), 0, "{name}");
    }
    assert_eq!(seen, 5);
}

/// Gives a node the database of this test to share.
fn share(command: &mut Command, database: &Postgres) {
    command.env("SMSC_STORAGE__SHARED__DB_PORT", database.address.port().to_string());
    command.env("SMSC_STORAGE__SHARED__DB_NAME", "sms_c_prod").env("SMSC_STORAGE__SHARED__DB_PASSWORD", PASSWORD);
    command.env("CLUSTER_SECRET", "a secret of this test").env("SMSC_NODE__CLUSTER_LISTEN", "127.0.0.1:0");
}

#[test]
fn a_data_directory_that_cannot_be_made_is_named() {
    let scratch = Scratch::new("directory");
    let file = scratch.file("");
    let directory = file.join("below-a-file");
    let error = refused(smsc(&scratch).arg("--data-dir").arg(&directory), 1);
    assert!(error.contains(directory.to_str().unwrap()), "{error}");
}

#[cfg(unix)]
#[test]
fn it_says_where_it_listens_and_ends_well_when_told_to() {
    for signal in ["TERM", "INT"] {
        let scratch = Scratch::new(signal);
        let running = Running::start(&mut smsc(&scratch));
        assert_eq!(running.greeting[0], concat!("smsc ", env!("CARGO_PKG_VERSION")));
        assert_ne!(running.address().port(), 0);
        assert_eq!(running.greeting[2], "messages are stored in ./smsc-data (0 queued)");
        assert_eq!(running.greeting[6], "log in as \"admin\" with the password in ./smsc-data/dashboard-password");
        assert_eq!(running.greeting[7], "test account: system_id \"test\", password \"test\"");
        assert!(running.greeting[8].starts_with("try: "), "{:?}", running.greeting);
        TcpStream::connect(running.address()).unwrap();
        for (line, before, after) in [
            (3, "REST API: https://127.0.0.1:", "/api/docs"),
            (4, "dashboard: https://127.0.0.1:", ""),
            (5, "metrics: http://127.0.0.1:", "/metrics"),
        ] {
            let port = running.greeting[line].strip_prefix(before).and_then(|rest| rest.strip_suffix(after)).unwrap();
            TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
        }
        running.signal(signal);
        assert_eq!(running.end().0, Some(0), "{signal}");
        assert!(scratch.0.join("smsc-data").is_dir());
    }
}

#[cfg(unix)]
/// The body of a `submit_sm`.
const HELLO: &[u8] = b"\0\x01\x01shop\0\x01\x01447700900123\0\0\0\0\0\0\x01\0\0\0\x05hello";

#[test]
fn what_was_queued_is_there_at_the_next_start() {
    let scratch = Scratch::new("queued");
    let slow = |scratch: &Scratch| {
        let mut command = smsc(scratch);
        command.env("SMSC_SANDBOX__DELAY_MS", "3600000");
        Running::start(&mut command)
    };
    let running = slow(&scratch);
    let mut esme = Esme::bind(running.address());
    esme.send(SUBMIT_SM, HELLO);
    assert_eq!(esme.response(SUBMIT_SM), 0);
    drop(esme);
    running.signal("INT");
    assert_eq!(running.end().0, Some(0));
    let again = slow(&scratch);
    assert_eq!(again.greeting[2], "messages are stored in ./smsc-data (1 queued)");
    again.signal("TERM");
    assert_eq!(again.end().0, Some(0));
}

#[cfg(unix)]
#[test]
fn a_store_in_use_is_not_opened_twice() {
    let scratch = Scratch::new("twice");
    let running = Running::start(&mut smsc(&scratch));
    let error = refused(&mut smsc(&scratch), 1);
    assert!(error.contains("smsc-data"), "{error}");
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
}

#[cfg(unix)]
#[test]
fn a_second_interrupt_ends_it_at_once() {
    let scratch = Scratch::new("second");
    let running = Running::start(&mut smsc(&scratch));
    let mut esme = Esme::bind(running.address());
    running.signal("INT");
    // It asks the ESME to unbind, and would wait for an answer that does not come.
    assert_eq!(esme.request(), UNBIND);
    let asked = Instant::now();
    running.signal("INT");
    assert_eq!(running.end().0, Some(130));
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
}

#[cfg(unix)]
#[test]
fn sessions_are_unbound_at_the_end() {
    let scratch = Scratch::new("unbound");
    let running = Running::start(&mut smsc(&scratch));
    let mut esme = Esme::bind(running.address());
    running.signal("TERM");
    assert_eq!(esme.request(), UNBIND);
    esme.send(UNBIND | RESPONSE, b"");
    assert_eq!(running.end().0, Some(0));
}

/// The next warning of the program, among the lines of the log.
fn warning(errors: &mut impl BufRead) -> String {
    errors.lines().map(Result::unwrap).find(|line| line.starts_with("smsc: warning: ")).unwrap()
}

#[test]
fn an_open_test_account_is_warned_of() {
    let scratch = Scratch::new("open");
    let mut running = Running::start(smsc(&scratch).env("SMSC_SMPP__LISTEN", "0.0.0.0:0"));
    let mut errors = BufReader::new(running.child.stderr.take().unwrap());
    let line = warning(&mut errors);
    assert!(line.starts_with("smsc: warning: the test account is open to everybody who reaches 0.0.0.0:"), "{line}");
}

#[cfg(unix)]
#[test]
fn it_runs_on_when_nobody_reads_what_it_prints() {
    let scratch = Scratch::new("silent");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = smsc(&scratch);
    let mut child = command.env("SMSC_SMPP__LISTEN", "0.0.0.0:0").stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = BufReader::new(child.stderr.take().unwrap());
    let warning = warning(&mut errors); // comes after what is printed
    let address = warning.split("0.0.0.0:").nth(1).and_then(|rest| rest.split(';').next()).unwrap();
    TcpStream::connect(format!("127.0.0.1:{address}")).unwrap();
    assert!(Command::new("kill").arg(child.id().to_string()).status().unwrap().success());
    assert!(child.wait().unwrap().success());
}
