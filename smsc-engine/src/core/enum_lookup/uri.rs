//! The host in a URI: the one part of it that routes are compared with.

/// Returns the host in lower case; `None` if the URI has none, as `tel:` never has.
pub(super) fn host(uri: &str) -> Option<String> {
    let (scheme, rest) = uri.split_once(':')?;
    if !is_scheme(scheme) || scheme.eq_ignore_ascii_case("tel") {
        return None;
    }
    let names_host = rest.starts_with("//") || HOST_ALONE.iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let authority = match rest.strip_prefix("//") {
        Some(rest) => rest.split(['/', '?', '#']).next()?,
        None => rest,
    };
    let place = match authority.split_once('@') {
        // RFC 3261 §25.1: a user part holds no bare `@`.
        Some((_, place)) => place,
        None if names_host => authority,
        None => return None,
    };
    without_port(place.split([';', '?', '/', '#', ',']).next()?)
}

/// Cuts the port off and checks what is left.
fn without_port(place: &str) -> Option<String> {
    if let Some(rest) = place.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        let address: std::net::Ipv6Addr = address.parse().ok()?;
        return (port.is_empty() || port.strip_prefix(':').is_some_and(is_port)).then(|| address.to_string());
    }
    let host = match place.split_once(':') {
        Some((host, port)) if is_port(port) => host,
        Some(_) => return None,
        None => place,
    };
    let host = host.strip_suffix('.').unwrap_or(host);
    is_name(host).then(|| host.to_ascii_lowercase())
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

/// True for a host name or an IPv4 address. The underscore is forbidden and common.
fn is_name(host: &str) -> bool {
    host.len() <= MOST_NAME
        && host.split('.').all(|label| {
            !label.is_empty() && label.chars().all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '_')
        })
}

// These stand without a user, too.
const HOST_ALONE: [&str; 3] = ["sip", "sips", "h323"];
// RFC 1035 §2.3.4
const MOST_NAME: usize = 253;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_host_is_found_in_every_form() {
        for (uri, expected) in [
            ("sip:15550100@voip-gateway.example.com", "voip-gateway.example.com"),
            ("sip:+1555;phone-context=x@Host.Example.COM:5060;transport=udp?a=b", "host.example.com"),
            ("sips:gw.example.com", "gw.example.com"),
            ("SIP:gw.example.com;lr", "gw.example.com"),
            ("sip:a?b@gw", "gw"),
            ("sip:user:pass@gw:5061", "gw"),
            ("sip:u@192.0.2.7:5060", "192.0.2.7"),
            ("sip:u@[2001:DB8::1]:5060;x", "2001:db8::1"),
            ("sip:u@gw.example.com.", "gw.example.com"),
            ("mailto:me@example.com?subject=x", "example.com"),
            ("http://www.example.com:8080/a@b", "www.example.com"),
            ("xmpp:u@im.example.com/phone", "im.example.com"),
        ] {
            assert_eq!(host(uri).as_deref(), Some(expected), "{uri}");
        }
    }

    #[test]
    fn a_uri_without_a_host_has_none() {
        for uri in [
            "tel:+15550100",
            "tel:1555;phone-context=a@b",
            "sms:15550100",
            "data:,x",
            "nothing",
            "",
            ":",
            "sip:",
            "sip:u@",
            "sip:u@gw:port",
            "sip:u@gw:99999",
            "sip:u@a..b",
            "sip:u@a b",
            "sip:u@[nonsense]",
            "sip:u@[::1",
            "sip:u@[::1]x",
            "1sip:u@h",
            "sip:u@é.example",
            "http:///path",
            "urn:x:y",
        ] {
            assert_eq!(host(uri), None, "{uri}");
        }
        assert_eq!(host(&format!("sip:u@{}", "a.".repeat(200))), None);
    }
}
