//! The program under test as a process: started, listened to, told to stop.

use std::collections::VecDeque;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// Longest wait for the program to listen or to end; far above what it needs.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many of its last lines are shown when a test fails.
const KEPT_LINES: usize = 60;

/// A running `smsc`, killed with its data directory when dropped.
pub(crate) struct Smsc {
    pub(crate) address: SocketAddr,
    child: Child,
    directory: PathBuf,
    output: Arc<Mutex<VecDeque<String>>>,
    settings: Vec<(String, String)>,
    keep_directory: bool,
}

impl Smsc {
    /// Starts the program with an empty store, a quick sandbox and quiet links.
    pub(crate) fn start() -> Self {
        Self::with(&[])
    }

    /// The same with settings of the test's own, as environment variables.
    pub(crate) fn with(settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
        let directory = fresh_directory("smsc");
        Self::launch(directory, settings)
    }

    /// Ends the program by SIGTERM and starts it again on the same store.
    pub(crate) fn restart(mut self) -> Self {
        self.keep_directory = true;
        assert!(self.terminate().success(), "the program did not end well");
        Self::launch(self.directory.clone(), self.settings.clone())
    }

    /// Ends the program by SIGKILL, as a power switch would.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        wait(&mut self.child);
    }

    /// Starts a program that has ended again on the same store.
    pub(crate) fn start_again(mut self) -> Self {
        self.keep_directory = true;
        Self::launch(self.directory.clone(), self.settings.clone())
    }

    fn launch(directory: PathBuf, settings: Vec<(String, String)>) -> Self {
        let mut child = Command::new(std::env::var("SMSC_TEST_PROGRAM").unwrap_or(env!("CARGO_BIN_EXE_smsc").into()))
            .arg("--data-dir")
            .arg(&directory)
            .current_dir(&directory)
            .env("SMSC_SMPP__LISTEN", "127.0.0.1:0")
            .env("SMSC_SMPP__ENQUIRE_LINK_SECONDS", "300")
            .env("SMSC_SANDBOX__DELAY_MS", "20")
            .envs(settings.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = Arc::new(Mutex::new(VecDeque::new()));
        let (found, listening) = mpsc::channel();
        follow(child.stdout.take().unwrap(), Arc::clone(&output), Some(found));
        follow(child.stderr.take().unwrap(), Arc::clone(&output), None);
        let Ok(address) = listening.recv_timeout(PATIENCE) else {
            let _ = child.kill();
            panic!("the program does not listen; it said {:#?}", output.lock().unwrap());
        };
        Self { address, child, directory, output, settings, keep_directory: false }
    }

    /// Sends SIGTERM and waits for the end.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        signal(&self.child, "TERM");
        wait(&mut self.child)
    }

    /// Sends SIGTERM; the test goes on to watch what the sessions see.
    pub(crate) fn begin_shutdown(&self) {
        signal(&self.child, "TERM");
    }

    /// Waits for a program that was told to stop.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        wait(&mut self.child)
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the program said: {:#?}", self.output.lock());
        }
        if !self.keep_directory {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

/// A new empty directory below the target directory.
pub(crate) fn fresh_directory(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("interop-{name}-{}-{number}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// Sends a signal by name. std has no call for it; the shell has it built in.
pub(crate) fn signal(child: &Child, name: &str) {
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", child.id())).status();
    assert!(status.unwrap().success(), "no process {} to signal", child.id());
}

/// Waits for a child, bounded.
pub(crate) fn wait(child: &mut Child) -> ExitStatus {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < deadline, "process {} does not end", child.id());
        thread::sleep(Duration::from_millis(5)); // std cannot wait for a child with a limit
    }
}

fn follow(source: impl Read + Send + 'static, output: Arc<Mutex<VecDeque<String>>>, mut found: Option<mpsc::Sender<SocketAddr>>) {
    thread::spawn(move || {
        for line in BufReader::new(source).lines().map_while(Result::ok) {
            let address = line.split_once("SMPP listening on ").map(|(_, rest)| rest.trim());
            if let Some(Ok(address)) = address.map(str::parse)
                && let Some(found) = found.take()
            {
                let _ = found.send(address);
            }
            let mut kept = output.lock().unwrap();
            if kept.len() == KEPT_LINES {
                kept.pop_front();
            }
            kept.push_back(line);
        }
    });
}
