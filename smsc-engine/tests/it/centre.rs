//! A centre from end to end: real sockets, a real journal, the sandbox as network.

use smpp_pdu::tlv::{self, TlvType};
use smpp_pdu::{
    Addr, CStr, CancelSm, CommandStatus, DataSm, DataSmResp, DestAddress, EsmClass, List, QuerySm, QuerySmResp,
    RegisteredDelivery, ReplaceSm, ShortMessage, SubmitMulti, SubmitMultiResp, SubmitSm, SubmitSmResp, TimeField, Tlvs, Version,
};
use smpp_session::{BindKind, Config};

use crate::support::{bind, bind_as, deliver, message, start, text};

#[tokio::test]
async fn a_message_is_accepted_delivered_and_receipted() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    let id = esme.submit(&message("447700900123", "hello")).await;
    let frame = esme.next().await;
    let receipt = deliver(&frame);
    assert_eq!(receipt.esm_class, EsmClass::RECEIPT);
    assert_eq!(receipt.source_addr, Addr::international("447700900123").unwrap());
    assert_eq!(receipt.destination_addr, Addr::alphanumeric("Shop").unwrap());
    assert!(text(&receipt).starts_with(&format!("id:{id} sub:001 dlvrd:001 submit date:")), "{}", text(&receipt));
    assert!(text(&receipt).ends_with("stat:DELIVRD err:000 text:hello"), "{}", text(&receipt));
    assert_eq!(receipt.tlvs.get::<tlv::ReceiptedMessageId<'_>>().unwrap().unwrap().0.as_str(), Some(id.as_str()));
    assert_eq!(receipt.tlvs.get::<tlv::MessageState>().unwrap().unwrap().0, smpp_pdu::MessageState::DELIVERED);
    centre.shutdown().await;
}

#[tokio::test]
async fn numbers_choose_how_messages_end() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    for (number, end) in [
        ("447700900050", "stat:UNDELIV err:050"),
        ("447700900053", "stat:EXPIRED err:053"),
        ("447700900054", "stat:REJECTD err:054"),
        ("447700900029", "stat:DELETED err:029"),
        ("447700900999", "stat:UNKNOWN err:000"),
        ("447700900120", "stat:DELIVRD err:000"),
        ("447700900002", "stat:DELIVRD err:000"),
    ] {
        esme.submit(&message(number, "hi")).await;
        let frame = esme.next().await;
        assert!(text(&deliver(&frame)).contains(end), "{number}: {}", text(&deliver(&frame)));
    }
    centre.shutdown().await;
}

#[tokio::test]
async fn no_receipt_comes_unasked_and_a_subscriber_answers() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    esme.submit(&SubmitSm { registered_delivery: RegisteredDelivery::NONE, ..message("447700900123", "MO: hello back") }).await;
    let frame = esme.next().await;
    let mo = deliver(&frame);
    assert_eq!((mo.esm_class, text(&mo)), (EsmClass::DEFAULT, "hello back"));
    assert_eq!(mo.source_addr, Addr::international("447700900123").unwrap());
    centre.shutdown().await;
}

#[tokio::test]
async fn receipts_wait_for_a_receiver_and_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let sender = bind(&centre, BindKind::Transmitter).await;
    let id = sender.submit(&message("447700900123", "hello")).await;
    let asked =
        QuerySm { message_id: CStr::new(&id).unwrap(), source_addr: Addr::alphanumeric("Shop").unwrap(), ..Default::default() };
    loop {
        let response = sender.client.call(&asked).await.unwrap();
        if response.read::<QuerySmResp<'_>>().unwrap().message_state == smpp_pdu::MessageState::DELIVERED {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(centre.queued(), 1);
    centre.shutdown().await;
    let centre = start(directory.path()).await;
    assert_eq!(centre.queued(), 1);
    let mut receiver = bind(&centre, BindKind::Receiver).await;
    assert!(text(&deliver(&receiver.next().await)).starts_with(&format!("id:{id} ")));
    centre.shutdown().await;
}

