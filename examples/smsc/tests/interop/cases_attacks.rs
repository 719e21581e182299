//! What strangers try on the ports of a running centre: nothing gets through, and everybody else is served meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::program::Smsc;
use crate::web::{self, log_in, post_form};

/// A centre whose ports speak plain HTTP, so that every octet is the test's own.
fn open_centre(more: &[(&str, &str)]) -> Smsc {
    let plain = [("SMSC_API__ENABLE_TLS", "false"), ("SMSC_WEB__ENABLE_TLS", "false")];
    Smsc::with(&[&plain, more].concat())
}

fn submission(text: &str) -> Value {
    json!({ "source_msisdn": "+15551234567", "destination_msisdn": "+447700900000", "message_body": text, "source_smsc": "shop" })
}

#[test]
fn no_path_leads_out_of_what_is_served() {
    let smsc = open_centre(&[]);
    let up = ["../", "..%2f", "%2e%2e/", "..\\", "....//", "%252e%252e%252f"];
    for (address, base) in [(smsc.api, "/api/docs/"), (smsc.api, "/"), (smsc.dashboard, "/assets/"), (smsc.metrics, "/")] {
        for step in up {
            let reply = web::get(address, &format!("{base}{}etc/passwd", step.repeat(8)));
            assert!(matches!(reply.status, 303 | 400 | 401 | 404), "{reply:?}");
            assert!(!reply.body.contains("root:"), "{reply:?}");
        }
    }
}

#[test]
fn nobody_writes_headers_into_our_answers() {
    let smsc = open_centre(&[]);
    let evil = "x%0d%0aSet-Cookie:%20stolen=1%0d%0a%0d%0a";
    let paths = ["/api/frontends/history/", "/api/messages?status=", "/api/locations/", "/login?next=/"];
    for (address, path) in [(smsc.api, paths[0]), (smsc.api, paths[1]), (smsc.api, paths[2]), (smsc.dashboard, paths[3])] {
        let reply = web::get(address, &format!("{path}{evil}"));
        assert!(reply.header("set-cookie").is_none() && reply.status != 500, "{path}: {reply:?}");
    }
    let reply =
        web::call(smsc.api, ("GET", "/api/status"), &[("X-Request-Id", "a b\tc;d"), ("X-Forwarded-For", "evil, \"1\"")], "");
    assert_eq!(reply.status, 200, "{reply:?}");
}

#[test]
fn nobody_writes_lines_into_our_log() {
    let smsc = open_centre(&[("SMSC_LOG__LEVEL", "debug")]);
    let line = "\r\n2026-11-28T00:00:00Z ERROR forged: the store is gone\n\u{1b}[31mred";
    let frontend = json!({ "frontend_name": format!("gw{line}"), "frontend_type": format!("SMPP{line}") });
    web::json(smsc.api, ("POST", "/api/frontends"), &frontend);
    let mut message = submission(&format!("hello{line}"));
    message["source_smsc"] = format!("shop{line}").into();
    message["source_msisdn"] = format!("+1555{line}").into();
    web::json(smsc.api, ("POST", "/api/messages"), &message);
    web::json(smsc.api, ("POST", "/api/messages/create_async"), &message);
    web::json(smsc.api, ("POST", "/api/routes"), &json!({ "dest_smsc": format!("x{line}"), "description": line }));
    web::get(smsc.api, &format!("/api/{}", web::percent_encoded(line)));
    post_form(smsc.dashboard, "/login", &[], &web::form(&[("name", line), ("password", line)]));
    let said = smsc.stop_and_read();
    assert!(said.iter().all(|said| !said.starts_with("2026-11-28T00:00:00Z") && !said.contains('\u{1b}')), "{said:#?}");
}

#[test]
fn what_senders_write_is_text_on_every_page() {
    let smsc = open_centre(&[]);
    let probe = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'><svg/onload=alert(3)>";
    let mut message = submission(probe);
    message["source_smsc"] = "shop<b>".into();
    let id = web::json(smsc.api, ("POST", "/api/messages"), &message).json()["data"]["id"].as_u64().unwrap();
    web::json(
        smsc.api,
        ("POST", "/api/frontends"),
        &json!({ "frontend_name": "gw<b>", "frontend_type": probe, "hostname": probe }),
    );
    web::json(smsc.api, ("POST", "/api/routes"), &json!({ "dest_smsc": "gw", "called_prefix": "+99", "description": probe }));
    web::json(smsc.api, ("POST", "/api/locations"), &json!({ "imsi": "00101", "msisdn": "+4477", "user_agent": probe }));
    web::json(
        smsc.api,
        ("POST", "/api/events"),
        &json!({ "message_id": id, "name": "probe", "description": probe, "event_source": probe }),
    );
    let (cookie, _) = log_in(smsc.dashboard, &smsc.dashboard_password());
    let pages =
        ["/", "/message_queue", &format!("/message/{id}"), "/sms_routing", "/frontend_status", "/locations", "/logs", "/records"];
    for path in pages {
        let page = web::call(smsc.dashboard, ("GET", path), &[("Cookie", &cookie)], "");
        assert_eq!(page.status, 200, "{path}: {page:?}");
        for raw in ["<script>alert", "<img src=x", "<svg/onload", "shop<b>", "gw<b>"] {
            assert!(!page.body.contains(raw), "{path} shows {raw}: {}", page.body);
        }
        let policy = page.header("content-security-policy").unwrap();
        assert!(!policy.contains("unsafe-inline") && policy.contains("default-src 'none'"), "{policy}");
    }
}

