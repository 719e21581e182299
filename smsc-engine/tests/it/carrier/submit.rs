//! What goes to a carrier, octet by octet.

use smpp_pdu::tlv;
use smpp_pdu::{EsmClass, Npi, Ton};
use smsc_engine::frontend::{AskReceipts, ClientPeer, LongText, Rewrite};
use smsc_engine::model::{Address, Status, Timestamp};

use std::time::Duration;

use super::world::{Mc, World, accept, change, connected, peer, submit, text, with_receipt};

#[tokio::test]
async fn every_field_of_a_message_is_carried() {
    // R-GW-53.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let _carrier = world.carry(peer(&mc));
    let mut message = with_receipt(text(""));
    message.source = Address::new(1, 1, "447700900000");
    message.destination = Address::new(1, 1, "447700900123");
    (message.esm_class, message.protocol_id, message.priority, message.data_coding) = (0x83, 0x41, 2, 8);
    message.service_type = "WAP".into();
    message.user_data = vec![0x04, 0x1F].into();
    message.tlvs = vec![0x02, 0x04, 0x00, 0x02, 0x12, 0x34].into();
    message.expires = Timestamp::now().after(Duration::from_secs(3600));
    world.submit(message).await;
    let incoming = mc.next().await;
    let pdu = submit(&incoming);
    assert_eq!(
        (pdu.source_addr.value.as_bytes(), pdu.source_addr.ton, pdu.source_addr.npi),
        (b"447700900000".as_slice(), Ton(1), Npi(1))
    );
    assert_eq!(pdu.destination_addr.value.as_bytes(), b"447700900123");
    assert_eq!(pdu.esm_class, EsmClass(0x80), "the mode was between sender and core");
    assert_eq!((pdu.protocol_id, pdu.priority_flag, pdu.data_coding.0), (0x41, 2, 8));
    assert_eq!(pdu.service_type.as_bytes(), b"WAP");
    assert_eq!(pdu.registered_delivery.0, 1);
    let validity = std::str::from_utf8(pdu.validity_period.as_bytes()).unwrap();
    assert!(["000000005959000R", "000000010000000R", "000000005958000R"].contains(&validity), "{validity}");
    assert_eq!(pdu.tlvs.get::<tlv::UserMessageReference>().unwrap().unwrap().0, 0x1234);
    assert_eq!(pdu.short_message.as_bytes(), [0x04, 0x1F]);
    accept(incoming, "1");
}

#[tokio::test]
async fn texts_of_one_message_go_out_in_one_pdu() {
    // R-GW-49.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let _carrier = world.carry(peer(&mc));
    world.submit(text(&"x".repeat(160))).await;
    assert_eq!(mc.answer("1").await.len(), 160);
    let mut ucs2 = text("");
    (ucs2.data_coding, ucs2.user_data) = (8, vec![0x04; 140].into());
    world.submit(ucs2).await;
    assert_eq!(mc.answer("2").await.len(), 140);
}

#[tokio::test]
async fn a_long_text_goes_in_parts_and_only_the_last_asks_for_a_receipt() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    // The window is smaller than the message.
    let mut peer = peer(&mc);
    peer.profile.window = 2;
    let _carrier = world.carry(peer);
    let id = world.submit(with_receipt(text(&"x".repeat(400)))).await;
    let mut asked = Vec::new();
    for number in 1..=3_u8 {
        let incoming = mc.next().await;
        let pdu = submit(&incoming);
        assert!(pdu.esm_class.has_udh());
        let header = &pdu.short_message.as_bytes()[..6];
        assert_eq!((header[..3].to_vec(), header[4], header[5]), (vec![5, 0, 3], 3, number));
        asked.push(pdu.registered_delivery.0);
        assert!(world.record(id).await.remote.is_none(), "one report when all parts are answered");
        accept(incoming, &format!("id{number}"));
    }
    assert_eq!(asked, [0, 0, 1]);
    world.handed(id, "id3").await;
}

