//! A real port: TLS, certificates, and clients that mean no good.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::routing::get;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use smsc_engine::config::HttpPort;
use smsc_engine::http::listen::{ListenError, ListenOptions, Listener, Listeners, OwnCertificate, TlsFiles, Wanted, client_name};
use smsc_engine::model::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};

use super::*;

const ANYWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);

/// Certificates as an operator has them.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    directory: tempfile::TempDir,
}

impl Authority {
    fn new() -> Authority {
        // As the program does; another test was perhaps quicker.
        let _ = ring::default_provider().install_default();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "authority");
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("ca.pem"), issuer.pem()).unwrap();
        Authority { issuer, directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Writes a certificate for localhost in this name, and its key.
    fn issue(&self, name: &str) -> TlsFiles {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.not_after = rcgen::date_time_ymd(2040, 1, 1);
        let cert = params.signed_by(&key, &self.issuer).unwrap();
        let files = TlsFiles { cert: self.path("server.crt"), key: self.path("server.key"), client_ca: None };
        std::fs::write(&files.cert, cert.pem()).unwrap();
        std::fs::write(&files.key, key.serialize_pem()).unwrap();
        files
    }

    fn client(&self, versions: &[&'static SupportedProtocolVersion], shows: Option<&TlsFiles>) -> ClientConfig {
        client(&self.path("ca.pem"), versions, shows)
    }
}

fn client(trusted: &Path, versions: &[&'static SupportedProtocolVersion], shows: Option<&TlsFiles>) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots);
    match shows {
        None => builder.with_no_client_auth(),
        Some(files) => {
            let chain = vec![CertificateDer::from_pem_file(&files.cert).unwrap()];
            builder.with_client_auth_cert(chain, PrivateKeyDer::from_pem_file(&files.key).unwrap()).unwrap()
        }
    }
}

type Tls = tokio_rustls::client::TlsStream<TcpStream>;

async fn connect(listener: &Listener, config: ClientConfig) -> std::io::Result<Tls> {
    let stream = TcpStream::connect(listener.address()).await?;
    TlsConnector::from(Arc::new(config)).connect(ServerName::try_from("localhost").unwrap(), stream).await
}

/// Asks once and returns everything that comes until the end.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), path: &str) -> std::io::Result<String> {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}

async fn start(files: &TlsFiles, router: Router) -> Result<Listener, ListenError> {
    Listener::start(ListenOptions { tls: Some(files.clone()), ..ListenOptions::new(ANYWHERE) }, router).await
}

#[tokio::test]
async fn both_versions_of_tls_and_both_of_http_are_spoken() {
    let authority = Authority::new();
    let listener = start(&authority.issue("server"), Api::new().await.router).await.unwrap();
    for version in [&version::TLS12, &version::TLS13] {
        let mut stream = connect(&listener, authority.client(&[version], None)).await.unwrap();
        let answer = ask(&mut stream, "/api/status").await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("test centre"), "{answer}");
    }
    let mut config = authority.client(&[&version::TLS13], None);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let mut stream = connect(&listener, config).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    stream.read_exact(&mut frame).await.unwrap();
    assert_eq!(frame[3], 4, "settings come first");
    assert_eq!(listener.expiry(), Some(Timestamp(2_208_988_800_000)));
}

#[tokio::test]
async fn old_protocols_and_plain_http_get_no_answer() {
    let authority = Authority::new();
    let listener = start(&authority.issue("server"), Api::new().await.router).await.unwrap();
    // A hello of TLS 1.1 that offers nothing newer.
    let hello = b"\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x02AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x02\xC0\x14\x01\x00";
    for octets in [&hello[..], b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
        let mut stream = TcpStream::connect(listener.address()).await.unwrap();
        stream.write_all(octets).await.unwrap();
        let mut answer = Vec::new();
        // A reset is an end as well.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty() || answer[0] == 0x15, "an alert at most: {answer:?}");
    }
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused_where_one_is_required() {
    let authority = Authority::new();
    let own = authority.issue("uk_gateway");
    let files = TlsFiles { client_ca: Some(authority.path("ca.pem")), ..own.clone() };
    let name = |request: Request<Body>| async move { client_name(request.extensions()).unwrap_or_default() };
    let listener = start(&files, Router::new().route("/name", get(name))).await.unwrap();
    let strangers = Authority::new();
    let stranger = strangers.issue("uk_gateway");
    for shown in [None, Some(&stranger)] {
        for version in [&version::TLS12, &version::TLS13] {
            // In TLS 1.3 the client hears of it after its own hand-shake.
            let refused = match connect(&listener, authority.client(&[version], shown)).await {
                Ok(mut stream) => ask(&mut stream, "/name").await.unwrap_or_default().is_empty(),
                Err(_) => true,
            };
            assert!(refused, "{shown:?}");
        }
    }
    let mut stream = connect(&listener, authority.client(&[&version::TLS13], Some(&own))).await.unwrap();
    let answer = ask(&mut stream, "/name").await.unwrap();
    assert!(answer.ends_with("uk_gateway"), "{answer}");
}

#[tokio::test]
async fn the_name_of_a_certificate_is_the_name_of_the_caller() {
    let authority = Authority::new();
    let own = authority.issue("uk_gateway");
    let files = TlsFiles { client_ca: Some(authority.path("ca.pem")), ..own.clone() };
    let api = Api::new().await;
    let listener = start(&files, api.router.clone()).await.unwrap();
    let mut stream = connect(&listener, authority.client(&[&version::TLS13], Some(&own))).await.unwrap();
    let mut body = hello();
    body.as_object_mut().unwrap().remove("source_smsc");
    let body = body.to_string();
    let head = format!("POST /api/messages HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {}", body.len());
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 ") && answer.contains(r#""source_smsc":"uk_gateway""#), "{answer}");
}

#[tokio::test]
async fn a_new_certificate_is_shown_while_old_connections_go_on() {
    let authority = Authority::new();
    let files = authority.issue("first");
    let listener = start(&files, Api::new().await.router).await.unwrap();
    let mut old = connect(&listener, authority.client(&[&version::TLS13], None)).await.unwrap();
    let shown = |stream: &Tls| stream.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned();
    let first = shown(&old);
    authority.issue("second");
    listener.reload().unwrap();
    let second = shown(&connect(&listener, authority.client(&[&version::TLS13], None)).await.unwrap());
    assert!(first != second && second == CertificateDer::from_pem_file(&files.cert).unwrap());
    assert!(ask(&mut old, "/api/status").await.unwrap().starts_with("HTTP/1.1 200 "));
    // A broken file leaves the last one in force.
    std::fs::write(&files.key, "nothing").unwrap();
    assert!(matches!(listener.reload(), Err(ListenError::Content { path, .. }) if path == files.key));
    assert_eq!(shown(&connect(&listener, authority.client(&[&version::TLS13], None)).await.unwrap()), second);
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_told_with_its_path() {
    let authority = Authority::new();
    let good = authority.issue("server");
    let (missing, empty, other) = (authority.path("missing.pem"), authority.path("empty.pem"), authority.path("other.key"));
    std::fs::write(&empty, "").unwrap();
    std::fs::write(&other, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    for (files, path) in [
        (TlsFiles { cert: missing.clone(), ..good.clone() }, &missing),
        (TlsFiles { key: missing.clone(), ..good.clone() }, &missing),
        (TlsFiles { client_ca: Some(missing.clone()), ..good.clone() }, &missing),
        (TlsFiles { cert: empty.clone(), ..good.clone() }, &empty),
        (TlsFiles { key: empty.clone(), ..good.clone() }, &empty),
        (TlsFiles { key: good.cert.clone(), ..good.clone() }, &good.cert),
        (TlsFiles { client_ca: Some(empty.clone()), ..good.clone() }, &empty),
        (TlsFiles { key: other.clone(), ..good.clone() }, &other),
        (TlsFiles { cert: authority.path(""), ..good.clone() }, &authority.path("")),
    ] {
        let error = start(&files, Router::new()).await.err().expect("it does not start").to_string();
        assert!(error.contains(&path.display().to_string()), "{error}");
    }
    let taken = start(&good, Router::new()).await.unwrap();
    let error = Listener::start(ListenOptions::new(taken.address()), Router::new()).await.err().unwrap().to_string();
    assert!(error.contains(&taken.address().to_string()), "{error}");
}

#[tokio::test]
async fn whoever_has_no_certificate_gets_one_that_lasts() {
    let authority = Authority::new();
    let own = OwnCertificate::new(authority.path("own"), "localhost");
    let (now, files) = (Timestamp::now(), own.files());
    assert!(own.renew(now).unwrap());
    let first = std::fs::read(&files.cert).unwrap();
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&files.key).unwrap().permissions()) & 0o777, 0o600);
    let listener = start(&files, Api::new().await.router).await.unwrap();
    let mut stream = connect(&listener, client(&files.cert, &[&version::TLS13], None)).await.unwrap();
    assert!(ask(&mut stream, "/api/status").await.unwrap().starts_with("HTTP/1.1 200 "));
    let days = listener.expiry().unwrap().since(now).as_secs() / (24 * 3600);
    assert!((390..=397).contains(&days), "{days}");
    // The next start takes it again; one shortly before its end, or without its key, or in another name, does not.
    assert!(!own.renew(now).unwrap());
    assert_eq!(std::fs::read(&files.cert).unwrap(), first);
    let later = now.after(Duration::from_secs(370 * 24 * 3600));
    assert!(own.renew(later).unwrap());
    let second = std::fs::read(&files.cert).unwrap();
    assert_ne!(second, first);
    std::fs::write(&files.key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(own.renew(later).unwrap());
    assert_ne!(std::fs::read(&files.cert).unwrap(), second);
    assert!(OwnCertificate::new(authority.path("own"), "sms.example").renew(later).unwrap());
}

#[tokio::test]
async fn a_certificate_of_its_own_is_for_the_name_people_reach_it_by() {
    let authority = Authority::new();
    for name in ["sms.example", "localhost", "192.0.2.7", "2001:db8::7"] {
        let own = OwnCertificate::new(authority.path("own"), name);
        assert!(own.renew(Timestamp::now()).unwrap(), "{name}");
        let listener = start(&own.files(), Api::new().await.router).await.unwrap();
        for name in [name, "localhost", "127.0.0.1", "::1"] {
            let stream = TcpStream::connect(listener.address()).await.unwrap();
            let config = client(&own.files().cert, &[&version::TLS13], None);
            let asked = ServerName::try_from(name).unwrap();
            assert!(TlsConnector::from(Arc::new(config)).connect(asked, stream).await.is_ok(), "{name}");
        }
    }
}

/// A port with TLS whose settings name no certificate.
fn nameless() -> HttpPort {
    HttpPort::at(0, true)
}

#[tokio::test(start_paused = true)]
async fn a_certificate_of_its_own_is_renewed_while_it_is_served() {
    let authority = Authority::new();
    let files = authority.issue("server");
    let mut listeners = Listeners::new(OwnCertificate::new(authority.path("own"), "localhost"));
    let named = HttpPort { tls_cert_path: files.cert.clone(), tls_key_path: files.key.clone(), ..nameless() };
    for (service, port) in [("first", &nameless()), ("second", &nameless()), ("third", &named)] {
        listeners.open(Wanted { service, port, client_ca: Path::new("") }, Router::new()).await.unwrap();
    }
    let before: Vec<_> = listeners.expiries().collect();
    assert_eq!(before.len(), 3);
    // A reload before it is time reads the same again.
    assert_eq!(listeners.reload(Timestamp::now()), [""; 0]);
    assert_eq!(listeners.expiries().collect::<Vec<_>>(), before);
    let year = Duration::from_secs(370 * 24 * 3600);
    let told = std::sync::Mutex::new(Vec::new());
    let watch = listeners.renew_daily(
        || Timestamp::now().after(year),
        |listeners| {
            *told.lock().unwrap() = listeners.expiries().collect();
        },
    );
    assert!(tokio::time::timeout(Duration::from_secs(25 * 3600), watch).await.is_err(), "it never ends");
    let after: Vec<_> = listeners.expiries().collect();
    assert_eq!(*told.lock().unwrap(), after);
    for at in 0..2 {
        assert!(after[at].1 > before[at].1.after(Duration::from_secs(360 * 24 * 3600)), "{after:?}");
    }
    assert_eq!(after[2], before[2], "an operator renews his own");
    // So does a reload.
    assert_eq!(listeners.reload(Timestamp::now().after(year * 2)), [""; 0]);
    assert!(listeners.expiries().next().unwrap().1 > after[0].1);
}

#[tokio::test]
async fn a_client_that_takes_its_time_for_headers_is_closed() {
    let options = ListenOptions { header_timeout: Duration::from_millis(100), ..ListenOptions::new(ANYWHERE) };
    let listener = Listener::start(options, Api::new().await.router).await.unwrap();
    for head in ["", "GET /api/status HT", "GET /api/status HTTP/1.1\r\nHost: localhost\r\nX-Slow: "] {
        let mut stream = TcpStream::connect(listener.address()).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut answer)).await;
        assert!(end.is_ok(), "it is closed by the other side");
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{answer:?}");
    }
}

