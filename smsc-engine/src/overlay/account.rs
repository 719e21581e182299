//! The list of accounts.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Book, BookError, Deleted, Entry, Listed};
use crate::accounts::{AccountError, AccountForm, AccountRecord, Accounts, Password, Secret};
use crate::frontend::Frontend;
use crate::sql::Database;

/// Accounts of the file with changes over them. Copies are the same list.
///
/// A password that is given at run time is kept as its Argon2 hash.
#[derive(Clone, Debug)]
pub struct AccountBook(Book<AccountRecord>);

impl AccountBook {
    /// Lays what was changed before over what the file says now.
    ///
    /// # Errors
    /// As [`Book::open`].
    pub async fn open(database: &Database, file: Vec<AccountRecord>) -> Result<AccountBook, BookError> {
        Book::open(database, file).await.map(AccountBook)
    }

    /// Hands accounts to a frontend, now and at every change; sessions of accounts that are gone or disabled end.
    ///
    /// # Errors
    /// It does not take those there are.
    pub async fn follow_frontend(&self, frontend: &Arc<Frontend>) -> Result<(), BookError> {
        self.follow(frontend, Frontend::replace_accounts).await
    }

    /// Hands accounts to whoever asks these, now and at every change.
    ///
    /// # Errors
    /// They do not take those there are.
    pub async fn follow_accounts(&self, accounts: &Arc<Accounts>) -> Result<(), BookError> {
        self.follow(accounts, Accounts::replace).await
    }

    /// Returns all accounts and where they come from.
    pub fn list(&self) -> Vec<Listed<AccountRecord>> {
        self.0.list()
    }

    /// Returns all accounts.
    pub fn records(&self) -> Vec<AccountRecord> {
        self.0.entries()
    }

    /// Returns the account of this name.
    pub fn get(&self, system_id: &str) -> Option<Listed<AccountRecord>> {
        self.0.get(system_id)
    }

    /// Returns the accounts of the file that were deleted at run time.
    pub fn deleted(&self) -> Vec<Deleted> {
        self.0.deleted()
    }

    /// Adds an account, in the name of `by`.
    ///
    /// # Errors
    /// There is one of the name, a field is no good, or it cannot be kept.
    pub async fn add(&self, form: AccountForm, by: &str) -> Result<(), BookError> {
        let key = form.system_id.clone();
        let record = form.into_record(None);
        let record = record.map_err(|error| BookError::Entry { kind: AccountRecord::KIND, key, reason: error.to_string() })?;
        self.0.add(record, by).await
    }

    /// Puts this in place of what is said of the account; its password stays unless another is given.
    ///
    /// # Errors
    /// There is none of the name, a field is no good, or it cannot be kept.
    pub async fn set(&self, form: AccountForm, by: &str) -> Result<(), BookError> {
        let key = form.system_id.clone();
        let edit = |record: &mut AccountRecord| {
            *record = form.into_record(Some(record)).map_err(|error| error.to_string())?;
            Ok(())
        };
        self.0.edit(&key, by, edit).await
    }

    /// Lays some fields over an account: what is not among them stays, `null` is the usual value. Its name stays.
    ///
    /// # Errors
    /// There is none of the name, a field is no good, or it cannot be kept.
    pub async fn change(&self, system_id: &str, fields: Map<String, Value>, by: &str) -> Result<(), BookError> {
        let edit = move |record: &mut AccountRecord| {
            let form = laid_over(record, fields)?;
            *record = form.into_record(Some(record)).map_err(|error| error.to_string())?;
            Ok(())
        };
        self.0.edit(system_id, by, edit).await
    }

    /// Deletes an account; one of the file stays deleted until it is [reverted](Self::revert).
    ///
    /// # Errors
    /// There is none of the name, or it cannot be kept.
    pub async fn delete(&self, system_id: &str, by: &str) -> Result<(), BookError> {
        self.0.delete(system_id, by).await
    }

    /// Goes back to what the file says of an account.
    ///
    /// # Errors
    /// There is nothing to go back to, or it cannot be kept.
    pub async fn revert(&self, system_id: &str) -> Result<(), BookError> {
        self.0.revert(system_id).await
    }

    /// The name of the table of changes, as it stands among the tables nodes share.
    pub fn table(&self) -> String {
        self.0.table()
    }

    /// Takes in what other nodes changed since one looked last.
    ///
    /// # Errors
    /// See [`BookError`]; then what was known still counts.
    pub async fn catch_up(&self) -> Result<(), BookError> {
        self.0.catch_up().await
    }

    /// Takes the accounts the file has now.
    ///
    /// # Errors
    /// See [`BookError`]; then those read before still count.
    pub async fn replace_file(&self, file: Vec<AccountRecord>) -> Result<(), BookError> {
        self.0.replace_file(file).await
    }

    async fn follow<F: Send + Sync + 'static>(
        &self,
        follower: &Arc<F>,
        replace: fn(&F, Vec<AccountRecord>) -> Result<(), AccountError>,
    ) -> Result<(), BookError> {
        // The list may outlive the listener, and must not keep it.
        let follower = Arc::downgrade(follower);
        let apply = move |records| match follower.upgrade() {
            Some(follower) => replace(&follower, records).map_err(|error| error.to_string()),
            None => Ok(()),
        };
        self.0.follow(apply).await
    }
}

/// An account with other values for some fields; one that is no good is named.
fn laid_over(record: &AccountRecord, fields: Map<String, Value>) -> Result<AccountForm, String> {
    let mut form = serde_json::to_value(AccountForm::from(record)).map_err(|error| error.to_string())?;
    let Some(form) = form.as_object_mut() else { return Err("an account is an object".into()) };
    for (field, value) in fields {
        if field == "system_id" && value.as_str() != Some(&record.system_id) {
            return Err("system_id: the name of an account stays".into());
        }
        if value.is_null() && !form.contains_key(&field) {
            return Err(format!("{field}: there is no such field that could be null"));
        }
        // By itself, so that the fault is that of this field.
        let alone = Map::from_iter([(field.clone(), value.clone())].into_iter().filter(|(_, value)| !value.is_null()));
        let _: AccountForm = serde_json::from_value(Value::Object(alone)).map_err(|error| format!("{field}: {error}"))?;
        match value {
            Value::Null => form.remove(&field),
            value => form.insert(field, value),
        };
    }
    serde_json::from_value(Value::Object(std::mem::take(form))).map_err(|error| error.to_string())
}

impl Entry for AccountRecord {
    const KIND: &'static str = "account";

    fn key(&self) -> String {
        self.system_id.clone()
    }

    fn check(&self) -> Result<(), String> {
        AccountRecord::check(self).map_err(|error| error.to_string())
    }

    fn seal(&mut self) -> Result<(), String> {
        self.password.seal()
    }

    fn store(&self) -> Value {
        let hash = match &self.password {
            Password::Hashed(hash) => Some(hash.expose()),
            // It was sealed; in clear it is kept nowhere.
            Password::Plain(_) => None,
        };
        json!({ "account": AccountForm::from(self), "password_hash": hash })
    }

    fn restore(mut stored: Value) -> Result<AccountRecord, String> {
        let hash = stored.get("password_hash").and_then(Value::as_str).map(Secret::new);
        let account = stored.get_mut("account").map(Value::take).unwrap_or_default();
        let form: AccountForm = serde_json::from_value(account).map_err(|error| error.to_string())?;
        AccountForm { password_hash: hash, ..form }.into_record(None).map_err(|error| error.to_string())
    }
}
