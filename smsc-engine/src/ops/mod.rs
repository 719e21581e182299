//! What an operator does with a centre as a whole: back it up, restore it, look at its machine, ask others for help.
//!
//! Everything here works on parts that it is given; ports and commands are in `http::admin` and in the programs.

pub mod backup;
pub mod bundle;
mod masking;
mod system;

use std::path::PathBuf;
use std::sync::Arc;

pub use masking::masked_numbers;
pub use system::{System, SystemFigures};

use crate::BoxFuture;
use crate::control::Control;
use crate::overlay::AccountBook;
use crate::sql::Database;

/// A running centre with everything that its operator can do to it; used as `Arc<Operations>`.
pub struct Operations {
    /// The centre.
    pub control: Arc<Control>,
    /// Who may bind, to be changed.
    pub accounts: Option<AccountBook>,
    /// The program around it.
    pub program: Arc<dyn Program>,
    /// Its directory, for looking at the disk.
    pub directory: PathBuf,
    /// Its databases in files, each with the name that its file has in the directory.
    pub databases: Vec<(String, Database)>,
    /// The machine.
    pub system: System,
}

/// What only the program around a centre knows and can do. What a program cannot do need not be written.
pub trait Program: Send + Sync + 'static {
    /// What it is and of which version, such as `smsc 0.5.0`.
    fn version(&self) -> String;

    /// The settings in force, without secrets.
    fn settings(&self) -> String {
        String::new()
    }

    /// The files to back up with the centre: settings, certificates and their keys.
    fn files(&self) -> Vec<PathBuf> {
        Vec::new()
    }

    /// The last lines of the log, the oldest first.
    fn log_lines(&self) -> Vec<String> {
        Vec::new()
    }

    /// The least serious lines that are logged.
    fn log_level(&self) -> String {
        String::new()
    }

    /// Logs from this level on, from now on.
    ///
    /// # Errors
    /// There is no such level, or it cannot be changed.
    fn set_log_level(&self, level: &str) -> Result<(), String> {
        let _ = level;
        Err("this program cannot change its log level".into())
    }

    /// Reads settings and certificates again and tells what came of it.
    fn reload(&self) -> BoxFuture<'_, Result<String, String>> {
        Box::pin(std::future::ready(Err("this program cannot read its settings again".into())))
    }

    /// Begins to stop in an orderly way; false if it cannot.
    fn stop(&self) -> bool {
        false
    }
}
