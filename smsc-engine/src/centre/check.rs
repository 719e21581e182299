//! Looks at everything a centre needs, before it is started: nothing is made and nothing is changed.

use std::fmt;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;

use smpp_session::net::rustls::ServerConfig;
use smpp_session::net::rustls::pki_types::pem::PemObject;
use smpp_session::net::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::{core, stores};
use crate::config::{DbAdapter, HttpPort, Settings};
use crate::core::enum_lookup::{DnsSource, EnumConfig, NaptrSource};
use crate::core::records::COLUMNS;
use crate::sql::{Database, DatabaseConfig, SqlError, Statement};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What it is, such as `record database postgres sms_user@localhost:5432/sms_c_prod`.
    pub about: String,
    /// What is wrong with it.
    pub fault: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.fault {
            None => write!(f, "{}: good", self.about),
            Some(fault) => write!(f, "{}: {fault}", self.about),
        }
    }
}

/// Looks whether a centre with these settings would find what it needs: directory, ports, certificates, the databases,
/// charging and ENUM.
pub async fn check(settings: &Settings) -> Vec<Finding> {
    let mut findings =
        vec![finding(format!("directory {}", settings.storage.directory.display()), writable(&settings.storage.directory))];
    findings.extend(ports(settings));
    findings.extend(certificates(settings));
    if let Some(shared) = stores::shared_database(settings) {
        let about = format!("shared database {shared}");
        findings.push(finding(about, shared_database(&shared).await));
    }
    findings.extend(cluster_port(settings));
    if settings.records.cdr_enabled {
        findings.push(record_database(settings).await);
    }
    for directory in [&settings.records.csv_directory, &settings.records.json_directory] {
        if !directory.as_os_str().is_empty() {
            findings.push(finding(format!("directory {}", directory.display()), writable(directory)));
        }
    }
    if settings.charging.charging_enabled {
        findings.push(finding(format!("charging {}", settings.charging.ocs_url), charging(settings).await));
    }
    if settings.enum_lookup.enum_enabled {
        findings.push(finding("ENUM".into(), enum_lookup(settings).await));
    }
    findings
}

fn finding(about: String, looked: Result<(), impl ToString>) -> Finding {
    Finding { about, fault: looked.err().map(|fault| fault.to_string()) }
}

/// Tries to write in the directory, or in the one it would be made in.
fn writable(directory: &Path) -> io::Result<()> {
    let mut place = directory;
    while !place.exists() {
        place = match place.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
    }
    let probe = place.join(format!(".smsc-check-{}", std::process::id()));
    std::fs::write(&probe, "")?;
    std::fs::remove_file(&probe)
}

fn ports(settings: &Settings) -> Vec<Finding> {
    let served = served(settings).map(|(service, port)| (service, port.listen));
    std::iter::once(("SMPP", settings.smpp.listen))
        .chain(served)
        .map(|(service, address)| finding(format!("port of {service} {address}"), free(address)))
        .collect()
}

/// The HTTP ports that are wanted.
fn served(settings: &Settings) -> impl Iterator<Item = (&'static str, &HttpPort)> {
    let Settings { api, web, metrics, .. } = settings;
    [("API", &api.port), ("dashboard", &web.port), ("metrics", &metrics.port)].into_iter().filter(|(_, port)| port.enabled)
}

fn free(address: SocketAddr) -> io::Result<()> {
    TcpListener::bind(address).map(drop)
}

fn certificates(settings: &Settings) -> Vec<Finding> {
    let api = &settings.api;
    let mut findings: Vec<Finding> = served(settings)
        .filter(|(_, port)| port.enable_tls && !port.tls_cert_path.as_os_str().is_empty())
        .map(|(service, port)| {
            let looked = pair(&port.tls_cert_path, &port.tls_key_path);
            finding(format!("certificate of {service} {}", port.tls_cert_path.display()), looked)
        })
        .collect();
    if api.port.enabled && api.port.enable_tls && !api.client_ca_path.as_os_str().is_empty() {
        let path = &api.client_ca_path;
        findings.push(finding(format!("authorities of clients {}", path.display()), chain(path).map(drop)));
    }
    findings
}

/// Whether both files can be read and belong together.
fn pair(certificate: &Path, key: &Path) -> Result<(), String> {
    let chain = chain(certificate)?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|error| format!("{}: {error}", key.display()))?;
    let provider = Arc::new(smpp_session::net::rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let builder = builder.map_err(|error| error.to_string())?;
    builder.with_no_client_auth().with_single_cert(chain, key).map(drop).map_err(|error| error.to_string())
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let fault = |error: &dyn fmt::Display| format!("{}: {error}", path.display());
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = read.map_err(|error| fault(&error))?;
    if chain.is_empty() { Err(fault(&"there is no certificate in it")) } else { Ok(chain) }
}

async fn record_database(settings: &Settings) -> Finding {
    let config = stores::record_database(settings);
    let about = format!("record database {config}");
    // A file that is not there is made at the start.
    if settings.records.db_adapter == DbAdapter::Sqlite && !config.path.exists() {
        return Finding { about, fault: None };
    }
    finding(about, with_database(&config, ask).await)
}

/// Connects; the tables are made at the start.
async fn shared_database(config: &DatabaseConfig) -> Result<(), SqlError> {
    with_database(config, async |database: &Database| database.rows(Statement::new("SELECT 1 AS one")).await.map(drop)).await
}

async fn with_database(
    config: &DatabaseConfig,
    look: impl AsyncFnOnce(&Database) -> Result<(), SqlError>,
) -> Result<(), SqlError> {
    let database = Database::open(config).await?;
    let looked = look(&database).await;
    database.close().await;
    looked
}

/// Where other nodes call, if there are to be any.
fn cluster_port(settings: &Settings) -> Option<Finding> {
    let address = settings.node.cluster_listen;
    settings.node.is_clustered().then(|| finding(format!("port of the cluster {address}"), free(address)))
}

/// Connects, and looks at the tables; those that are not there yet are made at the start.
async fn ask(database: &Database) -> Result<(), SqlError> {
    database.rows(Statement::new("SELECT 1 AS one")).await?;
    if database.rows(Statement::new("SELECT 1 AS one FROM cdrs WHERE 1 = 0")).await.is_err() {
        return Ok(());
    }
    database.rows(Statement::new(format!("SELECT {} FROM cdrs WHERE 1 = 0", COLUMNS.join(", ")))).await.map(drop)
}

async fn charging(settings: &Settings) -> Result<(), String> {
    match core::charging(&settings.charging).map_err(|error| error.to_string())? {
        Some(charging) => charging.ping().await.map_err(|error| error.to_string()),
        None => Ok(()),
    }
}

/// Asks for a number nobody has; no answer at all is the fault.
async fn enum_lookup(settings: &Settings) -> Result<(), String> {
    let config = EnumConfig::from(&settings.enum_lookup);
    let source = DnsSource::new(&settings.enum_lookup.enum_dns_servers, &config).map_err(|error| error.to_string())?;
    for domain in &config.domains {
        let asked = tokio::time::timeout(config.timeout, source.naptr(domain)).await;
        asked.map_err(|_| format!("{domain}: no answer in time"))?.map_err(|fault| format!("{domain}: {}", fault.0))?;
    }
    Ok(())
}
