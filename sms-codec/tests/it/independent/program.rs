//! The process with a foreign package in it: all questions go in, all answers come out, as JSON lines.

use std::env;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use serde_json::Value;

/// A foreign package; its script is `ask-` and its name, lest Python takes the script for the package.
#[derive(Clone, Copy, Debug)]
pub(super) enum Package {
    GsmCodecs,
    SmsPduDecoder,
    SplitSms,
    #[cfg(feature = "graphemes")]
    SmsSegmentsCalculator,
}

impl Package {
    /// Asks everything at once; `None`, and a note, if the package is not installed.
    pub(super) fn answers(self, questions: &[Value]) -> Option<Vec<Value>> {
        if !self.is_installed() {
            self.skip();
            return None;
        }
        let answers = self.converse(questions);
        assert_eq!(answers.len(), questions.len(), "{self:?} answers every question");
        Some(answers)
    }

    fn name(self) -> &'static str {
        match self {
            Self::GsmCodecs => "gsmcodecs",
            Self::SmsPduDecoder => "smspdudecoder",
            Self::SplitSms => "split-sms",
            #[cfg(feature = "graphemes")]
            Self::SmsSegmentsCalculator => "sms-segments-calculator",
        }
    }

    /// The script in its interpreter, as `./test` set it up, or else the system's.
    fn command(self) -> Command {
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("interop");
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/independent");
        let script = scripts.join(format!("ask-{}", self.name()));
        if matches!(self, Self::GsmCodecs | Self::SmsPduDecoder) {
            let own = cache.join("python/bin/python");
            let mut command = Command::new(if own.exists() { own } else { "python3".into() });
            command.arg(script.with_extension("py"));
            return command;
        }
        let mut command = Command::new("node");
        command.arg(script.with_extension("js"));
        let own = cache.join("node/node_modules");
        if own.exists() {
            command.env("NODE_PATH", own);
        }
        command
    }

    /// The whole command, so that nothing it needs is forgotten, but nothing to do.
    fn is_installed(self) -> bool {
        let quiet = self.command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        quiet.is_ok_and(|status| status.success())
    }

    fn converse(self, questions: &[Value]) -> Vec<Value> {
        let mut child = self.command().stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        let lines: String = questions.iter().map(|question| format!("{question}\n")).collect();
        // Beside the reading: either pipe may be full. Dropping the input ends the conversation.
        let writer = thread::spawn(move || input.write_all(lines.as_bytes()));
        let output = BufReader::new(child.stdout.take().unwrap());
        let answers = output.lines().map(|line| serde_json::from_str(&line.unwrap()).unwrap()).collect();
        let status = child.wait().unwrap();
        assert!(status.success() && writer.join().unwrap().is_ok(), "{self:?}: {status}");
        answers
    }

    /// Notes that the package is missing. Fails if `SMSC_TEST_REQUIRE` promised it.
    fn skip(self) {
        let name = self.name();
        let required = env::var("SMSC_TEST_REQUIRE").unwrap_or_default();
        let promised = required == "1" || required.split(',').any(|item| item == name);
        assert!(!promised, "{name} is required and not installed (./test)");
        eprintln!("SKIPPED: {name} not installed (./test)");
        if let Some(path) = env::var_os("SMSC_TEST_SKIPPED") {
            let mut notes = OpenOptions::new().create(true).append(true).open(path).unwrap();
            // One write: tests of other processes append to the same file.
            notes.write_all(format!("{name} (./test)\n").as_bytes()).unwrap();
        }
    }
}
