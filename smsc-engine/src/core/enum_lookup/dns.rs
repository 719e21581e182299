//! NAPTR records out of DNS.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError as Answered, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::{Name, RData, Record, RecordType};

use super::client::EnumConfig;
use super::naptr::{Naptr, NaptrFault, NaptrSource};
use crate::BoxFuture;

/// A DNS client; it keeps nothing, for [`EnumClient`](super::EnumClient) does.
pub struct DnsSource {
    /// One for each server: a resolver with several does not get past a silent one in its time.
    resolvers: Vec<TokioResolver>,
}

/// Why there is no DNS client.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DnsError {
    /// A suffix cannot stand in a name.
    #[error("the ENUM domain {domain:?} is no domain name: {reason}")]
    Domain {
        /// Which one.
        domain: String,
        /// What is wrong.
        reason: String,
    },
    /// No server was given and the system's cannot be learnt.
    #[error("the system's DNS servers are unknown: {0}")]
    System(String),
}

impl DnsSource {
    /// Makes a client of `servers`, asked in this order; of the system's servers if there are none.
    ///
    /// The time of `config` is divided so that every server can be asked for every suffix.
    ///
    /// # Errors
    /// A suffix is no domain name, or the system names no servers.
    pub fn new(servers: &[SocketAddr], config: &EnumConfig) -> Result<DnsSource, DnsError> {
        for domain in &config.domains {
            check(domain)?;
        }
        let queries = config.domains.len().max(1) * servers.len().max(1);
        let share = config.timeout / u32::try_from(queries).unwrap_or(u32::MAX);
        let mut resolvers = servers.iter().map(|server| given(*server, share, config)).collect::<Result<Vec<_>, _>>()?;
        if resolvers.is_empty() {
            let mut builder = TokioResolver::builder_tokio().map_err(unknown_system)?;
            adjust(builder.options_mut(), share, config);
            resolvers.push(builder.build().map_err(unknown_system)?);
        }
        Ok(DnsSource { resolvers })
    }
}

impl NaptrSource for DnsSource {
    fn naptr<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Vec<Naptr>, NaptrFault>> {
        Box::pin(async move {
            let name = Name::from_ascii(name).map_err(|error| NaptrFault(format!("{name}: {error}")))?;
            let mut fault = NaptrFault("no server".into());
            for resolver in &self.resolvers {
                match resolver.lookup(name.clone(), RecordType::NAPTR).await {
                    Ok(found) => return Ok(found.answers().iter().filter_map(read).collect()),
                    Err(error) if says_there_is_none(&error) => return Ok(Vec::new()),
                    Err(error) => fault = NaptrFault(error.to_string()),
                }
            }
            Err(fault)
        })
    }
}

/// A resolver that knows one server.
fn given(server: SocketAddr, share: Duration, config: &EnumConfig) -> Result<TokioResolver, DnsError> {
    let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
        connection.port = server.port();
        connection
    });
    let server = NameServerConfig::new(server.ip(), true, connections.into());
    let servers = ResolverConfig::from_name_servers(vec![server]);
    let mut builder = TokioResolver::builder_with_config(servers, TokioRuntimeProvider::default());
    adjust(builder.options_mut(), share, config);
    builder.build().map_err(unknown_system)
}

fn adjust(options: &mut ResolverOpts, share: Duration, config: &EnumConfig) {
    options.timeout = share;
    // A datagram that was lost is sent again within the time.
    options.attempts = 0;
    options.cache_size = 0;
    options.use_hosts_file = ResolveHosts::Never;
    options.max_active_requests = config.most_under_way.max(1);
}

fn check(domain: &str) -> Result<(), DnsError> {
    let fault = |reason: String| DnsError::Domain { domain: domain.into(), reason };
    let suffix = domain.trim_matches('.');
    if suffix.is_empty() {
        return Err(fault("it is empty".into()));
    }
    // With the longest number before it.
    Name::from_ascii(format!("{}{suffix}.", "0.".repeat(15))).map(drop).map_err(|error| fault(error.to_string()))
}

fn unknown_system(error: NetError) -> DnsError {
    DnsError::System(error.to_string())
}

/// True if the server knows that the name does not exist, or that it has no such record.
fn says_there_is_none(error: &NetError) -> bool {
    matches!(
        error,
        NetError::Dns(Answered::NoRecordsFound(found))
            if matches!(found.response_code, ResponseCode::NXDomain | ResponseCode::NoError)
    )
}

fn read(record: &Record) -> Option<Naptr> {
    let RData::NAPTR(naptr) = &record.data else { return None };
    Some(Naptr {
        order: naptr.order,
        preference: naptr.preference,
        flags: naptr.flags.clone(),
        services: naptr.services.clone(),
        regexp: naptr.regexp.clone(),
        ttl: Duration::from_secs(record.ttl.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_suffix_that_is_no_domain_name_is_named() {
        for domain in ["", ".", "a..b", &"a.".repeat(200), &"a".repeat(64)] {
            let config = EnumConfig { domains: vec!["e164.arpa".into(), domain.into()], ..EnumConfig::default() };
            let server = "127.0.0.1:53".parse().unwrap();
            let error = DnsSource::new(&[server], &config).err().unwrap();
            assert!(matches!(&error, DnsError::Domain { domain: named, .. } if named == domain), "{error}");
        }
    }
}
