//! One user, and the table of all.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::Value;

use super::Role;
use crate::accounts::{Hash, HashCost, Password, Secret, hash_password};
use crate::overlay::Entry;

/// Somebody who may use the dashboard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The name, 1 to 64 characters without spaces.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The password; its Argon2 hash if it was given at run time.
    pub password: Password,
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
        match &self.password {
            Password::Plain(password) if password.expose().is_empty() => Err("a user needs a password".into()),
            Password::Plain(_) => Ok(()),
            Password::Hashed(hash) => {
                Hash::read(hash.expose()).map(drop).map_err(|reason| format!("the password hash cannot be used: {reason}"))
            }
        }
    }

    fn seal(&mut self) -> Result<(), String> {
        self.password.seal()
    }

    fn store(&self) -> Value {
        let User { name, role, password, enabled } = self;
        let hash = match password {
            Password::Hashed(hash) => Some(hash.expose()),
            // It was sealed; in clear it is kept nowhere.
            Password::Plain(_) => None,
        };
        serde_json::json!({ "name": name, "role": role, "password_hash": hash, "enabled": enabled })
    }

    fn restore(stored: Value) -> Result<User, String> {
        let Stored { name, role, password_hash, enabled } = serde_json::from_value(stored).map_err(|error| error.to_string())?;
        Ok(User { name, role, password: Password::Hashed(Secret::new(password_hash)), enabled })
    }
}

/// The users of the moment.
#[derive(Debug, Default)]
pub(super) struct Table {
    by_name: HashMap<String, Known>,
    /// Checked when there is nobody of a name, so that it takes as long.
    decoy: Option<Arc<User>>,
}

/// A user whose hash was read, or made: passwords in clear are checked as hashes, too, so that all take the same time.
#[derive(Clone, Debug)]
pub(super) struct Known {
    pub(super) user: Arc<User>,
    pub(super) hash: Hash,
    /// The hash in PHC form.
    pub(super) text: Secret,
}

impl Table {
    /// Takes users; those of `old` with the same password in clear keep its hash.
    pub(super) fn new(users: Vec<User>, old: &Table, cost: HashCost) -> Result<Table, String> {
        let mut table = Table::default();
        for user in users {
            let same = |known: &&Known| known.user.password == user.password;
            let text = match (&user.password, old.get(&user.name).filter(same)) {
                (Password::Hashed(text), _) => text.clone(),
                (Password::Plain(_), Some(known)) => known.text.clone(),
                (Password::Plain(password), None) => hash_password(password.expose(), cost)?,
            };
            let (hash, user) = (Hash::read(text.expose())?, Arc::new(user));
            table.decoy.get_or_insert_with(|| Arc::clone(&user));
            table.by_name.insert(user.name.clone(), Known { user, hash, text });
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
