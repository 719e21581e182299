//! Everything that can go wrong with a call, done by a real socket: R-GW-10, 15, 86, 87.

use std::net::SocketAddr;

use smsc_engine::accounts::Secret;
use smsc_engine::http::listen::{ListenOptions, Listener, OwnCertificate};
use smsc_engine::remote::{CoreFault, Heartbeat, PendingFilter};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

use super::*;
use crate::rest_resources::log::listen;

/// What a server does once it has read a request.
#[derive(Clone, Copy)]
enum Way {
    /// Sends this and closes.
    Says(&'static str),
    /// Keeps still.
    Silent,
}

/// A server that does the same with every connection, and the heads of the requests it got.
struct Odd {
    address: SocketAddr,
    heads: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Odd {
    async fn start(way: Way) -> Odd {
        let listener = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, heads) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                sender.send(head(&mut stream).await).unwrap();
                match way {
                    Way::Says(text) => stream.write_all(text.as_bytes()).await.unwrap(),
                    Way::Silent => kept.push(stream),
                }
            }
        });
        Odd { address, heads, task }
    }

    fn core(&self, change: impl FnOnce(&mut CoreClientConfig)) -> RemoteCore {
        core(&format!("http://{}", self.address), change)
    }
}

impl Drop for Odd {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Reads a whole request, for a connection that is closed with something unread in it is reset; returns its head.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
    stream.read_exact(&mut vec![0; length.unwrap_or(0)]).await.unwrap();
    head
}

fn core(url: &str, change: impl FnOnce(&mut CoreClientConfig)) -> RemoteCore {
    let mut config = CoreClientConfig::new(url);
    change(&mut config);
    let options = RemoteOptions { protocol: Protocol::Forms, work_list: WorkList::default(), retry: Duration::from_millis(20) };
    RemoteCore::new(client(config), options)
}

/// The fault of one call to such a server, with the line of the log.
async fn fault(way: Way) -> (CoreFault, String) {
    let odd = Odd::start(way).await;
    let core = odd.core(|config| {
        config.timeout = Duration::from_millis(if matches!(way, Way::Silent) { 100 } else { 10_000 });
        config.max_answer = 1000;
    });
    told(&core).await
}

async fn told(core: &RemoteCore) -> (CoreFault, String) {
    let (lines, _guard) = listen();
    let fault = core.health().await.unwrap_err();
    let lines = lines.containing("api health");
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert_eq!(core.client().stats().last_error, Some(format!("health: {fault}")));
    let calls = core.client().stats().calls;
    assert_eq!(
        calls.iter().map(|call| (call.operation, call.result, call.count)).collect::<Vec<_>>(),
        [("health", fault.kind(), 1)]
    );
    (fault, lines[0].clone())
}

#[tokio::test]
async fn nobody_listens() {
    let free = TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let core = core(&format!("http://{free}"), |_| {});
    let (fault, line) = told(&core).await;
    assert_eq!(fault, CoreFault::Refused);
    assert!(line.contains("api health: connection refused"), "{line}");
    assert!(!core.client().is_up());
}

#[tokio::test]
async fn a_connection_that_ends_too_early_is_reset() {
    for way in [Way::Says(""), Way::Says("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"status\""), Way::Says("HTTP/1.1 20")] {
        let (fault, line) = fault(way).await;
        assert_eq!(fault, CoreFault::Reset);
        assert!(line.contains("api health: connection reset") && fault.is_in_doubt(), "{line}");
    }
}

#[tokio::test]
async fn a_silent_core_is_not_waited_for_forever() {
    let (fault, line) = fault(Way::Silent).await;
    assert_eq!(fault, CoreFault::Timeout);
    assert!(line.contains("api health: timeout") && fault.is_away(), "{line}");
}

#[tokio::test]
async fn what_is_no_http_cannot_be_read() {
    let (fault, line) = fault(Way::Says("220 mail.example ESMTP\r\n")).await;
    assert!(matches!(fault, CoreFault::Parse(_)), "{fault:?}");
    assert!(line.contains("api health: parse error") && !fault.is_away(), "{line}");
}

#[tokio::test]
async fn too_long_an_answer_is_not_taken() {
    let long = format!("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n{}", "x".repeat(1001)).leak();
    let (fault, line) = fault(Way::Says(long)).await;
    assert_eq!(fault, CoreFault::Parse("more than 1000 octets".to_owned()));
    assert!(line.contains("parse error"), "{line}");
}

#[tokio::test]
async fn a_status_that_is_no_success_is_told_with_what_the_core_says() {
    let (fault, line) = fault(Way::Says("HTTP/1.1 503 Busy\r\nContent-Length: 9\r\n\r\nno\n  room")).await;
    assert_eq!((&fault, fault.kind(), fault.is_away()), (&CoreFault::Http(503, "no room".to_owned()), "http_503", true));
    assert!(line.contains("api health: http 503: no room"), "{line}");
    let (fault, _) = self::fault(Way::Says("HTTP/1.1 404 What\r\nContent-Length: 0\r\n\r\n")).await;
    assert_eq!((&fault, fault.kind(), fault.is_away()), (&CoreFault::Http(404, String::new()), "http_error", false));
}

