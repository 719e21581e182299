//! One request: who makes it, what their browser remembers, and for a change, the fields of its form.

use std::convert::Infallible;

use axum::extract::{FromRef, FromRequest, FromRequestParts, OriginalUri, RawForm, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};

use super::form::Fields;
use super::link::{Link, decoded};
use super::problem::Problem;
use super::shell::Shell;
use crate::audit::{Role, audit};
use crate::users::SessionInfo;

/// A request of somebody who is in.
#[derive(Clone, Debug)]
pub(in crate::http) struct Visit {
    pub(in crate::http) viewer: SessionInfo,
    pub(in crate::http) memory: Memory,
    /// The address asked for, with its query.
    pub(in crate::http) address: String,
}

/// What the browser remembers, in cookies that the server reads so that pages come right at once.
#[derive(Clone, Debug, Default)]
pub(in crate::http) struct Memory {
    /// `light`, `dark`, or empty for what the system has.
    pub(in crate::http) theme: &'static str,
    /// True to see times in the zone of the browser.
    pub(in crate::http) local: bool,
    /// Seconds between two looks; 0 for none.
    pub(in crate::http) pace: u8,
    /// What the last change has to say.
    pub(in crate::http) notice: Option<String>,
}

impl Visit {
    /// # Errors
    /// They may not.
    pub(in crate::http) fn need(&self, role: Role) -> Result<(), Problem> {
        if self.viewer.may(role) { Ok(()) } else { Err(Problem::role(role)) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Visit
where
    Shell: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let Ok(OriginalUri(uri)) =
            OriginalUri::from_request_parts(parts, state).await.map_err(|never: Infallible| match never {});
        let address = uri.path_and_query().map_or("/", |address| address.as_str()).to_owned();
        let memory = Memory::of(&parts.headers);
        // What a page asks for by itself does not keep its session alive.
        let used = parts.method != axum::http::Method::GET || !parts.headers.contains_key("hx-request");
        match Shell::from_ref(state).gate().session(&parts.headers, used) {
            Some(viewer) => Ok(Visit { viewer, memory, address }),
            // A fragment would be put into the page; the whole page must go.
            None if parts.headers.contains_key("hx-request") => {
                Err((StatusCode::UNAUTHORIZED, [("hx-redirect", "/login")]).into_response())
            }
            None if address == "/" => Err(Redirect::to("/login").into_response()),
            None => Err(Redirect::to(&Link::to("/login").with("next", address).text()).into_response()),
        }
    }
}

impl Memory {
    fn of(headers: &HeaderMap) -> Memory {
        Memory {
            theme: match cookie(headers, "theme") {
                Some("dark") => "dark",
                Some("light") => "light",
                _ => "",
            },
            local: cookie(headers, "clock") == Some("local"),
            pace: cookie(headers, "pace").and_then(|pace| pace.parse().ok()).filter(|pace| *pace <= 60).unwrap_or(USUAL_PACE),
            notice: cookie(headers, NOTICE).map(decoded).filter(|notice| !notice.is_empty()),
        }
    }
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// A change: the form was sent by one of our pages, by somebody who may change things.
pub(in crate::http) struct Order {
    pub(in crate::http) visit: Visit,
    pub(in crate::http) fields: Fields,
}

impl<S: Send + Sync> FromRequest<S> for Order
where
    Shell: FromRef<S>,
{
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let visit = Visit::from_request_parts(&mut parts, state).await?;
        visit.need(Role::Operator).map_err(IntoResponse::into_response)?;
        let request = Request::from_parts(parts, body);
        let RawForm(octets) = RawForm::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        let fields = Fields::read(&octets);
        if visit.viewer.is_csrf(fields.text("csrf")) {
            Ok(Order { visit, fields })
        } else {
            Err(Problem::forged().into_response())
        }
    }
}

impl Order {
    /// Writes down that something was changed, and by whom.
    pub(in crate::http) fn audit(&self, action: &str, object: &str) {
        audit(&self.visit.viewer.actor(), action, object);
    }

    /// Notes the change and shows `page` with a line about it.
    pub(in crate::http) fn done(&self, (action, object): (&str, &str), page: &str, notice: &str) -> Response {
        self.audit(action, object);
        remembered(notice, page)
    }
}

/// Shows another page with a line about what was done.
pub(in crate::http) fn remembered(notice: &str, page: &str) -> Response {
    let cookie = format!("{NOTICE}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age=60", super::link::encoded(notice));
    ([(header::SET_COOKIE, cookie)], Redirect::to(page)).into_response()
}

/// The cookie with the line about the last change.
pub(in crate::http) const NOTICE: &str = "notice";
const USUAL_PACE: u8 = 2;
