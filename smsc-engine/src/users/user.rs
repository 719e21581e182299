//! One user, and the table of all.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::Role;
use crate::accounts::{Hash, Secret};
use crate::overlay::Entry;

/// Somebody who may use the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name, 1 to 64 characters without spaces.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The Argon2 hash of the password in PHC form, as [`hash_password`](crate::accounts::hash_password) makes it.
    pub password: Secret,
    /// False to let the user in no more.
    pub enabled: bool,
}

/// Somebody who shall be able to log in from now on.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The password itself.
    pub password: Secret,
}

/// The form in which a user is kept.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Stored {
    name: String,
    role: Role,
    password_hash: String,
    enabled: bool,
}

impl Entry for User {
    const KIND: &'static str = "user";

    fn key(&self) -> String {
        self.name.clone()
    }

    fn check(&self) -> Result<(), String> {
        let fits = |character: char| !character.is_whitespace() && !character.is_control();
        if !(1..=LONGEST_NAME).contains(&self.name.chars().count()) || !self.name.chars().all(fits) {
            return Err(format!("a name has 1 to {LONGEST_NAME} characters and no spaces"));
        }
        Hash::read(self.password.expose()).map(drop).map_err(|reason| format!("the password hash cannot be used: {reason}"))
    }

    fn store(&self) -> Value {
        let User { name, role, password, enabled } = self;
        serde_json::json!({ "name": name, "role": role, "password_hash": password.expose(), "enabled": enabled })
    }

    fn restore(stored: Value) -> Result<User, String> {
        let Stored { name, role, password_hash, enabled } = serde_json::from_value(stored).map_err(|error| error.to_string())?;
        Ok(User { name, role, password: Secret::new(password_hash), enabled })
    }
}

/// The users of the moment.
#[derive(Debug, Default)]
pub(super) struct Table {
    by_name: HashMap<String, Known>,
    /// Checked when there is nobody of a name, so that it takes as long.
    decoy: Option<Arc<User>>,
}

/// A user whose hash was read.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) user: Arc<User>,
    pub(super) hash: Hash,
}

impl Table {
    pub(super) fn new(users: Vec<User>) -> Result<Table, String> {
        let mut table = Table::default();
        for user in users {
            let (hash, user) = (Hash::read(user.password.expose())?, Arc::new(user));
            table.decoy.get_or_insert_with(|| Arc::clone(&user));
            table.by_name.insert(user.name.clone(), Known { user, hash });
        }
        Ok(table)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Known> {
        self.by_name.get(name)
    }

    /// Any user's, to be checked when there is nobody of the name.
    pub(super) fn decoy(&self) -> Option<&Known> {
        self.get(&self.decoy.as_ref()?.name)
    }

    pub(super) fn has_admin(&self) -> bool {
        self.by_name.values().any(|known| known.user.enabled && known.user.role == Role::Admin)
    }
}

/// Long enough for addresses of mail.
pub(super) const LONGEST_NAME: usize = 64;
