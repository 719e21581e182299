//! What stands around every page.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

use super::gate::Role;
use super::visit::Visit;

/// The frame of a page: navigation, who is in, what the browser remembers.
#[derive(Clone, Debug)]
pub(super) struct Layout {
    pub(super) title: String,
    pub(super) application: String,
    pub(super) groups: Vec<Group>,
    pub(super) name: String,
    pub(super) role: &'static str,
    pub(super) csrf: String,
    pub(super) operates: bool,
    pub(super) asks: bool,
    /// Where the REST API is.
    pub(super) api: String,
    pub(super) theme: &'static str,
    pub(super) clock: &'static str,
    pub(super) pace: u8,
    pub(super) notice: Option<String>,
    pub(super) address: String,
    pub(super) version: &'static str,
    /// True if there is something new to see without doing anything.
    pub(super) live: bool,
}

/// Pages that belong together.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) name: &'static str,
    pub(super) entries: Vec<Entry>,
}

/// One page in the navigation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) path: &'static str,
    pub(super) name: &'static str,
    pub(super) here: bool,
}

/// Names of the groups and their pages.
type Groups = &'static [(&'static str, &'static [(&'static str, &'static str)])];

const GROUPS: Groups = &[
    ("Traffic", &[("/", "Overview"), ("/message_queue", "Message queue"), ("/send", "Send a message"), ("/records", "Records")]),
    (
        "Routing",
        &[
            ("/sms_routing", "Routes"),
            ("/simulator", "Simulator"),
            ("/number_translation", "Number translation"),
            ("/locations", "Locations"),
        ],
    ),
    ("Connections", &[("/frontend_status", "Frontends"), ("/smpp_sessions", "SMPP sessions"), ("/accounts", "Accounts")]),
    (
        "System",
        &[
            ("/services", "ENUM and charging"),
            ("/batch_workers", "Batch workers"),
            ("/system", "Resources"),
            ("/logs", "Logs"),
            ("/users", "Users"),
        ],
    ),
];

impl Layout {
    pub(super) fn new(visit: &Visit, application: &str, (here, title): (&str, &str)) -> Layout {
        let entries = |entries: &'static [(&'static str, &'static str)]| {
            let allowed = entries.iter().filter(|(path, _)| *path != "/users" || visit.viewer.role == Role::Admin);
            allowed.map(|(path, name)| Entry { path, name, here: *path == here }).collect()
        };
        Layout {
            title: title.to_owned(),
            application: application.to_owned(),
            groups: GROUPS.iter().map(|(name, pages)| Group { name, entries: entries(pages) }).collect(),
            name: super::show::visible(&visit.viewer.name),
            role: visit.viewer.role.name(),
            csrf: visit.viewer.csrf.clone(),
            operates: visit.viewer.role >= Role::Operator,
            asks: true,
            api: String::new(),
            theme: visit.memory.theme,
            clock: if visit.memory.local { "local" } else { "utc" },
            pace: visit.memory.pace,
            notice: visit.memory.notice.as_deref().map(super::show::visible),
            address: visit.address.clone(),
            version: env!("CARGO_PKG_VERSION"),
            live: false,
        }
    }

    /// Says that regions of the page renew themselves.
    #[must_use]
    pub(super) fn live(mut self) -> Layout {
        self.live = true;
        self
    }
}

/// Renders a page.
pub(super) fn page(template: &impl Template) -> Response {
    page_with(StatusCode::OK, template)
}

/// Renders a page whose form was no good.
pub(super) fn refused(template: &impl Template) -> Response {
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
