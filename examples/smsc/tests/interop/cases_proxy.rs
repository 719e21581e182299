//! The dashboard behind somebody else's TLS: R-OPS-12. The proxy here does what the documents ask of one: it says for whom
//! it asks, passes the headers of a protocol upgrade on, and keeps the live channel open.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use crate::site::Site;
use crate::web;

/// Where people think they are, and whence they come.
const NAME: &str = "sms.example";
const CLIENT: &str = "203.0.113.9";

/// Passes every connection on; gives where it listens.
fn proxy(to: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().map_while(Result::ok) {
            thread::spawn(move || pass(client, to));
        }
    });
    address
}

fn pass(client: TcpStream, to: SocketAddr) -> Option<()> {
    let mut server = TcpStream::connect(to).ok()?;
    let mut lines = BufReader::new(client.try_clone().ok()?);
    let mut head = String::new();
    while lines.read_line(&mut head).ok()? > 2 {}
    let (request, headers) = head.split_once("\r\n")?;
    let headers = headers.lines().filter(|line| !line.to_ascii_lowercase().starts_with("host:") && !line.is_empty());
    let mut passed = format!("{request}\r\nHost: {to}\r\nX-Forwarded-For: {CLIENT}\r\nX-Forwarded-Host: {NAME}\r\n");
    passed += "X-Forwarded-Proto: https\r\nUpgrade: websocket\r\n";
    headers.for_each(|line| passed += &format!("{line}\r\n"));
    server.write_all(format!("{passed}\r\n").as_bytes()).ok()?;
    server.write_all(lines.buffer()).ok()?;
    lines.consume(lines.buffer().len());
    let (mut back, mut answered) = (client, server.try_clone().ok()?);
    thread::spawn(move || {
        let _ = std::io::copy(&mut lines, &mut server);
    });
    let _ = std::io::copy(&mut answered, &mut back);
    back.shutdown(Shutdown::Both).ok()
}

/// Sends a form as a browser does that is on `https://sms.example`.
fn post(through: SocketAddr, path: &str, cookie: &str, fields: &[(&str, &str)]) -> web::Reply {
    let origin = format!("https://{NAME}");
    let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", &origin), ("Cookie", cookie)];
    web::call(through, ("POST", path), &headers, &web::form(fields))
}

#[test]
fn the_dashboard_works_behind_a_proxy_that_speaks_tls() {
    let site = Site::started("[web]\ntrusted_proxies = [\"127.0.0.1\"]\nhostname = \"sms.example\"\n");
    let through = proxy(site.dashboard());
    let failed = post(through, "/login", "", &[("name", "admin"), ("password", "wrong")]);
    assert!(failed.status != 303 && failed.header("set-cookie").is_none_or(|cookie| !cookie.starts_with("smsc=")), "{failed:?}");
    site.wait_for_line(CLIENT);
    let entered = post(through, "/login", "", &[("name", "admin"), ("password", &site.dashboard_password()), ("next", "/")]);
    assert_eq!((entered.status, entered.header("location")), (303, Some("/")), "{entered:?}");
    let cookie = entered.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let page = web::call(through, ("GET", "/send"), &[("Cookie", &cookie)], "").body;
    let csrf = page.split_once("name=\"csrf\" value=\"").unwrap().1.split('"').next().unwrap();
    let fields = [("csrf", csrf), ("called_prefix", "+44"), ("dest_smsc", "uk"), ("priority", "9"), ("weight", "100")];
    assert_eq!(post(through, "/sms_routing", &cookie, &fields).status, 303);
    // A page of another site gets nothing through the proxy either.
    let headers =
        [("Content-Type", "application/x-www-form-urlencoded"), ("Origin", "https://evil.example"), ("Cookie", &cookie)];
    let forged = web::call(through, ("POST", "/sms_routing"), &headers, &web::form(&fields));
    assert_eq!(forged.status, 403, "{forged:?}");
    assert_eq!(site.json(&["routes", "list"]).as_array().unwrap().len(), 2);
    // Ticks come while the answer is still open, and the headers of an upgrade do no harm.
    let mut live = TcpStream::connect(through).unwrap();
    live.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(live, "GET /live HTTP/1.1\r\nHost: {NAME}\r\nCookie: {cookie}\r\nConnection: upgrade\r\n\r\n").unwrap();
    let mut said = String::new();
    let mut octets = [0; 4096];
    while said.matches("event: tick").count() < 2 {
        let read = live.read(&mut octets).unwrap();
        assert_ne!(read, 0, "the channel ended: {said}");
        said += &String::from_utf8_lossy(&octets[..read]);
    }
    assert!(said.starts_with("HTTP/1.1 200 ") && said.to_ascii_lowercase().contains("x-accel-buffering: no"), "{said}");
}
