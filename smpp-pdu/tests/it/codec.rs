//! The `tokio-util` codec, as a transport of one's own uses it.

use bytes::{Bytes, BytesMut};
use smpp_pdu::codec::{Codec, CodecError};
use smpp_pdu::{Answer, BindTransceiver, CommandStatus, EnquireLink, Frame, Stamp};
use tokio_util::codec::{Decoder, Encoder};

fn two_frames() -> [Frame; 2] {
    let bind = BindTransceiver { interface_version: 0x34, ..Default::default() };
    [Frame::new(&bind, Stamp::new(1)).unwrap(), Frame::new(&EnquireLink::default(), Stamp::new(2)).unwrap()]
}

#[test]
fn frames_go_out_and_come_in_whatever_arrives_when() {
    let mut codec = Codec::default();
    let mut wire = BytesMut::new();
    for frame in two_frames() {
        codec.encode(frame, &mut wire).unwrap();
    }
    let wire = wire.freeze();
    let mut buffer = BytesMut::new();
    let mut frames = Vec::new();
    for octet in &wire {
        buffer.extend_from_slice(&[*octet]);
        frames.extend(codec.decode(&mut buffer).unwrap());
    }
    assert!(frames == two_frames());
    assert!(codec.decode_eof(&mut buffer).unwrap().is_none());
}

#[test]
fn a_stream_out_of_step_ends_with_the_answer() {
    let mut buffer = BytesMut::from(&[0, 0, 0, 33, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 9][..]);
    let error = Codec::new(32).decode(&mut buffer).unwrap_err();
    assert_eq!(error.to_string(), "framing: command_length 33 is above the limit of 32 octets");
    let CodecError::Frame(error) = error else { panic!("{error}") };
    assert_eq!((error.answer(), error.sequence_number()), (Answer::NackAndClose(CommandStatus::RINVCMDLEN), 9));
}

#[test]
fn the_end_in_the_middle_of_a_frame_is_an_error_of_the_transport() {
    let mut buffer = BytesMut::from(Bytes::copy_from_slice(&two_frames()[0].octets()[..20]));
    let mut codec = Codec::default();
    assert!(codec.decode(&mut buffer).unwrap().is_none());
    assert!(matches!(codec.decode_eof(&mut buffer), Err(CodecError::Io(_))));
}
