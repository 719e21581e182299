//! A directory with settings, the program in it, and an operator's shell beside it.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::place::{self, fresh_directory};
use crate::program::{signal, wait};
use crate::wire::{BIND_TRANSCEIVER, Pdu, Wire};

/// Longest wait for a line; far above what it needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program that is tested: its name and what it is told so that it is alone on its ports.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    pub name: &'static str,
    /// Everything on free ports of this machine, and HTTP whose octets are the test's own.
    pub usual: &'static [(&'static str, &'static str)],
}

/// The core.
pub const SMSC: Program = Program {
    name: "smsc",
    usual: &[
        ("SMSC_SMPP__LISTEN", "127.0.0.1:0"),
        ("SMSC_API__LISTEN", "127.0.0.1:0"),
        ("SMSC_WEB__LISTEN", "127.0.0.1:0"),
        ("SMSC_METRICS__LISTEN", "127.0.0.1:0"),
        ("SMSC_API__ENABLE_TLS", "false"),
        ("SMSC_WEB__ENABLE_TLS", "false"),
        ("SMSC_SANDBOX__DELAY_MS", "20"),
    ],
};

/// The SMPP frontend of a core.
pub const GATEWAY: Program = Program {
    name: "gateway",
    usual: &[
        ("GATEWAY_WEB__LISTEN", "127.0.0.1:0"),
        ("GATEWAY_METRICS__LISTEN", "127.0.0.1:0"),
        ("GATEWAY_WEB__ENABLE_TLS", "false"),
    ],
};

/// How a command ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub output: String,
    pub errors: String,
}

/// A directory with the settings of a program (`smsc.toml`) and what it writes (`smsc-data`) in it; removed at the end,
/// and the program killed.
pub struct Site {
    pub directory: PathBuf,
    program: Program,
    variables: Vec<(String, String)>,
    child: Option<Child>,
    said: Arc<Said>,
}

/// The lines of a program, as they come.
#[derive(Default)]
struct Said {
    lines: Mutex<Vec<String>>,
    more: Condvar,
}

impl Site {
    /// A site of the core with these settings, nothing running yet.
    pub fn new(settings: &str) -> Self {
        Site::of(SMSC, settings)
    }

    /// A site of a program.
    pub fn of(program: Program, settings: &str) -> Self {
        let variables = program.usual.iter().map(|&(key, value)| (key.to_owned(), value.to_owned())).collect();
        let site = Site { directory: fresh_directory(program.name), program, variables, child: None, said: Arc::default() };
        site.write(settings);
        site
    }

    /// A site of the core that runs.
    pub fn started(settings: &str) -> Self {
        Site::new(settings).running()
    }

    /// The same site once it runs.
    pub fn running(mut self) -> Self {
        self.start();
        self
    }

    /// Another value for a variable; an empty one takes it away.
    pub fn set(&mut self, key: &str, value: &str) {
        self.variables.retain(|(known, _)| known != key);
        if !value.is_empty() {
            self.variables.push((key.into(), value.into()));
        }
    }

    /// Writes other settings.
    pub fn write(&self, settings: &str) {
        fs::write(self.path(&self.file()), settings).unwrap();
    }

