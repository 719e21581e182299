//! Which site a request comes from, as far as the browser says.

use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Uri};

/// Whose page sends a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// One of this very host.
    Ours,
    /// One of another site.
    Foreign,
    /// Nobody says so: a program, which acts for nobody, or somebody who typed the address.
    Unsaid,
}

/// Finds out whose page sends a request.
pub(crate) fn sender(headers: &HeaderMap, uri: &Uri) -> Sender {
    if let Some(site) = headers.get("sec-fetch-site") {
        return match site.as_bytes() {
            b"same-origin" => Sender::Ours,
            b"none" => Sender::Unsaid,
            _ => Sender::Foreign,
        };
    }
    // Old browsers say only this, and over plain HTTP all of them do.
    let Some(origin) = headers.get(ORIGIN) else { return Sender::Unsaid };
    let Some(("http" | "https", origin)) = origin.to_str().ok().and_then(|origin| origin.split_once("://")) else {
        return Sender::Foreign;
    };
    let named = |name: &HeaderName| headers.get(name).and_then(|host| host.to_str().ok());
    // HTTP/2 has the host in the address of the request; a proxy may have put its own name in place of it.
    let ours = [named(&FORWARDED), named(&HOST), uri.authority().map(|authority| authority.as_str())];
    let is_ours = ours.into_iter().flatten().any(|host| host.eq_ignore_ascii_case(origin));
    if is_ours { Sender::Ours } else { Sender::Foreign }
}

const FORWARDED: HeaderName = HeaderName::from_static("x-forwarded-host");

#[cfg(test)]
mod tests {
    use super::Sender::{Foreign, Ours, Unsaid};
    use super::*;

    fn of(pairs: &[(&'static str, &'static str)]) -> Sender {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        sender(&headers, &Uri::from_static("/send"))
    }

    #[test]
    fn pages_of_other_sites_are_told_from_ours() {
        assert_eq!(of(&[]), Unsaid);
        assert_eq!(of(&[("sec-fetch-site", "none")]), Unsaid);
        assert_eq!(of(&[("sec-fetch-site", "same-origin"), ("origin", "https://proxy.example"), ("host", "smsc:8086")]), Ours);
        for site in ["cross-site", "same-site"] {
            assert_eq!(of(&[("sec-fetch-site", site), ("origin", "https://smsc"), ("host", "smsc")]), Foreign, "{site}");
        }
        assert_eq!(of(&[("origin", "http://SMSC:8086"), ("host", "smsc:8086")]), Ours);
        assert_eq!(of(&[("origin", "https://sms.example"), ("host", "smsc:8086"), ("x-forwarded-host", "sms.example")]), Ours);
        for origin in ["http://evil", "http://smsc:8087", "null", "ftp://smsc:8086"] {
            assert_eq!(of(&[("origin", origin), ("host", "smsc:8086")]), Foreign, "{origin}");
        }
        let over_http2 = HeaderMap::from_iter([(ORIGIN, "https://smsc:8086".parse().unwrap())]);
        assert_eq!(sender(&over_http2, &Uri::from_static("https://smsc:8086/send")), Ours);
    }
}
