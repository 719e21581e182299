//! What an operator does from a shell: each command is a call over the control socket and a way to show the answer.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use smsc_engine::config::GatewaySettings;
use smsc_engine::http::admin::{CallError, ControlClient, SOCKET};
use smsc_engine::program::{FAILED, table};

use crate::CONSOLE;
use crate::args::{Args, Binds, Command, Peers, TestMessage};

/// What a command ends with: the text to print, or why there is none.
type Outcome = Result<String, Box<dyn std::error::Error>>;

/// Calls one gateway and shows what it answers.
struct Shell {
    client: ControlClient,
    json: bool,
}

/// Runs a command for the gateway with the data directory of these arguments.
pub(crate) fn run(command: Command, args: &Args) -> ExitCode {
    // The settings may lack what only a start needs; where the socket is can be said alone.
    let directory = match &args.data_dir {
        Some(directory) => directory.clone(),
        None => crate::settings(args).unwrap_or_else(|_| GatewaySettings::default()).storage.directory,
    };
    let shell = Shell { client: ControlClient::new(directory.join(SOCKET)), json: args.json };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(shell.run(command)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(text) => CONSOLE.say(&text),
        Err(error) => CONSOLE.fail(FAILED, &error),
    }
}

impl Shell {
    async fn run(&self, command: Command) -> Outcome {
        match command {
            Command::Status => Ok(self.tree(self.get("/admin/status").await?)),
            Command::Binds(binds) => self.binds(binds).await,
            Command::Peers(peers) => self.peers(peers).await,
            Command::TestMessage(TestMessage { dest_smsc, from, to, text }) => {
                let body = json!({ "dest_smsc": dest_smsc, "from": from, "to": to, "text": text });
                let id = self.call("POST", "/admin/test-message", Some(body)).await?;
                Ok(if self.json { pretty(&id) } else { format!("the core has taken message {id}\n") })
            }
            Command::LogLevel { level: None } => Ok(self.tree(self.get("/admin/log-level").await?)),
            Command::LogLevel { level: Some(level) } => {
                Ok(self.tree(self.call("PUT", "/admin/log-level", Some(json!({ "level": level }))).await?))
            }
            Command::Stop => Ok(self.tree(self.call("POST", "/admin/stop", None).await?)),
            Command::SupportBundle { file } => self.support_bundle(&file).await,
            // The program itself does these.
            Command::Run | Command::CheckConfig => Ok(String::new()),
        }
    }

    async fn binds(&self, binds: Binds) -> Outcome {
        match binds {
            Binds::Status => Ok(self.table(self.get("/admin/binds").await?, &BINDS)),
            Binds::Reconnect { name } => self.act(&name, "binds", "reconnect", "is being connected").await,
            Binds::Drop { name } => self.act(&name, "binds", "drop", "is being unbound").await,
        }
    }

    async fn peers(&self, peers: Peers) -> Outcome {
        match peers {
            Peers::List => Ok(self.table(self.get("/admin/peers").await?, &PEERS)),
            Peers::Add { file } | Peers::Import { file } => {
                let body = json!({ "toml": read(&file)? });
                Ok(self.tree(self.call("POST", "/admin/peers/import", Some(body)).await?))
            }
            Peers::Export => {
                let exported = self.call("POST", "/admin/peers/export", None).await?;
                Ok(exported.get("toml").and_then(Value::as_str).unwrap_or_default().to_owned())
            }
            Peers::Delete { name } => {
                let path = format!("/admin/peers/{}", escaped(&name));
                self.done("DELETE", &path, &format!("{name} is gone")).await
            }
            Peers::Revert { name } => self.act(&name, "peers", "revert", "is as the file says").await,
        }
    }

    async fn support_bundle(&self, file: &Path) -> Outcome {
        let octets = self.client.octets("POST".parse()?, "/admin/support-bundle", None).await?;
        // What others should not see is taken out, and still it is nobody's business.
        let mut out = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(file)?;
        out.write_all(&octets)?;
        Ok(format!("{} octets are in {}\n", octets.len(), file.display()))
    }

    /// Does something with one bind or peer.
    async fn act(&self, name: &str, list: &str, action: &str, said: &str) -> Outcome {
        self.done("POST", &format!("/admin/{list}/{}/{action}", escaped(name)), &format!("{name} {said}")).await
    }

    /// A call that either succeeds or not.
    async fn done(&self, method: &str, path: &str, said: &str) -> Outcome {
        let answer = self.call(method, path, None).await?;
        Ok(if self.json { pretty(&answer) } else { format!("{said}\n") })
    }

    async fn get(&self, path: &str) -> Result<Value, CallError> {
        self.call("GET", path, None).await
    }

    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, CallError> {
        let method = method.parse().map_err(|error| CallError::Broken(format!("{error:?}")))?;
        self.client.data(method, path, body.as_ref()).await
    }

    fn table(&self, rows: Value, columns: &[&str]) -> String {
        if self.json { pretty(&rows) } else { table::rows(&rows, columns) }
    }

    fn tree(&self, value: Value) -> String {
        if self.json { pretty(&value) } else { table::tree(&value) }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// A name as part of a path.
fn escaped(name: &str) -> String {
    let octet = |octet: u8| match octet {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'~' => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    };
    name.bytes().map(octet).collect()
}

/// Reads a file, or standard input for "-".
fn read(file: &Path) -> io::Result<String> {
    let text = if file == Path::new("-") { io::read_to_string(io::stdin()) } else { std::fs::read_to_string(file) };
    text.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}

const BINDS: [&str; 9] = ["name", "mode", "state", "system_id", "peers", "uptime_seconds", "sent", "received", "last_error"];
const PEERS: [&str; 6] = ["name", "mode", "origin", "system_id", "host", "tps_limit"];
