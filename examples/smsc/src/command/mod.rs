//! What an operator does from a shell: each command is a call over the control socket and a way to show the answer.

mod account;
mod backup;
mod message;
mod record;
mod route;
mod simulation;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Value, json};
use smsc_engine::http::admin::{CallError, ControlClient, SOCKET};
use smsc_engine::program::table;

use crate::args::{Command, Sessions};

/// What a command ends with: the text to print, or why there is none.
type Outcome = Result<String, Box<dyn std::error::Error>>;

/// Calls one centre and shows what it answers.
struct Shell {
    client: ControlClient,
    json: bool,
}

/// Runs a command for the centre with this data directory.
pub(crate) fn run(command: Command, directory: &Path, json: bool) -> ExitCode {
    let shell = Shell { client: ControlClient::new(directory.join(SOCKET)), json };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(shell.run(command, directory)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(text) => crate::words::say(&text),
        Err(error) => crate::fail(crate::FAILED, &error),
    }
}

impl Shell {
    async fn run(&self, command: Command, directory: &Path) -> Outcome {
        match command {
            Command::Messages(messages) => self.messages(messages).await,
            Command::Routes(routes) => self.routes(routes).await,
            Command::Accounts(accounts) => self.accounts(accounts).await,
            Command::Records(records) => self.records(records).await,
            Command::Sessions(Sessions::List) => {
                let columns = ["id", "system_id", "bind", "peer", "version", "state", "waiting", "unanswered"];
                Ok(self.table(self.get("/admin/sessions").await?, &columns))
            }
            Command::Sessions(Sessions::Drop { id }) => {
                self.done("DELETE", &format!("/admin/sessions/{id}"), None, &format!("session {id} is being unbound")).await
            }
            Command::Status => Ok(self.tree(self.get("/admin/status").await?)),
            Command::Cluster => self.cluster().await,
            Command::LogLevel { level: None } => Ok(self.tree(self.get("/admin/log-level").await?)),
            Command::LogLevel { level: Some(level) } => {
                Ok(self.tree(self.call("PUT", "/admin/log-level", Some(json!({ "level": level }))).await?))
            }
            Command::Reload => Ok(self.tree(self.call("POST", "/admin/reload", None).await?)),
            Command::Stop => Ok(self.tree(self.call("POST", "/admin/stop", None).await?)),
            Command::Backup { directory: target, keep_days } => self.backup(directory, &target, keep_days).await,
            Command::Restore { backup, force, configuration } => self.restore(&backup, directory, (force, configuration)),
            Command::SupportBundle { file } => self.support_bundle(&file).await,
            // The program itself does these.
            Command::Run | Command::CheckConfig => Ok(String::new()),
        }
    }

    /// The members, and what is wrong.
    async fn cluster(&self) -> Outcome {
        let mut status = self.get("/admin/status").await?;
        let mut cluster = status.get_mut("cluster").map(Value::take).unwrap_or_default();
        if cluster.is_null() {
            return Err("this centre shares no database with others".into());
        }
        if self.json {
            return Ok(self.tree(cluster));
        }
        let members = cluster.get_mut("members").map(Value::take).unwrap_or_default();
        let table = self.table(members, &["name", "state", "address", "version", "silent_seconds", "detail"]);
        if let Some(cluster) = cluster.as_object_mut() {
            cluster.remove("members");
        }
        Ok(format!("{}\n{table}", self.tree(cluster).trim_end()))
    }

    async fn get(&self, path: &str) -> Result<Value, CallError> {
        self.call("GET", path, None).await
    }

    /// Returns what is in the envelope.
    async fn call(&self, method: &str, path: &str, body: Option<Value>) -> Result<Value, CallError> {
        let method = method.parse().map_err(|error| CallError::Broken(format!("{error:?}")))?;
        self.client.data(method, path, body.as_ref()).await
    }

    /// A call that either succeeds or not.
    async fn done(&self, method: &str, path: &str, body: Option<Value>, said: &str) -> Outcome {
        let answer = self.call(method, path, body).await?;
        Ok(if self.json { pretty(&answer) } else { format!("{said}\n") })
    }

    fn table(&self, rows: Value, columns: &[&str]) -> String {
        if self.json { pretty(&rows) } else { table::rows(&rows, columns) }
    }

    fn tree(&self, value: Value) -> String {
        if self.json { pretty(&value) } else { table::tree(&value) }
    }
}

/// One field of an answer, as it is shown.
fn field<'a>(answer: &'a Value, name: &str) -> &'a Value {
    answer.get(name).unwrap_or(&Value::Null)
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

/// A query of these parameters, those that are given.
fn query(path: &str, parameters: &[(&str, Option<String>)]) -> String {
    let given = parameters.iter().filter_map(|(name, value)| Some(format!("{name}={}", escaped(value.as_deref()?))));
    format!("{path}?{}", given.collect::<Vec<_>>().join("&"))
}

/// A text as part of a URL.
fn escaped(text: &str) -> String {
    let octet = |octet: u8| match octet {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(octet).to_string(),
        _ => format!("%{octet:02X}"),
    };
    text.bytes().map(octet).collect()
}

/// Reads a file, or standard input for "-".
fn read(file: &Path) -> io::Result<String> {
    let text = if file == Path::new("-") { io::read_to_string(io::stdin()) } else { std::fs::read_to_string(file) };
    text.map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_escaped_and_those_not_given_left_out() {
        let parameters = [("msisdn", Some("+44 7".into())), ("status", None), ("limit", Some("5".to_owned()))];
        assert_eq!(query("/api/messages", &parameters), "/api/messages?msisdn=%2B44%207&limit=5");
    }
}
