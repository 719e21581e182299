//! ENUM over DNS, asked of a real server.

use std::net::{SocketAddr, UdpSocket};
use std::time::Duration;

use smsc_engine::core::enum_lookup::{DnsSource, EnumClient, EnumConfig, EnumLookup, NaptrSource};

use crate::dns_server::DnsServer;

const DOMAINS: [&str; 2] = ["e164.odd.example.com", "e164.internal.example.com"];

fn config(timeout: Duration) -> EnumConfig {
    EnumConfig { domains: DOMAINS.map(String::from).into(), timeout, ..EnumConfig::default() }
}

fn client(servers: &[SocketAddr], timeout: Duration) -> EnumClient<DnsSource> {
    let config = config(timeout);
    EnumClient::new(DnsSource::new(servers, &config).unwrap(), config)
}

const LONG: Duration = Duration::from_secs(30);

#[tokio::test]
async fn the_documented_zone_leads_to_the_gateway() {
    let Some(named) = DnsServer::named() else { return };
    let client = client(&[named.address], LONG);
    // The first suffix does not know the number, the second does; lowest order and preference win.
    for _ in 0..3 {
        assert_eq!(client.domain("+1-555-0100").await.as_deref(), Some("voip-gateway.example.com"));
    }
    let stats = client.stats();
    assert_eq!((stats.succeeded.count(), stats.failed.count(), stats.hits, stats.misses, stats.size), (1, 0, 2, 1, 1));
    let source = DnsSource::new(&[named.address], &config(LONG)).unwrap();
    let records = source.naptr("0.0.1.0.5.5.5.1.e164.internal.example.com.").await.unwrap();
    assert_eq!(records.len(), 3);
    assert!(records.iter().all(|record| record.ttl == Duration::from_secs(300)), "{records:?}");
}

#[tokio::test]
async fn malformed_records_are_passed_over() {
    let Some(dnsmasq) = DnsServer::dnsmasq() else { return };
    let client = client(&[dnsmasq.address], LONG);
    for (number, domain) in [("15550101", Some("good.example.com")), ("15550102", None), ("15550103", None)] {
        assert_eq!(client.domain(number).await.as_deref(), domain, "{number}");
    }
    assert_eq!(client.stats().failed.count(), 0, "the server knew every time");
}

#[tokio::test]
async fn odd_records_do_no_harm() {
    let Some(named) = DnsServer::named() else { return };
    let client = client(&[named.address], LONG);
    for (number, domain) in [
        ("15550101", Some("good.example.com")),
        ("15550102", None),
        ("15550103", Some("good.example.com")),
        ("15550104", None),
        // By TCP, for there are too many.
        ("15550105", Some("host-1.example.com")),
        ("15550199", None),
    ] {
        assert_eq!(client.domain(number).await.as_deref(), domain, "{number}");
    }
    assert_eq!(client.stats().failed.count(), 0, "the server knew every time");
}

#[tokio::test]
async fn a_silent_server_costs_the_time_and_no_more() {
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let client = client(&[silent.local_addr().unwrap()], Duration::from_millis(200));
    let began = std::time::Instant::now();
    assert_eq!(client.domain("15550100").await, None);
    assert!(began.elapsed() < LONG);
    assert_eq!((client.stats().succeeded.count(), client.stats().failed.count()), (0, 1));
    // It was asked, for the right name.
    let mut query = [0; 512];
    let length = silent.recv(&mut query).unwrap();
    let wanted = b"\x010\x010\x011\x010\x015\x015\x015\x011\x04e164\x03odd";
    assert!(query[..length].windows(wanted.len()).any(|part| part == wanted), "{:?}", &query[..length]);
}

#[tokio::test]
async fn the_next_server_is_asked_when_one_is_silent_or_refuses() {
    let Some(named) = DnsServer::named() else { return };
    let silent = UdpSocket::bind("127.0.0.1:0").unwrap();
    let servers = [silent.local_addr().unwrap(), named.address];
    // A quarter of it for each of two servers and two suffixes.
    assert_eq!(client(&servers, Duration::from_secs(6)).domain("15550100").await.as_deref(), Some("voip-gateway.example.com"));
    // BIND refuses names outside its zones: that is a failure, not an answer.
    let mut config = config(LONG);
    config.domains = vec!["e164.arpa".into()];
    let outside = EnumClient::new(DnsSource::new(&[named.address], &config).unwrap(), config);
    assert_eq!(outside.domain("15550100").await, None);
    assert_eq!((outside.stats().succeeded.count(), outside.stats().failed.count()), (0, 1));
}
