//! TLVs on their way out: what is put in a list is what a reader gets.

use smpp_pdu::dump::Dump;
use smpp_pdu::tlv::{self, Dictionary, ItsSession, Tag, Text, Tlv, TlvType};
use smpp_pdu::{EnquireLink, Frame, Profile, Stamp, SubmitSm, Tlvs, ValueError};

use crate::every_tlv::every_tlv;

smpp_pdu::tlv_type! {
    /// As long as a value held in place can be.
    Longest = 0x1401, longest: [u8; 16], 16
}

fn written(tlvs: &[Tlv<'_>]) -> Frame {
    Frame::new(&SubmitSm { tlvs: Tlvs::list(tlvs), ..Default::default() }, Stamp::new(1)).unwrap()
}

#[test]
fn a_list_equals_what_is_read_of_it() {
    let list = every_tlv();
    let frame = written(&list);
    let read: SubmitSm<'_> = frame.read(&Profile::STRICT).unwrap();
    assert_eq!(read.tlvs, Tlvs::list(&list));
    assert_eq!(Tlvs::list(&list), read.tlvs);
    assert_eq!(format!("{:?}", read.tlvs), format!("{:?}", Tlvs::list(&list)));
    assert_ne!(read.tlvs, Tlvs::list(&list[1..]));
}

#[test]
fn what_is_kept_of_a_list_is_what_is_written() {
    let list = every_tlv();
    let frame = written(&list);
    let kept = Tlvs::list(&list).to_vec().unwrap();
    let read: SubmitSm<'_> = frame.read(&Profile::STRICT).unwrap();
    assert_eq!(kept, read.tlvs.octets());
    assert_eq!(Tlvs::parse(&kept), Some(read.tlvs));
}

#[test]
fn tlvs_are_found_in_any_order_and_unknown_ones_are_passed_over() {
    // R-PF-62. All that submit_sm may carry, and tags that nobody has defined, in front of and behind each.
    let known = every_tlv();
    for turn in 0..known.len() {
        let turned = known[turn..].iter().chain(&known[..turn]);
        let unknown = |tag| Tlv::octets(Tag(tag), b"\xFF\x00");
        let list: Vec<_> = turned.flat_map(|tlv| [unknown(0x0700), *tlv, unknown(0x3FFF)]).collect();
        let frame = written(&list);
        for profile in [Profile::STRICT, Profile::DEFAULT] {
            let decoded = frame.decode(&profile).unwrap();
            let smpp_pdu::Pdu::SubmitSm(read) = decoded.pdu else { panic!() };
            assert!(decoded.repairs.is_empty());
            assert_eq!(read.tlvs.iter().count(), list.len());
            assert_eq!(read.tlvs.get(), Ok(Some(tlv::SarMsgRefNum(0x0102))), "{turn}");
            assert_eq!(read.tlvs.get(), Ok(Some(tlv::SourcePort(0x0102))), "{turn}");
            assert_eq!(read.tlvs.get(), Ok(Some(tlv::MessagePayload(b"\x00message_payload"))), "{turn}");
            assert_eq!(read.tlvs.get::<tlv::ReceiptedMessageId<'_>>().unwrap().unwrap().0.0, b"receipted_message_id");
            assert_eq!(read.tlvs.raw(Tag(0x3FFF)), Some(b"\xFF\x00".as_slice()));
        }
    }
}

#[test]
fn a_tlv_of_wrong_length_is_not_written() {
    let short = [Tlv::octets(Tag(0x020C), &[1])];
    let long = vec![0; 65_536];
    for list in [short, [Tlv::octets(Tag(0x1400), &long)]] {
        let pdu = SubmitSm { tlvs: Tlvs::list(&list), ..Default::default() };
        assert_eq!(Frame::new(&pdu, Stamp::new(1)).map_err(|error| error.field), Err("tlvs"));
    }
    assert_eq!(Tlv::octets(Tag(0x020C), &[1, 2]), tlv::SarMsgRefNum(0x0102).tlv());
}

#[test]
fn a_list_is_dumped_as_it_is_written() {
    let list = every_tlv();
    let frame = written(&list);
    let read = frame.decode(&Profile::STRICT).unwrap();
    let mut meant = read;
    meant.pdu = SubmitSm { tlvs: Tlvs::list(&list), ..Default::default() }.into();
    assert_eq!(Dump::revealed(&meant, &Dictionary::new()), Dump::revealed(&read, &Dictionary::new()));
}

#[test]
fn a_typed_value_is_the_octets_it_stands_for() {
    assert_eq!(tlv::SarTotalSegments(3).tlv(), Tlv::octets(Tag(0x020E), &[3]));
    assert_eq!(tlv::ReceiptedMessageId(Text(b"7")).tlv(), Tlv::octets(Tag(0x001E), b"7\0"));
    assert_ne!(tlv::ReceiptedMessageId(Text(b"7")).tlv(), Tlv::octets(Tag(0x001E), b"7"));
}

#[test]
fn a_typed_tlv_is_found_before_it_is_written() {
    for id in [Text(b""), Text(b"0A1B")] {
        let list = [tlv::ReceiptedMessageId(id).tlv()];
        assert_eq!(Tlvs::list(&list).get(), Ok(Some(tlv::ReceiptedMessageId(id))));
        let frame = written(&list);
        let read: SubmitSm<'_> = frame.read(&Profile::STRICT).unwrap();
        assert_eq!(read.tlvs.get(), Ok(Some(tlv::ReceiptedMessageId(id))));
    }
}

#[test]
fn a_text_with_a_nul_inside_is_not_written() {
    let list = [tlv::ReceiptedMessageId(Text(b"0A\0B")).tlv()];
    let error = Frame::new(&EnquireLink { tlvs: Tlvs::list(&list) }, Stamp::new(1)).unwrap_err();
    assert_eq!(error.to_string(), "enquire_link: the value of tlvs does not fit its field");
}

#[test]
fn a_long_array_is_written_whole() {
    let list = [Longest([7; 16]).tlv()];
    let frame = written(&list);
    let read: SubmitSm<'_> = frame.read(&Profile::STRICT).unwrap();
    assert_eq!(read.tlvs.get(), Ok(Some(Longest([7; 16]))));
}

#[test]
fn a_step_of_an_its_session_has_seven_bits() {
    let last = ItsSession::new(7, 127, true).unwrap();
    assert_eq!((last.number, last.step(), last.is_end()), (7, 127, true));
    assert_eq!(ItsSession::new(7, 128, true), Err(ValueError::TooLarge { value: 128, max: 127 }));
    let list = [tlv::ItsSessionInfo(last).tlv()];
    assert_eq!(Tlvs::list(&list).raw(Tag(0x1383)), Some([7, 0xFF].as_slice()));
}
