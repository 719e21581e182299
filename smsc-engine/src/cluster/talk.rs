//! The same over TCP: calling other nodes, and answering them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::hello::{Facts, Frame, HelloError, MOST_OCTETS, Secret, Side, Talk, nonce};

/// What a node says at the moment.
pub(super) type Say = Arc<dyn Fn() -> Facts + Send + Sync>;

/// Calls the node at an address and returns what it says.
pub(super) async fn call(address: SocketAddr, (secret, facts): (&Secret, &Facts)) -> Result<Facts, HelloError> {
    let call = async {
        let mut stream = TcpStream::connect(address).await.map_err(away)?;
        let (caller, frame) = nonce();
        write(&mut stream, &frame).await?;
        let called = read(&mut stream).await?.nonce()?;
        let talk = Talk { caller, called };
        write(&mut stream, &secret.say((&talk, Side::Caller), facts)).await?;
        secret.hear((&talk, Side::Called), &read(&mut stream).await?)
    };
    timeout(PATIENCE, call).await.unwrap_or_else(|_| Err(HelloError::Away("no answer in time".into())))
}

/// Answers whoever knows the secret, until it is dropped.
pub(super) struct Answering {
    task: JoinHandle<()>,
    pub(super) address: SocketAddr,
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Answering {
    /// Answers nobody any more.
    pub(super) fn stop(&self) {
        self.task.abort();
    }

    pub(super) async fn start(listen: SocketAddr, secret: Secret, say: Say) -> std::io::Result<Answering> {
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        Ok(Answering { task: tokio::spawn(listen_for(listener, Arc::new(Desk::new(secret, say)))), address })
    }
}

struct Desk {
    secret: Secret,
    say: Say,
    places: Arc<Semaphore>,
    /// When a refusal was logged last: whoever hammers at the port shall not fill the log.
    told: Mutex<Option<Instant>>,
}

impl Desk {
    fn new(secret: Secret, say: Say) -> Desk {
        Desk { secret, say, places: Arc::new(Semaphore::new(MOST_CALLERS)), told: Mutex::default() }
    }

    async fn answer(&self, stream: &mut TcpStream) -> Result<(), HelloError> {
        let caller = read(stream).await?.nonce()?;
        let (called, frame) = nonce();
        write(stream, &frame).await?;
        let talk = Talk { caller, called };
        let heard = self.secret.hear((&talk, Side::Caller), &read(stream).await?);
        let answer = match &heard {
            Ok(_) => self.secret.say((&talk, Side::Called), &(self.say)()),
            Err(_) => Frame::Refused,
        };
        write(stream, &answer).await?;
        heard.map(drop)
    }

    fn note(&self, peer: SocketAddr, error: &HelloError) {
        // A port scan, or a node that stops.
        if *error != HelloError::Secret {
            return tracing::debug!(%peer, %error, "a call on the cluster port came to nothing");
        }
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.is_none_or(|told| told.elapsed() >= QUIET) {
            *told = Some(Instant::now());
            tracing::warn!(%peer, "a node is refused: {error}");
        }
    }
}

async fn listen_for(listener: TcpListener, desk: Arc<Desk>) {
    loop {
        let Ok(place) = desk.places.clone().acquire_owned().await else { return };
        match listener.accept().await {
            Ok((mut stream, peer)) => {
                let desk = desk.clone();
                tokio::spawn(async move {
                    let _place = place;
                    let answered = timeout(PATIENCE, desk.answer(&mut stream)).await;
                    if let Ok(Err(error)) = answered {
                        desk.note(peer, &error);
                    }
                });
            }
            // Too many open files, most likely.
            Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
        }
    }
}

async fn write(stream: &mut TcpStream, frame: &Frame) -> Result<(), HelloError> {
    stream.write_all(&frame.encode()).await.map_err(away)
}

async fn read(stream: &mut TcpStream) -> Result<Frame, HelloError> {
    let length = stream.read_u16().await.map_err(away)?;
    if length > MOST_OCTETS {
        return Err(HelloError::Speech("too long a frame".into()));
    }
    let mut body = vec![0; length.into()];
    stream.read_exact(&mut body).await.map_err(away)?;
    Frame::decode(&body)
}

fn away(error: std::io::Error) -> HelloError {
    HelloError::Away(error.to_string())
}

/// Nodes of one network answer in milliseconds.
const PATIENCE: Duration = Duration::from_secs(2);
/// All nodes of the largest cluster may call at once; each call takes some kilooctets.
const MOST_CALLERS: usize = 128;
const QUIET: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(node: &str) -> Facts {
        Facts { node: node.into(), ..Facts::default() }
    }

    async fn answering(secret: &str) -> Answering {
        let say: Say = Arc::new(|| facts("sms@called"));
        Answering::start(SocketAddr::from(([127, 0, 0, 1], 0)), Secret::new(secret), say).await.unwrap()
    }

    #[tokio::test]
    async fn nodes_with_one_secret_hear_each_other_and_others_are_refused() {
        let node = answering("0123456789abcdef").await;
        let mine = facts("sms@caller");
        let heard = call(node.address, (&Secret::new("0123456789abcdef"), &mine)).await;
        assert_eq!(heard.unwrap().node, "sms@called");
        let refused = call(node.address, (&Secret::new("fedcba9876543210"), &mine)).await;
        assert_eq!(refused, Err(HelloError::Secret));
    }

    #[tokio::test]
    async fn who_talks_nonsense_is_turned_away_and_disturbs_nobody() {
        let node = answering("0123456789abcdef").await;
        for nonsense in [&b"\xff\xff"[..], b"\x00\x02{}", b"GET / HTTP/1.1\r\n\r\n"] {
            let mut stream = TcpStream::connect(node.address).await.unwrap();
            stream.write_all(nonsense).await.unwrap();
            let mut rest = Vec::new();
            // The other side closes; what it had sent before, if anything, was a number at most.
            let _ = stream.read_to_end(&mut rest).await;
            assert!(!String::from_utf8_lossy(&rest).contains("sms@"));
        }
        let heard = call(node.address, (&Secret::new("0123456789abcdef"), &facts("sms@caller"))).await;
        assert!(heard.is_ok());
    }
}
