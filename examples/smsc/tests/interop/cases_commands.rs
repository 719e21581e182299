//! Every command of an operator's shell against a running centre, through its own control socket.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::require;
use crate::site::{Site, until};
use crate::web;
use crate::wire::{INVALID_PASSWORD, INVALID_SYSTEM_ID, OK, Pdu, UNBIND, response_to};

/// Nobody delivers what goes to these numbers.
const UK: &str = r#"{"called_prefix":"+44","dest_smsc":"uk","description":"waits"}"#;

/// A number the sandbox delivers to.
const DELIVERED: &str = "+34600000011";

fn with_route(settings: &str) -> Site {
    let site = Site::started(settings);
    assert!(site.ok(&["routes", "add", UK]).ends_with("is in force\n"));
    site
}

fn send(site: &Site, to: &str, text: &str) -> String {
    site.json(&["messages", "send", "--from", "Shop", "--to", to, text])["id"].to_string()
}

fn message(site: &Site, id: &str) -> Value {
    site.json(&["messages", "show", id])["message"].clone()
}

#[test]
fn status_tells_how_the_centre_does() {
    let site = with_route("[api]\napplication = \"centre-of-tests\"\n");
    send(&site, "+447700900001", "one");
    let (_, _wire) = site.bind("test", "test");
    let status = site.json(&["status"]);
    assert_eq!(status["application"], "centre-of-tests", "{status}");
    assert_eq!(
        (&status["messages"]["pending"], &status["sessions"], &status["routes"]),
        (&json!(1), &json!(1), &json!(2)),
        "{status}"
    );
    assert_eq!(status["version"], concat!("smsc ", env!("CARGO_PKG_VERSION")));
    let text = site.ok(&["status"]);
    assert!(text.contains("messages.pending: 1\n") && text.contains("log_level: info\n"), "{text}");
}

#[test]
fn messages_are_found_and_shown() {
    let site = with_route("");
    let (first, second) = (send(&site, "+447700900001", "first"), send(&site, "+447700900002", "second"));
    let delivered = send(&site, DELIVERED, "third");
    until("the sandbox delivers", || message(&site, &delivered)["status"] == "delivered");
    let ids = |arguments: &[&str]| -> Vec<String> {
        let list = site.json(&[&["messages", "list"], arguments].concat());
        let mut ids: Vec<String> = list.as_array().unwrap().iter().map(|message| message["id"].to_string()).collect();
        ids.sort();
        ids
    };
    assert_eq!(ids(&["--status", "pending"]), [first.clone(), second.clone()]);
    assert_eq!(ids(&["--status", "delivered"]), [delivered.as_str()]);
    assert_eq!(ids(&["--msisdn", "+447700900002"]), [second.as_str()]);
    assert_eq!(ids(&["--dest-smsc", "uk", "--limit", "1"]).len(), 1);
    assert_eq!(ids(&["--source-smsc", "operator"]).len(), 3);
    let table = site.ok(&["messages", "list", "--status", "pending"]);
    assert!(table.starts_with("ID") && table.lines().count() == 3 && table.contains("+447700900001"), "{table}");
    let shown = site.ok(&["messages", "show", &delivered]);
    assert!(shown.contains("status: delivered\n") && shown.contains("message_body: third\n"), "{shown}");
    assert!(shown.contains("EVENT_EPOCH") && shown.contains("message_delivered"), "{shown}");
    assert!(!site.json(&["messages", "show", &delivered])["events"].as_array().unwrap().is_empty());
    let refusal = site.refused(&["messages", "show", "99999999"]);
    assert!(refusal.contains("99999999"), "{refusal}");
}

#[test]
fn messages_are_redirected_retried_and_cancelled() {
    let site = with_route("");
    let id = send(&site, "+447700900001", "wanders");
    assert_eq!(site.ok(&["messages", "redirect", &id, "sandbox"]), format!("message {id} goes through sandbox\n"));
    until("the sandbox delivers what was redirected", || message(&site, &id)["status"] == "delivered");
    // A number whose first attempt fails; the next would be due in two minutes.
    let failed = send(&site, "+34600000120", "again");
    let attempts = || {
        let events = site.json(&["messages", "show", &failed])["events"].clone();
        events.as_array().unwrap().iter().filter(|event| event["name"].as_str().unwrap().starts_with("delivery_attempt")).count()
    };
    until("the first attempt failed", || attempts() == 1);
    assert_eq!(site.ok(&["messages", "retry", &failed]), format!("message {failed} is tried again\n"));
    until("it was tried at once", || attempts() == 2);
    let cancelled = send(&site, "+447700900003", "never");
    let pending = || site.json(&["status"])["messages"]["pending"].clone();
    assert_eq!(pending(), 2);
    assert_eq!(site.ok(&["messages", "cancel", &cancelled]), format!("message {cancelled} is cancelled\n"));
    assert_eq!(pending(), 1);
    assert!(!site.refused(&["messages", "cancel", "99999999"]).is_empty());
}