#[tokio::test]
async fn an_answer_in_another_form_cannot_be_read() {
    let odd = Odd::start(Way::Says("HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>")).await;
    let core = odd.core(|_| {});
    let fault = core.pending(&PendingFilter::default()).await.unwrap_err();
    assert!(matches!(fault, CoreFault::Parse(_)), "{fault:?}");
    assert!(core.message(MessageId(1)).await.is_err());
    assert!(core.api().lease(&Lane::from("uk"), 10, HOLD).await.is_empty());
}

#[tokio::test]
async fn the_same_fault_again_and_again_has_one_line_and_every_one_is_counted() {
    let odd = Odd::start(Way::Says("")).await;
    let core = odd.core(|_| {});
    let (lines, _guard) = listen();
    for _ in 0..3 {
        core.health().await.unwrap_err();
    }
    // If the three took longer than a second there are more lines, each of which tells of those left out.
    let lines = lines.containing("api health").len();
    assert!((1..=3).contains(&lines), "{lines}");
    assert_eq!(core.client().stats().calls[0].count, 3);
}

#[tokio::test]
async fn a_core_that_is_back_is_told_of_once() {
    let own = Own::start().await;
    let core = core(&own.served.url(), |_| {});
    let (lines, _guard) = listen();
    core.health().await.unwrap();
    core.health().await.unwrap();
    assert!(core.client().is_up());
    assert_eq!(lines.containing("the core answers").len(), 1);
}

#[tokio::test]
async fn a_certificate_that_nobody_signed_is_refused_only_if_it_is_checked() {
    let directory = tempfile::tempdir().unwrap();
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let own = OwnCertificate::new(directory.path().into(), "localhost");
    own.renew(Timestamp::now()).unwrap();
    let files = own.files();
    let bench = Bench::new(Vec::new(), |_| {}).await;
    let options = ListenOptions { tls: Some(files.clone()), ..ListenOptions::new(SocketAddr::from(([127, 0, 0, 1], 0))) };
    let listener = Listener::start(options, router(&bench)).await.unwrap();
    let url = format!("https://{}", listener.address());
    let trusting = core(&url, |config| config.verify_peer = false);
    assert_eq!(trusting.health().await, Ok(()));
    let strict = core(&url, |config| config.verify_peer = true);
    let fault = strict.health().await.unwrap_err();
    assert!(matches!(&fault, CoreFault::NoConnection(why) if why.contains("certificate")), "{fault:?}");
    assert!(fault.is_away());
    let knowing = core(&url, |config| {
        config.verify_peer = true;
        config.ca = std::fs::read(&files.cert).unwrap();
    });
    assert_eq!(knowing.health().await, Ok(()), "its issuer is trusted");
}

#[tokio::test]
async fn the_key_is_sent_and_never_shown() {
    let mut odd = Odd::start(Way::Says("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n")).await;
    let with_key = |config: &mut CoreClientConfig| config.api_key = Secret::new("k3y-0f-gw");
    let core = core(&format!("http://operator:pa55@{}", odd.address), with_key);
    let (lines, _guard) = listen();
    let fault = core.health().await.unwrap_err();
    let head = odd.heads.recv().await.unwrap();
    assert!(head.to_ascii_lowercase().contains("x-api-key: k3y-0f-gw"), "{head}");
    let mut config = CoreClientConfig::new("http://core");
    with_key(&mut config);
    let shown = format!("{config:?} {:?} {} {fault} {:?}", core.client(), core.client().address(), lines.containing(""));
    assert!(!shown.contains("k3y-0f-gw") && !shown.contains("pa55"), "{shown}");
}

#[tokio::test]
async fn a_heartbeat_takes_the_older_path_where_there_is_no_other() {
    let own = Own::start().await;
    let core = core(&own.served.url(), |_| {});
    let heartbeat = Heartbeat {
        frontend_name: "gw-1".into(),
        frontend_type: "smpp".into(),
        hostname: Some("host".into()),
        uptime_seconds: 7,
        configuration: serde_json::json!({"port": 2775}),
        ..Heartbeat::default()
    };
    for _ in 0..2 {
        assert_eq!(core.heartbeat(&heartbeat).await, Ok(()), "a new record, and one that is extended");
    }
    let records = own.bench.control.registry.all();
    assert_eq!((records.len(), &*records[0].frontend_name, records[0].uptime_seconds), (1, "gw-1", Some(7)));
    let mut odd = Odd::start(Way::Says("HTTP/1.1 404 No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")).await;
    let old = odd.core(|_| {});
    assert_eq!(old.heartbeat(&heartbeat).await, Err(CoreFault::Http(404, String::new())));
    assert!(odd.heads.recv().await.unwrap().starts_with("POST /api/frontends/register "));
    assert!(odd.heads.recv().await.unwrap().starts_with("POST /api/frontends "));
}
