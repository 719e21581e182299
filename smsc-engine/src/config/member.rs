//! A node of a cluster as a list names it.

/// Where another node is, as `sms@host` or `sms@host:port` says it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemberAddress {
    /// The name of the node: all but the port.
    pub name: String,
    /// Its host name or address, without brackets.
    pub host: String,
    /// Its port; `None` for the usual one.
    pub port: Option<u16>,
}

impl MemberAddress {
    /// Reads an entry of a list.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(entry: &str) -> Result<MemberAddress, &'static str> {
        let (user, place) =
            entry.split_once('@').filter(|(user, _)| !user.is_empty()).ok_or("it must be sms@host or sms@host:port")?;
        let (host, port) = match place.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((host, port)) => (host, port.strip_prefix(':').or(Some(port).filter(|port| !port.is_empty()))),
            // Several colons without brackets are an IPv6 address.
            None if place.matches(':').count() > 1 => (place, None),
            None => place.split_once(':').map_or((place, None), |(host, port)| (host, Some(port))),
        };
        if host.is_empty() || host.contains(char::is_whitespace) {
            return Err("there is no host after the @");
        }
        let port = port.map(|port| port.parse().ok().filter(|port| *port > 0).ok_or("its port is none")).transpose()?;
        Ok(MemberAddress { name: format!("{user}@{host}"), host: host.into(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(entry: &str) -> Option<(String, String, Option<u16>)> {
        MemberAddress::read(entry).ok().map(|member| (member.name, member.host, member.port))
    }

    #[test]
    fn a_node_is_named_by_all_but_its_port() {
        let parts = |name: &str, host: &str, port| Some((name.to_owned(), host.to_owned(), port));
        assert_eq!(read("sms@10.0.0.1"), parts("sms@10.0.0.1", "10.0.0.1", None));
        assert_eq!(read("sms@b.example.com:9101"), parts("sms@b.example.com", "b.example.com", Some(9101)));
        assert_eq!(read("sms@[2001:db8::1]:9101"), parts("sms@2001:db8::1", "2001:db8::1", Some(9101)));
        assert_eq!(read("sms@2001:db8::1"), parts("sms@2001:db8::1", "2001:db8::1", None));
        for bad in ["", "b", "@b", "sms@", "sms@b:0", "sms@b:x", "sms@b:70000", "sms@:9100", "sms@[::1]x"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