#[test]
fn routes_are_added_tried_switched_and_deleted() {
    let site = with_route("");
    let list = site.json(&["routes", "list"]);
    let uk = list.as_array().unwrap().iter().find(|route| route["dest_smsc"] == "uk").unwrap()["id"].to_string();
    let chosen = || {
        site.json(&["routes", "simulate", "--calling", "1", "--called", "+447700900001"])["chosen"]["route"]["dest_smsc"].clone()
    };
    assert_eq!(chosen(), "uk");
    assert_eq!(site.ok(&["routes", "disable", &uk]), format!("route {uk} is disabled\n"));
    assert_eq!(chosen(), "sandbox");
    assert_eq!(site.ok(&["routes", "enable", &uk]), format!("route {uk} is enabled\n"));
    assert_eq!(chosen(), "uk");
    let question =
        ["routes", "simulate", "--calling", "1", "--called", "+447700900001", "--source-smsc", "x", "--source-type", "IMS"];
    let explained = site.ok(&question);
    let lines: Vec<&str> = explained.lines().collect();
    assert_eq!(lines[0], format!("1 to +447700900001: uk by route {uk} (called_prefix +44)"), "{explained}");
    assert!(lines[1].starts_with("reason: ") && lines[2].starts_with("not sandbox by route ") && lines.len() == 3, "{explained}");
    let explained = site.ok(&[&question[..], &["--all"]].concat());
    assert!(explained.contains("chosen.route.dest_smsc: uk\n") && explained.contains("reason: "), "{explained}");
    assert_eq!(site.ok(&["routes", "delete", &uk]), format!("route {uk} is gone\n"));
    assert_eq!(chosen(), "sandbox");
    let table = site.ok(&["routes", "list"]);
    assert!(table.starts_with("ID  ENABLED") && table.lines().count() == 2, "{table}");
    let refusal = site.refused(&["routes", "add", r#"{"called_prefix":"+44"}"#]);
    assert!(refusal.contains("dest_smsc"), "{refusal}");
    assert!(!site.refused(&["routes", "add", "{"]).is_empty());
    assert!(site.refused(&["routes", "delete", &uk]).contains(&uk));
}

#[test]
fn routes_move_from_one_centre_to_another() {
    let from = with_route("");
    let document = from.ok(&["routes", "export"]);
    fs::write(from.path("routes.json"), &document).unwrap();
    let to = Site::started("[sandbox]\nenabled = false\n");
    let file = from.path("routes.json");
    let file = file.to_str().unwrap();
    assert_eq!(to.json(&["routes", "import", file])["added"], 2);
    assert_eq!(to.json(&["routes", "import", file])["unchanged"], 2, "nothing comes twice");
    to.ok(&["routes", "add", r#"{"called_prefix":"+49","dest_smsc":"de"}"#]);
    let ran = to.run_with(&["routes", "import", "-", "--replace"], &document);
    assert!(ran.code == Some(0) && ran.output.contains("deleted: 3\n"), "{ran:?}");
    let routes = |site: &Site| -> Vec<Value> {
        let list: Value = serde_json::from_str(&site.ok(&["routes", "export"])).unwrap();
        let mut routes = list.get("routes").unwrap_or(&list).as_array().unwrap().clone();
        for route in &mut routes {
            for key in ["id", "inserted_at", "updated_at", "route_id"] {
                route.as_object_mut().unwrap().remove(key);
            }
        }
        routes.sort_by_key(Value::to_string);
        routes
    };
    assert_eq!(routes(&to), routes(&from));
    assert!(to.refused(&["routes", "import", "nowhere.json"]).starts_with("nowhere.json: "));
}

#[test]
fn accounts_come_go_and_are_there_after_a_restart() {
    let mut site = Site::started("[[accounts]]\nsystem_id = \"file\"\npassword = \"file\"\n");
    assert_eq!(site.bind("shop", "secret08").0, INVALID_SYSTEM_ID);
    let added = site.run_with(&["accounts", "add", "shop", "--max-sessions", "2"], "secret08\n");
    assert_eq!((added.code, added.output.as_str()), (Some(0), "shop may bind\n"), "{added:?}");
    let (status, mut wire) = site.bind("shop", "secret08");
    assert_eq!((status, site.bind("shop", "wrong").0), (OK, INVALID_PASSWORD));
    let list = site.json(&["accounts", "list"]);
    let shop = list.as_array().unwrap().iter().find(|account| account["system_id"] == "shop").unwrap();
    assert_eq!((&shop["sessions"], &shop["max_sessions"], &shop["enabled"]), (&json!(1), &json!(2), &json!(true)), "{list}");
    assert!(!list.to_string().contains("argon2") && site.ok(&["accounts", "list"]).contains("shop"), "{list}");
    // Who is shut out is shut out at once, and only as long as the operator wants.
    assert_eq!(site.ok(&["accounts", "disable", "shop"]), "shop may bind no more\n");
    assert_eq!(wire.receive().command_id(), UNBIND);
    assert_ne!(site.bind("shop", "secret08").0, OK);
    site.stop();
    site.start();
    assert_ne!(site.bind("shop", "secret08").0, OK, "still shut out after a restart");
    assert_eq!(site.ok(&["accounts", "enable", "shop"]), "shop may bind again\n");
    assert_eq!(site.bind("shop", "secret08").0, OK);
    site.ok(&["reload"]);
    assert_eq!((site.bind("shop", "secret08").0, site.bind("file", "file").0), (OK, OK), "the settings do not take it away");
    assert_eq!(site.ok(&["accounts", "delete", "shop"]), "shop is gone\n");
    assert_eq!(site.bind("shop", "secret08").0, INVALID_SYSTEM_ID);
    let again = site.run_with(&["accounts", "add", "file"], "other\n");
    assert!(again.code == Some(1) && again.errors.contains("file"), "{again:?}");
    assert!(site.refused(&["accounts", "disable", "nobody"]).contains("nobody"));
}

#[test]
fn records_are_listed_exported_and_asked() {
    let site = with_route("");
    let id = send(&site, DELIVERED, "billed, of course");
    until("the record is written", || site.json(&["records", "list"]).as_array().is_some_and(|list| list.len() == 1));
    let record = &site.json(&["records", "list", "--number", DELIVERED])[0];
    assert_eq!((record["message_id"].to_string(), &record["status"]), (id.clone(), &json!("delivered")), "{record}");
    assert!(site.ok(&["records", "list"]).contains("CALLED_NUMBER"));
    let csv = site.ok(&["records", "export"]);
    let mut lines = csv.lines();
    assert_eq!(
        lines.next(),
        Some("id,message_id,calling_number,called_number,dest_smsc,submission_time,delivery_time,status,message_parts")
    );
    let line = lines.next().unwrap();
    assert!(line.contains(&format!(",{id},Shop,{DELIVERED},sandbox,")) && line.ends_with(",delivered,1"), "{csv}");
    let masked = site.ok(&["records", "export", "--masked"]);
    assert!(!masked.contains(DELIVERED) && masked.lines().count() == 2, "{masked}");
    assert_eq!(site.ok(&["records", "list", "--until", "2001-01-01T00:00:00Z"]), "none\n");
    assert!(site.refused(&["records", "list", "--from", "yesterday"]).contains("yesterday"));
    for known in site.json(&["records", "query"]).as_array().unwrap() {
        let value = |parameter: &Value| match parameter.as_str().unwrap() {
            "from" => "2001-01-01T00:00:00Z",
            "until" | "before" => "2101-01-01T00:00:00Z",
            _ => DELIVERED,
        };
        let parameters = known["parameters"].as_array().unwrap().iter().map(value);
        let question: Vec<&str> = ["records", "query", known["name"].as_str().unwrap()].into_iter().chain(parameters).collect();
        assert!(site.json(&question).is_array(), "{question:?}");
        site.ok(&question);
    }
    assert!(site.refused(&["records", "query", "nonsense"]).contains("nonsense"));
}

#[test]
fn a_session_is_shown_and_dropped() {
    let site = Site::started("");
    let (status, mut wire) = site.bind("test", "test");
    assert_eq!(status, OK);
    let sessions = site.json(&["sessions", "list"]);
    assert_eq!((&sessions[0]["system_id"], &sessions[0]["bind"]), (&json!("test"), &json!("transceiver")), "{sessions}");
    let id = sessions[0]["id"].to_string();
    assert!(site.ok(&["sessions", "list"]).contains("transceiver"));
    assert_eq!(site.ok(&["sessions", "drop", &id]), format!("session {id} is being unbound\n"));
    let unbind = wire.receive();
    assert_eq!(unbind.command_id(), UNBIND);
    wire.send(&Pdu::new(response_to(UNBIND), unbind.sequence_number(), b"").0);
    wire.assert_closed();
    until("the session is gone", || site.json(&["sessions", "list"]) == json!([]));
    assert!(site.refused(&["sessions", "drop", &id]).contains(&id));
}

#[test]
fn the_log_level_changes_while_it_runs() {
    let site = Site::started("[log]\nfile = \"smsc.log\"\n");
    assert_eq!(site.ok(&["log-level"]), "level: info\n");
    let error = site.refused(&["log-level", "loud"]);
    assert!(error.contains("loud"), "{error}");
    assert_eq!(site.json(&["log-level", "debug"])["level"], "debug");
    assert_eq!(site.ok(&["log-level"]), "level: debug\n");
    assert_eq!(web::get(site.api(), "/api/status").status, 200);
    let line = site.wait_for_line("[debug]");
    until("the file has the line too", || crate::site::text_of(&site.path("smsc.log")).contains(&line));
    site.ok(&["log-level", "error"]);
    assert_eq!(site.ok(&["log-level"]), "level: error\n");
    // Not this one, but the next.
    site.ok(&["routes", "add", UK]);
    site.ok(&["log-level", "info"]);
    site.ok(&["routes", "delete", "2"]);
    site.wait_for_line("delete route actor=");
    assert!(!site.said().iter().any(|line| line.contains("add route")));
}

#[test]
fn settings_are_read_again_by_command_and_by_signal() {
    let site = Site::started("");
    assert_eq!(site.ok(&["reload"]), "nothing changed\n");
    let (_, _still_there) = site.bind("test", "test");
    site.write("[lifecycle]\nunrouted_policy = \"reject\"\n[smpp]\nwindow = 7\n[api.limits]\nmessages = 3\n");
    let text = site.ok(&["reload"]);
    assert!(
        text.contains("in force: ") && text.contains("lifecycle.unrouted_policy") && text.contains("need a restart: smpp.window"),
        "{text}"
    );
    // The policy counts from now on: the route of the sandbox away, nothing is taken.
    let route = site.json(&["routes", "list"])[0]["id"].to_string();
    site.ok(&["routes", "delete", &route]);
    assert!(!site.refused(&["messages", "send", "--from", "1", "--to", "+34600000011", "nowhere"]).is_empty());
    site.write("[lifecycle]\nunrouted_policy = \"keep\"\n");
    site.signal("HUP");
    site.wait_for_line("lifecycle.unrouted_policy");
    until("kept again", || site.run(&["messages", "send", "--from", "1", "--to", "+34600000011", "waits"]).code == Some(0));
    // A fault is told by the command, which reads the file itself, and by the centre; nothing changes.
    site.write("[smp]\n");
    let ran = site.run(&["reload"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.errors.starts_with("smsc: smsc.toml:1:2: unknown key `smp`"), "{ran:?}");
    site.signal("HUP");
    assert!(site.wait_for_line("settings cannot be read again: smsc.toml:1:2: unknown key `smp`").contains("[error]"));
    site.write("");
    assert_eq!(site.json(&["sessions", "list"]).as_array().unwrap().len(), 1, "nobody was cut off");
}

#[test]
fn a_backup_becomes_another_centre() {
    let site = with_route("");
    let waits = send(&site, "+447700900001", "kept");
    let ran = site.run_with(&["accounts", "add", "shop"], "secret08");
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = site.json(&["backup", "backups", "--keep-days", "30"]);
    assert_eq!((&report["pending"], &report["removed"]), (&json!(1), &json!([])), "{report}");
    let backup = report["directory"].as_str().unwrap();
    assert!(backup.starts_with(site.path("backups").to_str().unwrap()), "{backup}");
    assert!(site.refused(&["restore", backup, "--force"]).contains("smsc-data"), "a running centre keeps its files");
    let mut other = Site::new("");
    let configuration = other.path("configuration");
    let text = other.ok(&["restore", backup, "--configuration", configuration.to_str().unwrap()]);
    assert!(text.contains("pending: 1\n"), "{text}");
    assert_eq!(crate::site::text_of(&configuration.join("smsc.toml")), crate::site::text_of(&site.path("smsc.toml")));
    other.start();
    let message = message(&other, &waits);
    assert_eq!((&message["message_body"], &message["dest_smsc"]), (&json!("kept"), &json!("uk")), "{message}");
    assert_eq!(other.ok(&["routes", "export"]), site.ok(&["routes", "export"]));
    assert_eq!(other.bind("shop", "secret08").0, OK);
    assert!(site.ok(&["backup", "backups"]).contains("pending: 1\n"));
    assert!(other.refused(&["restore", "nowhere", "--data-dir", "new"]).contains("nowhere"));
}

#[test]
fn the_nightly_backup_runs_as_its_unit_says() {
    let site = with_route("");
    let waits = send(&site, "+447700900001", "kept over night");
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/systemd/smsc-backup.service");
    let unit = crate::site::text_of(std::path::Path::new(unit));
    let line = unit.lines().find_map(|line| line.strip_prefix("ExecStart=")).unwrap();
    // The same line with the places of this site, the longest first.
    let place = |name: &str| site.path(name).to_str().unwrap().to_owned();
    let line = line.replace("/var/lib/smsc-backups", &place("backups")).replace("/var/lib/smsc", &place("smsc-data"));
    let line = line.replace("/etc/smsc/smsc.toml", &place("smsc.toml"));
    let arguments: Vec<&str> = line.strip_prefix("/usr/bin/smsc ").unwrap().split(' ').collect();
    // systemd makes the state directory; two nights leave two backups.
    fs::create_dir(site.path("backups")).unwrap();
    let night = || {
        let mut command = Command::new(std::env::var("SMSC_TEST_PROGRAM").unwrap_or(env!("CARGO_BIN_EXE_smsc").into()));
        let ended = command.args(&arguments).current_dir("/").env_clear().output().unwrap();
        assert!(ended.status.success(), "{line}: {ended:?}");
    };
    night();
    night();
    let mut backups: Vec<_> = fs::read_dir(site.path("backups")).unwrap().map(|entry| entry.unwrap().path()).collect();
    backups.sort();
    assert_eq!(backups.len(), 2, "{backups:?}");
    assert_eq!(site.json(&["status"])["messages"]["pending"], 1, "it runs on");
    let mut other = Site::new("");
    other.ok(&["restore", backups[0].to_str().unwrap()]);
    other.start();
    assert_eq!(message(&other, &waits)["message_body"], "kept over night");
}

#[test]
fn a_support_bundle_has_no_secrets_texts_or_numbers() {
    let settings = "[web]\nusers = [{ name = \"boss\", password = \"hunter2-web\", role = \"admin\" }]\n\
                    [api]\napi_keys = [{ name = \"billing\", key = \"hunter2-0123456789\" }]\n\
                    [log]\nlevel = \"debug\"\n[[accounts]]\nsystem_id = \"file\"\npassword = \"hunter2\"\n";
    let site = with_route(settings);
    send(&site, "+447700900001", "hunter2 in a text");
    let (status, _wire) = site.bind("file", "hunter2");
    assert_eq!(status, OK);
    let text = site.ok(&["support-bundle", "bundle.tar.gz"]);
    assert!(text.contains("bundle.tar.gz"), "{text}");
    assert!(site.refused(&["support-bundle", "bundle.tar.gz"]).contains("bundle.tar.gz"), "nothing is overwritten");
    if Command::new("tar").arg("--version").output().is_err() {
        return require::skip("tar", "install tar");
    }
    let unpacked = Command::new("tar").args(["-xOzf", "bundle.tar.gz"]).current_dir(&site.directory).output().unwrap();
    let text = String::from_utf8_lossy(&unpacked.stdout);
    assert!(unpacked.status.success() && text.contains("sms_c_queue_size_pending") && text.contains("[[accounts]]"), "{text}");
    for secret in ["hunter2", "7700900001", "argon2"] {
        assert!(!text.contains(secret), "{secret} is in\n{text}");
    }
}

#[test]
fn stop_stops_it_in_order() {
    let mut site = with_route("");
    send(&site, "+447700900001", "kept");
    assert!(web::get(site.api(), "/api/status").status == 200);
    assert_eq!(site.ok(&["stop"]), "the centre stops\n");
    assert!(site.ended().success());
    let error = site.refused(&["status"]);
    assert!(error.contains("control.sock") && error.contains("is it running"), "{error}");
    site.start();
    assert_eq!(site.json(&["status"])["messages"]["pending"], 1);
}
