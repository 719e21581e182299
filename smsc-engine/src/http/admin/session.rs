//! SMPP sessions: who is connected, and out with them.

use std::sync::Arc;

use axum::extract::{Path, State};

use super::answer::{Answer, By, Data, Fault};
use crate::ops::Operations;
use crate::ops::bundle::{Session, sessions};

pub(super) async fn list(State(operations): State<Arc<Operations>>) -> Data<Vec<Session>> {
    Data(operations.control.smpp.as_deref().map(sessions).unwrap_or_default())
}

/// Unbinds a session; it ends when the peer has answered, or a while later.
pub(super) async fn drop(State(operations): State<Arc<Operations>>, by: By, Path(id): Path<u64>) -> Answer<u64> {
    let links = operations.control.smpp.as_deref().map(|smpp| smpp.links()).unwrap_or_default();
    let link = links.into_iter().find(|link| link.id() == id);
    let link = link.ok_or_else(|| Fault::unknown(format!("there is no session {id}")))?;
    by.audit("drop session", format_args!("{id} of {}", link.system_id()));
    if link.kind().is_some() {
        link.unbind()
    } else {
        link.close()
    }
    Ok(Data(id))
}
