use super::*;
use sms_codec::receipt::{MessageState, Tlvs};
use std::format;

fn at(seconds: u64) -> Time {
    Time::ZERO + Duration::from_secs(seconds)
}

fn take(receipts: &mut Receipts<&'static str>, text: &str, now: Time) -> Taken {
    receipts.take(&Report::read(0x04, text, Tlvs::default()).unwrap(), now)
}

fn told(receipts: &mut Receipts<&'static str>) -> Vec<(&'static str, Option<usize>, Option<MessageState>, Whole)> {
    let updates = std::iter::from_fn(|| receipts.poll_update());
    updates.map(|update| (update.key, update.part, update.fate.state, update.whole)).collect()
}

const DELIVERED: Option<MessageState> = Some(MessageState::Delivered);
const FAILED: Option<MessageState> = Some(MessageState::Undeliverable);

#[test]
fn a_message_is_delivered_when_all_its_parts_are() {
    let mut receipts = Receipts::new(ReceiptConfig::default());
    receipts.expect("a", &["1", "2", "3"], at(0));
    for id in [2, 3, 1] {
        assert_eq!(take(&mut receipts, &format!("id:{id} stat:DELIVRD err:000"), at(1)), Taken::Matched);
    }
    let waiting = Whole::Waiting;
    let expected = [(1, waiting), (2, waiting), (0, Whole::Delivered)].map(|(part, whole)| ("a", Some(part), DELIVERED, whole));
    assert_eq!(told(&mut receipts), expected);
}

#[test]
fn one_part_that_failed_fails_the_message() {
    let mut receipts = Receipts::new(ReceiptConfig::default());
    receipts.expect("a", &["1", "2"], at(0));
    take(&mut receipts, "id:1 stat:UNDELIV err:027", at(1));
    take(&mut receipts, "id:2 stat:DELIVRD err:000", at(2));
    let first = receipts.poll_update().unwrap();
    assert_eq!((first.fate.err.as_deref(), first.fate.state, first.whole), (Some("027"), FAILED, Whole::Waiting));
    assert_eq!(told(&mut receipts), [("a", Some(1), DELIVERED, Whole::Failed)]);
}

#[test]
fn receipts_may_come_before_the_response() {
    let mut receipts = Receipts::new(ReceiptConfig::default());
    assert_eq!(take(&mut receipts, "id:000000002A stat:ENROUTE", at(0)), Taken::Early);
    assert_eq!(take(&mut receipts, "id:43 stat:DELIVRD", at(0)), Taken::Early);
    assert_eq!(take(&mut receipts, "id:000000002A stat:DELIVRD", at(0)), Taken::Early);
    assert_eq!(take(&mut receipts, "id:99 stat:DELIVRD", at(0)), Taken::Early);
    receipts.expect("a", &["2a", "43"], at(1));
    let enroute = Some(MessageState::Enroute);
    let expected = [
        ("a", Some(0), enroute, Whole::Waiting),
        ("a", Some(1), DELIVERED, Whole::Waiting),
        ("a", Some(0), DELIVERED, Whole::Delivered),
    ];
    assert_eq!(told(&mut receipts), expected);
    assert_eq!(receipts.early.len(), 1, "the one of another message still waits");
}

#[test]
fn what_comes_twice_or_after_the_last_word_changes_nothing() {
    let mut receipts = Receipts::new(ReceiptConfig::default());
    receipts.expect("a", &["7"], at(0));
    assert_eq!(take(&mut receipts, "id:7 stat:ENROUTE", at(1)), Taken::Matched);
    assert_eq!(take(&mut receipts, "id:7 stat:ENROUTE", at(1)), Taken::Duplicate);
    assert_eq!(take(&mut receipts, "id:7 stat:DELIVRD", at(2)), Taken::Matched);
    for text in ["id:7 stat:DELIVRD", "id:7 stat:UNDELIV", "id:7 stat:ENROUTE"] {
        assert_eq!(take(&mut receipts, text, at(3)), Taken::Duplicate);
    }
    assert_eq!(told(&mut receipts).len(), 2);
    // Nobody remembers for ever: later it is just a receipt for nothing.
    assert_eq!(take(&mut receipts, "id:7 stat:DELIVRD", at(100)), Taken::Early);
    receipts.handle_timeout(at(200));
    assert!(receipts.is_empty() && receipts.early.is_empty() && told(&mut receipts).is_empty());
    assert_eq!((receipts.dropped(), receipts.poll_timeout()), (1, None));
}

