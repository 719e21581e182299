//! What errors say, and which shapes an error response may have.

use bytes::{Bytes, BytesMut};
use smpp_pdu::tlv::{Tag, TlvError};
use smpp_pdu::*;

fn octets(id: CommandId, command_status: CommandStatus, body: &[u8]) -> Bytes {
    let mut octets = BytesMut::new();
    let command_length = 16 + body.len() as u32;
    Header { command_length, command_id: id, command_status, sequence_number: 7 }.encode(&mut octets);
    octets.extend_from_slice(body);
    octets.freeze()
}

/// SMPP 3.4 §4.4.2 and what peers make of it: nothing, everything, or one NUL.
#[test]
fn an_error_response_is_a_header_a_nul_or_whole() {
    for info in PduInfo::TABLE.iter().filter(|info| info.kind == Kind::Response && info.fields.len() > 1) {
        let whole = check::generate(info, &mut check::Entropy::new(&[0; 600]));
        for profile in [Profile::STRICT, Profile::DEFAULT, Profile::LENIENT] {
            let profile = check::profile_for(info, profile);
            for body in [&[][..], &[0], &whole[16..]] {
                let frame = Frame::from_octets(octets(info.id, CommandStatus::RSYSERR, body)).unwrap();
                let decoded = frame.decode(&profile).unwrap_or_else(|error| panic!("{error} with {body:?}"));
                assert!(decoded.repairs.is_empty(), "{} with {body:?}: {:?}", info.name, decoded.repairs);
            }
        }
    }
}

#[test]
fn a_decode_error_names_pdu_field_place_and_defect() {
    let known: [(CommandId, &[u8], &str); 6] = [
        (CommandId::SUBMIT_SM, b"", "submit_sm: service_type at octet 16: ends too early"),
        (CommandId::SUBMIT_SM, b"toolong\0", "submit_sm: service_type at octet 16: longer than the field allows"),
        (CommandId::SUBMIT_MULTI, b"\0\0\0\0\0", "submit_multi: number_of_dests at octet 21: no entries"),
        (CommandId::SUBMIT_MULTI, b"\0\0\0\0\x01\x03", "submit_multi: dest_flag at octet 21: dest_flag is neither 1 nor 2"),
        (
            CommandId::REPLACE_SM,
            b"\0\0\0\0tomorrow\0",
            "replace_sm: schedule_delivery_time at octet 20: neither empty nor 16 characters",
        ),
        (CommandId(0x0000_0099), b"", "PDU 0x00000099: command_id at octet 4: unknown operation"),
    ];
    for (id, body, text) in known {
        let frame = Frame::from_octets(octets(id, CommandStatus::ROK, body)).unwrap();
        assert_eq!(frame.decode(&Profile::STRICT).unwrap_err().to_string(), text);
    }
    let frame = Frame::from_octets(octets(CommandId::UNBIND, CommandStatus::ROK, b"")).unwrap();
    let error = frame.read::<SubmitSm<'_>>(&Profile::STRICT).unwrap_err();
    assert_eq!(error.to_string(), "unbind: command_id at octet 4: not the operation asked for");
    assert_eq!((error.pdu(), error.answer()), ("unbind", Answer::Ignore));
}

#[test]
fn a_frame_error_says_what_is_wrong_with_the_length() {
    let texts = [
        (&[0, 0, 0, 15][..], "command_length 15 is below the 16 octets of a header"),
        (&[0, 0, 0, 33], "command_length 33 is above the limit of 32 octets"),
    ];
    for (octets, text) in texts {
        assert_eq!(Frame::split(&mut BytesMut::from(octets), 32).unwrap_err().to_string(), text);
    }
    let mut short = octets(CommandId::UNBIND, CommandStatus::ROK, b"").to_vec();
    short.extend([0; 4]);
    let error = Frame::from_octets(short.into()).unwrap_err();
    assert_eq!(error.to_string(), "command_length 16, but there are 20 octets");
    let long = octets(CommandId::UNBIND, CommandStatus::ROK, b"").slice(..12);
    assert_eq!(Frame::from_octets(long).unwrap_err().to_string(), "command_length 16, but there are 12 octets");
    assert_eq!(Frame::from_octets(Bytes::new()).unwrap_err().to_string(), "no command_length in 0 octets");
}

#[test]
fn values_say_why_they_do_not_fit() {
    assert_eq!(CStr::<6>::new("longer").unwrap_err().to_string(), "6 octets, at most 5 are allowed");
    assert_eq!(CStr::<6>::new("a\0").unwrap_err().to_string(), "NUL at octet 1 of a C-Octet String");
    assert_eq!(TimeField::new("now").unwrap_err().to_string(), "3 characters, a time has 16 or none");
    assert_eq!(tlv::ItsSession::new(1, 200, false).unwrap_err().to_string(), "200, at most 127 is allowed");
    let error = TlvError { tag: Tag(0x020C), length: 3 };
    assert_eq!(error.to_string(), "TLV sar_msg_ref_num: a value of 3 octets is not possible");
}

#[test]
fn names_fall_back_to_numbers() {
    assert_eq!(CommandId::SUBMIT_SM.to_string(), "submit_sm");
    assert_eq!(CommandId(0x99).to_string(), "0x00000099");
    assert_eq!(CommandStatus::RTHROTTLED.to_string(), "ESME_RTHROTTLED");
    assert_eq!(format!("{:?} {:?}", Tag(0x020C), Tag(0x1499)), "sar_msg_ref_num 0x1499");
    assert_eq!(Version::V3_4.to_string(), "3.4");
}
