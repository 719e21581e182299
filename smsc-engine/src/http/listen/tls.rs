//! From files to a configuration of TLS.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error, RootCertStore, ServerConfig};

use super::{ListenError, certificate};
use crate::model::Timestamp;

/// Where the certificate and its key are, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate, and those that lead from it to an issuer everybody knows.
    pub cert: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// Whose certificates clients must show; without it they need none.
    pub client_ca: Option<PathBuf>,
}

impl TlsFiles {
    /// Reads the files; also tells when the certificate ends.
    pub(super) fn read(&self) -> Result<(ServerConfig, Timestamp), ListenError> {
        let provider = CryptoProvider::get_default().cloned().ok_or(ListenError::Provider)?;
        let chain = certificates(&self.cert)?;
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?)
            .map_err(|error| content(&self.key, format!("no private key in PEM: {error}")))?;
        let expiry = chain.first().and_then(|first| certificate::read(first));
        let expiry = expiry.ok_or_else(|| content(&self.cert, "the certificate cannot be read"))?.not_after;
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| content(&self.cert, error))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots(path)?), provider);
                builder.with_client_cert_verifier(verifier.build().map_err(|error| content(path, error))?)
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|error| match error {
            Error::InconsistentKeys(_) => ListenError::Mismatch { cert: self.cert.clone(), key: self.key.clone() },
            error => content(&self.cert, error),
        })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok((config, expiry))
    }
}

fn roots(path: &Path) -> Result<RootCertStore, ListenError> {
    let mut roots = RootCertStore::empty();
    for issuer in certificates(path)? {
        roots.add(issuer).map_err(|error| content(path, error))?;
    }
    Ok(roots)
}

pub(super) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ListenError> {
    let octets = read(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&octets).collect();
    match found {
        Ok(found) if found.is_empty() => Err(content(path, "no certificate in PEM")),
        Ok(found) => Ok(found),
        Err(error) => Err(content(path, error)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, ListenError> {
    std::fs::read(path).map_err(|error| ListenError::Read { path: path.into(), error })
}

fn content(path: &Path, fault: impl std::fmt::Display) -> ListenError {
    ListenError::Content { path: path.into(), fault: fault.to_string() }
}
