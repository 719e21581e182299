//! Which database, and how to get in.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use super::Dialect;
#[cfg(any(test, feature = "postgres", feature = "mysql"))]
use super::SqlError;
use crate::frontend::Secret;

/// Which database, and how to get in.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct DatabaseConfig {
    /// What kind of database.
    pub adapter: Dialect,
    /// The file, for SQLite.
    pub path: PathBuf,
    /// The server's name or address.
    pub host: String,
    /// Its port; `None` for the usual one.
    pub port: Option<u16>,
    /// The database on the server.
    pub name: String,
    /// Who we are.
    pub user: String,
    /// Our password; a server is not asked without one.
    pub password: Option<Secret>,
    /// How many connections at most; SQLite has one more, which writes.
    pub pool_size: u32,
    /// Refuses servers that speak no TLS; without it TLS is used if the server offers it.
    pub require_tls: bool,
    /// A file with the authorities that sign the server's certificate; with it, the certificate and the name in it are checked.
    pub tls_ca: Option<PathBuf>,
    /// How long to wait for a connection.
    pub connect_timeout: Duration,
    /// How long to wait for the answer to one statement before the connection counts as lost.
    pub answer_timeout: Duration,
}

/// A variable that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{variable} must be a whole number from 1 to {last}")]
pub struct VariableError {
    /// Which one.
    pub variable: &'static str,
    /// The highest number it may be.
    pub last: u32,
}

impl DatabaseConfig {
    /// A database in a file.
    pub fn sqlite(path: impl Into<PathBuf>) -> Self {
        DatabaseConfig { path: path.into(), ..Self::new(Dialect::Sqlite) }
    }

    /// A database of this kind with the usual settings and no password.
    pub fn new(adapter: Dialect) -> Self {
        DatabaseConfig {
            adapter,
            path: PathBuf::from("smsc.sqlite"),
            host: "localhost".into(),
            port: None,
            name: "sms_c_prod".into(),
            user: "sms_user".into(),
            password: None,
            pool_size: 20,
            require_tls: false,
            tls_ca: None,
            connect_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(60),
        }
    }

    /// Takes `DB_USERNAME`, `DB_PASSWORD`, `DB_HOSTNAME`, `DB_PORT`, `DB_NAME` and `DB_POOL_SIZE` where they are given.
    ///
    /// # Errors
    /// [`VariableError`] if a number is none.
    pub fn with_variables(mut self, variable: impl Fn(&str) -> Option<String>) -> Result<Self, VariableError> {
        let number = |name: &'static str, last: u32| match variable(name).map(|text| text.parse::<u32>()) {
            None => Ok(None),
            Some(Ok(number)) if (1..=last).contains(&number) => Ok(Some(number)),
            Some(_) => Err(VariableError { variable: name, last }),
        };
        let port = number("DB_PORT", u16::MAX.into())?;
        self.port = port.and_then(|port| u16::try_from(port).ok()).or(self.port);
        self.pool_size = number("DB_POOL_SIZE", MOST_CONNECTIONS)?.unwrap_or(self.pool_size);
        self.user = variable("DB_USERNAME").unwrap_or(self.user);
        self.password = variable("DB_PASSWORD").map(Secret::new).or(self.password);
        self.host = variable("DB_HOSTNAME").unwrap_or(self.host);
        self.name = variable("DB_NAME").unwrap_or(self.name);
        Ok(self)
    }

    /// The port to connect to; 0 for a file.
    pub fn effective_port(&self) -> u16 {
        self.port.or(self.adapter.port()).unwrap_or(0)
    }

    /// The password, or the error that names the setting.
    #[cfg(any(test, feature = "postgres", feature = "mysql"))]
    pub(super) fn needed_password(&self) -> Result<&str, SqlError> {
        let missing = SqlError::Missing { dialect: self.adapter, setting: "password" };
        self.password.as_ref().map(Secret::expose).filter(|password| !password.is_empty()).ok_or(missing)
    }
}

/// Says where the database is, without the password.
impl fmt::Display for DatabaseConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.adapter {
            Dialect::Sqlite => write!(f, "{}", self.path.display()),
            _ => write!(f, "{} {}@{}:{}/{}", self.adapter.name(), self.user, self.host, self.effective_port(), self.name),
        }
    }
}

/// More than any server allows by default.
const MOST_CONNECTIONS: u32 = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_override_and_nonsense_is_named() {
        let given = |name: &str| match name {
            "DB_USERNAME" => Some("me".to_owned()),
            "DB_PASSWORD" => Some("hush".to_owned()),
            "DB_PORT" => Some("6543".to_owned()),
            "DB_POOL_SIZE" => Some("7".to_owned()),
            _ => None,
        };
        let config = DatabaseConfig::new(Dialect::Postgres).with_variables(given).unwrap();
        assert_eq!(config.to_string(), "postgres me@localhost:6543/sms_c_prod");
        assert_eq!((config.pool_size, config.needed_password().unwrap()), (7, "hush"));
        assert!(!format!("{config:?}").contains("hush"));
        let nonsense = |name: &str| (name == "DB_PORT").then(|| "70000".to_owned());
        let error = DatabaseConfig::new(Dialect::MySql).with_variables(nonsense).unwrap_err();
        assert_eq!(error.to_string(), "DB_PORT must be a whole number from 1 to 65535");
    }

    #[test]
    fn the_usual_ports_are_known_and_a_missing_password_is_named() {
        for (adapter, port) in [(Dialect::MySql, 3306), (Dialect::Postgres, 5432)] {
            let config = DatabaseConfig::new(adapter);
            assert_eq!(config.effective_port(), port);
            let error = config.needed_password().unwrap_err().to_string();
            assert_eq!(error, format!("the {} database needs the setting `password`", adapter.name()));
        }
    }
}
