//! The octets of a connection: plain, or within TLS.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::driver::Driver;
use super::service::Service;
use super::shared::Shared;

/// A TCP connection. The plain case is direct: no box, no dynamic call.
pub(crate) enum Stream {
    Plain(TcpStream),
    #[cfg(feature = "tls")]
    Tls(std::boxed::Box<tokio_rustls::TlsStream<TcpStream>>),
}

impl Stream {
    /// Our own end of it.
    pub(crate) fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Stream::Plain(stream) => stream.local_addr(),
            #[cfg(feature = "tls")]
            Stream::Tls(stream) => stream.get_ref().0.local_addr(),
        }
        .ok()
    }

    /// Serves the connection until it is closed.
    pub(crate) async fn drive(self, shared: Arc<Shared>, service: Arc<dyn Service>) {
        #[cfg(feature = "tls")]
        super::tls::identify(&shared, &self);
        Driver::new(self, shared, service).run().await;
    }
}

macro_rules! either {
    ($stream:expr, $method:ident ($($argument:expr),*)) => {
        match $stream.get_mut() {
            Stream::Plain(stream) => Pin::new(stream).$method($($argument),*),
            #[cfg(feature = "tls")]
            Stream::Tls(stream) => Pin::new(stream).$method($($argument),*),
        }
    };
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_read(cx, buffer))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        either!(self, poll_write(cx, octets))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_flush(cx))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        either!(self, poll_shutdown(cx))
    }
}
