//! Accounts, and hashes for their passwords.

use serde_json::json;
use smsc_engine::accounts::{HashCost, hash_password};

use super::{Outcome, Shell, escaped, read};
use crate::args::Accounts;

impl Shell {
    pub(super) async fn accounts(&self, accounts: Accounts) -> Outcome {
        let path = |name: &str, order: &str| format!("/admin/accounts/{}{order}", escaped(name));
        match accounts {
            Accounts::List => Ok(self.table(self.get("/admin/accounts").await?, &COLUMNS)),
            Accounts::Enable { name } => {
                self.done("POST", &path(&name, "/enable"), None, &format!("{name} may bind again")).await
            }
            Accounts::Disable { name } => {
                self.done("POST", &path(&name, "/disable"), None, &format!("{name} may bind no more")).await
            }
            Accounts::Delete { name } => self.done("DELETE", &path(&name, ""), None, &format!("{name} is gone")).await,
            Accounts::Add { name, max_sessions } => {
                let body = json!({ "system_id": name, "password_hash": hash()?, "max_sessions": max_sessions });
                self.done("POST", "/admin/accounts", Some(body), &format!("{name} may bind")).await
            }
            Accounts::HashPassword => Ok(hash()? + "\n"),
        }
    }
}

/// Hashes a password from standard input: arguments can be seen by everybody on the machine.
fn hash() -> Result<String, Box<dyn std::error::Error>> {
    let password = read("-".as_ref())?;
    Ok(hash_password(password.trim_end_matches(['\r', '\n']), HashCost::default())?.expose().to_owned())
}

const COLUMNS: [&str; 7] = ["system_id", "enabled", "bind", "max_sessions", "sessions", "messages_today", "messages_this_month"];
