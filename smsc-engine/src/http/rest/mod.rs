//! The REST API of a core, in all the forms its clients know.
//!
//! One file holds one resource: its JSON forms, its handlers and its part of the description. Handlers take
//! `Body` and `Params`, which answer bad input with the place of what is wrong, and
//! return an answer or a `Problem`.

mod account;
mod app;
mod audit;
mod body;
mod core;
mod describe;
mod docs;
mod door;
mod endpoint;
mod event;
mod faults;
mod forms;
mod frontend;
mod guard;
mod limit;
mod location;
mod message;
mod mms;
mod number;
mod options;
mod origin;
mod page;
mod params;
mod problem;
mod record;
mod reply;
mod route;
mod ss7;
mod system;
mod table;

use std::sync::Arc;

use axum::Router;
use axum::http::{Method, Uri};
use utoipa_axum::router::OpenApiRouter;

use crate::control::Control;
use crate::overlay::AccountBook;

pub use app::Rest;
pub use options::{Limits, LongText, RestOptions};

use problem::Problem;

impl Rest {
    /// Makes the API of a centre.
    pub fn new(control: Arc<Control>, options: RestOptions) -> Arc<Rest> {
        Arc::new(Rest::over(control, options, None))
    }

    /// The same for a centre whose accounts can be changed.
    pub fn with_accounts(control: Arc<Control>, options: RestOptions, accounts: AccountBook) -> Arc<Rest> {
        Arc::new(Rest::over(control, options, Some(accounts)))
    }

    /// Returns the routes of the API with everything below `/api`.
    pub fn router(self: &Arc<Rest>) -> Router {
        let (router, description) = resources().split_for_parts();
        let router = router
            .merge(docs::router(describe::complete(description)))
            .merge(core::routes())
            .fallback(unknown_path)
            .method_not_allowed_fallback(wrong_method)
            .with_state(self.clone());
        self.guarded(router)
    }
}

/// Every resource with its paths; the description is made of the same list.
fn resources() -> OpenApiRouter<Arc<Rest>> {
    OpenApiRouter::with_openapi(docs::description())
        .merge(system::routes())
        .merge(message::routes())
        .merge(location::routes())
        .merge(frontend::routes())
        .merge(event::routes())
        .merge(record::routes())
        .merge(mms::routes())
        .merge(ss7::routes())
        .merge(route::routes())
        .merge(account::routes())
}

async fn unknown_path(uri: Uri) -> Problem {
    Problem::not_found(format!("there is nothing at {}", uri.path()))
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    Problem::wrong_method(format!("{method} cannot be done to {}", uri.path()))
}
