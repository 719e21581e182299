//! Commands against a centre that only says what the test tells it to, and those that need none.

use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use serde_json::{Value, json};

use super::*;

/// One call as it came over the socket.
#[derive(Debug, PartialEq)]
struct Call {
    line: String,
    body: Value,
}

/// Answers one call after the other with what is given, and tells what they were.
fn centre(scratch: &Scratch, answers: Vec<(u16, Value)>) -> Receiver<Call> {
    let directory = scratch.0.join("smsc-data");
    fs::create_dir_all(&directory).unwrap();
    let listener = UnixListener::bind(directory.join("control.sock")).unwrap();
    let (sender, calls) = channel();
    thread::spawn(move || {
        for (status, answer) in answers {
            let (stream, _) = listener.accept().unwrap();
            sender.send(serve(stream, status, &answer.to_string())).unwrap();
        }
    });
    calls
}

fn serve(mut stream: UnixStream, status: u16, answer: &str) -> Call {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let (mut line, mut length) = (String::new(), 0);
    reader.read_line(&mut line).unwrap();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if header.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", answer.len());
    stream.write_all((head + answer).as_bytes()).unwrap();
    let line = line.trim_end().strip_suffix(" HTTP/1.1").unwrap().into();
    Call { line, body: serde_json::from_slice(&body).unwrap_or_default() }
}

#[test]
fn commands_are_calls_and_show_what_comes_back() {
    let list = json!({ "data": [{ "id": 7, "status": "pending", "dest_smsc": null }] });
    let cases = [
        (
            "messages list --status pending --msisdn +44 --limit 5",
            "GET /api/messages?status=pending&msisdn=%2B44&limit=5&offset=0",
            Value::Null,
            list,
            "7   pending",
        ),
        (
            "messages redirect 7 uk",
            "PATCH /api/messages/7",
            json!({ "dest_smsc": "uk" }),
            json!({ "data": {} }),
            "message 7 goes through uk",
        ),
        ("messages cancel 7", "DELETE /api/messages/7", Value::Null, json!(null), "message 7 is cancelled"),
        (
            "messages send --from Shop --to +447700900123 hi",
            "POST /api/messages",
            json!({ "source_msisdn": "Shop", "destination_msisdn": "+447700900123", "message_body": "hi", "source_smsc": "operator" }),
            json!({ "status": "success", "data": { "id": 9 } }),
            "accepted as 9",
        ),
        ("routes disable 3", "PATCH /api/routes/3", json!({ "enabled": false }), json!({ "data": {} }), "route 3 is disabled"),
        (
            "routes simulate --calling 1 --called 2",
            "POST /api/routes/simulate",
            json!({ "calling": "1", "called": "2", "source_smsc": null, "source_type": null }),
            json!({ "data": { "calling": "1", "called": "2", "chosen": { "route": { "id": 4, "dest_smsc": "uk" } } } }),
            "1 to 2: uk by route 4 (everything)",
        ),
        (
            "accounts disable a/b",
            "POST /admin/accounts/a%2Fb/disable",
            Value::Null,
            json!({ "data": "a/b" }),
            "a/b may bind no more",
        ),
        (
            "records query conversation 1 2 --json",
            "POST /admin/records/query",
            json!({ "name": "conversation", "parameters": ["1", "2"] }),
            json!({ "data": [] }),
            "[]",
        ),
        ("sessions list", "GET /admin/sessions", Value::Null, json!({ "data": [] }), "none"),
        (
            "log-level debug",
            "PUT /admin/log-level",
            json!({ "level": "debug" }),
            json!({ "data": { "level": "debug" } }),
            "level: debug",
        ),
        ("status", "GET /admin/status", Value::Null, json!({ "data": { "messages": { "pending": 5 } } }), "messages.pending: 5"),
    ];
    let scratch = Scratch::new("calls");
    let calls = centre(&scratch, cases.iter().map(|(_, _, _, answer, _)| (200, answer.clone())).collect());
    for (command, line, body, _, shown) in cases {
        let (code, output, errors) = run(smsc(&scratch).args(command.split(' ')));
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{command}");
        assert!(output.contains(shown), "{command}: {output}");
        assert_eq!(calls.recv().unwrap(), Call { line: line.into(), body }, "{command}");
    }
}

#[test]
fn a_refusal_is_told_in_the_words_of_the_centre() {
    let scratch = Scratch::new("refusal");
    let refusal = json!({ "errors": { "detail": "there is no message 7" } });
    let _calls = centre(&scratch, vec![(404, refusal)]);
    assert_eq!(refused(smsc(&scratch).args(["messages", "cancel", "7"]), 1), "there is no message 7");
}

#[test]
fn without_a_running_centre_a_command_says_where_it_looked() {
    let scratch = Scratch::new("nobody");
    let error = refused(smsc(&scratch).args(["status", "--data-dir", "elsewhere"]), 1);
    assert!(error.contains("elsewhere/control.sock") && error.contains("is it running"), "{error}");
}

#[test]
fn a_password_is_hashed_from_standard_input() {
    let scratch = Scratch::new("hash");
    let mut command = smsc(&scratch);
    let mut child = command.args(["accounts", "hash-password"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"secret08\n").unwrap();
    let output = String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap();
    assert!(output.starts_with("$argon2id$") && output.lines().count() == 1, "{output}");
}

#[test]
fn what_was_queued_is_backed_up_and_restored_without_a_running_centre() {
    let scratch = Scratch::new("backup");
    let settings = scratch.file("[sandbox]\ndelay_ms = 3_600_000\n");
    let start = || Running::start(smsc(&scratch).arg("--config").arg(&settings));
    let running = start();
    let mut esme = Esme::bind(running.address());
    esme.send(SUBMIT_SM, HELLO);
    assert_eq!(esme.response(SUBMIT_SM), 0);
    running.signal("TERM");
    assert_eq!(running.end().0, Some(0));
    let (code, output, errors) = run(smsc(&scratch).args(["backup", "backups", "--keep-days", "30", "--json"]));
    assert_eq!((code, errors.as_str()), (Some(0), ""), "{errors}");
    let report: Value = serde_json::from_str(&output).unwrap();
    assert_eq!(report["pending"], 1, "{report}");
    let backup = report["directory"].as_str().unwrap();
    let error = refused(smsc(&scratch).args(["restore", backup]), 1);
    assert!(error.contains("smsc-data") && error.contains("--force"), "{error}");
    assert_eq!(run(smsc(&scratch).args(["restore", "--force", backup])).0, Some(0));
    assert_eq!(start().greeting[2], "messages are stored in ./smsc-data (1 queued)");
}
