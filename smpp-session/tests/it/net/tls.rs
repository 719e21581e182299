//! TLS on both sides, over loopback, with certificates made up here.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use smpp_pdu::{BindTransceiver, CStr, Password, ShortMessage, SubmitSm};
use smpp_session::net::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use smpp_session::net::rustls::server::WebPkiClientVerifier;
use smpp_session::net::rustls::{self, ClientConfig, RootCertStore, crypto};
use smpp_session::net::{
    CertificateFault, Client, ClientTls, ConnectError, Endpoint, Incoming, IncomingBind, OutbindListener, Refusal, Server,
    ServerConfig, Service,
};
use smpp_session::testing::Peer;
use smpp_session::{BindKind, Config, Credentials, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{accept, calm, eventually, noted, soon};
use crate::submit;

/// Issues certificates.
struct Authority(CertifiedIssuer<'static, KeyPair>);

struct Identity {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Authority(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn issue(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Identity {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_string()]).unwrap();
        change(&mut params);
        let certificate = params.signed_by(&key, &self.0).unwrap().der().clone();
        Identity { certificate, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() }
    }

    fn trust(&self) -> RootCertStore {
        let mut store = RootCertStore::empty();
        store.add(self.0.der().clone()).unwrap();
        store
    }

    /// A client that trusts this authority.
    fn client(&self, identity: Option<Identity>) -> ClientTls {
        let config = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(self.trust());
        ClientTls::new(Arc::new(match identity {
            Some(Identity { certificate, key }) => config.with_client_auth_cert(vec![certificate], key).unwrap(),
            None => config.with_no_client_auth(),
        }))
    }
}

fn provider() -> Arc<crypto::CryptoProvider> {
    Arc::new(crypto::ring::default_provider())
}

/// A server with this certificate; with an authority it asks clients for theirs.
fn server_tls(Identity { certificate, key }: Identity, clients: Option<&Authority>) -> Arc<rustls::ServerConfig> {
    let config = rustls::ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    let config = match clients {
        Some(authority) => {
            let trust = Arc::new(authority.trust());
            config.with_client_cert_verifier(WebPkiClientVerifier::builder_with_provider(trust, provider()).build().unwrap())
        }
        None => config.with_no_client_auth(),
    };
    Arc::new(config.with_single_cert(vec![certificate], key).unwrap())
}

async fn serve(tls: Arc<rustls::ServerConfig>, service: Arc<dyn Service>) -> Server {
    // Long enough for a busy machine; one test waits for it.
    let handshake_timeout = Duration::from_secs(2);
    let config = ServerConfig { session: calm(), tls: Some(tls), handshake_timeout, ..ServerConfig::default() };
    Server::bind("127.0.0.1:0", config, service).await.unwrap()
}

async fn connect(server: &Server, tls: ClientTls) -> Result<Client, ConnectError> {
    connect_to(server.local_addr().to_string(), tls).await
}

async fn connect_to(address: String, tls: ClientTls) -> Result<Client, ConnectError> {
    let mut endpoint = Endpoint::new(address);
    endpoint.config = Config { window: 100, ..calm() };
    endpoint.tls = Some(tls);
    soon(endpoint.connect(Arc::new(drop::<Incoming>))).await
}

async fn bind(client: &Client) {
    soon(client.bind(BindKind::Transceiver, &Credentials::new("me", "secret"))).await.unwrap();
}

#[tokio::test]
async fn messages_pass_through_tls_in_whatever_amounts() {
    let authority = Authority::new("one");
    let server = serve(server_tls(authority.issue("127.0.0.1", |_| ()), None), noted(accept)).await;
    let client = connect(&server, authority.client(None)).await.unwrap();
    bind(&client).await;
    assert_eq!(client.certificates().len(), 1);
    assert!(server.links()[0].certificates().is_empty());
    let long = SubmitSm { short_message: ShortMessage::new(&[0x41; 254]).unwrap(), ..submit() };
    for _ in 0..20 {
        let pending: Vec<_> = (0..100).map(|_| client.request(&long).unwrap()).collect();
        for one in pending {
            assert!(soon(one).await.unwrap().status().is_ok());
        }
    }
    soon(client.unbind()).await;
    eventually("the server knows", || server.links().is_empty()).await;
}

#[tokio::test]
async fn carriers_that_speak_tls_1_2_are_spoken_to() {
    let authority = Authority::new("one");
    let server = serve(server_tls(authority.issue("127.0.0.1", |_| ()), None), noted(accept)).await;
    let old = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_root_certificates(authority.trust())
        .with_no_client_auth();
    let client = connect(&server, ClientTls::new(Arc::new(old))).await.unwrap();
    bind(&client).await;
    assert!(soon(client.call(&submit())).await.unwrap().status().is_ok());
}

/// Notes the certificates a peer shows when it binds.
#[derive(Default)]
struct Curious(Mutex<Vec<CertificateDer<'static>>>);

impl Service for Curious {
    fn bind(&self, bind: IncomingBind) {
        let request = bind.request();
        assert_eq!(request.certificates, bind.link().certificates());
        self.0.lock().unwrap().extend_from_slice(request.certificates);
        bind.accept(CStr::default()).unwrap();
    }

    fn request(&self, _: Incoming) {}
}

#[tokio::test]
async fn the_service_sees_the_certificate_of_whoever_binds() {
    let authority = Authority::new("one");
    let curious = Arc::new(Curious::default());
    let server = serve(server_tls(authority.issue("127.0.0.1", |_| ()), Some(&authority)), curious.clone()).await;
    let identity = authority.issue("client.example", |_| ());
    let shown = identity.certificate.clone();
    bind(&connect(&server, authority.client(Some(identity))).await.unwrap()).await;
    assert_eq!(*curious.0.lock().unwrap(), [shown]);

    // In TLS 1.3 a client without a certificate learns of it only after the handshake.
    let stranger = connect(&server, authority.client(None)).await.unwrap();
    assert!(soon(stranger.bind(BindKind::Transceiver, &Credentials::new("me", "secret"))).await.is_err());
    assert_eq!(curious.0.lock().unwrap().len(), 1);
    eventually("it is counted", || server.refused().of(Refusal::HandshakeFailed) == 1).await;
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_told() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let old = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
    let new = |params: &mut CertificateParams| params.not_before = date_time_ymd(3000, 1, 1);
    let cases = [
        (authority.issue("127.0.0.1", old), CertificateFault::Expired, "expired"),
        (authority.issue("127.0.0.1", new), CertificateFault::NotYetValid, "not valid yet"),
        (authority.issue("mc.example", |_| ()), CertificateFault::WrongName, "mc.example"),
        (other.issue("127.0.0.1", |_| ()), CertificateFault::UnknownIssuer, "nobody we trust"),
    ];
    for (identity, expected, words) in cases {
        let server = serve(server_tls(identity, None), noted(accept)).await;
        let error = connect(&server, authority.client(None)).await.unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
        let ConnectError::Certificate { peer, fault, .. } = error else { panic!("{error:?}") };
        assert_eq!((peer, fault), (server.local_addr(), expected));
        eventually("the server counts it", || server.refused().of(Refusal::HandshakeFailed) == 1).await;
    }
}

#[tokio::test]
async fn the_name_to_expect_can_be_another_than_the_hosts() {
    let authority = Authority::new("one");
    let server = serve(server_tls(authority.issue("mc.example", |_| ()), None), noted(accept)).await;
    let mut tls = authority.client(None);
    tls.server_name = Some(ServerName::try_from("mc.example").unwrap());
    bind(&connect(&server, tls).await.unwrap()).await;
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_from_one_that_breaks_off_or_is_silent() {
    let authority = Authority::new("one");
    let plain = super::serve(calm(), noted(accept)).await;
    let error = connect(&plain, authority.client(None)).await.unwrap_err();
    assert!(matches!(error, ConnectError::NoTls { peer } if peer == plain.local_addr()), "{error:?}");

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let hang_up = async {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.read(&mut [0; 10_000]).await;
    };
    let (error, ()) = tokio::join!(connect_to(address.to_string(), authority.client(None)), hang_up);
    assert!(matches!(error, Err(ConnectError::Reset { peer }) if peer == address), "{error:?}");

    let mut endpoint = Endpoint::new(address.to_string());
    endpoint.tls = Some(authority.client(None));
    endpoint.connect_timeout = Duration::from_millis(50);
    let error = soon(endpoint.connect(Arc::new(drop::<Incoming>))).await.unwrap_err();
    assert!(matches!(&error, ConnectError::TimedOut { after, .. } if *after == endpoint.connect_timeout), "{error:?}");
}

#[tokio::test]
async fn strangers_who_say_nothing_or_nonsense_hold_up_nobody() {
    let authority = Authority::new("one");
    let service = noted(accept);
    let server = serve(server_tls(authority.issue("127.0.0.1", |_| ()), None), service.clone()).await;
    let mut silent = Vec::new();
    for _ in 0..20 {
        silent.push(TcpStream::connect(server.local_addr()).await.unwrap());
    }
    let mut plain = Peer::connect(server.local_addr()).await;
    let password = Password::new("secret").unwrap();
    plain.put(&BindTransceiver { password, ..Default::default() }, 1).await;
    let mut junk = TcpStream::connect(server.local_addr()).await.unwrap();
    junk.write_all(&[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0xFF, 9, 9, 9]).await.unwrap();
    let client = connect(&server, authority.client(None)).await.unwrap();
    bind(&client).await;
    eventually("all strangers are gone", || server.links().len() == 1).await;
    let refused = server.refused();
    assert_eq!([Refusal::HandshakeTimedOut, Refusal::NoTls, Refusal::HandshakeFailed].map(|why| refused.of(why)), [20, 1, 1]);
    assert_eq!(service.log().iter().filter(|line| line.starts_with("closed")).count(), 22);
    for mut stream in silent {
        assert!(soon(stream.read(&mut [0; 100])).await.is_ok_and(|octets| octets == 0));
    }
    assert!(soon(client.call(&submit())).await.unwrap().status().is_ok());
}

#[tokio::test]
async fn a_certificate_is_replaced_while_sessions_stay() {
    let (old, new) = (Authority::new("one"), Authority::new("other"));
    let server = serve(server_tls(old.issue("127.0.0.1", |_| ()), None), noted(accept)).await;
    let before = connect(&server, old.client(None)).await.unwrap();
    bind(&before).await;
    server.set_tls(server_tls(new.issue("127.0.0.1", |_| ()), None));
    bind(&connect(&server, new.client(None)).await.unwrap()).await;
    assert!(connect(&server, old.client(None)).await.is_err());
    assert!(soon(before.call(&submit())).await.unwrap().status().is_ok());
}

#[tokio::test]
async fn an_mc_invites_through_tls() {
    let authority = Authority::new("one");
    let tls = Some(server_tls(authority.issue("127.0.0.1", |_| ()), None));
    let config = ServerConfig { session: calm(), tls, ..ServerConfig::default() };
    let mut listener = OutbindListener::bind("127.0.0.1:0", config, Arc::new(drop::<Incoming>)).await.unwrap();
    let mut endpoint = Endpoint::new(listener.local_addr().to_string());
    endpoint.tls = Some(authority.client(None));
    let esme = async {
        let outbind = soon(listener.accept()).await;
        soon(outbind.bind(BindKind::Transceiver, &Credentials::new("me", "secret"))).await.unwrap().0
    };
    let (link, client) = tokio::join!(soon(endpoint.outbind("mc", "hello", noted(accept))), esme);
    assert_eq!(link.unwrap().certificates().len(), 1);
    assert!(soon(client.call(&submit())).await.unwrap().status().is_ok());
}

#[tokio::test]
async fn shutting_down_does_not_wait_for_handshakes() {
    let authority = Authority::new("one");
    let tls = Some(server_tls(authority.issue("127.0.0.1", |_| ()), None));
    let config = ServerConfig { session: calm(), tls, handshake_timeout: Duration::from_secs(1000), ..ServerConfig::default() };
    let service = noted(accept);
    let server = Server::bind("127.0.0.1:0", config, service.clone()).await.unwrap();
    let mut stream = TcpStream::connect(server.local_addr()).await.unwrap();
    eventually("it is there", || server.links().len() == 1).await;
    let link = server.links().remove(0);
    soon(server.shutdown(Duration::from_secs(1000))).await;
    assert_eq!(soon(stream.read(&mut [0; 100])).await.unwrap(), 0);
    soon(link.closed()).await;
    assert_eq!(service.log(), ["closed: closed by this side"]);
}

#[tokio::test]
async fn a_tls_peer_that_does_not_read_is_left_behind() {
    let authority = Authority::new("one");
    let timers = Timeouts { enquire_link: None, linger: Duration::from_millis(100), ..Timeouts::default() };
    let session = Config { timers, max_unwritten: 1 << 22, window: 60_000, ..Config::default() };
    let tls = Some(server_tls(authority.issue("127.0.0.1", |_| ()), None));
    let server =
        Server::bind("127.0.0.1:0", ServerConfig { session, tls, ..ServerConfig::default() }, noted(accept)).await.unwrap();
    let connector = tokio_rustls::TlsConnector::from(authority.client(None).config);
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let mut stream = connector.connect(ServerName::try_from("127.0.0.1").unwrap(), stream).await.unwrap();
    let bind = BindTransceiver { password: Password::new("secret").unwrap(), interface_version: 0x34, ..Default::default() };
    let bind = smpp_pdu::Frame::new(&bind, smpp_pdu::Stamp::new(1)).unwrap();
    stream.write_all(bind.octets()).await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = [0; 16];
    soon(stream.read_exact(&mut answer)).await.unwrap();
    assert_eq!(answer[4..12], [0x80, 0, 0, 9, 0, 0, 0, 0]);
    let link = server.links().remove(0);
    // More than all buffers on the way hold, so that TLS keeps octets the socket does not take.
    let long = smpp_pdu::DeliverSm { short_message: ShortMessage::new(&[0x41; 254]).unwrap(), ..Default::default() };
    while link.request(&long).is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(link.free() == 0);
    link.close();
    soon(link.closed()).await;
    eventually("it is forgotten", || server.links().is_empty()).await;
}
