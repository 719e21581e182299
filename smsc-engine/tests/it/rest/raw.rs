//! Messages handed in as TPDUs.

use sms_codec::dcs::Dcs;
use sms_codec::segment::Segment;
use sms_codec::tpdu::{self, RelativeValidity, Submit, TypeOfAddress, UserData, Validity};
use sms_codec::udh::{Concatenation, Reference};

use super::*;

const SAMPLE: &str = "0001000B916407007009F0000004D4F29C0E";

fn raw(pdu: &str) -> Value {
    json!({"pdu": pdu, "source_smsc": "api_client", "source_msisdn": "+15551234567"})
}

#[tokio::test]
async fn the_sample_is_read_with_and_without_the_octet_of_the_service_centre() {
    let api = Api::new().await;
    for pdu in [SAMPLE, &SAMPLE[2..]] {
        let answer = api.post("/api/messages_raw", &raw(pdu)).await;
        let data = answer.data(201);
        for (field, value) in [
            ("source_msisdn", "+15551234567"),
            ("destination_msisdn", "+46700007900"),
            ("message_body", "Test"),
            ("raw_pdu", pdu),
        ] {
            assert_eq!(data[field], value, "{field}");
        }
        assert_eq!((&data["source_smsc"], &data["tp_dcs_character_set"]), (&json!("api_client"), &json!("gsm7")));
    }
}

#[tokio::test]
async fn a_submit_without_a_sender_anywhere_is_refused() {
    let api = Api::new().await;
    let answer = api.post("/api/messages_raw", &json!({"pdu": SAMPLE, "source_smsc": "api_client"})).await;
    assert!(answer.json["errors"]["fields"]["source_msisdn"].is_string(), "{answer:?}");
}

#[tokio::test]
async fn a_deliver_has_its_sender_and_wants_a_recipient() {
    let api = Api::new().await;
    let pdu = concat!("0791447758100650", "040C91447700091032000062600321436540", "0BC8329BFD06DDDF723619");
    let body = json!({"pdu": pdu, "source_smsc": "ims", "destination_msisdn": "+447700900456"});
    let answer = api.post("/api/messages_raw", &body).await;
    let data = answer.data(201);
    assert_eq!((&data["source_msisdn"], &data["message_body"]), (&json!("+447700900123"), &json!("Hello world")));
    let answer = api.post("/api/messages_raw", &json!({"pdu": pdu, "source_smsc": "ims"})).await;
    assert!(answer.json["errors"]["fields"]["destination_msisdn"].is_string(), "{answer:?}");
}

#[tokio::test]
async fn a_header_and_a_validity_come_along() {
    let api = Api::new().await;
    let concatenation = Concatenation::new(Reference::Eight(0x4A), 2, 1);
    let segment = Segment { octets: b"Hello", concatenation, elements: &[] };
    let mut buffer = Vec::new();
    let submit = Submit {
        destination_address: tpdu::Address::new(TypeOfAddress::INTERNATIONAL, "46700007900").unwrap(),
        validity_period: Some(Validity::Relative(RelativeValidity::at_least(10))),
        user_data: UserData::of_segment(Dcs(0), &segment, &mut buffer).unwrap(),
        ..Submit::default()
    };
    let mut octets = Vec::new();
    submit.encode(&mut octets).unwrap();
    let pdu: String = octets.iter().map(|octet| format!("{octet:02X}")).collect();
    let answer = api.post("/api/messages_raw", &raw(&pdu)).await;
    let data = answer.data(201);
    assert_eq!(data["tp_user_data_header"], json!({"00": "4A0201"}));
    assert_eq!((&data["message_part_number"], &data["message_parts"]), (&json!(1), &json!(2)));
    assert_eq!((&data["expires"], &data["message_body"]), (&json!("2026-11-28T12:10:00Z"), &json!("Hello")));
}

#[tokio::test]
async fn what_is_no_tpdu_is_refused() {
    let api = Api::new().await;
    for pdu in ["xyz", "000", "00", "0001", "02", "0001000B916407007009F0000004D4F29C", "FFFFFFFFFF"] {
        let answer = api.post("/api/messages_raw", &raw(pdu)).await;
        assert!(answer.detail(422).starts_with("validation failed: pdu "), "{pdu} {answer:?}");
    }
    for body in [json!({}), json!({"pdu": SAMPLE}), json!({"source_smsc": "a"})] {
        api.post("/api/messages_raw", &body).await.detail(422);
        api.post("/api/messages_raw/async", &body).await.detail(422);
    }
}

#[tokio::test]
async fn nobody_waits_for_a_tpdu_that_is_handed_in_so() {
    let api = Api::with(vec![], |_| {}, |options| options.async_durable = true).await;
    let expected = json!({"status": "accepted", "message": "PDU queued for batch processing"});
    assert_eq!(api.post("/api/messages_raw/async", &raw(SAMPLE)).await.data(202), &expected);
    assert_eq!(api.get("/api/messages").await.data(200)[0]["message_body"], "Test");
    // What cannot be read is logged.
    assert_eq!(api.post("/api/messages_raw/async", &raw("zz")).await.data(202), &expected);
    assert_eq!(api.get("/api/messages").await.data(200).as_array().unwrap().len(), 1);
}
