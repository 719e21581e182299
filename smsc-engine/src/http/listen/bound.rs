//! Not more connections than wanted.

use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;

use axum::Extension;
use axum::middleware::AddExtension;
use axum_server::accept::Accept;
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Layer;

/// Lets so many connections in and closes the others.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    free: Arc<Semaphore>,
}

/// A connection's place; the service of the connection holds it, and so do its requests.
#[derive(Clone, Debug)]
pub(super) struct Place {
    _permit: Arc<OwnedSemaphorePermit>,
}

impl Bound {
    pub(super) fn new(most: usize) -> Bound {
        Bound { free: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))) }
    }
}

impl<S> Accept<TcpStream, S> for Bound {
    type Stream = TcpStream;
    type Service = AddExtension<S, Place>;
    type Future = Ready<io::Result<(Self::Stream, Self::Service)>>;

    fn accept(&self, stream: TcpStream, service: S) -> Self::Future {
        ready(match self.free.clone().try_acquire_owned() {
            Ok(permit) => {
                // Answers are small; whoever waits for one must not wait for more of it.
                let _ = stream.set_nodelay(true);
                Ok((stream, Extension(Place { _permit: Arc::new(permit) }).layer(service)))
            }
            Err(_) => Err(io::Error::other("too many connections")),
        })
    }
}
