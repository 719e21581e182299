//! Every change leaves one line for auditors: who, what, to which thing. The lines are read as the program writes them.

use serde_json::{Value, json};

use crate::site::{Site, until};
use crate::web;

/// The lines with the target `audit` so far: who, what and to which thing.
fn audited(site: &Site) -> Vec<(String, String, String)> {
    let lines = site.said().into_iter().filter_map(|line| serde_json::from_str::<Value>(&line).ok());
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines
        .filter(|line| line["target"] == "audit")
        .map(|line| (word(&line["fields"]["actor"]), word(&line["text"]), word(&line["fields"]["details"])))
        .collect()
}

/// Makes a change that must leave exactly one line more, which begins so.
#[track_caller]
fn leaves(site: &Site, (actor, action, details): (&str, &str, &str), change: impl FnOnce()) {
    let before = audited(site).len();
    change();
    until(action, || audited(site).len() > before);
    let lines = audited(site).split_off(before);
    let [(by, what, which)] = &lines[..] else { panic!("{action} left {lines:?}") };
    assert_eq!((by.as_str(), what.as_str()), (actor, action), "{which}");
    assert!(which.starts_with(details), "{action}: {which}");
}

/// Who runs this test, as the system names him.
fn me() -> String {
    let output = std::process::Command::new("id").arg("-un").output().unwrap();
    format!("command line of {}", String::from_utf8(output.stdout).unwrap().trim())
}

fn logging(settings: &str) -> Site {
    Site::started(&format!("[log]\nformat = \"json\"\n{settings}"))
}

const UK: &str = r#"{"called_prefix":"+44","dest_smsc":"uk"}"#;

