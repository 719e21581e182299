//! Which nodes there should be: a list, or what DNS says.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::node::ClusterError;
use crate::config::MemberAddress;

/// A node that should be there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    /// Its name, if that is known.
    pub(super) name: Option<String>,
    /// A name of DNS, or an address.
    pub(super) host: String,
    pub(super) port: u16,
}

impl Wanted {
    /// For people, and for the digest of all of them.
    pub(super) fn place(&self) -> String {
        if self.host.contains(':') { format!("[{}]:{}", self.host, self.port) } else { format!("{}:{}", self.host, self.port) }
    }

    /// Where to call it now.
    pub(super) async fn address(&self) -> Result<SocketAddr, String> {
        let mut found = tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(|error| error.to_string())?;
        found.next().ok_or_else(|| format!("{} has no address", self.host))
    }
}

/// Where members are looked up.
pub(super) enum Lookup {
    List(Vec<Wanted>),
    Dns { resolvers: Vec<TokioResolver>, name: String, port: u16 },
}

impl Lookup {
    pub(super) fn list(members: &[MemberAddress], port: u16) -> Lookup {
        let wanted = |member: &MemberAddress| Wanted {
            name: Some(member.name.clone()),
            host: member.host.clone(),
            port: member.port.unwrap_or(port),
        };
        Lookup::List(members.iter().map(wanted).collect())
    }

    /// Asks these servers in their order; those of the system if there are none.
    pub(super) fn dns(name: &str, servers: &[SocketAddr], port: u16) -> Result<Lookup, ClusterError> {
        let fault = |error: NetError| ClusterError::Dns(error.to_string());
        Name::from_ascii(format!("{SERVICE}.{name}.")).map_err(|error| ClusterError::Dns(format!("{name}: {error}")))?;
        let mut resolvers = Vec::new();
        for server in servers {
            let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|mut connection| {
                connection.port = server.port();
                connection
            });
            let server = NameServerConfig::new(server.ip(), true, connections.into());
            let config = ResolverConfig::from_name_servers(vec![server]);
            resolvers.push(TokioResolver::builder_with_config(config, TokioRuntimeProvider::default()));
        }
        if resolvers.is_empty() {
            resolvers.push(TokioResolver::builder_tokio().map_err(fault)?);
        }
        let build = |mut builder: hickory_resolver::ResolverBuilder<TokioRuntimeProvider>| {
            builder.options_mut().timeout = PATIENCE;
            builder.options_mut().attempts = 1;
            // What DNS says now counts, not what it said.
            builder.options_mut().cache_size = 0;
            builder.build().map_err(fault)
        };
        let resolvers = resolvers.into_iter().map(build).collect::<Result<_, _>>()?;
        Ok(Lookup::Dns { resolvers, name: name.trim_end_matches('.').to_owned(), port })
    }

    /// Returns the nodes that should be there now, always in the same order.
    pub(super) async fn members(&self) -> Result<Vec<Wanted>, String> {
        let (resolvers, name, port) = match self {
            Lookup::List(members) => return Ok(members.clone()),
            Lookup::Dns { resolvers, name, port } => (resolvers, name, *port),
        };
        let mut fault = String::new();
        for resolver in resolvers {
            match ask(resolver, name, port).await {
                Ok(found) if found.is_empty() => fault = format!("{name} names no nodes"),
                Ok(mut found) => {
                    found.sort_by_key(Wanted::place);
                    found.dedup();
                    return Ok(found);
                }
                Err(error) => fault = format!("{name}: {error}"),
            }
        }
        Err(fault)
    }
}

/// SRV records first; without any, the addresses of the name itself.
async fn ask(resolver: &TokioResolver, name: &str, port: u16) -> Result<Vec<Wanted>, NetError> {
    // With a dot at the end, so that no domain of the system is tried behind it.
    let services = Name::from_ascii(format!("{SERVICE}.{name}.")).map_err(NetError::from)?;
    let services: Vec<Wanted> = match resolver.lookup(services, RecordType::SRV).await {
        Ok(found) => found.answers().iter().filter_map(|record| service(&record.data, port)).collect(),
        Err(_) => Vec::new(),
    };
    if !services.is_empty() {
        return Ok(futures_util::future::join_all(services.into_iter().map(|wanted| addressed(resolver, wanted))).await);
    }
    let addresses = resolver.lookup_ip(format!("{name}.")).await?;
    Ok(addresses.iter().map(|address| Wanted { name: None, host: address.to_string(), port }).collect())
}

/// Puts the address in place of the name, by the servers that named it; a name that has none stays, and is said to be unknown.
async fn addressed(resolver: &TokioResolver, wanted: Wanted) -> Wanted {
    let address = resolver.lookup_ip(format!("{}.", wanted.host)).await.ok().and_then(|found| found.iter().next());
    Wanted { host: address.map_or(wanted.host, |address| address.to_string()), ..wanted }
}

fn service(data: &RData, usual: u16) -> Option<Wanted> {
    let RData::SRV(service) = data else { return None };
    let host = service.target.to_utf8();
    let port = if service.port == 0 { usual } else { service.port };
    Some(Wanted { name: None, host: host.trim_end_matches('.').to_owned(), port })
}

const SERVICE: &str = "_sms._tcp";
const PATIENCE: Duration = Duration::from_secs(2);
