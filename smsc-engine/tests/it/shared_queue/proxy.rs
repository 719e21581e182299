//! A network between a queue and its server that fails at a commit.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to the next commit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mood {
    #[default]
    Good,
    /// The server commits, its answer does not come back.
    LosesAnswer,
    /// The same, and nobody gets through any more.
    LosesAnswerAndStays,
    /// The server never hears of it.
    LosesCommit,
    /// Nobody gets through.
    Away,
}

/// Passes everything on until it is told otherwise.
pub(super) struct Proxy {
    pub(super) port: u16,
    mood: Arc<Mutex<Mood>>,
}

impl Proxy {
    pub(super) async fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mood = Arc::new(Mutex::new(Mood::Good));
        let shared = Arc::clone(&mood);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if *shared.lock().unwrap() != Mood::Away {
                    tokio::spawn(pass(client, server, Arc::clone(&shared)));
                }
            }
        });
        Proxy { port, mood }
    }

    pub(super) fn next_commit(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    pub(super) fn is_armed(&self) -> bool {
        *self.mood.lock().unwrap() != Mood::Good
    }

    pub(super) fn recover(&self) {
        *self.mood.lock().unwrap() = Mood::Good;
    }
}

/// Passes one connection on, until it breaks.
async fn pass(mut client: TcpStream, server: u16, mood: Arc<Mutex<Mood>>) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)).await else { return };
    let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
    loop {
        tokio::select! {
            read = client.read(&mut asked) => {
                let Ok(1..) = read else { return };
                let asked = &asked[..read.unwrap()];
                let fate = if asked.windows(COMMIT.len()).any(|part| part == COMMIT) { fate(&mood) } else { Mood::Good };
                if fate == Mood::LosesCommit || server.write_all(asked).await.is_err() {
                    return;
                }
                if fate != Mood::Good {
                    // It is done once the server says so, to nobody.
                    let _ = tokio::time::timeout(Duration::from_secs(10), server.read(&mut answered)).await;
                    return;
                }
            }
            read = server.read(&mut answered) => {
                let Ok(1..) = read else { return };
                let heard = *mood.lock().unwrap() != Mood::Away;
                if !heard || client.write_all(&answered[..read.unwrap()]).await.is_err() {
                    return;
                }
            }
        }
    }
}

/// Takes what was planned for the next commit.
fn fate(mood: &Mutex<Mood>) -> Mood {
    let mut mood = mood.lock().unwrap();
    let after = if *mood == Mood::LosesAnswerAndStays { Mood::Away } else { Mood::Good };
    if *mood == Mood::Away { Mood::LosesCommit } else { std::mem::replace(&mut mood, after) }
}

const COMMIT: &[u8] = b"COMMIT\0";
