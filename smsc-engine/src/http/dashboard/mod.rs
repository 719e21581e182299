//! Pages for the operator of a centre: what goes on, what waits, what happened to a message, and how to change it.
//!
//! Pages are made here, on the server; forms and reading need no script. With scripts regions renew themselves and
//! charts move. Every change needs the role [`Role::Operator`](crate::audit::Role::Operator), a token that only our pages have, and leaves a line
//! with the target `audit`.

mod curl;
mod desk;
mod history;
mod page;
mod problem;
mod rates;

use std::fmt;
use std::sync::Arc;

use axum::Router;

use super::pages;
use crate::control::Control;
#[cfg(feature = "log")]
use crate::log::Logging;
use crate::ops::System;
use crate::overlay::{AccountBook, RuleBook};
use crate::users::Users;
use desk::Desk;

/// How the pages work.
#[derive(Clone)]
pub struct DashboardOptions {
    /// Who is let in; `None` lets in everybody who reaches the port, as an admin.
    pub users: Option<Users>,
    /// Whether browsers come over TLS, be it that of a proxy: their cookies are for it alone then.
    pub tls: bool,
    /// Shows no text of any message.
    pub hide_message_body: bool,
    /// Leaves texts out of exported records.
    pub hide_message_body_in_export: bool,
    /// Where the REST API is, for links and for calls to be copied: `https://smsc.example:8443`.
    pub api: String,
    /// The rules of number translation, to be changed.
    pub rules: Option<RuleBook>,
    /// The accounts, to be changed.
    pub accounts: Option<AccountBook>,
    /// The machine, for its figures.
    pub system: Option<Arc<System>>,
    /// The log, to be looked at.
    #[cfg(feature = "log")]
    pub log: Option<Logging>,
}

impl Default for DashboardOptions {
    fn default() -> Self {
        DashboardOptions {
            users: None,
            tls: false,
            hide_message_body: false,
            hide_message_body_in_export: false,
            api: "https://localhost:8443".into(),
            rules: None,
            accounts: None,
            system: None,
            #[cfg(feature = "log")]
            log: None,
        }
    }
}

impl fmt::Debug for DashboardOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DashboardOptions").field("api", &self.api).finish_non_exhaustive()
    }
}

/// Makes the pages and begins to take samples for their charts; to be called within a Tokio runtime.
pub fn router(control: Arc<Control>, options: DashboardOptions) -> Router {
    let desk = Desk::open(control, options);
    let shell = desk.shell.clone();
    pages::around(&shell, page::routes().with_state(desk))
}
