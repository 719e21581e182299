//! The PDUs of chosen peers, as they come and go.

use std::io::Write;
use std::sync::{Arc, Mutex};

use smpp_pdu::{CommandId, SubmitSm};
use smpp_session::net::{Client, Direction, Endpoint, Filter, Incoming, Record, Ring, Server, ServerConfig, TextLines, Tracer};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, Credentials};

use super::{accept, calm, eventually, noted, soon};
use crate::submit;

const SECRET: &str = "hush";

async fn traced(tracer: &Arc<Tracer>) -> Server {
    let config = ServerConfig { session: calm(), tracer: Some(tracer.clone()), ..ServerConfig::default() };
    Server::bind("127.0.0.1:0", config, noted(accept)).await.unwrap()
}

async fn client(server: &Server, system_id: &str) -> Client {
    let client = Client::connect(server.local_addr(), calm(), drop::<Incoming>).await.unwrap();
    let _ = client.bind(BindKind::Transceiver, &Credentials::new(system_id, "secret")).await;
    client
}

fn ring() -> (Arc<Ring>, Arc<Tracer>) {
    let ring = Arc::new(Ring::new(1000, 1 << 20));
    (ring.clone(), Tracer::new(ring))
}

/// What was seen, as direction and operation.
fn kinds(ring: &Ring) -> Vec<(Direction, CommandId)> {
    let kind = |record: &Record| (record.direction, record.frame().unwrap().command_id());
    ring.records().iter().map(kind).collect()
}

const EXCHANGE: [(Direction, CommandId); 6] = [
    (Direction::In, CommandId::BIND_TRANSCEIVER),
    (Direction::Out, CommandId::BIND_TRANSCEIVER_RESP),
    (Direction::In, CommandId::SUBMIT_SM),
    (Direction::Out, CommandId::SUBMIT_SM_RESP),
    (Direction::In, CommandId::UNBIND),
    (Direction::Out, CommandId::UNBIND_RESP),
];

#[tokio::test]
async fn a_server_shows_every_pdu_of_the_account_somebody_asks_for() {
    let (ring, tracer) = ring();
    let server = traced(&tracer).await;
    tracer.start(Filter { system_ids: vec!["me".into()], ..Filter::default() });
    for system_id in ["you", "me"] {
        let client = client(&server, system_id).await;
        soon(client.call(&submit())).await.unwrap();
        soon(client.unbind()).await;
    }
    eventually("all was seen", || ring.records().len() == 6).await;
    assert_eq!(kinds(&ring), EXCHANGE);
    let record = ring.records().remove(0);
    assert_eq!((record.connection.system_id.as_str(), record.connection.local), ("me", Some(server.local_addr())));
}

#[tokio::test]
async fn a_client_shows_the_other_half_from_its_bind_on() {
    let (ring, tracer) = ring();
    let (_, off) = self::ring();
    let server = traced(&off).await;
    let mut endpoint = Endpoint::new(server.local_addr().to_string());
    endpoint.config = calm();
    endpoint.tracer = Some(tracer.clone());
    tracer.start(Filter { system_ids: vec!["me".into()], ..Filter::default() });
    let client = endpoint.connect(Arc::new(drop::<Incoming>)).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    soon(client.call(&submit())).await.unwrap();
    soon(client.unbind()).await;
    let turned = EXCHANGE.map(|(direction, kind)| match direction {
        Direction::In => (Direction::Out, kind),
        Direction::Out => (Direction::In, kind),
    });
    assert_eq!(kinds(&ring), turned);
}

#[tokio::test]
async fn tracing_is_switched_while_a_session_runs_and_for_one_of_many() {
    let (ring, tracer) = ring();
    let server = traced(&self::ring().1).await;
    let (mine, other) = (client(&server, "me").await, client(&server, "me").await);
    mine.trace(&tracer);
    mine.trace(&tracer);
    soon(mine.call(&submit())).await.unwrap();
    assert_eq!(ring.records().len(), 0);
    tracer.start(Filter::default());
    soon(mine.call(&submit())).await.unwrap();
    soon(other.call(&submit())).await.unwrap();
    assert_eq!(kinds(&ring), [(Direction::Out, CommandId::SUBMIT_SM), (Direction::In, CommandId::SUBMIT_SM_RESP)]);
    mine.untrace(&tracer);
    soon(mine.call(&submit())).await.unwrap();
    mine.trace(&tracer);
    tracer.stop();
    soon(mine.call(&submit())).await.unwrap();
    assert_eq!(ring.records().len(), 2);
}

#[tokio::test]
async fn what_is_no_pdu_and_half_a_pdu_are_shown_as_octets() {
    let (ring, tracer) = ring();
    let server = traced(&tracer).await;
    tracer.start(Filter::default());
    let mut peer = Peer::connect(server.local_addr()).await;
    peer.send(b"GET / HTTP/1.1\r\nAuthorization: hush\r\n").await;
    peer.expect(CommandId::GENERIC_NACK, smpp_pdu::CommandStatus::RINVCMDLEN).await;
    peer.expect_close().await;
    let mut peer = Peer::connect(server.local_addr()).await;
    peer.send(&[0, 0, 0, 16, 0, 0, 0, 21]).await;
    drop(peer);
    eventually("both were seen", || ring.records().len() == 3).await;
    let records = ring.records();
    assert!(records[0].octets.starts_with(b"GET / HTTP/1.1\r\nxxx") && !records[0].is_pdu);
    assert!(!records[0].to_string().contains("68757368"), "the octets of the secret");
    assert_eq!(records[1].frame().unwrap().command_id(), CommandId::GENERIC_NACK);
    assert_eq!((&records[2].octets[..], records[2].direction), (&[0, 0, 0, 16, 0, 0, 0, 21][..], Direction::In));
}

/// Shared memory to write lines to.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, octets: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(octets)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The lines of a short session whose text is a secret.
async fn lines(shows_text: bool) -> String {
    let page = Page::default();
    let tracer = Tracer::new(TextLines::new(page.clone()));
    let server = traced(&tracer).await;
    tracer.start(Filter { shows_text, ..Filter::default() });
    let client = client(&server, "me").await;
    let short_message = smpp_pdu::ShortMessage::new(SECRET).unwrap();
    soon(client.call(&SubmitSm { short_message, ..submit() })).await.unwrap();
    soon(client.unbind()).await;
    eventually("the last line", || page.text().contains("closed")).await;
    page.text()
}

#[tokio::test]
async fn lines_tell_everything_but_secrets() {
    let text = lines(false).await;
    assert_eq!(text.lines().count(), 7);
    for part in [
        "in bind_transceiver ESME_ROK 1 system_id=\"me\" password=\"(hidden)\"",
        "out submit_sm_resp ESME_ROK 2 message_id=\"42\"",
        "destination_addr=\"447700900123\"",
        "short_message_hex=\"(4 octets hidden)\" [",
        "\"me\" closed: unbound by the peer",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    let hex = |text: &str| text.bytes().map(|octet| format!("{octet:02x}")).collect::<String>();
    assert!(!text.contains(SECRET) && !text.contains(&hex(SECRET)) && !text.contains(&hex("secret")), "{text}");
    let shown = lines(true).await;
    assert!(shown.contains(&hex(SECRET)) && !shown.contains(&hex("secret")), "{shown}");
}
