//! What a program prints, and the exit codes that go with it.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::thread;

use tokio::runtime::{Builder, Runtime};

/// The console of the program of this name.
#[derive(Clone, Copy, Debug)]
pub struct Console(pub &'static str);

impl Console {
    /// Prints on standard output; a reader that has gone away is no reason to stop.
    pub fn say(self, text: &str) -> ExitCode {
        let mut output = io::stdout();
        let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
        ExitCode::SUCCESS
    }

    /// Prints what went wrong, and makes the exit code of it.
    pub fn fail(self, code: u8, error: &dyn Display) -> ExitCode {
        self.complain(error);
        ExitCode::from(code)
    }

    /// Prints one line on standard error.
    pub fn complain(self, error: &dyn Display) {
        let _ = writeln!(io::stderr(), "{}: {error}", self.0);
    }
}

/// The threads of a program that serves.
///
/// # Errors
/// The system gives none.
pub fn runtime() -> io::Result<Runtime> {
    // More workers than this only wake one another; one alone would let a slow moment stop the listener.
    let workers = thread::available_parallelism().map_or(2, usize::from).clamp(2, 8);
    Builder::new_multi_thread().worker_threads(workers).enable_all().build()
}

/// Something went wrong while starting or running.
pub const FAILED: u8 = 1;
/// The command line or the configuration is wrong.
pub const WRONG_SETTINGS: u8 = 2;
/// What shells report of a program ended by Ctrl-C.
pub const INTERRUPTED: i32 = 130;
