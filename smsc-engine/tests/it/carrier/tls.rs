//! TLS with a carrier: whom the gateway trusts, and what it says of the others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use smpp_session::net::rustls::ServerConfig as TlsConfig;
use smpp_session::net::rustls::pki_types::pem::PemObject;
use smpp_session::net::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use smpp_session::net::{Penalty, ServerConfig};
use smsc_engine::frontend::{BindState, ClientPeer, PeerTls};

use super::world::{Mc, World, connected, peer, text, until};

/// An authority in a file, as an operator has it.
struct Authority(CertifiedIssuer<'static, KeyPair>, PathBuf);

impl Authority {
    fn new(directory: &Path, name: &str) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let file = directory.join(name);
        std::fs::write(&file, issuer.pem()).unwrap();
        Authority(issuer, file)
    }

    /// A carrier that has a certificate for this name.
    async fn carrier(&self, name: &str) -> Mc {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &self.0).unwrap();
        let chain = vec![CertificateDer::from_pem_slice(certificate.pem().as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(key.serialize_pem().as_bytes()).unwrap();
        let tls = TlsConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
        Mc::with(ServerConfig { tls: Some(Arc::new(tls)), penalty: Penalty::NONE, ..ServerConfig::default() }).await
    }

    fn trusted(&self) -> PeerTls {
        PeerTls { ca_path: self.1.to_str().unwrap().into(), server_name: "mc.example".into(), ..PeerTls::default() }
    }
}

fn over(tls: PeerTls, mc: &Mc) -> ClientPeer {
    ClientPeer { tls: Some(tls), ..peer(mc) }
}

#[tokio::test]
async fn a_carrier_is_bound_over_tls_only_if_its_certificate_is_that_of_a_trusted_authority() {
    // As the program does; another test was perhaps quicker.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let [known, other] = ["known.pem", "other.pem"].map(|name| Authority::new(directory.path(), name));
    let (world, mut mc) = (World::new().await, known.carrier("mc.example").await);
    for (tls, why) in [
        (other.trusted(), "was issued by nobody we trust"),
        (PeerTls { server_name: "another.example".into(), ..known.trusted() }, "is for another name"),
    ] {
        let carrier = world.carry(over(tls, &mc));
        until(&carrier, why, |status| status.last_error.as_ref().is_some_and(|error| error.contains(why))).await;
        let status = carrier.status();
        assert_ne!(status.state, BindState::Connected);
        assert_eq!((status.counts.bind_success, mc.binds()), (0, 0), "no password went there");
        carrier.stop().await;
    }
    for tls in [known.trusted(), PeerTls { accept_any: true, ..other.trusted() }] {
        let carrier = world.carry(over(tls, &mc));
        connected(&carrier).await;
        world.submit(text("hidden")).await;
        assert_eq!(mc.answer("1").await, b"hidden");
        carrier.stop().await;
    }
}

#[tokio::test]
async fn a_carrier_that_speaks_no_tls_is_told_from_one_that_is_not_there() {
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let known = Authority::new(directory.path(), "known.pem");
    let (world, plain) = (World::new().await, Mc::start().await);
    let carrier = world.carry(over(known.trusted(), &plain));
    until(&carrier, "it says why", |status| status.last_error.as_ref().is_some_and(|error| error.contains("TLS"))).await;
    assert_eq!((carrier.status().counts.bind_success, plain.binds()), (0, 0));
    let missing = PeerTls { ca_path: directory.path().join("none.pem").to_str().unwrap().into(), ..PeerTls::default() };
    let fault = carrier.change(over(missing, &plain)).unwrap_err();
    assert!(fault.contains("none.pem"), "{fault}");
}
