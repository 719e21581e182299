//! The cookie that carries the token of a session.

use axum::http::HeaderMap;
use axum::http::header::COOKIE;

/// Writes the value of `Set-Cookie` for a session. No script can read it, no other site makes the browser send it.
pub fn session_cookie(token: &str, tls: bool) -> String {
    format!("{}={token}; Path=/; HttpOnly; SameSite=Strict{}", name(tls), if tls { "; Secure" } else { "" })
}

/// Writes the value of `Set-Cookie` that takes the cookie away.
pub fn clear_cookie(tls: bool) -> String {
    format!("{}; Max-Age=0", session_cookie("", tls))
}

/// Finds the token of a session in the headers of a request.
pub fn token_of(headers: &HeaderMap, tls: bool) -> Option<&str> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';')).filter_map(|cookie| cookie.trim().split_once('='));
    pairs.find(|(key, _)| *key == name(tls)).map(|(_, token)| token).filter(|token| !token.is_empty())
}

/// Browsers take a `__Host-` cookie only over TLS and from the very host.
const fn name(tls: bool) -> &'static str {
    if tls { "__Host-smsc" } else { "smsc" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_is_bound_to_the_host_and_hidden_from_scripts() {
        assert_eq!(session_cookie("ab", true), "__Host-smsc=ab; Path=/; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(session_cookie("ab", false), "smsc=ab; Path=/; HttpOnly; SameSite=Strict");
        assert_eq!(clear_cookie(true), "__Host-smsc=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0");
    }

    #[test]
    fn the_token_is_found_among_other_cookies_under_its_own_name_only() {
        let headers = |cookies: &[&'static str]| {
            let mut headers = HeaderMap::new();
            cookies.iter().for_each(|cookie| drop(headers.append(COOKIE, cookie.parse().unwrap())));
            headers
        };
        let both = headers(&["theme=dark; smsc=plain", "__Host-smsc=safe; x"]);
        assert_eq!((token_of(&both, true), token_of(&both, false)), (Some("safe"), Some("plain")));
        assert_eq!(token_of(&headers(&["xsmsc=1; smsc="]), false), None);
        assert_eq!(token_of(&headers(&[]), true), None);
    }
}
