//! Records over REST: R-CDR-52, and the file for the bill.

use serde_json::json;
use smsc_engine::core::records::RecordSink;
use smsc_engine::model::{Cdr, MessageId, Status, Timestamp};

use super::{Api, each};
use crate::control::NOON;

/// A message that was delivered an hour later than the one before.
fn delivered(id: u64) -> Cdr {
    let at = Timestamp(NOON.0 + id * 3_600_000);
    Cdr {
        message_id: MessageId(id),
        calling_number: "Shop".into(),
        called_number: format!("44770090000{id}"),
        source_smsc: Some("api".into()),
        dest_smsc: Some("uk".into()),
        origin_node: Some("sms@node1".into()),
        destination_node: None,
        submission_time: at,
        delivery_time: Some(Timestamp(at.0 + 5_000)),
        expiry_time: None,
        status: Status::Delivered,
        delivery_attempts: 1,
        message_parts: Some(2),
        deadletter: false,
        message_body: Some("between us".into()),
    }
}

/// An API with five records; the third failed, the fourth went another way.
async fn filled() -> Api {
    let api = Api::new().await;
    let mut records: Vec<_> = (1..=5).map(delivered).collect();
    records[2] = Cdr { status: Status::Failed, delivery_time: None, ..delivered(3) };
    records[3] = Cdr { dest_smsc: Some("de".into()), source_smsc: Some("shop".into()), ..delivered(4) };
    api.bench.control.records.as_ref().unwrap().write(&records, false).await.unwrap();
    api
}

#[tokio::test]
async fn records_are_found_by_number_time_status_and_smsc() {
    let api = filled().await;
    for (asked, found) in [
        ("", &[5, 4, 3, 2, 1][..]),
        ("?number=447700900002", &[2]),
        ("?number=Shop&status=failed", &[3]),
        ("?status=delivered", &[5, 4, 2, 1]),
        ("?smsc=de", &[4]),
        ("?smsc=shop", &[4]),
        ("?since=2026-11-28T14:00:00Z&until=2026-11-28T16:00:00Z", &[3, 2]),
        ("?since=2026-11-28T14:00:00Z&until=2026-11-28T16:00:00Z&status=delivered&smsc=uk&number=447700900002", &[2]),
        ("?number=nobody", &[]),
        ("?limit=2", &[5, 4]),
    ] {
        let answer = api.get(&format!("/api/cdrs{asked}")).await;
        let ids: Vec<_> = each(answer.data(200), "message_id").iter().map(|id| id.as_u64().unwrap()).collect();
        assert_eq!(ids, found, "{asked}");
    }
    // The next page begins where the last one ended.
    let page = api.get("/api/cdrs?limit=2").await;
    let next = api.get(&format!("/api/cdrs?limit=2&beyond={}", each(page.data(200), "id")[1])).await;
    assert_eq!(each(next.data(200), "message_id"), [3, 2]);
    let expected = json!({
        "id": each(page.data(200), "id")[0], "message_id": 5, "calling_number": "Shop", "called_number": "447700900005",
        "source_smsc": "api", "dest_smsc": "uk", "origin_node": "sms@node1", "destination_node": null,
        "submission_time": "2026-11-28T17:00:00Z", "delivery_time": "2026-11-28T17:00:05Z", "expiry_time": null,
        "status": "delivered", "delivery_attempts": 1, "message_parts": 2, "deadletter": false,
    });
    assert_eq!(page.data(200)[0], expected, "and no text");
    assert_eq!(api.get("/api/cdrs?masked=true&limit=1").await.data(200)[0]["called_number"], "44770090XXXX");
    api.get("/api/cdrs?status=lost").await.failed(422);
    assert!(api.get("/api/cdrs?number=a%00b").await.fault("number").contains("control"));
    assert!(api.get(&format!("/api/cdrs?smsc={}", "x".repeat(256))).await.fault("smsc").contains("255"));
}

#[tokio::test]
async fn the_file_for_the_bill_has_nine_columns_and_every_record() {
    let api = filled().await;
    let records: Vec<_> = (6..=1_005).map(delivered).collect();
    api.bench.control.records.as_ref().unwrap().write(&records, false).await.unwrap();
    let lines = api.text("/api/cdrs/export?status=delivered&masked=true").await;
    let lines: Vec<_> = lines.lines().collect();
    assert_eq!(lines.len(), 1 + 1_004, "more than one page of the table");
    let columns = "id,message_id,calling_number,called_number,dest_smsc,submission_time,delivery_time,status,message_parts";
    assert_eq!(lines[0], columns);
    assert!(lines[1].contains(",1005,XXXX,") && lines[1].ends_with(",delivered,2"), "{}", lines[1]);
    assert!(!lines.concat().contains("between us"));
    assert!(lines.iter().all(|line| line.split(',').count() == 9));
}
