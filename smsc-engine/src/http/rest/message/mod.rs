//! Messages: handing them in, giving them out to frontends, hearing what became of them, looking at them.

mod create;
mod form;
mod id;
mod item;
mod list;
mod raw;
mod report;
mod view;
mod work;

use std::sync::Arc;

use utoipa_axum::router::OpenApiRouter;

use super::Rest;

pub(super) use form::StatusWord;

pub(super) fn routes() -> OpenApiRouter<Arc<Rest>> {
    [create::routes(), raw::routes(), list::routes(), work::routes(), item::routes(), report::routes()]
        .into_iter()
        .fold(OpenApiRouter::new(), OpenApiRouter::merge)
}