#[tokio::test]
async fn long_texts_go_by_tlvs_or_whole_if_the_carrier_wants_it() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(ClientPeer { long_text: LongText::Sar, ..peer(&mc) });
    world.submit(text(&"x".repeat(200))).await;
    for number in 1..=2 {
        let incoming = mc.next().await;
        let pdu = submit(&incoming);
        assert!(!pdu.esm_class.has_udh());
        assert_eq!(pdu.tlvs.get::<tlv::SarSegmentSeqnum>().unwrap().unwrap().0, number);
        assert_eq!(pdu.tlvs.get::<tlv::SarTotalSegments>().unwrap().unwrap().0, 2);
        accept(incoming, "1");
    }
    change(&carrier, ClientPeer { long_text: LongText::Payload, ..peer(&mc) }).await;
    world.submit(text(&"y".repeat(200))).await;
    let incoming = mc.next().await;
    let pdu = submit(&incoming);
    assert_eq!(pdu.tlvs.get::<tlv::MessagePayload<'_>>().unwrap().unwrap().0, "y".repeat(200).as_bytes());
    assert!(pdu.short_message.as_bytes().is_empty());
    accept(incoming, "2");
}

#[tokio::test]
async fn numbers_and_alphabet_are_those_of_the_carrier() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let mut latin = peer(&mc);
    latin.profile.charset = sms_codec::charset::Charset::Latin1;
    latin.profile.destination = Rewrite { ton: Some(0), npi: None, strip: "44".into(), prepend: "0".into() };
    let _carrier = world.carry(latin);
    let mut message = text("");
    message.user_data = vec![0x7E].into();
    world.submit(message).await;
    let incoming = mc.next().await;
    let pdu = submit(&incoming);
    assert_eq!((pdu.destination_addr.ton, pdu.destination_addr.value.as_bytes()), (Ton(0), b"07700900123".as_slice()));
    assert_eq!(pdu.source_addr.value.as_bytes(), b"Shop");
    assert_eq!((pdu.data_coding.0, pdu.short_message.as_bytes()), (0, b"\xFC".as_slice()));
    accept(incoming, "1");
}

#[tokio::test]
async fn receipts_are_asked_for_as_the_operator_says() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(ClientPeer { receipts: AskReceipts::Always, ..peer(&mc) });
    let id = world.submit(text("always")).await;
    mc.answer("A").await;
    world.handed(id, "A").await;
    change(&carrier, ClientPeer { receipts: AskReceipts::Never, ..peer(&mc) }).await;
    let id = world.submit(with_receipt(text("never"))).await;
    let incoming = mc.next().await;
    assert_eq!(submit(&incoming).registered_delivery.0, 0);
    accept(incoming, "B");
    world.until(id, "it counts as delivered", |record| record.status() == Status::Delivered).await;
}

#[tokio::test]
async fn a_message_that_fits_no_pdu_fails_and_holds_up_nobody() {
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    connected(&carrier).await;
    let mut wide = text("too wide");
    wide.source = Address::new(5, 0, "x".repeat(30));
    let (bad, good) = (world.submit(wide).await, world.submit(text("fits")).await);
    assert_eq!(mc.answer("1").await, b"fits");
    world.until(good, "it is delivered", |record| record.status() == Status::Delivered).await;
    world.until(bad, "it has failed", |record| record.status() == Status::Failed).await;
}

#[tokio::test]
async fn a_scheduled_message_is_not_sent_early() {
    // R-GW-48.
    let (world, mut mc) = (World::new().await, Mc::start().await);
    let _carrier = world.carry(peer(&mc));
    let due = Timestamp::now().after(Duration::from_millis(400));
    let mut later = text("later");
    later.deliver_after = due;
    world.submit(later).await;
    world.submit(text("now")).await;
    assert_eq!(mc.answer("1").await, b"now");
    assert_eq!(mc.answer("2").await, b"later");
    assert!(Timestamp::now() >= due);
}
