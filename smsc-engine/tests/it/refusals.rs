//! The application layer of the bad vectors: a centre answers what they state.

use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde_json::Value;
use smpp_pdu::{BindTransceiver, CStr, CommandId, CommandStatus, DEFAULT_MAX_PDU, Frame, Password, Stamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::start;

#[tokio::test]
async fn application_vectors_get_the_stated_answer() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut checked = 0;
    for line in include_str!("../../../smpp-pdu/testdata/vectors-bad.jsonl").lines() {
        let vector: Value = serde_json::from_str(line).unwrap();
        // This MC broadcasts nothing: it says so whatever is missing.
        if vector["layer"] != "application" || vector["name"] == "broadcast_sm_missing_tlv" {
            continue;
        }
        let mut stream = TcpStream::connect(centre.smpp_address()).await.unwrap();
        if vector["state"] == "BOUND_TRX" {
            bind(&mut stream).await;
        }
        let pdu = unhex(vector["hex"].as_str().unwrap());
        stream.write_all(&pdu).await.unwrap();
        let answer = next(&mut stream).await;
        let expected = &vector["reaction"];
        assert_eq!(expected["kind"], "resp");
        let number = |value: &Value| u32::from_str_radix(value.as_str().unwrap().trim_start_matches("0x"), 16).unwrap();
        let name = vector["name"].as_str().unwrap();
        assert_eq!(answer.command_id(), CommandId(number(&expected["command_id"])), "{name}");
        assert_eq!(answer.command_status(), CommandStatus(number(&expected["status"])), "{name}");
        assert_eq!(u64::from(answer.sequence_number()), expected["sequence_number"].as_u64().unwrap(), "{name}");
        checked += 1;
    }
    assert_eq!(checked, 26);
    assert_eq!(centre.queued(), 0);
    centre.shutdown().await;
}

async fn bind(stream: &mut TcpStream) {
    let bind = BindTransceiver {
        system_id: CStr::new("shop").unwrap(),
        password: Password::new("secret").unwrap(),
        interface_version: 0x34,
        ..Default::default()
    };
    stream.write_all(Frame::new(&bind, Stamp::new(1)).unwrap().octets()).await.unwrap();
    assert_eq!(next(stream).await.command_status(), CommandStatus::ROK);
}

async fn next(stream: &mut TcpStream) -> Frame {
    let mut buffer = BytesMut::new();
    loop {
        if let Some(frame) = Frame::split(&mut buffer, DEFAULT_MAX_PDU).unwrap() {
            return frame;
        }
        let read = tokio::time::timeout(Duration::from_secs(5), stream.read_buf(&mut buffer)).await.unwrap().unwrap();
        assert!(read > 0, "closed without an answer");
    }
}

fn unhex(text: &str) -> Bytes {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect::<Vec<_>>().into()
}
