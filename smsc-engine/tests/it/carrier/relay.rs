//! What comes from a carrier: messages of subscribers.

use std::sync::Arc;

use smpp_pdu::tlv::{self, TlvType};
use smpp_pdu::{
    Addr, CStr, CommandStatus, DataCoding, DataSm, DeliverSm, EsmClass, Npi, RegisteredDelivery, ShortMessage, TimeField, Tlvs,
    Ton,
};
use smsc_engine::api::Refusal;
use smsc_engine::frontend::Carrier;
use smsc_engine::model::{Account, Address, Kind, Timestamp};

use super::world::{Mc, Spy, World, connected, peer, until};

fn mo(text: &[u8]) -> DeliverSm<'_> {
    DeliverSm {
        source_addr: Addr::international("447700900123").unwrap(),
        destination_addr: Addr::new(Ton(3), Npi(9), "8001").unwrap(),
        short_message: ShortMessage::new(text).unwrap(),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_message_of_a_subscriber_reaches_the_core_with_every_field() {
    // R-GW-7, R-GW-53.
    let (world, mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    connected(&carrier).await;
    let reference = [tlv::UserMessageReference(7).tlv()];
    let pdu = DeliverSm {
        service_type: CStr::new("CMT").unwrap(),
        esm_class: EsmClass(0x80),
        protocol_id: 0x41,
        priority_flag: 2,
        data_coding: DataCoding(8),
        registered_delivery: RegisteredDelivery(0x05),
        validity_period: TimeField::new("000000010000000R").unwrap(),
        tlvs: Tlvs::list(&reference),
        ..mo(&[0x04, 0x1F])
    };
    let before = Timestamp::now();
    assert_eq!(mc.link().await.call(&pdu).await.unwrap().status(), CommandStatus::ROK);
    let message = world.lease("inbox").await.remove(0);
    assert_eq!((message.kind, &message.account), (Kind::Mo, &Account::from("uk")));
    assert_eq!(message.source, Address::new(1, 1, "447700900123"));
    assert_eq!(message.destination, Address::new(3, 9, "8001"));
    assert_eq!((message.esm_class, message.protocol_id, message.priority, message.data_coding), (0x80, 0x41, 2, 8));
    assert_eq!(message.registered_delivery, 4, "receipts are the core's affair");
    assert_eq!(message.service_type.octets(), b"CMT");
    assert_eq!((message.user_data.as_ref(), message.tlvs.as_ref()), ([0x04, 0x1F].as_slice(), [2, 4, 0, 2, 0, 7].as_slice()));
    let hour = message.expires.since(before).as_secs();
    assert!((3599..=3601).contains(&hour), "{hour}");
    until(&carrier, "it is counted", |status| status.counts.received == 1 && status.counts.receipts == 0).await;
}

#[tokio::test]
async fn a_text_in_parts_is_relayed_part_by_part_also_by_data_sm() {
    let (world, mc) = (World::new().await, Mc::start().await);
    let carrier = world.carry(peer(&mc));
    connected(&carrier).await;
    let link = mc.link().await;
    let texts = [b"\x05\x00\x03\x4A\x02\x01one".as_slice(), b"\x05\x00\x03\x4A\x02\x02two"];
    let first = DeliverSm { esm_class: EsmClass(0x40), ..mo(texts[0]) };
    assert_eq!(link.call(&first).await.unwrap().status(), CommandStatus::ROK);
    let payload = [tlv::MessagePayload(texts[1]).tlv()];
    let second = DataSm {
        source_addr: Addr::international("447700900123").unwrap(),
        destination_addr: Addr::new(Ton(3), Npi(9), "8001").unwrap(),
        esm_class: EsmClass(0x40),
        tlvs: Tlvs::list(&payload),
        ..Default::default()
    };
    assert_eq!(link.call(&second).await.unwrap().status(), CommandStatus::ROK);
    let relayed = world.lease("inbox").await;
    let parts: Vec<_> = relayed.iter().map(|message| (message.esm_class, message.user_data.as_ref())).collect();
    assert_eq!(parts, [(0x40, texts[0]), (0x40, texts[1])]);
}

#[tokio::test]
async fn the_alphabet_of_the_carrier_is_understood() {
    let (world, mc) = (World::new().await, Mc::start().await);
    let mut latin = peer(&mc);
    latin.profile.charset = sms_codec::charset::Charset::Latin1;
    let carrier = world.carry(latin);
    connected(&carrier).await;
    assert_eq!(mc.link().await.call(&mo(b"\xFC")).await.unwrap().status(), CommandStatus::ROK);
    let message = world.lease("inbox").await.remove(0);
    assert_eq!((message.data_coding, message.user_data.as_ref()), (0, [0x7E].as_slice()));
}

#[tokio::test]
async fn a_carrier_is_told_whether_to_come_again() {
    let (world, mc) = (World::new().await, Mc::start().await);
    let spy = Arc::new(Spy::new(&world.core));
    let carrier = Carrier::start(peer(&mc), spy.clone()).unwrap();
    connected(&carrier).await;
    let link = mc.link().await;
    for (refusal, status) in [
        (Refusal::Broken, CommandStatus::RX_T_APPN),
        (Refusal::QueueFull, CommandStatus::RX_T_APPN),
        (Refusal::NoRoute, CommandStatus::RX_R_APPN),
        (Refusal::Denied(0x0B), CommandStatus::RX_R_APPN),
        (Refusal::Duplicate, CommandStatus::ROK),
    ] {
        *spy.refusal.lock().unwrap() = Some(refusal);
        assert_eq!(link.call(&mo(b"hello")).await.unwrap().status(), status, "{refusal}");
    }
    assert_eq!(carrier.status().counts.received, 1, "what came before counts, what was refused does not");
}
