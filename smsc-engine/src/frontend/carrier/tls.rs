//! TLS with a carrier, from the files the operator names.

use std::fmt::Display;
use std::sync::Arc;

use rustls_platform_verifier::BuilderVerifierExt;
use smpp_session::net::ClientTls;
use smpp_session::net::rustls::client::WantsClientCert;
use smpp_session::net::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use smpp_session::net::rustls::crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature};
use smpp_session::net::rustls::pki_types::pem::PemObject;
use smpp_session::net::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use smpp_session::net::rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};

use super::super::peer::PeerTls;

/// Whom to trust, and what to show.
///
/// # Errors
/// In words for the operator.
pub(super) fn client(tls: &PeerTls) -> Result<ClientTls, String> {
    let builder = trusting(tls)?;
    let config = match (tls.cert_path.is_empty(), tls.key_path.is_empty()) {
        (true, true) => builder.with_no_client_auth(),
        (false, false) => {
            let key = PrivateKeyDer::from_pem_slice(&read(&tls.key_path)?).map_err(|error| fault(&tls.key_path, error))?;
            let chain = certificates(&tls.cert_path)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| fault(&tls.cert_path, error))?
        }
        _ => return Err("tls: a certificate needs its key, and a key its certificate".to_owned()),
    };
    let mut client = ClientTls::new(Arc::new(config));
    if !tls.server_name.is_empty() {
        let name = ServerName::try_from(tls.server_name.clone()).map_err(|error| format!("tls: server name: {error}"))?;
        client.server_name = Some(name);
    }
    Ok(client)
}

fn trusting(tls: &PeerTls) -> Result<ConfigBuilder<ClientConfig, WantsClientCert>, String> {
    let provider = CryptoProvider::get_default().cloned().ok_or("tls: the program has installed no crypto provider")?;
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| format!("tls: {error}"))?;
    if tls.accept_any {
        return Ok(builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider))));
    }
    if tls.ca_path.is_empty() {
        return builder.with_platform_verifier().map_err(|error| format!("tls: the system's authorities: {error}"));
    }
    let mut roots = RootCertStore::empty();
    for authority in certificates(&tls.ca_path)? {
        roots.add(authority).map_err(|error| fault(&tls.ca_path, error))?;
    }
    Ok(builder.with_root_certificates(roots))
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let octets = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
    match found {
        Ok(found) if found.is_empty() => Err(fault(path, "no certificate in PEM")),
        found => found.map_err(|error| fault(path, error)),
    }
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(path).map_err(|error| fault(path, error))
}

fn fault(path: &str, error: impl Display) -> String {
    format!("tls: {path}: {error}")
}

/// Takes any certificate, as long as its owner has its key.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
