//! What settings of every program have: its log, and who may log in.

use crate::accounts::Password;
use crate::audit::Role;
use crate::config::{self as word, Log, LogFormat, WebUser};
use crate::log::{FileOptions, Format, Level, LogOptions};
use crate::users::User;

impl From<&WebUser> for User {
    fn from(user: &WebUser) -> User {
        let password = match user.password_hash.expose() {
            "" => Password::Plain(user.password.clone()),
            _ => Password::Hashed(user.password_hash.clone()),
        };
        let role = match user.role {
            word::Role::Viewer => Role::Viewer,
            word::Role::Operator => Role::Operator,
            word::Role::Admin => Role::Admin,
        };
        User { name: user.name.clone(), role, password, enabled: true }
    }
}

impl From<&Log> for LogOptions {
    fn from(log: &Log) -> LogOptions {
        let file = (!log.file.as_os_str().is_empty()).then(|| FileOptions {
            keep: usize::try_from(log.keep_files).unwrap_or(usize::MAX),
            ..FileOptions::new(log.file.clone())
        });
        let format = match log.format {
            LogFormat::Text => Format::Text,
            LogFormat::Json => Format::Json,
        };
        LogOptions { level: Level::of_filter(log.level), format, file, console: true }
    }
}
