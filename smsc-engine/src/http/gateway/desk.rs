//! What all pages of a gateway share.

use std::sync::Arc;

use axum::extract::FromRef;

use super::GatewayPagesOptions;
use crate::gateway::GatewayControl;
use crate::http::pages::layout::Layout;
use crate::http::pages::shell::{Menu, Search, Shell, ShellOptions, Style};
use crate::http::pages::visit::Visit;
use crate::model::Timestamp;

/// The gateway that is looked at, and how.
pub(super) struct Desk {
    pub(super) control: Arc<GatewayControl>,
    pub(super) shell: Shell,
    pub(super) hides_texts: bool,
}

impl Desk {
    /// Begins to tell pages once a second to look again, until nobody holds the desk any more.
    pub(super) fn open(control: Arc<GatewayControl>, options: GatewayPagesOptions) -> Arc<Desk> {
        let GatewayPagesOptions { users, tls, hide_message_body, log } = options;
        let shell = Shell::new(STYLE, ShellOptions { name: control.name.clone(), elsewhere: Vec::new(), users, tls, log });
        let desk = Arc::new(Desk { control, shell, hides_texts: hide_message_body });
        desk.shell.tick(&desk, |_| format!("[[{}]]", Timestamp::now().0 / 1000));
        desk
    }

    pub(super) fn layout(&self, visit: &Visit, page: (&str, &str)) -> Layout {
        self.shell.layout(visit, page)
    }

    /// The names messages can be sent to, for fields that ask for one.
    pub(super) fn bind_names(&self) -> Vec<String> {
        let clients = self.control.clients.entries().into_iter().map(|peer| peer.name);
        clients.chain(self.control.servers.entries().into_iter().map(|peer| peer.name)).take(MOST_NAMES).collect()
    }
}

impl FromRef<Arc<Desk>> for Shell {
    fn from_ref(desk: &Arc<Desk>) -> Shell {
        desk.shell.clone()
    }
}

const STYLE: Style = Style {
    what: "gateway",
    menu: MENU,
    search: Search { path: "/queue", label: "Search pending messages by number of the recipient", hint: "Number of a recipient" },
};

const MENU: Menu = &[
    ("SMPP", &[("/", "Live Status"), ("/client_peers", "Client Peers"), ("/server_peers", "Server Peers")]),
    ("Messages", &[("/queue", "Queue")]),
    ("System", &[("/logs", "Logs"), ("/users", "Users")]),
    ("Help", &[("/documentation", "Documentation")]),
];

// A longer list of suggestions helps nobody.
const MOST_NAMES: usize = 200;
