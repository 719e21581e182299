//! The first administrator of a centre that has no users.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::token::typed_word;
use super::{Actor, NewUser, Role, Users, UsersError};
use crate::accounts::Secret;
use crate::core::blocking;

/// A password that was made at the first start.
#[derive(Clone, Debug)]
pub struct FirstPassword {
    /// For whom.
    pub user: String,
    /// The password, told this once.
    pub password: Secret,
    /// The file it was written to, which only its owner can read.
    pub path: PathBuf,
}

impl Users {
    /// Makes the administrator `admin` with a random password if there is no user at all, and never was one in the file.
    ///
    /// The password is written to `dashboard-password` in `directory`, in place of one that lies there; the file is
    /// removed as soon as the administrator has another password or is deleted.
    ///
    /// # Errors
    /// It cannot be made, written or kept; then there is still nobody.
    pub async fn first_start(&self, directory: &Path) -> Result<Option<FirstPassword>, UsersError> {
        let path = self.shared.first.get_or_init(|| directory.join(FILE)).clone();
        if !self.list().is_empty() || !self.deleted().is_empty() {
            return Ok(None);
        }
        let word = typed_word().ok_or_else(|| UsersError::Hash("the system has no random octets".into()))?;
        let password = Secret::new(word);
        let (text, place) = (password.clone(), path.clone());
        // First the file: a password that nobody was told opens nothing to anybody.
        blocking(move || write(&place, text.expose())).await.map_err(|error| UsersError::File { path: path.clone(), error })?;
        let admin = NewUser { name: ADMIN.into(), role: Role::Admin, password: password.clone() };
        if let Err(error) = self.add(admin, &Actor::Centre).await {
            let _ = fs::remove_file(&path);
            // Perhaps another node was quicker.
            return if self.list().is_empty() { Err(error) } else { Ok(None) };
        }
        Ok(Some(FirstPassword { user: ADMIN.into(), password, path }))
    }

    /// Removes the file with the first password once that opens nothing any more.
    pub(super) fn forget_first(&self, user: &str) {
        let Some(path) = self.shared.first.get().filter(|_| user == ADMIN) else { return };
        match fs::remove_file(path) {
            Ok(()) => {
                tracing::info!(path = %path.display(), "the file with the first password is removed: it is not valid any more")
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::warn!(path = %path.display(), %error, "the file with the first password stays; remove it"),
        }
    }
}

/// Writes a file that only its owner can read, whole or not at all.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let draft = path.with_extension("new");
    // One that was left behind may be open to others.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

const ADMIN: &str = "admin";
const FILE: &str = "dashboard-password";
