//! Pages about what does not work.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::shell::Shell;
use crate::audit::Role;

/// Something that cannot be shown or done.
///
/// As an answer it is only its text; [`shown`] makes a page of it, once it is known whose.
#[derive(Clone, Debug)]
pub(in crate::http) struct Problem {
    status: StatusCode,
    title: &'static str,
    text: String,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct Shown {
    problem: Problem,
    ways: Vec<(&'static str, &'static str)>,
}

impl Problem {
    pub(in crate::http) fn new(status: StatusCode, title: &'static str, text: impl Into<String>) -> Problem {
        Problem { status, title, text: text.into() }
    }

    pub(in crate::http) fn missing(what: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "Not found", what)
    }

    pub(in crate::http) fn missing_id(error: crate::model::MessageIdError) -> Problem {
        Problem::missing(format!("There is no such message: {error}."))
    }

    pub(in crate::http) fn role(role: Role) -> Problem {
        let text = format!("This needs the role {}. Ask an admin for it.", role.name());
        Problem::new(StatusCode::FORBIDDEN, "Not permitted", text)
    }

    pub(in crate::http) fn forged() -> Problem {
        let text = "The form is too old, or was not sent from a page of this dashboard. Nothing was changed: go back, reload and try again.";
        Problem::new(StatusCode::FORBIDDEN, "Not accepted", text)
    }

    pub(in crate::http) fn conflict(text: impl ToString) -> Problem {
        Problem::new(StatusCode::CONFLICT, "Not possible", text.to_string())
    }

    pub(in crate::http) fn broken(error: impl ToString) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Not available now", error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.text.clone()).into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Makes a page of an answer that is a problem, and logs it if it is ours.
pub(super) fn shown(mut response: Response, shell: &Shell, address: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    if problem.status.is_server_error() {
        tracing::error!(address, "dashboard: {}", problem.text);
    }
    let status = problem.status;
    (status, Html(Shown { problem, ways: shell.ways() }.render().unwrap_or_default())).into_response()
}