#[test]
fn ids_are_matched_in_the_notation_of_the_peer() {
    let decimal_of_hex = |notation| {
        let mut receipts = Receipts::new(ReceiptConfig { notation, ..ReceiptConfig::default() });
        receipts.expect("a", &["38601FA"], at(0));
        take(&mut receipts, "id:0059113978 stat:DELIVRD", at(1))
    };
    assert_eq!(decimal_of_hex(IdNotation::Guess), Taken::Matched);
    assert_eq!(decimal_of_hex(IdNotation::ReceiptDecimal), Taken::Matched);
    assert_eq!(decimal_of_hex(IdNotation::Same), Taken::Early);
    assert_eq!(decimal_of_hex(IdNotation::ReceiptHex), Taken::Early);
    let mut receipts = Receipts::new(ReceiptConfig { notation: IdNotation::ReceiptHex, ..ReceiptConfig::default() });
    assert_eq!(take(&mut receipts, "id:10 stat:DELIVRD", at(0)), Taken::Early);
    receipts.expect("sixteen", &["16"], at(1));
    assert_eq!(told(&mut receipts).len(), 1, "early ones too");
}

#[test]
fn the_best_match_wins() {
    let mut receipts = Receipts::new(ReceiptConfig { notation: IdNotation::ReceiptDecimal, ..ReceiptConfig::default() });
    receipts.expect("hexadecimal", &["a"], at(0));
    receipts.expect("zeros", &["010"], at(0));
    receipts.expect("exact", &["10"], at(0));
    for key in ["exact", "exact"] {
        take(&mut receipts, "id:10 stat:DELIVRD", at(1));
        assert!(told(&mut receipts).iter().all(|(told, ..)| *told == key));
    }
    take(&mut receipts, "id:0010 stat:DELIVRD", at(1));
    assert_eq!(told(&mut receipts)[0].0, "zeros");
}

#[test]
fn parts_with_one_id_are_settled_one_after_the_other() {
    for early in [false, true] {
        let mut receipts = Receipts::new(ReceiptConfig::default());
        if !early {
            receipts.expect("a", &["7", "7"], at(0));
        }
        take(&mut receipts, "id:7 stat:DELIVRD", at(1));
        take(&mut receipts, "id:7 stat:UNDELIV", at(1));
        if early {
            receipts.expect("a", &["7", "7"], at(2));
        }
        let expected = [("a", Some(0), DELIVERED, Whole::Waiting), ("a", Some(1), FAILED, Whole::Failed)];
        assert_eq!(told(&mut receipts), expected);
    }
}

#[test]
fn the_id_of_the_tlv_comes_first_and_that_of_the_text_is_tried_too() {
    let mut receipts = Receipts::new(ReceiptConfig::default());
    receipts.expect("text", &["5"], at(0));
    receipts.expect("tlv", &["6"], at(0));
    let report = |id| {
        let tlvs = Tlvs { receipted_message_id: Some(id), ..Tlvs::default() };
        Report::read(0x04, "id:5 stat:DELIVRD", tlvs).unwrap()
    };
    receipts.take(&report(b"6\0"), at(1));
    assert_eq!(told(&mut receipts)[0].0, "tlv");
    receipts.take(&report(b"other\0"), at(1));
    assert_eq!(told(&mut receipts)[0].0, "text");
}

