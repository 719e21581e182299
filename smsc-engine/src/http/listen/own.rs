//! A certificate of its own for whoever has none yet: encrypted, but known to nobody.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType, SerialNumber, date_time_ymd};

use super::{ListenError, TlsFiles, certificate, tls};
use crate::model::Timestamp;

/// The certificate of a program whose operator named none; several ports may show it.
#[derive(Clone, Debug)]
pub struct OwnCertificate {
    directory: PathBuf,
    hostname: String,
}

impl OwnCertificate {
    /// One that is kept in `directory` and is for `hostname`, this machine's own name and localhost.
    pub fn new(directory: PathBuf, hostname: impl Into<String>) -> OwnCertificate {
        OwnCertificate { directory, hostname: hostname.into() }
    }

    /// Where it is.
    pub fn files(&self) -> TlsFiles {
        TlsFiles { cert: self.directory.join("server.crt"), key: self.directory.join("server.key"), client_ca: None }
    }

    /// Makes it, unless the one that is there bears the name and is valid for another month; tells whether it did.
    ///
    /// # Errors
    /// The files cannot be written, or no crypto provider is installed.
    pub fn renew(&self, now: Timestamp) -> Result<bool, ListenError> {
        let files = self.files();
        match files.read() {
            Ok((_, expiry)) if expiry > now.after(RENEWED_BEFORE) && self.is_named_in(&files) => return Ok(false),
            Err(ListenError::Provider) => return Err(ListenError::Provider),
            // It is about to end, or not there, or only one of the two could be written the last time.
            _ => {}
        }
        let (cert, key) = make(&self.hostname, now).map_err(|error| ListenError::Make(error.to_string()))?;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| ListenError::Write { path, error }
        };
        fs::create_dir_all(&self.directory).map_err(failed(&self.directory))?;
        write(&files.key, key.as_bytes(), SECRET).map_err(failed(&files.key))?;
        write(&files.cert, cert.as_bytes(), PUBLIC).map_err(failed(&files.cert))?;
        Ok(true)
    }

    fn is_named_in(&self, files: &TlsFiles) -> bool {
        let chain = tls::certificates(&files.cert).unwrap_or_default();
        let first = chain.first().and_then(|first| certificate::read(first));
        first.and_then(|first| first.common_name).as_deref() == Some(common_name(&self.hostname))
    }
}

/// A certificate and its key in PEM.
fn make(hostname: &str, now: Timestamp) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::default();
    params.subject_alt_names = names(hostname);
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, common_name(hostname));
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Two certificates of one issuer must differ in it, or browsers refuse the second.
    params.serial_number = Some(SerialNumber::from_slice(&now.0.to_be_bytes()));
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_millis(now.before(CLOCKS_DIFFER).0);
    params.not_after = epoch + Duration::from_millis(now.after(VALID).0);
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

/// Everything by which people may reach this machine, each once.
fn names(hostname: &str) -> Vec<SanType> {
    let mut names = Vec::new();
    for name in [Some(hostname.to_owned()), host_name(), Some("localhost".into())].into_iter().flatten() {
        let name = match name.parse().map(SanType::IpAddress) {
            Ok(address) => Some(address),
            Err(_) => name.try_into().map(SanType::DnsName).ok(),
        };
        names.extend(name);
    }
    names.extend([IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)].map(SanType::IpAddress));
    let mut once = Vec::new();
    for name in names {
        if !once.contains(&name) {
            once.push(name);
        }
    }
    once
}

/// The whole name stands among the alternative names; this field has less room (RFC 5280, `ub-common-name`).
fn common_name(hostname: &str) -> &str {
    hostname.get(..MOST_OF_COMMON_NAME).unwrap_or(hostname)
}

pub(crate) fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("HOSTNAME")).ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// Writes a whole file or none of it.
fn write(path: &Path, octets: &[u8], mode: u32) -> io::Result<()> {
    let temporary = path.with_extension("new");
    // What a killed process left may have another mode.
    let _ = fs::remove_file(&temporary);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(&temporary)?;
    file.write_all(octets)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

const SECRET: u32 = 0o600;
const PUBLIC: u32 = 0o644;
const MOST_OF_COMMON_NAME: usize = 64;
const DAY: Duration = Duration::from_secs(24 * 3600);
// Browsers take none that is valid for longer.
const VALID: Duration = Duration::from_secs(397 * 24 * 3600);
const RENEWED_BEFORE: Duration = Duration::from_secs(30 * 24 * 3600);
const CLOCKS_DIFFER: Duration = DAY;
