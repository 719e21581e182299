//! What all pages share.

use std::sync::Arc;

use axum::extract::FromRef;

use super::DashboardOptions;
use super::history::{History, Totals, columns};
use super::rates::Rates;
use crate::control::Control;
use crate::core::Handle;
use crate::core::location::Locations;
use crate::core::records::SqlRecords;
use crate::core::route::RouteTable;
use crate::frontend::{Binds, Frontend};
use crate::http::pages::layout::Layout;
use crate::http::pages::problem::Problem;
use crate::http::pages::shell::{Menu, Search, Shell, ShellOptions, Style};
use crate::http::pages::show::visible;
use crate::http::pages::visit::Visit;
use crate::model::{Lane, Timestamp};

/// The centre that is looked at, and how.
pub(super) struct Desk {
    pub(super) control: Arc<Control>,
    pub(super) options: DashboardOptions,
    pub(super) shell: Shell,
    pub(super) history: History,
    pub(super) rates: Rates,
}

impl Desk {
    /// Begins to take samples, until nobody holds the desk any more.
    pub(super) fn open(control: Arc<Control>, options: DashboardOptions) -> Arc<Desk> {
        let shell = Shell::new(STYLE, shell_options(&control.application, &options));
        let desk = Arc::new(Desk { control, options, shell, history: History::default(), rates: Rates::default() });
        desk.shell.tick(&desk, |desk| {
            if let Some(smpp) = &desk.control.smpp {
                desk.rates.take(&smpp.links());
            }
            columns(&[desk.history.take(Totals::of(&desk.control))])
        });
        desk
    }

    pub(super) fn layout(&self, visit: &Visit, page: (&str, &str)) -> Layout {
        self.shell.layout(visit, page)
    }

    pub(super) fn now(&self) -> Timestamp {
        self.control.now()
    }

    pub(super) fn handle(&self) -> &Handle {
        &self.control.handle
    }

    pub(super) fn routes(&self) -> Result<&RouteTable, Problem> {
        self.handle().routes().ok_or_else(|| self.shell.absent("a table of routes"))
    }

    pub(super) fn locations(&self) -> Result<&Locations, Problem> {
        self.handle().locations().ok_or_else(|| self.shell.absent("subscriber locations"))
    }

    pub(super) fn smpp(&self) -> Result<&Frontend, Problem> {
        self.control.smpp.as_deref().ok_or_else(|| self.shell.absent("an SMPP listener of its own"))
    }

    pub(super) fn carriers(&self) -> Result<&Binds, Problem> {
        self.control.carriers.as_ref().ok_or_else(|| self.shell.absent("carriers it binds to by itself"))
    }

    pub(super) fn records(&self) -> Result<&SqlRecords, Problem> {
        self.control.records.as_ref().ok_or_else(|| self.shell.absent("a database of records"))
    }

    /// The names messages can be sent to, for fields that ask for one.
    pub(super) fn frontends(&self) -> Vec<String> {
        let lanes = self.handle().counts().lanes;
        let lanes = lanes.into_iter().map(|count| count.lane).filter(Lane::is_public).map(|lane| lane.to_string());
        let registered = self.control.registry.active(self.now()).into_iter().map(|record| record.frontend_name.to_string());
        // What looks like another name is no suggestion.
        let plain = |name: &String| visible(name) == *name;
        let mut names: Vec<String> = lanes.take(MOST_NAMES).chain(registered.take(MOST_NAMES)).filter(plain).collect();
        names.sort_unstable();
        names.dedup();
        names.truncate(MOST_NAMES);
        names
    }
}

impl FromRef<Arc<Desk>> for Shell {
    fn from_ref(desk: &Arc<Desk>) -> Shell {
        desk.shell.clone()
    }
}

fn shell_options(name: &str, options: &DashboardOptions) -> ShellOptions {
    ShellOptions {
        name: name.to_owned(),
        elsewhere: vec![("API description", format!("{}/api/docs", options.api))],
        users: options.users.clone(),
        tls: options.tls,
        #[cfg(feature = "log")]
        log: options.log.clone(),
    }
}

const STYLE: Style = Style {
    what: "centre",
    menu: MENU,
    search: Search { path: "/search", label: "Search messages by id or number", hint: "Message id or number" },
};

const MENU: Menu = &[
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

// A longer list of suggestions helps nobody.
const MOST_NAMES: usize = 200;
