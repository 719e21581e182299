//! A peer that says exactly what the test wants, on a real socket.

use std::time::Duration;
use std::vec::Vec;

use bytes::BytesMut;
use smpp_pdu::{
    BindTransceiver, BindTransceiverResp, CStr, Command, CommandId, CommandStatus, Frame, Password, Stamp, Version, write,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::time::timeout;

/// One end of a TCP connection that knows framing and nothing else.
///
/// # Panics
/// Every method panics if the connection is not in the state the test expects, or if the other
/// side takes longer than twenty seconds.
pub struct Peer {
    stream: TcpStream,
    input: BytesMut,
}

#[allow(clippy::unwrap_used, clippy::panic, reason = "what is not as the script says has failed the test")]
impl Peer {
    /// Connects.
    pub async fn connect(addr: impl ToSocketAddrs) -> Self {
        Peer::over(TcpStream::connect(addr).await.unwrap())
    }

    /// Takes the next connection.
    pub async fn accept(listener: &TcpListener) -> Self {
        Peer::over(within(listener.accept()).await.unwrap().0)
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Peer { stream, input: BytesMut::new() }
    }

    /// Sends octets, whatever they are.
    pub async fn send(&mut self, octets: &[u8]) {
        within(self.stream.write_all(octets)).await.unwrap();
    }

    /// Sends a request, or a response without error.
    pub async fn put<'a>(&mut self, pdu: &impl Command<'a>, sequence_number: u32) {
        self.put_with(pdu, CommandStatus::ROK, sequence_number).await;
    }

    /// Sends a PDU with a status.
    pub async fn put_with<'a>(&mut self, pdu: &impl Command<'a>, command_status: CommandStatus, sequence_number: u32) {
        let mut out = BytesMut::new();
        write(pdu, Stamp { command_status, sequence_number, version: Version::V5_0 }, &mut out).unwrap();
        self.send(&out).await;
    }

    /// The next PDU; `None` if the other side has closed.
    pub async fn next(&mut self) -> Option<Frame> {
        loop {
            if let Some(frame) = Frame::split(&mut self.input, u32::MAX).unwrap() {
                return Some(frame);
            }
            let read = within(self.stream.read_buf(&mut self.input)).await;
            if !matches!(read, Ok(1..)) {
                assert!(self.input.is_empty(), "closed inside a PDU");
                return None;
            }
        }
    }

    /// The next PDU, which must be this one with this status.
    pub async fn expect(&mut self, command_id: CommandId, status: CommandStatus) -> Frame {
        let Some(frame) = self.next().await else { panic!("closed instead of {command_id}") };
        assert_eq!((frame.command_id(), frame.command_status()), (command_id, status));
        frame
    }

    /// The other side must close now, without another PDU.
    pub async fn expect_close(&mut self) {
        if let Some(frame) = self.next().await {
            panic!("{frame:?} instead of the end");
        }
    }

    /// All PDUs until the other side is silent for a moment.
    pub async fn until_silent(&mut self) -> Vec<Frame> {
        self.until_silent_for(SILENCE).await
    }

    /// All PDUs until the other side is silent for so long.
    pub async fn until_silent_for(&mut self, silence: Duration) -> Vec<Frame> {
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = timeout(silence, self.next()).await {
            frames.push(frame);
        }
        frames
    }

    /// Binds to an MC as transceiver.
    pub async fn bind(addr: impl ToSocketAddrs, system_id: &str) -> Self {
        let mut peer = Peer::connect(addr).await;
        let (system_id, password) = (CStr::new(system_id).unwrap(), Password::new("secret").unwrap());
        let bind = BindTransceiver { system_id, password, interface_version: 0x34, ..Default::default() };
        peer.put(&bind, 1).await;
        peer.expect(CommandId::BIND_TRANSCEIVER_RESP, CommandStatus::ROK).await;
        peer
    }

    /// Takes the next connection and the bind that comes on it.
    pub async fn accept_bind(listener: &TcpListener) -> Self {
        let mut peer = Peer::accept(listener).await;
        let bind = peer.expect(CommandId::BIND_TRANSCEIVER, CommandStatus::ROK).await;
        peer.put(&BindTransceiverResp::default(), bind.sequence_number()).await;
        peer
    }
}

#[allow(clippy::unwrap_used, reason = "a test that hangs has failed")]
async fn within<F: Future>(future: F) -> F::Output {
    timeout(PATIENCE, future).await.unwrap()
}

// Long enough for a busy machine, short enough to notice.
const PATIENCE: Duration = Duration::from_secs(20);
const SILENCE: Duration = Duration::from_millis(200);