    /// The name of the settings' file.
    pub fn file(&self) -> String {
        format!("{}.toml", self.program.name)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The program with these arguments, in its directory and with its settings.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(place::program(self.program.name));
        command.args(["--config", &self.file()]).args(arguments).current_dir(&self.directory).stdin(Stdio::null());
        command.envs(self.variables.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Starts the centre and waits until it serves.
    #[track_caller]
    pub fn start(&mut self) {
        assert!(self.try_start(), "it does not start");
    }

    /// The same; false if it ends instead.
    pub fn try_start(&mut self) -> bool {
        let mut child = self.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        self.said = Arc::default();
        follow(child.stdout.take().unwrap(), &self.said);
        follow(child.stderr.take().unwrap(), &self.said);
        let child = self.child.insert(child);
        let (said, mut is_serving) = (Arc::clone(&self.said), false);
        until("it serves or ends", || {
            is_serving = said.lines.lock().unwrap().iter().any(|line| line == "press Ctrl-C to stop");
            is_serving || child.try_wait().unwrap().is_some()
        });
        is_serving
    }

    /// Waits for a line with these words; gives it.
    pub fn wait_for_line(&self, words: &str) -> String {
        let lines = self.said.lines.lock().unwrap();
        let missing = |lines: &mut Vec<String>| !lines.iter().any(|line| line.contains(words));
        let (lines, _) = self.said.more.wait_timeout_while(lines, PATIENCE, missing).unwrap();
        let found = lines.iter().find(|line| line.contains(words)).cloned();
        found.unwrap_or_else(|| panic!("{words:?} is not in {lines:#?}"))
    }

    /// Everything the running program has printed.
    pub fn said(&self) -> Vec<String> {
        self.said.lines.lock().unwrap().clone()
    }

    pub fn smpp(&self) -> SocketAddr {
        self.after("SMPP listening on ").parse().unwrap()
    }

    pub fn api(&self) -> SocketAddr {
        host(&self.after("REST API: "))
    }

    /// The password of the dashboard's first user, as the program wrote it down.
    pub fn dashboard_password(&self) -> String {
        text_of(&self.path(&format!("{}-data/dashboard-password", self.program.name))).trim().to_owned()
    }

    pub fn metrics(&self) -> SocketAddr {
        host(&self.after("metrics: "))
    }

    pub fn dashboard(&self) -> SocketAddr {
        host(&self.after("dashboard: "))
    }

    fn after(&self, words: &str) -> String {
        self.wait_for_line(words).split_once(words).unwrap().1.to_owned()
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    /// The same with something on its standard input.
    pub fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // Some read nothing.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let ended = child.wait_with_output().unwrap();
        let text = |octets| String::from_utf8(octets).unwrap();
        Ran { code: ended.status.code(), output: text(ended.stdout), errors: text(ended.stderr) }
    }

    /// Runs a command that must succeed; gives what it prints.
    #[track_caller]
    pub fn ok(&self, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        assert_eq!((ran.code, ran.errors.as_str()), (Some(0), ""), "{arguments:?} printed {}", ran.output);
        ran.output
    }

    /// The same as JSON.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.ok(&[arguments, &["--json"]].concat());
        serde_json::from_str(&output).unwrap_or_else(|error| panic!("{arguments:?}: {error}: {output}"))
    }

    /// Runs a command that must fail with one line; gives it.
    #[track_caller]
    pub fn refused(&self, arguments: &[&str]) -> String {
        let Ran { code, output, errors } = self.run(arguments);
        assert_eq!((code, output.as_str(), errors.lines().count()), (Some(1), "", 1), "{arguments:?}: {errors}");
        errors.trim_end().strip_prefix(&format!("{}: ", self.program.name)).unwrap().to_owned()
    }

    /// Starts a program that must end by itself; gives its exit code and its last line.
    #[track_caller]
    pub fn does_not_start(&self) -> (Option<i32>, String) {
        let mut child = self.command(&[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let status = wait(&mut child);
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        (status.code(), errors.lines().last().unwrap_or_default().to_owned())
    }

    pub fn signal(&self, name: &str) {
        signal(self.child.as_ref().unwrap(), name);
    }

    /// Waits for the end.
    pub fn ended(&mut self) -> ExitStatus {
        wait(&mut self.child.take().unwrap())
    }

    /// Ends it by SIGTERM, which must go well.
    #[track_caller]
    pub fn stop(&mut self) {
        self.signal("TERM");
        let status = self.ended();
        assert!(status.success(), "{status}: {:#?}", self.said());
    }

    /// Ends it as a power switch would.
    pub fn kill(&mut self) {
        self.signal("KILL");
        self.ended();
    }

    /// The status that a bind is answered with, and the connection.
    pub fn bind(&self, system_id: &str, password: &str) -> (u32, Wire) {
        let mut wire = Wire::connect(self.smpp());
        let body = [system_id.as_bytes(), b"\0", password.as_bytes(), b"\0\0\x34\0\0\0"].concat();
        wire.send(&Pdu::new(BIND_TRANSCEIVER, 1, &body).0);
        (wire.receive().command_status(), wire)
    }

    /// Memory of the running program that is in use, in kibibytes.
    #[cfg(target_os = "linux")]
    pub fn resident_kib(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.as_ref().unwrap().id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the program said: {:#?}", self.said.lines.lock());
        }
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// Asks again until it is so; what happens behind a port has no other sign.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "not in time: {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// The whole file as text, or nothing.
pub fn text_of(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn host(url: &str) -> SocketAddr {
    let host = url.split("://").nth(1).unwrap().split('/').next().unwrap();
    host.parse().unwrap()
}

fn follow(source: impl Read + Send + 'static, said: &Arc<Said>) {
    let said = Arc::clone(said);
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            said.lines.lock().unwrap().push(line);
            said.more.notify_all();
        }
    });
}
