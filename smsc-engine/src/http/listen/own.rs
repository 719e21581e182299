//! A certificate of its own for whoever has none yet: encrypted, but known to nobody.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, KeyUsagePurpose, SanType, SerialNumber, date_time_ymd};

use super::{ListenError, TlsFiles};
use crate::model::Timestamp;

impl TlsFiles {
    /// Takes the certificate and the key that are named; if none are, a certificate of its own below `directory`.
    ///
    /// # Errors
    /// As [`own`](TlsFiles::own).
    pub fn named_or_own((cert, key): (&Path, &Path), directory: &Path) -> Result<TlsFiles, ListenError> {
        match cert.as_os_str().is_empty() || key.as_os_str().is_empty() {
            false => Ok(TlsFiles { cert: cert.into(), key: key.into(), client_ca: None }),
            true => TlsFiles::own(&directory.join(OWN), Timestamp::now()),
        }
    }

    /// Makes a certificate for this host below `directory`, or takes the one that is there unless it ends within a month.
    ///
    /// # Errors
    /// The files cannot be written, or no crypto provider is installed.
    pub fn own(directory: &Path, now: Timestamp) -> Result<TlsFiles, ListenError> {
        let files = TlsFiles { cert: directory.join("server.crt"), key: directory.join("server.key"), client_ca: None };
        match files.read() {
            Ok((_, expiry)) if expiry > now.after(RENEWED_BEFORE) => return Ok(files),
            Err(ListenError::Provider) => return Err(ListenError::Provider),
            // It is about to end, or not there, or only one of the two could be written the last time.
            _ => {}
        }
        let (cert, key) = make(now).map_err(|error| ListenError::Make(error.to_string()))?;
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| ListenError::Write { path, error }
        };
        fs::create_dir_all(directory).map_err(failed(directory))?;
        write(&files.key, key.as_bytes(), SECRET).map_err(failed(&files.key))?;
        write(&files.cert, cert.as_bytes(), PUBLIC).map_err(failed(&files.cert))?;
        Ok(files)
    }
}

/// A certificate and its key in PEM.
fn make(now: Timestamp) -> Result<(String, String), rcgen::Error> {
    let key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    if let Some(name) = host_name()
        && let Ok(name) = name.try_into()
    {
        params.subject_alt_names.push(SanType::DnsName(name));
    }
    for address in [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)] {
        params.subject_alt_names.push(SanType::IpAddress(address));
    }
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Two certificates of one issuer must differ in it, or browsers refuse the second.
    params.serial_number = Some(SerialNumber::from_slice(&now.0.to_be_bytes()));
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + Duration::from_millis(now.before(CLOCKS_DIFFER).0);
    params.not_after = epoch + Duration::from_millis(now.after(VALID).0);
    Ok((params.self_signed(&key)?.pem(), key.serialize_pem()))
}

/// The name of this machine, if it has one of its own.
pub(crate) fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").or_else(|_| std::env::var("HOSTNAME")).ok()?;
    let name = name.trim();
    (!name.is_empty() && name != "localhost").then(|| name.to_owned())
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

/// Below the directory of a program.
const OWN: &str = "tls";
const SECRET: u32 = 0o600;
const PUBLIC: u32 = 0o644;
const DAY: Duration = Duration::from_secs(24 * 3600);
// Browsers take none that is valid for longer.
const VALID: Duration = Duration::from_secs(397 * 24 * 3600);
const RENEWED_BEFORE: Duration = Duration::from_secs(30 * 24 * 3600);
const CLOCKS_DIFFER: Duration = DAY;
