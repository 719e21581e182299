//! A centre from end to end: real sockets, a real journal, the sandbox as network.

use smpp_pdu::tlv::{self, TlvType};
use smpp_pdu::{
    Addr, CStr, CancelSm, CommandStatus, DataSm, DataSmResp, DestAddress, EsmClass, List, QuerySm, QuerySmResp,
    RegisteredDelivery, ReplaceSm, ShortMessage, SubmitMulti, SubmitMultiResp, SubmitSm, SubmitSmResp, TimeField, Tlvs, Version,
};
use smpp_session::{BindKind, Config};
use smsc_engine::core::records::{RecordFilter, RecordStore};
use smsc_engine::model::{MessageId, Status, Timestamp};

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
async fn a_cancel_by_addresses_ends_all_of_the_service_type_or_of_every_one() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    let later = TimeField::new("000000010000000R").unwrap();
    let mut ids = Vec::new();
    for (service_type, number) in
        [("WAP", "447700900123"), ("VMA", "447700900123"), ("WAP", "447700900123"), ("WAP", "447700900124")]
    {
        let service_type = CStr::new(service_type).unwrap();
        let waiting = SubmitSm { schedule_delivery_time: later, service_type, ..message(number, "wait") };
        ids.push(esme.submit(&waiting).await);
    }
    let mut cancelled = async |service_type: &str, count: usize| {
        let matching = CancelSm {
            service_type: CStr::new(service_type).unwrap(),
            source_addr: Addr::alphanumeric("Shop").unwrap(),
            destination_addr: Addr::international("447700900123").unwrap(),
            ..Default::default()
        };
        assert_eq!(esme.client.call(&matching).await.unwrap().status(), CommandStatus::ROK);
        let mut ended = Vec::new();
        for _ in 0..count {
            let frame = esme.next().await;
            let text = text(&deliver(&frame)).to_owned();
            assert!(text.contains("stat:DELETED"), "{text}");
            ended.push(text.strip_prefix("id:").unwrap().split(' ').next().unwrap().to_owned());
        }
        ended.sort();
        assert_eq!(esme.client.call(&matching).await.unwrap().status(), CommandStatus::RINVMSGID, "no other is left");
        ended
    };
    assert_eq!(cancelled("WAP", 2).await, [ids[0].clone(), ids[2].clone()]);
    assert_eq!(cancelled("", 1).await, [ids[1].clone()]);
    let elsewhere = centre.control().handle.message(MessageId(ids[3].parse().unwrap())).await.unwrap();
    assert_eq!(elsewhere.status(), Status::Pending, "what goes elsewhere still waits");
    centre.shutdown().await;
}

#[tokio::test]
async fn transmitters_and_transceivers_may_replace() {
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut receiver = bind(&centre, BindKind::Receiver).await;
    let later = TimeField::new("000000010000000R").unwrap();
    for kind in [BindKind::Transmitter, BindKind::Transceiver] {
        let esme = bind(&centre, kind).await;
        let id = esme.submit(&SubmitSm { schedule_delivery_time: later, ..message("447700900123", "one") }).await;
        let replace = ReplaceSm {
            message_id: CStr::new(&id).unwrap(),
            source_addr: Addr::alphanumeric("Shop").unwrap(),
            schedule_delivery_time: TimeField::new("000000000000000R").unwrap(),
            registered_delivery: RegisteredDelivery::ALWAYS,
            short_message: ShortMessage::new("two").unwrap(),
            ..Default::default()
        };
        assert_eq!(esme.client.call(&replace).await.unwrap().status(), CommandStatus::ROK, "{kind:?}");
        esme.client.unbind().await;
        let frame = receiver.next().await;
        let text = text(&deliver(&frame)).to_owned();
        assert!(text.starts_with(&format!("id:{id} ")) && text.ends_with("text:two"), "{kind:?}: {text}");
    }
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
async fn a_short_message_holds_254_octets_and_a_payload_what_is_longer() {
    // R-PF-61.
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    for length in [253, 254, 255, 256] {
        let text = format!("MO:{}", "x".repeat(length));
        let list = [tlv::MessagePayload(text.as_bytes()).tlv()];
        let long = SubmitSm {
            registered_delivery: RegisteredDelivery::NONE,
            short_message: ShortMessage::default(),
            tlvs: Tlvs::list(&list),
            ..message("447700900123", "")
        };
        esme.submit(&long).await;
        let frame = esme.next().await;
        let mo = deliver(&frame);
        let payload = mo.tlvs.get::<tlv::MessagePayload<'_>>().unwrap().map(|payload| payload.0.len());
        let expected = if length <= 254 { (length, None) } else { (0, Some(length)) };
        assert_eq!((mo.short_message.as_bytes().len(), payload), expected);
    }
    centre.shutdown().await;
}

#[tokio::test]
async fn a_message_without_credit_gets_an_error_and_no_id() {
    // R-PP-10.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir().unwrap();
    let mut config = crate::support::config(directory.path());
    // Nobody is there who would grant anything.
    (config.settings.charging.charging_enabled, config.settings.charging.ocs_url) = (true, "http://127.0.0.1:9".into());
    config.policy.charging = true;
    config.policy.uncharged = smsc_engine::core::Uncharged::Deny;
    let centre = smsc_engine::Centre::start(config).await.unwrap();
    let esme = bind(&centre, BindKind::Transceiver).await;
    let response = esme.client.call(&message("447700900123", "hello")).await.unwrap();
    assert_eq!((response.status(), response.frame().body().len()), (CommandStatus::RSUBMITFAIL, 0));
    assert_eq!(centre.queued(), 0);
    // R-RT-69: it is rejected, and that is recorded.
    let filter = RecordFilter { status: Some(Status::Rejected), max: 10, ..RecordFilter::default() };
    let recorded = async {
        while centre.control().records.as_ref().unwrap().records(&filter).await.unwrap_or_default().len() != 1 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(10), recorded).await.expect("a record in time");
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
async fn times_of_both_forms_become_when_a_message_is_due_and_when_it_expires() {
    // R-LC-55, R-LC-56.
    let directory = tempfile::tempdir().unwrap();
    let centre = start(directory.path()).await;
    let esme = bind(&centre, BindKind::Transceiver).await;
    let times = async |due: &str, until: &str| {
        let (schedule_delivery_time, validity_period) = (TimeField::new(due).unwrap(), TimeField::new(until).unwrap());
        let id = esme.submit(&SubmitSm { schedule_delivery_time, validity_period, ..message("447700900123", "hello") }).await;
        let record = centre.control().handle.message(MessageId(id.parse().unwrap())).await.unwrap();
        (record.message.deliver_after, record.message.expires)
    };
    let absolute = times("301230130000000+", "301231235959000+").await;
    assert_eq!(absolute, (Timestamp(1_924_866_000_000), Timestamp(1_924_991_999_000)));
    // Four quarters of an hour east of Greenwich that is an hour earlier.
    let east = times("301230130000004+", "301231235959004+").await;
    assert_eq!(east, (Timestamp(1_924_862_400_000), Timestamp(1_924_988_399_000)));
    let before = Timestamp::now();
    let (due, until) = times("000001020304000R", "000002000000000R").await;
    let passed = Timestamp::now().since(before);
    for (time, seconds) in [(due, 86_400 + 7_384), (until, 2 * 86_400)] {
        let asked = before.after(std::time::Duration::from_secs(seconds));
        assert!(time >= asked && time.since(asked) <= passed, "{time:?} is not {asked:?}");
    }
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
