//! Pages about what does not work.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::gate::Role;
use crate::core::HandleError;

/// Something that cannot be shown or done.
#[derive(Debug, Template)]
#[template(path = "problem.html")]
pub(super) struct Problem {
    status: StatusCode,
    title: &'static str,
    text: String,
}

impl Problem {
    pub(super) fn new(status: StatusCode, title: &'static str, text: impl Into<String>) -> Problem {
        Problem { status, title, text: text.into() }
    }

    pub(super) fn missing(what: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "Not found", what)
    }

    pub(super) fn missing_id(error: crate::model::MessageIdError) -> Problem {
        Problem::missing(format!("There is no such message: {error}."))
    }

    pub(super) fn role(role: Role) -> Problem {
        let text = format!("This needs the role {}. Ask an admin for it.", role.name());
        Problem::new(StatusCode::FORBIDDEN, "Not permitted", text)
    }

    pub(super) fn forged() -> Problem {
        let text = "The form is too old, or was not sent from a page of this dashboard. Nothing was changed: go back, reload and try again.";
        Problem::new(StatusCode::FORBIDDEN, "Not accepted", text)
    }

    /// What this centre was started without.
    pub(super) fn absent(what: &str) -> Problem {
        Problem::missing(format!("This centre runs without {what}."))
    }

    pub(super) fn conflict(text: impl ToString) -> Problem {
        Problem::new(StatusCode::CONFLICT, "Not possible", text.to_string())
    }

    pub(super) fn broken(error: impl ToString) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "Not available now", error.to_string())
    }
}

impl From<HandleError> for Problem {
    fn from(error: HandleError) -> Problem {
        match error {
            HandleError::Unknown(_) => Problem::missing(format!(
                "{error}. It may have been forgotten after the time of retention; its record is kept longer."
            )),
            HandleError::Queue(_) | HandleError::Events(_) => Problem::broken(error),
            _ => Problem::conflict(error),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Html(self.render().unwrap_or_default())).into_response()
    }
}