#[test]
fn changes_by_command_name_the_user_of_the_system() {
    let site = logging("");
    let me = me();
    let line = |change: &[&str], input: &str, (action, details): (&str, &str)| {
        leaves(&site, (&me, action, details), || {
            let ran = site.run_with(change, input);
            assert_eq!(ran.code, Some(0), "{ran:?}");
        });
    };
    let id = || site.json(&["messages", "send", "--from", "Shop", "--to", "+447700900001", "x"])["id"].to_string();
    line(&["routes", "add", UK], "", ("add route", "2: called_prefix null -> \"+44\""));
    line(&["routes", "disable", "2"], "", ("change route", "2: enabled true -> false"));
    line(&["routes", "enable", "2"], "", ("change route", "2: enabled false -> true"));
    line(&["routes", "import", "-"], r#"[{"dest_smsc":"a"}]"#, ("import routes", "Merge: 1 added"));
    line(&["routes", "delete", "3"], "", ("delete route", "3: "));
    line(&["accounts", "add", "shop"], "secret08\n", ("add account", "shop"));
    line(&["accounts", "disable", "shop"], "", ("disable account", "shop"));
    line(&["accounts", "enable", "shop"], "", ("enable account", "shop"));
    line(&["accounts", "delete", "shop"], "", ("delete account", "shop"));
    let message = id();
    line(&["messages", "redirect", &message, "us"], "", ("change message", &format!("{message:0>10}: dest_smsc")));
    line(&["messages", "cancel", &message], "", ("delete message", &format!("{message:0>10}")));
    line(&["log-level", "debug"], "", ("set log level", "debug"));
    line(&["log-level", "info"], "", ("set log level", "info"));
    line(&["backup", "backups"], "", ("make backup", site.directory.to_str().unwrap()));
    line(&["reload"], "", ("reload settings", "nothing changed"));
    let (_, _wire) = site.bind("test", "test");
    let session = site.json(&["sessions", "list"])[0]["id"].to_string();
    line(&["sessions", "drop", &session], "", ("drop session", &format!("{session} of test")));
    // What is refused, and what only looks, leaves none.
    let before = audited(&site).len();
    site.refused(&["routes", "delete", "99"]);
    site.ok(&["routes", "list"]);
    assert_eq!(audited(&site).len(), before);
    line(&["stop"], "", ("stop", "the centre"));
}

#[test]
fn changes_over_rest_name_the_key_or_the_address() {
    for (settings, header, actor) in [
        ("", ("X-None", "x"), "address 127.0.0.1"),
        (
            "[api]\napi_keys = [{ name = \"boss\", key = \"0123456789abcdef\", admin = true }]\n",
            ("X-API-Key", "0123456789abcdef"),
            "API key boss",
        ),
    ] {
        let site = logging(settings);
        let line = |(method, path): (&str, &str), body: Value, (action, details): (&str, &str)| {
            leaves(&site, (actor, action, details), || {
                let headers = [("Content-Type", "application/json"), header];
                let reply = web::call(site.api(), (method, path), &headers, &body.to_string());
                assert!((200..300).contains(&reply.status), "{method} {path}: {reply:?}");
            });
        };
        line(("POST", "/api/routes"), serde_json::from_str(UK).unwrap(), ("add route", "2: "));
        line(("PATCH", "/api/routes/2"), json!({"weight": 7}), ("change route", "2: weight 100 -> 7"));
        line(("POST", "/api/routes/import"), json!([{"dest_smsc": "a"}]), ("import routes", "Merge: 1 added"));
        line(("DELETE", "/api/routes/3"), Value::Null, ("delete route", "3: "));
        line(("POST", "/api/accounts"), json!({"system_id": "shop", "password": "hunter22"}), ("add account", "shop"));
        line(("PATCH", "/api/accounts/shop"), json!({"enabled": false}), ("change account", "shop: enabled"));
        line(("DELETE", "/api/accounts/shop"), Value::Null, ("delete account", "shop"));
        let id = site.json(&["messages", "send", "--from", "Shop", "--to", "+447700900001", "hunter22"])["id"].to_string();
        let path = format!("/api/messages/{id}");
        line(("PATCH", &path), json!({"message_body": "hunter22 too"}), ("change message", &format!("{id:0>10}: message_body")));
        line(("DELETE", &path), Value::Null, ("delete message", &format!("{id:0>10}")));
        let secret = site.said().into_iter().find(|line| line.contains("hunter22"));
        assert!(secret.is_none(), "{secret:?}");
    }
}

#[test]
fn changes_in_the_dashboard_name_the_user() {
    let site = logging("");
    let dashboard = site.dashboard();
    let (cookie, csrf) = web::log_in(dashboard, &site.dashboard_password());
    let line = |path: &str, fields: &[(&str, &str)], (action, details): (&str, &str)| {
        leaves(&site, ("user admin (admin)", action, details), || {
            let form = web::form(&[fields, &[("csrf", &csrf)]].concat());
            let reply = web::post_form(dashboard, path, &[("Cookie", &cookie)], &form);
            assert!(matches!(reply.status, 200 | 303), "{path}: {reply:?}");
        });
    };
    let route = [("called_prefix", "+44"), ("dest_smsc", "uk"), ("priority", "9"), ("weight", "100"), ("enabled", "on")];
    line("/sms_routing", &route, ("add", "route 2"));
    line("/sms_routing/2/switch", &[], ("disable", "route 2"));
    line("/sms_routing/2/delete", &[], ("delete", "route 2"));
    let account = [("system_id", "shop"), ("password", "hunter22"), ("transceiver", "on"), ("enabled", "on")];
    let account = [&account[..], &[("receipts", "standard"), ("message_ids", "by_version")]].concat();
    line("/accounts", &account, ("add account", "shop"));
    line("/accounts/shop/delete", &[], ("delete account", "shop"));
    let user = [("name", "olga"), ("password", "a long password"), ("again", "a long password"), ("role", "viewer")];
    line("/users", &user, ("add user", "olga (viewer)"));
    line("/users/olga/delete", &[], ("delete user", "olga"));
    line("/logs/level", &[("level", "debug")], ("set log level", "debug"));
    line("/logout", &[], ("log out", ""));
}
