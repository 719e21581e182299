//! Pages for the operator of a gateway: how its binds stand, whom it binds to and who may bind, what waits in the core.
//!
//! They share their frame, their users and their log with the pages of a centre, and its rules: pages are made on the
//! server and need no script, every change takes the role [`Role::Operator`](crate::audit::Role::Operator) and the token
//! of the session, and leaves a line with the target `audit`. The gateway keeps no message, so what the queue shows is
//! asked of the core each time.

mod desk;
mod page;

use std::fmt;
use std::sync::Arc;

use axum::Router;

use super::pages;
use crate::gateway::GatewayControl;
use crate::log::Logging;
use crate::users::Users;
use desk::Desk;

/// How the pages work.
#[derive(Clone, Default)]
pub struct GatewayPagesOptions {
    /// Who is let in; `None` lets in everybody who reaches the port, as an admin.
    pub users: Option<Users>,
    /// Whether browsers come over TLS, be it that of a proxy: their cookies are for it alone then.
    pub tls: bool,
    /// Shows no text of any message.
    pub hide_message_body: bool,
    /// The log, to be looked at.
    pub log: Option<Logging>,
}

impl fmt::Debug for GatewayPagesOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GatewayPagesOptions")
            .field("tls", &self.tls)
            .field("hide_message_body", &self.hide_message_body)
            .finish_non_exhaustive()
    }
}

/// Makes the pages; to be called within a Tokio runtime. The books of `control` must be followed by its binds already.
pub fn router(control: Arc<GatewayControl>, options: GatewayPagesOptions) -> Router {
    let desk = Desk::open(control, options);
    let shell = desk.shell.clone();
    pages::around(&shell, page::routes().with_state(desk))
}
