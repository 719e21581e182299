//! What stands around every page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::form::Form;
use super::shell::{Search, Style};
use super::visit::Visit;
use crate::audit::Role;

/// The frame of a page: navigation, who is in, what the browser remembers.
#[derive(Clone, Debug)]
pub(in crate::http) struct Layout {
    pub(in crate::http) title: String,
    pub(in crate::http) application: String,
    pub(in crate::http) groups: Vec<Group>,
    pub(in crate::http) name: String,
    pub(in crate::http) role: &'static str,
    pub(in crate::http) csrf: String,
    pub(in crate::http) operates: bool,
    pub(in crate::http) asks: bool,
    /// The word for the program.
    pub(in crate::http) what: &'static str,
    pub(in crate::http) search: Search,
    /// Names and addresses of what is not on these pages.
    pub(in crate::http) elsewhere: Vec<(&'static str, String)>,
    pub(in crate::http) theme: &'static str,
    pub(in crate::http) clock: &'static str,
    pub(in crate::http) pace: u8,
    pub(in crate::http) notice: Option<String>,
    pub(in crate::http) address: String,
    pub(in crate::http) version: &'static str,
    /// True if there is something new to see without doing anything.
    pub(in crate::http) live: bool,
}

/// Pages that belong together.
#[derive(Clone, Debug)]
pub(in crate::http) struct Group {
    pub(in crate::http) name: &'static str,
    pub(in crate::http) entries: Vec<Entry>,
}

/// One page in the navigation.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Entry {
    pub(in crate::http) path: &'static str,
    pub(in crate::http) name: &'static str,
    pub(in crate::http) here: bool,
}

impl Layout {
    pub(super) fn new(visit: &Visit, style: &Style, (application, (here, title)): (&str, (&str, &str))) -> Layout {
        let entries = |entries: &'static [(&'static str, &'static str)]| {
            entries.iter().map(|(path, name)| Entry { path, name, here: *path == here }).collect()
        };
        Layout {
            title: title.to_owned(),
            application: application.to_owned(),
            groups: style.menu.iter().map(|(name, pages)| Group { name, entries: entries(pages) }).collect(),
            name: super::show::visible(&visit.viewer.user),
            role: visit.viewer.role.name(),
            csrf: visit.viewer.csrf.clone(),
            operates: visit.viewer.may(Role::Operator),
            asks: true,
            what: style.what,
            search: style.search,
            elsewhere: Vec::new(),
            theme: visit.memory.theme,
            clock: if visit.memory.local { "local" } else { "utc" },
            pace: visit.memory.pace,
            notice: visit.memory.notice.as_deref().map(super::show::visible),
            address: visit.address.clone(),
            version: env!("CARGO_PKG_VERSION"),
            live: false,
        }
    }

    /// That of an operator's page.
    #[cfg(test)]
    pub(in crate::http) fn for_tests() -> Layout {
        let viewer = crate::users::SessionInfo { user: "olga".into(), role: Role::Operator, csrf: "token".into() };
        let visit = Visit { viewer, memory: super::visit::Memory::default(), address: "/".into() };
        let style = Style { what: "program", menu: &[], search: Search { path: "/", label: "", hint: "" } };
        Layout::new(&visit, &style, ("program", ("/", "Page")))
    }

    /// Says that regions of the page renew themselves.
    #[must_use]
    pub(in crate::http) fn live(mut self) -> Layout {
        self.live = true;
        self
    }
}

/// A page that is nothing but a form.
#[derive(Template)]
#[template(path = "form.html")]
pub(in crate::http) struct FormPage {
    pub(in crate::http) layout: Layout,
    pub(in crate::http) title: String,
    pub(in crate::http) form: Form,
}

/// Renders a page.
pub(in crate::http) fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// Renders a page whose form was no good.
pub(in crate::http) fn refused(template: &impl Template) -> Response {
    page_with(StatusCode::UNPROCESSABLE_ENTITY, template)
}

fn page_with(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
