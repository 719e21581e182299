//! A member that is a transceiver, or a transmitter and a receiver, whichever its MC knows.

use std::sync::{Arc, Weak};
use std::vec::Vec;

use smpp_pdu::CommandStatus;
use tokio::sync::watch;

use super::{MemberId, Shared, stop};
use crate::net::client::BindError;
use crate::net::keeper::{KeeperConfig, Setback, Witness};

/// Notices that an MC does not know an operation; tells everything to the witness of the member.
#[derive(Debug)]
struct Notice {
    is_unknown: watch::Sender<bool>,
    witness: Option<Arc<dyn Witness>>,
}

impl Witness for Notice {
    fn attempt(&self, to: &str) {
        if let Some(witness) = &self.witness {
            witness.attempt(to);
        }
    }

    fn setback(&self, why: &Setback) {
        if matches!(why, Setback::Bind(BindError::Refused(CommandStatus::RINVCMDID))) {
            self.is_unknown.send_replace(true);
        }
        if let Some(witness) = &self.witness {
            witness.setback(why);
        }
    }
}

/// Puts a notice on a bind that begins; the other end hears of it.
pub(super) fn noticed(config: KeeperConfig) -> (KeeperConfig, watch::Receiver<bool>) {
    let (is_unknown, told) = watch::channel(false);
    let notice = Notice { is_unknown, witness: config.witness.clone() };
    (KeeperConfig { witness: Some(Arc::new(notice)), ..config }, told)
}

/// Once an MC does not know what a member is, the member becomes the other thing, and stays it.
pub(super) async fn change(shared: Weak<Shared>, (id, other): (MemberId, Vec<KeeperConfig>), mut told: watch::Receiver<bool>) {
    // An error means that the member is gone.
    if told.wait_for(|is_unknown| *is_unknown).await.is_err() {
        return;
    }
    let former = shared.upgrade().and_then(|shared| shared.exchange(id, &other));
    stop(former.as_slice()).await;
}
