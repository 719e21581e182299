//! Coming in and going out.

use askama::Template;
use axum::extract::{Query, RawForm, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::form::Fields;
use super::problem::Problem;
use super::shell::Shell;
use super::visit::Visit;
use crate::http::client::Client;
use crate::users::{LogInError, local_path};

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
pub(super) struct Next {
    #[serde(default)]
    next: String,
}

pub(super) async fn show(State(shell): State<Shell>, Query(Next { next }): Query<Next>, headers: HeaderMap) -> Response {
    match shell.gate().session(&headers, true) {
        Some(_) => Redirect::to(local_path(&next)).into_response(),
        None => rendered(StatusCode::OK, &Login { application: shell.name(), name: "", next: &next, fault: String::new() }),
    }
}

pub(super) async fn enter(State(shell): State<Shell>, Client(peer): Client, RawForm(form): RawForm) -> Response {
    let fields = Fields::read(&form);
    let (name, next) = (fields.text("name"), fields.text("next"));
    match shell.gate().log_in(name, fields.text("password"), peer).await {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to(local_path(next))).into_response(),
        Err(denied) => {
            let (status, fault) = words(denied);
            rendered(status, &Login { application: shell.name(), name, next, fault })
        }
    }
}

pub(super) async fn leave(State(shell): State<Shell>, visit: Visit, headers: HeaderMap, RawForm(form): RawForm) -> Response {
    if !visit.viewer.is_csrf(Fields::read(&form).text("csrf")) {
        return Problem::forged().into_response();
    }
    ([(header::SET_COOKIE, shell.gate().log_out(&headers))], Redirect::to("/login")).into_response()
}

fn words(denied: LogInError) -> (StatusCode, String) {
    let status = match denied {
        LogInError::Refused => StatusCode::UNPROCESSABLE_ENTITY,
        LogInError::TooSoon(_) => StatusCode::TOO_MANY_REQUESTS,
        _ => StatusCode::SERVICE_UNAVAILABLE,
    };
    let text = denied.to_string();
    let mut letters = text.chars();
    let text = letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default();
    (status, text + ".")
}

fn rendered(status: StatusCode, login: &Login<'_>) -> Response {
    (status, Html(login.render().unwrap_or_default())).into_response()
}
