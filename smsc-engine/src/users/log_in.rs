//! How somebody is let in.

use std::net::IpAddr;
use std::sync::Arc;

use super::delay::source;
use super::user::LONGEST_NAME;
use super::{LogInError, LoggedIn, User, Users, audit};
use crate::accounts::{Check, Verifier};
use crate::audit::OneLine;

impl Users {
    /// Lets somebody in who knows a name and its password.
    ///
    /// An unknown name costs as much as a wrong password. An address that fails more than three times is turned away for
    /// a second, then two, and so on to a minute; a name that fails is heard up to four seconds later, wherever it is
    /// given. What fails is forgotten after a quarter of an hour without more of it.
    ///
    /// # Errors
    /// See [`LogInError`].
    pub async fn log_in(&self, name: &str, password: &str, from: IpAddr) -> Result<LoggedIn, LogInError> {
        let proven = self.prove(name, password, from).await;
        let user = proven.inspect_err(|error| {
            let name: String = name.chars().take(LONGEST_NAME).collect();
            tracing::warn!(user = %OneLine(name), %from, %error, "log-in refused");
        })?;
        let logged_in = self.shared.live.sessions.open(user)?;
        audit(&logged_in.session.actor(), "log in", format_args!("from {from}"));
        Ok(logged_in)
    }

    /// Tells who it is, if the password is right.
    pub(super) async fn prove(&self, name: &str, password: &str, from: IpAddr) -> Result<Arc<User>, LogInError> {
        let (delays, from) = (&self.shared.delays, source(from));
        delays.addresses.attempt(from).map_err(LogInError::TooSoon)?;
        // Nobody is called so, and nobody knows such a password.
        if name.chars().count() > LONGEST_NAME || password.len() > LONGEST_PASSWORD {
            return Err(LogInError::Refused);
        }
        let heard = self.hear(name, password).await;
        if !matches!(heard, Err(LogInError::Refused)) {
            delays.addresses.take_back(from);
        }
        heard
    }

    async fn hear(&self, name: &str, password: &str) -> Result<Arc<User>, LogInError> {
        let names = &self.shared.delays.names;
        let Ok(_place) = self.shared.held.try_acquire() else { return Err(LogInError::Busy) };
        let wait = names.hold(name.to_owned());
        if !wait.is_zero() {
            tokio::time::sleep(wait).await;
        }
        match self.verify(name, password).await {
            Some(Some(user)) => {
                names.forget(&name.to_owned());
                Ok(user)
            }
            Some(None) => Err(LogInError::Refused),
            None => {
                names.take_back(name.to_owned());
                Err(LogInError::Busy)
            }
        }
    }

    /// Who it is, nobody if name or password is wrong; `None` if too many ask.
    async fn verify(&self, name: &str, password: &str) -> Option<Option<Arc<User>>> {
        let (known, check) = {
            let table = self.shared.live.table.load();
            let known = table.get(name).cloned();
            let Some(checked) = known.as_ref().or(table.decoy()) else { return Some(None) };
            let offer = self.shared.verifier.offer(name.as_bytes(), checked.user.password.expose(), password.as_bytes());
            (known.clone(), Check { offer, hash: checked.hash.clone(), password: password.into(), decoy: known.is_none() })
        };
        let right = Verifier::ask(&self.shared.verifier, check).await?;
        // Who was disabled in the meantime is not let in either.
        let user = known.filter(|known| right && known.user.enabled).map(|known| known.user);
        Some(user.filter(|user| self.shared.live.is_current(user)))
    }
}

/// Longer than any a person has, and short to hash.
pub(super) const LONGEST_PASSWORD: usize = 1024;
