//! The least one can do to keep messages: a shared buffer, one thread, one write and one sync for all that wait.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// An append-only file with grouped `fdatasync`, and its thread.
pub struct BareLog {
    shared: Arc<Shared>,
    writer: Option<JoinHandle<io::Result<()>>>,
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    work: Condvar,
}

#[derive(Default)]
struct Waiting {
    octets: Vec<u8>,
    callers: Vec<oneshot::Sender<()>>,
    over: bool,
}

impl BareLog {
    /// Begins a log in a file that has no name any more when this returns.
    pub fn create(path: &Path) -> io::Result<BareLog> {
        let file = OpenOptions::new().create(true).truncate(true).write(true).open(path)?;
        std::fs::remove_file(path)?;
        let shared = Arc::new(Shared::default());
        let theirs = shared.clone();
        Ok(BareLog { shared, writer: Some(thread::spawn(move || theirs.write(&file))) })
    }

    /// Appends octets; resolves when they are on the disk.
    pub async fn append(&self, octets: &[u8]) {
        let (answer, durable) = oneshot::channel();
        {
            let mut waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.octets.extend_from_slice(octets);
            waiting.callers.push(answer);
        }
        self.shared.work.notify_one();
        durable.await.expect("the log thread has failed");
    }
}

impl Drop for BareLog {
    fn drop(&mut self) {
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner).over = true;
        self.shared.work.notify_one();
        if let Some(writer) = self.writer.take() {
            writer.join().expect("the log thread has panicked").expect("the log could not be written");
        }
    }
}

impl Shared {
    fn write(&self, file: &File) -> io::Result<()> {
        let mut end = 0;
        let mut spare = Vec::new();
        loop {
            let Some((octets, callers)) = self.gathered(spare) else { return Ok(()) };
            file.write_all_at(&octets, end)?;
            file.sync_data()?;
            end += octets.len() as u64;
            // A caller that has gone away does not wait for an answer.
            callers.into_iter().for_each(|caller| _ = caller.send(()));
            spare = octets;
            spare.clear();
        }
    }

    fn gathered(&self, spare: Vec<u8>) -> Option<(Vec<u8>, Vec<oneshot::Sender<()>>)> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let mut waiting = self
            .work
            .wait_while(waiting, |waiting| waiting.callers.is_empty() && !waiting.over)
            .unwrap_or_else(PoisonError::into_inner);
        if waiting.callers.is_empty() {
            return None;
        }
        let octets = std::mem::replace(&mut waiting.octets, spare);
        Some((octets, std::mem::take(&mut waiting.callers)))
    }
}

/// The median time of a small write and its sync.
pub fn single_sync(directory: &Path) -> io::Result<Duration> {
    let path = directory.join("single-sync");
    let file = File::create(&path)?;
    std::fs::remove_file(&path)?;
    let mut times = Vec::new();
    for turn in 0..200 {
        let start = Instant::now();
        file.write_all_at(&[b'x'; 200], turn * 200)?;
        file.sync_data()?;
        times.push(start.elapsed());
    }
    times.sort();
    Ok(times[times.len() / 2])
}
