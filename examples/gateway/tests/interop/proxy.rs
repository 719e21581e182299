//! A network that is slow and breaks: what passes is held up a little, and connections are cut when the test says so.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// A port that leads to another.
pub(crate) struct Proxy {
    pub(crate) address: SocketAddr,
    cuts: Arc<watch::Sender<u64>>,
}

impl Proxy {
    /// Leads to `to`; every octet takes so long each way.
    pub(crate) async fn start(to: SocketAddr, delay: Duration) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let cuts = Arc::new(watch::Sender::new(0));
        let cutting = cuts.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let mut cut = cutting.subscribe();
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(to).await else { return };
                    let _ = (client.set_nodelay(true), server.set_nodelay(true));
                    let ((client_in, client_out), (server_in, server_out)) = (client.into_split(), server.into_split());
                    tokio::select! {
                        () = pass(client_in, server_out, delay) => {}
                        () = pass(server_in, client_out, delay) => {}
                        _ = cut.changed() => {}
                    }
                });
            }
        });
        Proxy { address, cuts }
    }

    /// Cuts every connection in the middle of whatever it carries.
    pub(crate) fn cut(&self) {
        self.cuts.send_modify(|cuts| *cuts += 1);
    }
}

/// Passes octets on, each after the same delay, until either end is gone.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, delay: Duration) {
    let (sender, mut receiver) = mpsc::channel::<(Instant, Vec<u8>)>(64);
    let read = async move {
        let mut buffer = vec![0; 64 << 10];
        while let Ok(octets @ 1..) = from.read(&mut buffer).await {
            if sender.send((Instant::now() + delay, buffer[..octets].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let write = async move {
        while let Some((when, octets)) = receiver.recv().await {
            tokio::time::sleep_until(when).await;
            if to.write_all(&octets).await.is_err() {
                return;
            }
        }
    };
    tokio::join!(read, write);
}