#[test]
fn a_message_without_a_last_word_expires() {
    let mut receipts = Receipts::new(ReceiptConfig { max_age: Duration::from_secs(100), ..ReceiptConfig::default() });
    receipts.expect("a", &["1", "2"], at(0));
    take(&mut receipts, "id:1 stat:DELIVRD", at(1));
    assert_eq!(receipts.poll_timeout(), Some(at(100)));
    receipts.handle_timeout(at(99));
    assert_eq!(told(&mut receipts).len(), 1);
    receipts.handle_timeout(at(100));
    assert_eq!(told(&mut receipts), [("a", None, None, Whole::Expired)]);
    assert!(receipts.is_empty() && receipts.parts.find("2", IdNotation::Same).next().is_none());
}

#[test]
fn memory_is_bounded() {
    let limits = ReceiptConfig { max_messages: 10, max_early: 10, ..ReceiptConfig::default() };
    let mut receipts = Receipts::new(limits);
    for id in 0..1000 {
        receipts.expect("a", &[format!("message{id}")], at(0));
        take(&mut receipts, &format!("id:early{id} stat:DELIVRD"), at(0));
        assert!(receipts.messages.len() <= 10 && receipts.early.len() <= 10 && receipts.updates.len() <= 10);
        assert!(receipts.early_order.len() <= 10 && receipts.deadlines.len() <= 10);
    }
    assert!(told(&mut receipts).iter().all(|(_, _, _, whole)| *whole == Whole::Expired));
    // The newest are those that are remembered.
    assert_eq!(take(&mut receipts, "id:message999 stat:DELIVRD", at(1)), Taken::Matched);
    assert_eq!(take(&mut receipts, "id:message989 stat:DELIVRD", at(1)), Taken::Early);
    receipts.expect("b", &["early999"], at(1));
    assert_eq!(told(&mut receipts).len(), 2);
    receipts.handle_timeout(at(1_000_000));
    assert!(receipts.is_empty() && receipts.early.is_empty() && receipts.early_order.is_empty());
}

#[test]
fn messages_that_are_over_make_room_first() {
    let mut receipts = Receipts::new(ReceiptConfig { max_messages: 2, ..ReceiptConfig::default() });
    receipts.expect("waits", &["1"], at(0));
    receipts.expect("over", &["2"], at(1));
    take(&mut receipts, "id:2 stat:DELIVRD", at(2));
    receipts.expect("new", &["3"], at(3));
    assert_eq!(take(&mut receipts, "id:1 stat:DELIVRD", at(4)), Taken::Matched);
}

#[test]
fn a_peer_may_mean_unknown_as_not_yet() {
    let mut receipts = Receipts::new(ReceiptConfig { habits: Habits::PROVIDER, ..ReceiptConfig::default() });
    receipts.expect("a", &["1"], at(0));
    take(&mut receipts, "id:1 stat:UNKNOWN", at(1));
    take(&mut receipts, "id:1 stat:DELIVRD", at(2));
    assert_eq!(told(&mut receipts).last().unwrap().3, Whole::Delivered);
    let long = format!("id:{} stat:DELIVRD", "9".repeat(65));
    assert_eq!(take(&mut receipts, &long, at(3)), Taken::Nameless);
}

#[test]
fn an_intermediate_notification_is_no_last_word() {
    let mut receipts = Receipts::new(ReceiptConfig::default());
    receipts.expect("a", &["1"], at(0));
    let report = Report::read(0x20, "id:1 stat:UNDELIV", Tlvs::default()).unwrap();
    assert_eq!(receipts.take(&report, at(1)), Taken::Matched);
    assert_eq!(told(&mut receipts), [("a", Some(0), FAILED, Whole::Waiting)]);
    assert_eq!(take(&mut receipts, "id:1 stat:DELIVRD", at(2)), Taken::Matched);
}
