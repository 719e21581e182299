//! The program under test as a process: started, listened to, told to stop.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::place::{self, fresh_directory};

/// Longest wait for the program to listen or to end; far above what it needs.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many of its last lines are kept to be judged.
const KEPT_LINES: usize = 10_000;

/// How many of them are shown when a test fails.
const SHOWN_LINES: usize = 60;

/// The last line the program says while it starts.
const STARTED: &str = "press Ctrl-C to stop";

/// What its processes said, the oldest line first.
type Output = Arc<Mutex<VecDeque<String>>>;

/// A running `smsc`, killed with its data directory when dropped.
pub struct Smsc {
    /// Where it speaks SMPP.
    pub address: SocketAddr,
    pub api: SocketAddr,
    pub dashboard: SocketAddr,
    pub metrics: SocketAddr,
    child: Child,
    directory: PathBuf,
    output: Output,
    readers: Vec<JoinHandle<()>>,
    settings: Vec<(String, String)>,
    keep_directory: bool,
}

impl Smsc {
    /// Starts the program with an empty store, a quick sandbox and quiet links.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same with settings of the test's own, as environment variables.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let directory = fresh_directory("smsc");
        Self::launch(directory, settings)
    }

    /// Ends the program by SIGTERM and starts it again on the same store.
    pub fn restart(mut self) -> Self {
        self.keep_directory = true;
        assert!(self.terminate().success(), "the program did not end well");
        Self::launch(self.directory.clone(), self.settings.clone())
    }

    /// Ends the program by SIGKILL, as a power switch would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        wait(&mut self.child);
    }

    /// Starts a program that has ended again on the same store.
    pub fn start_again(mut self) -> Self {
        self.keep_directory = true;
        Self::launch(self.directory.clone(), self.settings.clone())
    }

    fn launch(directory: PathBuf, settings: Vec<(String, String)>) -> Self {
        let mut child = Command::new(place::program("smsc"))
            .arg("--data-dir")
            .arg(&directory)
            .current_dir(&directory)
            .envs(["SMPP", "API", "WEB", "METRICS"].map(|service| (format!("SMSC_{service}__LISTEN"), "127.0.0.1:0")))
            .env("SMSC_SMPP__ENQUIRE_LINK_SECONDS", "300")
            .env("SMSC_SANDBOX__DELAY_MS", "20")
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Output::default();
        let (started, starting) = mpsc::channel();
        let readers = vec![
            follow(child.stdout.take().unwrap(), Arc::clone(&output), Some(started)),
            follow(child.stderr.take().unwrap(), Arc::clone(&output), None),
        ];
        if starting.recv_timeout(PATIENCE).is_err() {
            let _ = child.kill();
            panic!("the program does not start; it said {:#?}", output.lock().unwrap());
        }
        let [address, api, dashboard, metrics] = ["SMPP listening on ", "REST API: ", "dashboard: ", "metrics: "]
            .map(|service| address_after(service, &output.lock().unwrap()));
        Self { address, api, dashboard, metrics, child, directory, output, readers, settings, keep_directory: false }
    }

    /// The password of the dashboard's first user, as the program wrote it down.
    pub fn dashboard_password(&self) -> String {
        fs::read_to_string(self.directory.join("dashboard-password")).unwrap().trim().to_owned()
    }

    /// Ends the program by SIGTERM and gives every line it said.
    pub fn stop_and_read(mut self) -> Vec<String> {
        assert!(self.terminate().success(), "the program did not end well");
        self.readers.drain(..).for_each(|reader| reader.join().unwrap());
        self.output.lock().unwrap().drain(..).collect()
    }

    /// Sends SIGTERM and waits for the end.
    pub fn terminate(&mut self) -> ExitStatus {
        signal(&self.child, "TERM");
        wait(&mut self.child)
    }

    /// Sends SIGTERM; the test goes on to watch what the sessions see.
    pub fn begin_shutdown(&self) {
        signal(&self.child, "TERM");
    }

    /// Waits for a program that was told to stop.
    pub fn ended(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            let said = self.output.lock().unwrap_or_else(PoisonError::into_inner);
            let last = said.iter().skip(said.len().saturating_sub(SHOWN_LINES));
            eprintln!("the program said: {:#?}", last.collect::<Vec<_>>());
        }
        if !self.keep_directory {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// Sends a signal by name. std has no call for it; the shell has it built in.
pub fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", child.id())).status();
    assert!(status.unwrap().success(), "no process {} to signal", child.id());
}

/// Waits for a child, bounded.
pub fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "process {} does not end", child.id());
        thread::sleep(Duration::from_millis(5)); // std cannot wait for a child with a limit
    }
}

/// Keeps every line of a stream; says when the program has started.
fn follow(source: impl Read + Send + 'static, output: Output, mut started: Option<mpsc::Sender<()>>) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            let is_last = line == STARTED;
            let mut kept = output.lock().unwrap();
            if kept.len() == KEPT_LINES {
                kept.pop_front();
            }
            kept.push_back(line);
            drop(kept);
            if let Some(started) = started.take_if(|_| is_last) {
                let _ = started.send(());
            }
        }
    })
}

/// The address in the line that begins so, bare or in a URL.
fn address_after(start: &str, said: &VecDeque<String>) -> SocketAddr {
    let line = said.iter().find_map(|line| line.strip_prefix(start));
    let rest = line.unwrap_or_else(|| panic!("no line with {start:?} in {said:#?}"));
    let rest = rest.split_once("://").map_or(rest, |(_, rest)| rest);
    rest.split('/').next().unwrap().parse().unwrap()
}
