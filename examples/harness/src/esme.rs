//! A scripted foreign ESME: the process with the real library in it and the lines to talk to it.

use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{place, require};

/// Longer than a driver's own limit, so that its answer explains what it waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Which foreign library drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    Smpplib,
    NodeSmpp,
}

impl Library {
    fn name(self) -> &'static str {
        match self {
            Self::Smpplib => "smpplib",
            Self::NodeSmpp => "node-smpp",
        }
    }

    fn how_to_install(self) -> &'static str {
        match self {
            Self::Smpplib => "./test, or: pip install smpplib",
            Self::NodeSmpp => "./test, or: npm install smpp",
        }
    }

    fn script(self) -> PathBuf {
        match self {
            Self::Smpplib => place::script("smpplib/driver.py"),
            Self::NodeSmpp => place::script("node/driver.js"),
        }
    }

    /// The interpreter as `./test` set it up, or else the system's.
    fn interpreter(self) -> Command {
        let cache = place::installed();
        match self {
            Self::Smpplib => {
                let own = cache.join("python/bin/python");
                Command::new(if own.exists() { own } else { "python3".into() })
            }
            Self::NodeSmpp => {
                let mut command = Command::new("node");
                let own = cache.join("node/node_modules");
                if own.exists() {
                    command.env("NODE_PATH", own);
                }
                command
            }
        }
    }

    fn is_installed(self) -> bool {
        let probe = match self {
            Self::Smpplib => ["-c", "import smpplib.client"],
            Self::NodeSmpp => ["-e", "require('smpp')"],
        };
        let quiet = self.interpreter().args(probe).stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet.is_ok_and(|status| status.success())
    }
}

/// One ESME: one process with one connection.
pub struct Esme {
    library: Library,
    child: Child,
    commands: ChildStdin,
    answers: Receiver<String>,
}

impl Esme {
    /// Starts the driver; `None`, and a note, if the library is not installed.
    pub fn start(library: Library) -> Option<Self> {
        if !library.is_installed() {
            require::skip(library.name(), library.how_to_install());
            return None;
        }
        let mut child = library.interpreter().arg(library.script()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let commands = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, answers) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        Some(Self { library, child, commands, answers })
    }

    /// Starts the driver and binds, which must succeed.
    pub fn bound(library: Library, address: SocketAddr, kind: &str) -> Option<Self> {
        let mut esme = Self::start(library)?;
        let answer = esme.ask(json!({"do": "bind", "port": address.port(), "kind": kind}));
        assert_eq!(answer["status"], 0, "bind_{kind}: {answer}");
        Some(esme)
    }

    /// One command, one answer. An error of the client or none in time fails the test.
    pub fn ask(&mut self, command: Value) -> Value {
        self.tell(&command);
        self.answer(&command)
    }

    /// Gives a command without waiting, for what needs the test to act meanwhile.
    pub fn tell(&mut self, command: &Value) {
        writeln!(self.commands, "{command}").unwrap();
    }

    /// The answer to a command given with `tell`.
    pub fn answer(&mut self, command: &Value) -> Value {
        let line = self.answers.recv_timeout(PATIENCE);
        let line = line.unwrap_or_else(|_| panic!("{:?} gives no answer to {command}", self.library));
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert!(answer.get("error").is_none(), "{:?}: {command}: {answer}", self.library);
        assert!(answer.get("unsupported").is_none(), "{:?}: {command}: {answer}", self.library);
        answer
    }

    /// Submits one text and gives the ids of its parts; every part must be accepted.
    pub fn submit(&mut self, mut message: Value) -> Vec<String> {
        message["do"] = json!("submit");
        accepted(&self.ask(message))
    }

    /// The next deliver_sm that reach the ESME.
    pub fn received(&mut self, count: usize) -> Vec<Value> {
        let answer = self.ask(json!({"do": "received", "count": count}));
        answer["messages"].as_array().unwrap().clone()
    }

    /// Asks until the message is in that state.
    pub fn wait_for_state(&mut self, id: &str, state: u64) {
        let deadline = Instant::now() + PATIENCE;
        while self.state_of(id) != state {
            assert!(Instant::now() < deadline, "message {id} is not in state {state}");
            thread::sleep(Duration::from_millis(10)); // SMPP has no other way to learn it
        }
    }

    /// The state of a message as `query_sm` tells it.
    pub fn state_of(&mut self, id: &str) -> u64 {
        let answer = self.ask(json!({"do": "query", "id": id}));
        assert_eq!(answer["status"], 0, "query_sm of {id}: {answer}");
        assert_eq!(answer["id"], id);
        answer["state"].as_u64().unwrap()
    }
}

impl Drop for Esme {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ids of an answer whose statuses are all ESME_ROK: present, decimal, each once.
pub fn accepted(answer: &Value) -> Vec<String> {
    let statuses = answer["statuses"].as_array().unwrap();
    assert!(statuses.iter().all(|status| status == 0), "not all accepted: {answer}");
    let ids: Vec<String> = answer["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().into()).collect();
    for id in &ids {
        assert!(!id.is_empty() && id.bytes().all(|octet| octet.is_ascii_digit()), "id {id:?}");
    }
    let mut distinct = ids.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), ids.len(), "an id twice: {answer}");
    ids
}