#[tokio::test]
async fn query_cancel_and_replace_find_the_senders_own_messages_only() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    let later = TimeField::new("000000010000000R").unwrap();
    let first = esme.submit(&SubmitSm { schedule_delivery_time: later, ..message("447700900123", "one") }).await;
    let source_addr = Addr::alphanumeric("Shop").unwrap();
    let asked = QuerySm { message_id: CStr::new(&first).unwrap(), source_addr, ..Default::default() };
    let response = esme.client.call(&asked).await.unwrap();
    let standing: QuerySmResp<'_> = response.read().unwrap();
    assert_eq!((standing.message_state, standing.final_date.is_empty()), (smpp_pdu::MessageState::ENROUTE, true));
    // Another source, another account: not theirs.
    let foreign = QuerySm { source_addr: Addr::alphanumeric("Else").unwrap(), ..asked };
    assert_eq!(esme.client.call(&foreign).await.unwrap().status(), CommandStatus::RINVMSGID);
    let other = bind_as(&centre, BindKind::Transceiver, ("other", Config::default())).await;
    assert_eq!(other.client.call(&asked).await.unwrap().status(), CommandStatus::RINVMSGID);
    // Replaced, it goes out at once with the new text.
    let replace = ReplaceSm {
        message_id: asked.message_id,
        source_addr,
        schedule_delivery_time: TimeField::new("000000000000000R").unwrap(),
        registered_delivery: RegisteredDelivery::ALWAYS,
        short_message: ShortMessage::new("two").unwrap(),
        ..Default::default()
    };
    assert_eq!(esme.client.call(&replace).await.unwrap().status(), CommandStatus::ROK);
    let frame = esme.next().await;
    assert!(text(&deliver(&frame)).ends_with("text:two"), "{}", text(&deliver(&frame)));
    assert_eq!(esme.client.call(&replace).await.unwrap().status(), CommandStatus::RREPLACEFAIL);
    // Cancelled by id, and by addresses.
    let second = esme.submit(&SubmitSm { schedule_delivery_time: later, ..message("447700900124", "three") }).await;
    let cancel = CancelSm { message_id: CStr::new(&second).unwrap(), source_addr, ..Default::default() };
    assert_eq!(esme.client.call(&cancel).await.unwrap().status(), CommandStatus::ROK);
    assert!(text(&deliver(&esme.next().await)).contains(&format!("id:{second} ")));
    assert_eq!(esme.client.call(&cancel).await.unwrap().status(), CommandStatus::RCANCELFAIL);
    let third = esme.submit(&SubmitSm { schedule_delivery_time: later, ..message("447700900125", "four") }).await;
    let matching = CancelSm { source_addr, destination_addr: Addr::international("447700900125").unwrap(), ..Default::default() };
    assert_eq!(esme.client.call(&matching).await.unwrap().status(), CommandStatus::ROK);
    let frame = esme.next().await;
    assert!(text(&deliver(&frame)).contains(&format!("id:{third} ")) && text(&deliver(&frame)).contains("stat:DELETED"));
    assert_eq!(esme.client.call(&matching).await.unwrap().status(), CommandStatus::RINVMSGID);
    centre.shutdown().await;
}

#[tokio::test]
async fn replace_if_present_replaces_what_waits() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    let later = TimeField::new("000000010000000R").unwrap();
    let first = esme.submit(&SubmitSm { schedule_delivery_time: later, ..message("447700900123", "one") }).await;
    let second = esme.submit(&SubmitSm { replace_if_present_flag: 1, ..message("447700900123", "two") }).await;
    assert_eq!(first, second);
    assert!(text(&deliver(&esme.next().await)).ends_with("text:two"));
    let third = esme.submit(&SubmitSm { replace_if_present_flag: 1, ..message("447700900123", "three") }).await;
    assert_ne!(second, third);
    centre.shutdown().await;
}