#[tokio::test]
async fn endless_headers_are_refused() {
    let listener = Listener::start(ListenOptions::new(ANYWHERE), Api::new().await.router).await.unwrap();
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    let long = format!("GET /api/status HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(100_000));
    // It may be closed before all was written.
    let _ = stream.write_all(long.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&answer));
}

#[tokio::test]
async fn more_connections_than_wanted_are_closed_and_places_come_back() {
    let options = ListenOptions { max_connections: 2, ..ListenOptions::new(ANYWHERE) };
    let listener = Listener::start(options, Api::new().await.router).await.unwrap();
    let mut kept = Vec::new();
    for _ in 0..2 {
        let mut stream = TcpStream::connect(listener.address()).await.unwrap();
        stream.write_all(b"GET /api/status HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        stream.read_exact(&mut [0; 15]).await.unwrap();
        kept.push(stream);
    }
    let mut third = TcpStream::connect(listener.address()).await.unwrap();
    assert!(ask(&mut third, "/api/status").await.unwrap_or_default().is_empty());
    kept.clear();
    for attempt in 0.. {
        let mut stream = TcpStream::connect(listener.address()).await.unwrap();
        if ask(&mut stream, "/api/status").await.unwrap_or_default().starts_with("HTTP/1.1 200") {
            break;
        }
        assert!(attempt < 1_000, "the places do not come back");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn the_end_waits_for_requests_under_way_but_not_for_ever() {
    let started = Arc::new(tokio::sync::Notify::new());
    let go_on = Arc::new(tokio::sync::Notify::new());
    let (first, second) = (started.clone(), go_on.clone());
    let slow = move || async move {
        first.notify_one();
        second.notified().await;
        "done"
    };
    let listener = Listener::start(ListenOptions::new(ANYWHERE), Router::new().route("/slow", get(slow))).await.unwrap();
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    let asked = tokio::spawn(async move { ask(&mut stream, "/slow").await });
    started.notified().await;
    tokio::join!(listener.shutdown(Duration::from_secs(60)), async { go_on.notify_one() });
    assert!(asked.await.unwrap().unwrap().ends_with("done"));
    assert!(TcpStream::connect(listener.address()).await.is_err(), "nobody listens any more");
    let never = || async { std::future::pending::<()>().await };
    let listener = Listener::start(ListenOptions::new(ANYWHERE), Router::new().route("/never", get(never))).await.unwrap();
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    stream.write_all(b"GET /never HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    while listener.connections() == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let end = listener.shutdown(Duration::from_millis(50));
    tokio::time::timeout(Duration::from_secs(20), end).await.expect("the deadline ends it");
}
