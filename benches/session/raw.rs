//! The least that can move the same octets: no session, no codec, no futures per message.
//!
//! It reads only lengths and sequence numbers, copies ready-made PDUs and writes once for all that
//! a read brought.

use std::net::SocketAddr;
use std::sync::mpsc;

use bytes::{Buf, BytesMut};
use smpp_pdu::{BindTransceiver, BindTransceiverResp, CStr, Command, Frame, Stamp, SubmitSmResp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::load::{Aside, Tally};
use crate::ours::{MESSAGE_ID, submit};

/// The octets of a PDU.
pub(crate) fn octets<'a>(pdu: &impl Command<'a>) -> Vec<u8> {
    Frame::new(pdu, Stamp::new(1)).unwrap().octets().to_vec()
}

/// Answers whatever comes.
pub(crate) fn server() -> (Aside, SocketAddr) {
    let (sender, address) = mpsc::channel();
    let aside = Aside::run(move || async move {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        sender.send(listener.local_addr().unwrap()).unwrap();
        loop {
            serve(listener.accept().await.unwrap().0).await;
        }
    });
    (aside, address.recv().unwrap())
}

async fn serve(mut stream: TcpStream) {
    stream.set_nodelay(true).unwrap();
    let message_id = CStr::new(MESSAGE_ID).unwrap();
    let bound = octets(&BindTransceiverResp::default());
    let answer = octets(&SubmitSmResp { message_id, ..Default::default() });
    let (mut input, mut output) = (BytesMut::with_capacity(READ), Vec::new());
    while let Ok(1..) = stream.read_buf(&mut input).await {
        while let Some((command_id, number)) = next(&mut input) {
            let start = output.len();
            output.extend_from_slice(if command_id == 9 { &bound } else { &answer });
            output[start + 12..start + 16].copy_from_slice(&number);
        }
        if stream.write_all(&output).await.is_err() {
            return;
        }
        output.clear();
        input.reserve(READ);
    }
}

/// Takes the next whole PDU away; its command_id and sequence number.
pub(crate) fn next(input: &mut BytesMut) -> Option<(u32, [u8; 4])> {
    let header: &[u8; 16] = input.first_chunk()?;
    let [length, command_id, _, number] = [0, 4, 8, 12].map(|at| [header[at], header[at + 1], header[at + 2], header[at + 3]]);
    let length = u32::from_be_bytes(length) as usize;
    if input.len() < length {
        return None;
    }
    input.advance(length);
    Some((u32::from_be_bytes(command_id), number))
}

/// Keeps as many messages under way as the window is wide.
pub(crate) fn client(address: SocketAddr, window: usize, tally: Tally) -> Aside {
    Aside::run(move || async move {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut input = BytesMut::with_capacity(READ);
        stream.write_all(&octets(&BindTransceiver { interface_version: 0x34, ..Default::default() })).await.unwrap();
        while next(&mut input).is_none() {
            assert!(stream.read_buf(&mut input).await.unwrap() > 0);
        }
        let (message, mut output, mut number, mut room) = (octets(&submit()), Vec::new(), 1_u32, window);
        while !tally.is_over() {
            for _ in 0..std::mem::take(&mut room) {
                number += 1;
                let start = output.len();
                output.extend_from_slice(&message);
                output[start + 12..start + 16].copy_from_slice(&number.to_be_bytes());
            }
            stream.write_all(&output).await.unwrap();
            output.clear();
            input.reserve(READ);
            assert!(stream.read_buf(&mut input).await.unwrap() > 0);
            while next(&mut input).is_some() {
                room += 1;
            }
            tally.add(room as u64);
        }
    })
}

const READ: usize = 64 * 1024;
