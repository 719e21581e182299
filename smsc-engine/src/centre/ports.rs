//! What a centre serves over HTTP.

use std::sync::Arc;
use std::time::Duration;

use super::{CentreConfig, StartError};
use crate::control::Control;

/// The listeners of a running centre.
pub(super) struct Ports {}

impl Ports {
    /// Listens on every port that is wanted.
    pub(super) async fn open(_config: &CentreConfig, _control: &Arc<Control>) -> Result<Ports, StartError> {
        Ok(Ports {})
    }

    /// Takes no more requests, and waits for those under way for at most `grace`.
    pub(super) async fn close(&self, _grace: Duration) {}
}
