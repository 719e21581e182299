//! Who may do what is changed.

use std::net::IpAddr;

use super::log_in::LONGEST_PASSWORD;
use super::{Actor, LoggedIn, NewUser, Role, User, Users, UsersError, audit};
use crate::accounts::{Password, Secret, hash_password};
use crate::core::blocking;

impl Users {
    /// Adds a user.
    ///
    /// # Errors
    /// There is one of the name, name or password is no good, or it cannot be kept.
    pub async fn add(&self, new: NewUser, by: &Actor) -> Result<(), UsersError> {
        let NewUser { name, role, password } = new;
        let password = self.hash(password).await?;
        self.book.add(User { name: name.clone(), role, password, enabled: true }, &by.to_string()).await?;
        audit(by, "add user", format_args!("{name} ({role})"));
        Ok(())
    }

    /// Gives a user another role, and ends the user's sessions.
    ///
    /// # Errors
    /// There is no such user, it would be the last administrator, or it cannot be kept.
    pub async fn set_role(&self, name: &str, role: Role, by: &Actor) -> Result<(), UsersError> {
        self.edit(name, by, move |user| user.role = role).await?;
        audit(by, "set role of user", format_args!("{name}: {role}"));
        Ok(())
    }

    /// Lets a user in again or no more; the sessions end with it.
    ///
    /// # Errors
    /// As [`set_role`](Users::set_role).
    pub async fn set_enabled(&self, name: &str, enabled: bool, by: &Actor) -> Result<(), UsersError> {
        self.edit(name, by, move |user| user.enabled = enabled).await?;
        audit(by, if enabled { "enable user" } else { "disable user" }, name);
        Ok(())
    }

    /// Gives a user another password, and ends the user's sessions.
    ///
    /// # Errors
    /// There is no such user, the password is no good, or it cannot be kept.
    pub async fn set_password(&self, name: &str, password: Secret, by: &Actor) -> Result<(), UsersError> {
        let hash = self.hash(password).await?;
        self.edit(name, by, move |user| user.password = hash).await?;
        audit(by, "set password of user", name);
        self.forget_first(name);
        Ok(())
    }

    /// Changes the own password: ends all sessions of the user and returns a new one in their place.
    ///
    /// # Errors
    /// The session is over, the old password is wrong (which counts as at a log-in), or the new one is no good.
    pub async fn change_password(&self, token: &str, change: (&str, Secret), from: IpAddr) -> Result<LoggedIn, UsersError> {
        let (old, new) = change;
        let session = self.session(token).ok_or(UsersError::NoSession)?;
        self.prove(&session.user, old, from).await?;
        self.set_password(&session.user, new, &session.actor()).await?;
        let table = self.shared.live.table.load();
        let known = table.get(&session.user).ok_or(UsersError::NoSession)?;
        Ok(self.shared.live.sessions.open(known.user.clone())?)
    }

    /// Deletes a user, and ends the user's sessions; one of the file stays deleted until [reverted](Users::revert).
    ///
    /// # Errors
    /// As [`set_role`](Users::set_role).
    pub async fn delete(&self, name: &str, by: &Actor) -> Result<(), UsersError> {
        self.book.delete(name, &by.to_string()).await?;
        audit(by, "delete user", name);
        self.forget_first(name);
        Ok(())
    }

    /// Goes back to what the file says of a user.
    ///
    /// # Errors
    /// There is nothing to go back to, it would leave no administrator, or it cannot be kept.
    pub async fn revert(&self, name: &str, by: &Actor) -> Result<(), UsersError> {
        self.book.revert(name).await?;
        audit(by, "revert user", name);
        Ok(())
    }

    /// Takes the users the file has now.
    ///
    /// # Errors
    /// One is no good, or there would be no administrator; then those read before still count.
    pub async fn replace_file(&self, file: Vec<User>) -> Result<(), UsersError> {
        Ok(self.book.replace_file(file).await?)
    }

    async fn edit(&self, name: &str, by: &Actor, edit: impl FnOnce(&mut User) + Send + 'static) -> Result<(), UsersError> {
        let edit = |user: &mut User| {
            edit(user);
            Ok(())
        };
        Ok(self.book.edit(name, &by.to_string(), edit).await?)
    }

    async fn hash(&self, password: Secret) -> Result<Password, UsersError> {
        let long_enough = password.expose().chars().count() >= SHORTEST_PASSWORD;
        if !long_enough || password.expose().len() > LONGEST_PASSWORD {
            return Err(UsersError::Password { least: SHORTEST_PASSWORD, most: LONGEST_PASSWORD });
        }
        let cost = self.shared.options.cost;
        let hashed = blocking(move || hash_password(password.expose(), cost)).await;
        hashed.map(Password::Hashed).map_err(UsersError::Hash)
    }
}

/// As the operator's handbook asks of every password.
const SHORTEST_PASSWORD: usize = 12;
