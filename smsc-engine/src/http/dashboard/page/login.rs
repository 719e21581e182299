//! Coming in and going out.

use std::net::SocketAddr;
use std::sync::Arc;

use askama::Template;
use axum::extract::{ConnectInfo, Query, RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::super::desk::Desk;
use super::super::form::Fields;
use super::super::gate::Denied;
use super::super::problem::Problem;
use super::super::visit::Visit;

#[derive(Template)]
#[template(path = "login.html")]
struct Login<'a> {
    application: &'a str,
    name: &'a str,
    next: &'a str,
    fault: String,
}

/// Where to go afterwards.
#[derive(serde::Deserialize)]
pub(in super::super) struct Next {
    #[serde(default)]
    next: String,
}

pub(in super::super) async fn show(
    State(desk): State<Arc<Desk>>,
    Query(Next { next }): Query<Next>,
    headers: HeaderMap,
) -> Response {
    match desk.options.gate.viewer(&headers) {
        Some(_) => Redirect::to(inside(&next)).into_response(),
        None => rendered(
            StatusCode::OK,
            &Login { application: &desk.control.application, name: "", next: &next, fault: String::new() },
        ),
    }
}

pub(in super::super) async fn enter(
    State(desk): State<Arc<Desk>>,
    peer: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    if headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Problem::forged().into_response();
    }
    let fields = Fields::read(&form);
    let (name, next) = (fields.text("name"), fields.text("next"));
    let peer = peer.map(|peer| peer.0.0.ip().to_string()).unwrap_or_default();
    match desk.options.gate.log_in(name, fields.text("password"), &peer).await {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to(inside(next))).into_response(),
        Err(denied) => {
            let (status, fault) = words(&denied);
            rendered(status, &Login { application: &desk.control.application, name, next, fault })
        }
    }
}

pub(in super::super) async fn leave(
    State(desk): State<Arc<Desk>>,
    visit: Visit,
    headers: HeaderMap,
    RawForm(form): RawForm,
) -> Response {
    if Fields::read(&form).text("csrf") != visit.viewer.csrf {
        return Problem::forged().into_response();
    }
    ([(header::SET_COOKIE, desk.options.gate.log_out(&headers))], Redirect::to("/login")).into_response()
}

fn words(denied: &Denied) -> (StatusCode, String) {
    match denied {
        Denied::Wrong => (StatusCode::UNPROCESSABLE_ENTITY, "Name or password is wrong.".to_owned()),
        Denied::Throttled(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, format!("Too many tries. Wait {seconds} seconds, then try again."))
        }
        Denied::Broken => (StatusCode::SERVICE_UNAVAILABLE, "It cannot be checked now. Try again.".to_owned()),
    }
}

/// A path of ours; anything else could lead elsewhere.
fn inside(next: &str) -> &str {
    let ours = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\') && !next.contains(char::is_control);
    if ours { next } else { "/" }
}

fn rendered(status: StatusCode, login: &Login<'_>) -> Response {
    (status, Html(login.render().unwrap_or_default())).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_the_log_in_one_stays_here() {
        for (next, expected) in [
            ("/logs?level=warn", "/logs?level=warn"),
            ("", "/"),
            ("//evil.example", "/"),
            ("/\\evil", "/"),
            ("https://evil", "/"),
        ] {
            assert_eq!(inside(next), expected);
        }
    }
}
