//! Backup and restore; both work without a running centre.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf, absolute};
use std::time::Duration;

use serde_json::json;
use smsc_engine::core::queue::JournalOptions;
use smsc_engine::http::admin::CallError;
use smsc_engine::model::Timestamp;
use smsc_engine::ops::backup::{self, RestoreOptions, Sources};

use super::{Outcome, Shell};

impl Shell {
    pub(super) async fn backup(&self, directory: &Path, target: &Path, keep_days: Option<u32>) -> Outcome {
        let target = absolute(target)?;
        let wanted = json!({ "directory": target, "keep_days": keep_days });
        match self.call("POST", "/admin/backup", Some(wanted)).await {
            Err(CallError::NotThere { .. }) if directory.is_dir() => self.backup_of_files(directory, &target, keep_days).await,
            answer => Ok(self.tree(answer?)),
        }
    }

    /// Nobody runs there; if somebody does after all, the lock says so.
    async fn backup_of_files(&self, directory: &Path, target: &Path, keep_days: Option<u32>) -> Outcome {
        let sources = Sources::of_stopped(directory, JournalOptions::default()).await?;
        let report = backup::backup(&sources, target).await?;
        let age = keep_days.map(|days| Duration::from_secs(u64::from(days) * 86_400));
        let removed = age.map(|age| backup::remove_older(target, age, Timestamp::now())).transpose()?;
        let mut answer = json!(report);
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("removed".into(), json!(removed.unwrap_or_default()));
        }
        Ok(self.tree(answer))
    }

    pub(super) fn restore(&self, backup: &Path, directory: &Path, (force, configuration): (bool, Option<PathBuf>)) -> Outcome {
        let report = backup::restore(backup, directory, &RestoreOptions { force, configuration })?;
        Ok(self.tree(json!(report)))
    }

    pub(super) async fn support_bundle(&self, file: &Path) -> Outcome {
        let octets = self.client.octets(POST.parse()?, "/admin/support-bundle", None).await?;
        let mut options = OpenOptions::new();
        options.create_new(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options.open(file).and_then(|mut out| out.write_all(&octets));
        written.map_err(|error| format!("{}: {error}", file.display()))?;
        let file = fs::canonicalize(file)?;
        Ok(self.tree(json!({ "file": file, "octets": octets.len() })))
    }
}

const POST: &str = "POST";
