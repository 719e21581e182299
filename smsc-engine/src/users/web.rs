//! The door of the dashboard: every request passes [`gate`].

use axum::body::{Body, Bytes};
use axum::extract::{Form, FromRequest, FromRequestParts, Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::site::{Sender, sender};
use super::{Role, SessionInfo, Users, token_of};
use crate::audit::OneLine;

/// What the door needs to know.
#[derive(Clone, Debug)]
pub struct Gate {
    /// Who may come in.
    pub users: Users,
    /// Whether browsers come over TLS, be it that of a proxy.
    pub tls: bool,
}

/// Finds out whose session a request belongs to, and refuses those that another site may have forged.
///
/// It goes around all routes of the dashboard (`axum::middleware::from_fn_with_state(gate, users::gate)`), the log-in too;
/// then handlers ask for a [`Session`]. A request that may change something must come from a page of this very host, as
/// `Sec-Fetch-Site` or `Origin` tell, and one with a session must carry its token, in the header `x-csrf-token` or in the
/// field `csrf` of a form.
///
/// What a page asks for by itself, streams of events and requests with the header `x-background`, does not keep its
/// session from being idle.
pub async fn gate(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let token = token_of(request.headers(), gate.tls);
    let session = token.and_then(|token| match goes_by_itself(request.headers()) {
        true => gate.users.look_at_session(token),
        false => gate.users.session(token),
    });
    let mut request = match check(request, session.as_ref()).await {
        Ok(request) => request,
        Err(refused) => return refused.into_response(),
    };
    request.extensions_mut().insert(Seen(session));
    next.run(request).await
}

/// What the gate found.
#[derive(Clone)]
struct Seen(Option<SessionInfo>);

/// The session of a request; without one, pages lead to the log-in and everything else gets 401.
#[derive(Clone, Debug)]
pub struct Session(pub SessionInfo);

impl Session {
    /// Asks for a role.
    ///
    /// # Errors
    /// The user has a lesser one; the answer is 403.
    pub fn require(&self, role: Role) -> Result<&SessionInfo, Forbidden> {
        if self.0.may(role) { Ok(&self.0) } else { Err(Forbidden::Role(role)) }
    }
}

/// Why a request is not served; answers 403, or 413 for a form that is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Forbidden {
    /// The user has a lesser role.
    #[error("this takes the role {0}")]
    Role(Role),
    /// Another site may have sent it.
    #[error("this request does not come from a page of this dashboard")]
    Site,
    /// It does not carry the token of its session.
    #[error("this page is too old: load it again")]
    Token,
    /// The form is too long, or broke off.
    #[error("the form is too long")]
    Form,
}

impl IntoResponse for Forbidden {
    fn into_response(self) -> Response {
        let status = if self == Forbidden::Form { StatusCode::PAYLOAD_TOO_LARGE } else { StatusCode::FORBIDDEN };
        (status, self.to_string()).into_response()
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Session, Response> {
        match parts.extensions.get::<Seen>() {
            Some(Seen(Some(session))) => Ok(Session(session.clone())),
            Some(Seen(None)) => Err(log_in_first(parts)),
            None => {
                tracing::error!(path = %OneLine(parts.uri.path()), "a page of the dashboard has no gate around it");
                Err(StatusCode::INTERNAL_SERVER_ERROR.into_response())
            }
        }
    }
}

fn log_in_first(parts: &Parts) -> Response {
    if !is_page(&parts.headers) {
        return (StatusCode::UNAUTHORIZED, "log in first").into_response();
    }
    // What was sent in a form is gone; only a look can be had again.
    let next = if parts.method == Method::GET { parts.uri.path_and_query().map_or("/", |path| path.as_str()) } else { "/" };
    (StatusCode::SEE_OTHER, [(LOCATION, format!("/login?next={}", escape(local_path(next))))]).into_response()
}

fn goes_by_itself(headers: &HeaderMap) -> bool {
    headers.contains_key(BACKGROUND) || text(headers, ACCEPT).is_some_and(|types| types.starts_with("text/event-stream"))
}

/// Tells whether a browser shows the answer as a page of its own.
fn is_page(headers: &HeaderMap) -> bool {
    match text(headers, SEC_FETCH_MODE) {
        Some(mode) => mode == "navigate",
        None => text(headers, ACCEPT).is_some_and(|types| types.contains("text/html")),
    }
}

/// Returns a path of this host that a log-in may lead to: what was asked for if it is one, else `/`.
pub fn local_path(next: &str) -> &str {
    // Browsers take a backslash for a slash, and pass over tabs and ends of lines.
    let strange = |octet: u8| octet == b'\\' || !(0x21..=0x7E).contains(&octet);
    let is_local = next.starts_with('/') && !next.starts_with("//") && !next.bytes().any(strange) && next.len() <= LONGEST_PATH;
    if is_local { next } else { "/" }
}

fn escape(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for octet in path.bytes() {
        match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => out.push(octet.into()),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    out
}

async fn check(request: Request, session: Option<&SessionInfo>) -> Result<Request, Forbidden> {
    if matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return Ok(request);
    }
    if sender(request.headers(), request.uri()) != Sender::Ours {
        return Err(Forbidden::Site);
    }
    // Without a session there is nothing to forge: the log-in itself, or 401 further on.
    let Some(session) = session else { return Ok(request) };
    if let Some(offered) = text(request.headers(), CSRF_HEADER) {
        return if session.is_csrf(offered) { Ok(request) } else { Err(Forbidden::Token) };
    }
    let is_form = text(request.headers(), CONTENT_TYPE).is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !is_form {
        return Err(Forbidden::Token);
    }
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, LONGEST_FORM).await.map_err(|_| Forbidden::Form)?;
    match token_in(body.clone()).await {
        Some(offered) if session.is_csrf(&offered) => Ok(Request::from_parts(parts, Body::from(body))),
        _ => Err(Forbidden::Token),
    }
}

#[derive(serde::Deserialize)]
struct Token {
    csrf: String,
}

async fn token_in(form: Bytes) -> Option<String> {
    let mut request = Request::new(Body::from(form));
    *request.method_mut() = Method::POST;
    let kind = axum::http::HeaderValue::from_static("application/x-www-form-urlencoded");
    request.headers_mut().insert(CONTENT_TYPE, kind);
    Form::<Token>::from_request(request, &()).await.ok().map(|Form(token)| token.csrf)
}

fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    headers.get(name)?.to_str().ok()
}

const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");
const BACKGROUND: HeaderName = HeaderName::from_static("x-background");
/// What browsers and proxies take in a line.
const LONGEST_PATH: usize = 2048;
/// Forms are read whole before they are let through.
const LONGEST_FORM: usize = 256 * 1024;