#[tokio::test]
async fn replace_if_present_finds_what_is_in_the_same_window() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let esme = bind(&centre, BindKind::Transceiver).await;
    let later = TimeField::new("000000010000000R").unwrap();
    for number in ["447700900123", "447700900124", "447700900125"] {
        let first = SubmitSm { schedule_delivery_time: later, ..message(number, "one") };
        let again = SubmitSm { replace_if_present_flag: 1, ..first };
        let mut asked = Vec::new();
        // Yielding now and then, so that they come in batches of different sizes.
        for turn in 0..9 {
            asked.push(esme.client.request(if turn == 0 { &first } else { &again }).unwrap());
            if turn % 3 == 2 {
                tokio::task::yield_now().await;
            }
        }
        let mut ids = Vec::new();
        for pending in asked {
            let response = pending.await.unwrap();
            ids.push(response.read::<SubmitSmResp<'_>>().unwrap().message_id.as_str().unwrap().to_string());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{ids:?}");
    }
    centre.shutdown().await;
}

#[tokio::test]
async fn submit_multi_answers_one_id_and_names_the_refused() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    let good = |number| DestAddress::Sme(Addr::international(number).unwrap());
    let bad = DestAddress::Sme(Addr::alphanumeric("Nobody").unwrap());
    let destinations = [good("447700900123"), bad, good("447700900050")];
    let multi = SubmitMulti {
        dest_address: List::new(&destinations),
        registered_delivery: RegisteredDelivery::ALWAYS,
        short_message: ShortMessage::new("to many").unwrap(),
        ..Default::default()
    };
    let response = esme.client.call(&multi).await.unwrap();
    let answer: SubmitMultiResp<'_> = response.read().unwrap();
    let refused: Vec<_> = answer.unsuccess_sme.iter().map(|sme| (sme.destination_addr, sme.error_status_code)).collect();
    assert_eq!(refused, [(Addr::alphanumeric("Nobody").unwrap(), CommandStatus::RINVDSTADR)]);
    let id = format!("id:{} ", answer.message_id);
    let mut ends = Vec::new();
    for _ in 0..2 {
        let frame = esme.next().await;
        assert!(text(&deliver(&frame)).starts_with(&id), "{}", text(&deliver(&frame)));
        ends.push(text(&deliver(&frame)).contains("stat:DELIVRD"));
    }
    ends.sort_unstable();
    assert_eq!(ends, [false, true]);
    let lists = [DestAddress::DistributionList(CStr::new("friends").unwrap())];
    let to_list = SubmitMulti { dest_address: List::new(&lists), ..multi };
    assert_eq!(esme.client.call(&to_list).await.unwrap().status(), CommandStatus::RINVDLNAME);
    centre.shutdown().await;
}

#[tokio::test]
async fn data_sm_and_long_payloads_go_through_and_tlvs_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    let text = format!("MO:{}", "x".repeat(2000));
    let list = [tlv::MessagePayload(text.as_bytes()).tlv()];
    let data = DataSm {
        source_addr: Addr::alphanumeric("Shop").unwrap(),
        destination_addr: Addr::international("447700900123").unwrap(),
        tlvs: Tlvs::list(&list),
        ..Default::default()
    };
    let response = esme.client.call(&data).await.unwrap();
    assert!(!response.read::<DataSmResp<'_>>().unwrap().message_id.is_empty());
    let frame = esme.next().await;
    let mo = deliver(&frame);
    assert!(mo.short_message.is_empty());
    assert_eq!(mo.tlvs.get::<tlv::MessagePayload<'_>>().unwrap().unwrap().0.len(), 2000);
    centre.shutdown().await;
}

#[tokio::test]
async fn a_3_3_peer_gets_hexadecimal_ids_and_no_tlvs() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let config = Config { version: Version::V3_3, ..Config::default() };
    let sender = bind_as(&centre, BindKind::Transmitter, ("shop", config.clone())).await;
    let mut receiver = bind_as(&centre, BindKind::Receiver, ("shop", config)).await;
    let id = sender.submit(&message("447700900123", "hello")).await;
    assert_eq!(id.len(), 8);
    let frame = receiver.next().await;
    assert!(deliver(&frame).tlvs.is_empty());
    assert!(text(&deliver(&frame)).starts_with(&format!("id:{id} ")));
    let asked =
        QuerySm { message_id: CStr::new(&id).unwrap(), source_addr: Addr::alphanumeric("Shop").unwrap(), ..Default::default() };
    assert_eq!(sender.client.call(&asked).await.unwrap().status(), CommandStatus::ROK);
    centre.shutdown().await;
}

#[tokio::test]
async fn a_message_past_its_deadline_expires() {
    let directory = tempfile::tempdir().unwrap();
    let mut config = crate::support::config(directory.path());
    // The network never gets to it.
    config.sandbox.most_at_once = 0;
    let centre = smsc_engine::Centre::start(config).await.unwrap();
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    let soon = TimeField::new("000000000001000R").unwrap();
    esme.submit(&SubmitSm { validity_period: soon, ..message("447700900123", "hello") }).await;
    let frame = esme.next().await;
    assert!(text(&deliver(&frame)).contains("stat:EXPIRED"), "{}", text(&deliver(&frame)));
    centre.shutdown().await;
}
