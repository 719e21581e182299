//! What every request has to pass: pages of other sites change nothing here, and nobody takes for ever.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Problem;

pub(super) async fn pass(request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !request.method().is_safe() && is_foreign(headers, request.uri()) {
        return Problem::forged().into_response();
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > LARGEST) {
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "Too large", "A form may have two megabytes.").into_response();
    }
    match tokio::time::timeout(LONGEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::broken("The request took too long.").into_response(),
    }
}

/// Whether a page of another site sent it, as far as the browser says. Programs say nothing, and act for nobody.
fn is_foreign(headers: &HeaderMap, uri: &Uri) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    // Old browsers say only this, and over plain HTTP all of them do.
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, host)| host);
    let named = |name: &str| headers.get(name).and_then(|host| host.to_str().ok());
    let ours = [named("x-forwarded-host"), named("host"), uri.authority().map(|authority| authority.as_str())];
    !ours.into_iter().flatten().any(|host| Some(host) == origin)
}

// What axum reads of a form; more is refused before it is sent.
const LARGEST: u64 = 2 << 20;
/// For a form to arrive and to be answered.
const LONGEST: Duration = Duration::from_secs(30);

#[cfg(test)]
mod tests {
    use super::*;

    fn foreign(pairs: &[(&'static str, &'static str)]) -> bool {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_foreign(&headers, &Uri::from_static("/send"))
    }

    #[test]
    fn pages_of_other_sites_are_told_from_ours() {
        assert!(!foreign(&[]));
        assert!(!foreign(&[("sec-fetch-site", "same-origin"), ("origin", "https://proxy.example"), ("host", "smsc:8086")]));
        for site in ["cross-site", "same-site"] {
            assert!(foreign(&[("sec-fetch-site", site), ("origin", "https://smsc"), ("host", "smsc")]), "{site}");
        }
        assert!(!foreign(&[("origin", "http://smsc:8086"), ("host", "smsc:8086")]));
        assert!(!foreign(&[("origin", "https://sms.example"), ("host", "smsc:8086"), ("x-forwarded-host", "sms.example")]));
        for origin in ["http://evil", "http://smsc:8087", "null"] {
            assert!(foreign(&[("origin", origin), ("host", "smsc:8086")]), "{origin}");
        }
    }
}
