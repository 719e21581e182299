//! Ctrl-C, SIGTERM and SIGHUP.

use std::io;

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Signal {
    /// To read the settings again.
    Reload,
    /// To stop.
    Stop,
}

/// The signals that stop the program or make it read its settings again, caught from the start on so that none ends it
/// half-way.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Catches them from now on.
    ///
    /// # Errors
    /// The system does not let it.
    pub fn catch() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.hangup.recv() => Signal::Reload,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.terminate.recv() => Signal::Stop,
        }
    }

    /// Waits until the program is asked to stop.
    pub async fn stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    /// Waits for Ctrl-C.
    pub async fn interrupt(&mut self) {
        self.interrupt.recv().await;
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Catches them as far as the system has them.
    ///
    /// # Errors
    /// Never.
    pub fn catch() -> io::Result<Self> {
        Ok(Self {})
    }

    /// Waits until the program is asked to stop; nobody can ask it to read its settings again.
    pub async fn next(&mut self) -> Signal {
        self.interrupt().await;
        Signal::Stop
    }

    /// Waits until the program is asked to stop.
    pub async fn stop(&mut self) {
        self.interrupt().await;
    }

    /// Waits for Ctrl-C; for ever where it cannot be caught.
    pub async fn interrupt(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