#[test]
fn another_site_cannot_act_for_who_is_logged_in() {
    let smsc = open_centre(&[]);
    let (cookie, token) = log_in(smsc.dashboard, &smsc.dashboard_password());
    let message = [("source", "Shop"), ("destination", "+447700900123"), ("text", "forged"), ("source_smsc", "shop")];
    let forged = web::form(&message);
    let with_token = web::form(&[&message[..], &[("csrf", &token)]].concat());
    let content = ("Content-Type", "application/x-www-form-urlencoded");
    let evil = ("Origin", "https://evil.example");
    for (headers, form) in [
        (vec![content, ("Sec-Fetch-Site", "cross-site"), evil], &with_token),
        (vec![content, evil], &with_token),
        (vec![content, ("Sec-Fetch-Site", "same-site")], &with_token),
        (vec![content, ("Sec-Fetch-Site", "same-origin")], &forged),
        (vec![("Content-Type", "text/plain"), ("Sec-Fetch-Site", "same-origin")], &forged),
    ] {
        let headers = [&headers[..], &[("Cookie", cookie.as_str())]].concat();
        let reply = web::call(smsc.dashboard, ("POST", "/send"), &headers, form);
        // What is no form of ours is not even read.
        let expected = if headers.contains(&("Content-Type", "text/plain")) { 415 } else { 403 };
        assert_eq!(reply.status, expected, "{headers:?}: {reply:?}");
    }
    let queued = web::get(smsc.api, "/api/messages").json();
    assert_eq!(queued["data"], json!([]), "nothing was sent");
    // The session is one that pages of other sites cannot use or read.
    let reply =
        post_form(smsc.dashboard, "/login", &[], &web::form(&[("name", "admin"), ("password", &smsc.dashboard_password())]));
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
}

#[test]
fn guessing_passwords_gets_slower_and_locks_nobody_out() {
    let smsc = open_centre(&[]);
    let guess =
        |password: &str| post_form(smsc.dashboard, "/login", &[], &web::form(&[("name", "admin"), ("password", password)]));
    let statuses: Vec<u16> = (0..12).map(|number| guess(&format!("guess{number}")).status).collect();
    assert!(statuses[..3].iter().all(|status| matches!(status, 401 | 422)), "{statuses:?}");
    assert!(statuses.contains(&429), "{statuses:?}");
    // The one who knows it gets in as soon as the address may try again.
    let deadline = Instant::now() + Duration::from_secs(90);
    while guess(&smsc.dashboard_password()).status != 303 {
        assert!(Instant::now() < deadline, "the right password is locked out");
        std::thread::sleep(Duration::from_millis(500)); // the delay is the server's
    }
}

#[test]
fn bodies_that_are_too_large_are_not_read() {
    let smsc = open_centre(&[("SMSC_API__MAX_IMPORT_OCTETS", "1048576")]);
    for (address, path) in [(smsc.api, "/api/messages"), (smsc.api, "/api/routes/import"), (smsc.dashboard, "/login")] {
        let kind = if path == "/login" { "application/x-www-form-urlencoded" } else { "application/json" };
        let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {kind}\r\nSec-Fetch-Site: same-origin\r\n");
        let announced =
            web::raw(address, format!("{head}Connection: close\r\nContent-Length: 1000000000000\r\n\r\n{{").as_bytes());
        assert_eq!(announced.status, 413, "{path}: {announced:?}");
        let mut endless = format!("{head}Transfer-Encoding: chunked\r\n\r\n").into_bytes();
        for _ in 0..64 {
            endless.extend_from_slice(b"80000\r\n");
            endless.resize(endless.len() + 0x80000, b' ');
            endless.extend_from_slice(b"\r\n");
        }
        let streamed = web::raw(address, &endless);
        assert_eq!(streamed.status, 413, "{path}: {streamed:?}");
    }
    let long = format!("GET /api/status HTTP/1.1\r\nHost: x\r\nX-Filler: {}\r\n\r\n", "x".repeat(1 << 20));
    let reply = web::raw(smsc.api, long.as_bytes());
    assert!(matches!(reply.status, 400 | 431), "{reply:?}");
    assert_eq!(web::get(smsc.api, "/api/status").status, 200);
}

#[test]
fn json_bombs_are_refused_with_what_is_wrong() {
    let smsc = open_centre(&[]);
    let deep = "[".repeat(100_000);
    let wide = format!("{{{}\"z\":1}}", "\"a\":1,".repeat(50_000));
    let number = format!("{{\"priority\":1{}}}", "0".repeat(10_000));
    for (body, statuses) in [(deep, [400, 400]), (wide, [422, 422]), (number, [400, 422])] {
        for path in ["/api/messages", "/api/routes", "/api/locations", "/api/frontends", "/api/events"] {
            let reply = web::call(smsc.api, ("POST", path), &[("Content-Type", "application/json")], &body);
            assert!(statuses.contains(&reply.status), "{path}: {} {}", reply.head, reply.body);
            assert!(reply.json()["errors"]["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
        }
    }
    assert_eq!(web::get(smsc.api, "/api/status").status, 200);
}

#[test]
fn slow_requests_hold_up_nobody_and_are_given_up() {
    let smsc = open_centre(&[]);
    let addresses = [smsc.api, smsc.dashboard, smsc.metrics];
    let slow: Vec<TcpStream> = addresses
        .into_iter()
        .flat_map(|address| [address; 300])
        .map(|address| {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.write_all(b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Le").unwrap();
            stream
        })
        .collect();
    for address in addresses {
        let reply = web::get(address, "/metrics");
        assert!(matches!(reply.status, 200 | 303 | 401 | 404), "{reply:?}");
    }
    // Each is closed by the server in the end, with an answer or without.
    for mut stream in slow {
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).unwrap();
    }
}
