//! Lets sessions in, whoever decides that they may come.

use std::sync::Arc;

use smpp_pdu::CStr;
use smpp_session::net::{AcceptError, IncomingBind, Link, Roster};

use super::guest::{Decision, Guest, Guests, Rebuff, Welcome};

/// Where binds are answered.
pub(super) struct Door {
    pub(super) guests: Arc<dyn Guests>,
    pub(super) roster: Roster,
    /// The name this side gives itself.
    pub(super) system_id: String,
}

impl Door {
    /// Answers a bind, at once unless a hash must be checked.
    pub(super) fn ask(self: &Arc<Self>, bind: IncomingBind) {
        match self.guests.ask(&bind.request()) {
            Decision::Now(decided) => self.decide(bind, decided),
            Decision::Later(decided) => {
                let door = self.clone();
                tokio::spawn(async move {
                    let decided = decided.await;
                    door.decide(bind, decided);
                });
            }
        }
    }

    /// Unbinds the sessions of guests that are not welcome any more.
    pub(super) fn see_off(&self) {
        let links = self.roster.accounts().into_iter().flat_map(|account| account.links());
        links.filter(|link| !self.welcomes(link)).for_each(|link| link.unbind());
    }

    fn welcomes(&self, link: &Link) -> bool {
        link.account::<Guest>().is_some_and(|guest| self.guests.is_welcome(&guest))
    }

    fn decide(&self, bind: IncomingBind, decided: Result<Welcome, Rebuff>) {
        let link = bind.link();
        let Welcome { guest, limits } = match decided {
            Ok(welcome) => welcome,
            Err(why) => {
                log(&link, why);
                // Wrong credentials are answered later and later; the session sees to that by the status.
                return bind.refuse(why.status());
            }
        };
        let guest = Arc::new(guest);
        link.attach(guest.clone());
        let account = self.roster.account(guest.account.as_str());
        let failed = match bind.accept_as(&account, &limits, CStr::new(&self.system_id).unwrap_or_default()) {
            // It may have been changed or removed just now.
            Ok(()) if !self.welcomes(&link) => return link.unbind(),
            Ok(()) => return,
            Err(AcceptError::Full) => Rebuff::Full,
            Err(_) => Rebuff::Lost,
        };
        log(&link, failed);
        if let Some(partner) = &guest.partner {
            partner.refuse(link.peer(), failed);
        }
    }
}

/// Operators search for these words.
fn log(link: &Link, why: Rebuff) {
    tracing::warn!(peer = %link.peer(), system_id = %link.system_id().escape_debug(), reason = %why, status = %why.status(), "bind failed");
}
