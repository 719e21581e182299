//! The published receipt corpus, every field of every line.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use crate::common::{hex, lines, number};
use serde_json::{Map, Value, json};
use sms_codec::charset::Charset;
use sms_codec::receipt::{self, IdNotation, Kind, Report, Source, Tlvs, match_id};

#[test]
fn the_corpus_passes() {
    let mut ran = 0;
    for line in lines(include_str!("../../testdata/dlr-corpus.jsonl")) {
        ran += 1;
        let seen = read(&line);
        let expect = line["expect"].as_object().unwrap();
        let stated = |key: &String| expect.get(key).unwrap_or(&Value::Null).clone();
        for (key, value) in &seen {
            assert_eq!((key, value), (key, &stated(key)), "{line}");
        }
        assert!(expect.keys().all(|key| seen.contains_key(key)), "{line}");
    }
    assert_eq!(ran, 117);
}

#[test]
fn ids_match_as_the_corpus_says() {
    let mut ran = 0;
    for line in lines(include_str!("../../testdata/dlr-corpus.jsonl")) {
        let Some(response) = line["match"]["submit_resp_message_id"].as_str() else {
            continue;
        };
        ran += 1;
        let receipt = line["expect"]["id"].as_str().unwrap();
        let guess = match_id(receipt, response, IdNotation::Guess);
        if line["match"]["matches"] == true {
            assert!(guess.is_some(), "{line}");
        } else {
            assert_eq!(line["match"]["matches"], "only when configured");
            assert_eq!(guess, None, "{line}");
            assert!(match_id(receipt, response, IdNotation::ReceiptHex).is_some(), "{line}");
        }
    }
    assert_eq!(ran, 6);
}

/// Reads a line of the corpus as a PDU would bring it, and says in its words what was found.
fn read(line: &Value) -> Map<String, Value> {
    let octet = |key: &str| u8::try_from(number(&line[key])).unwrap();
    let user_data = match line["text"].as_str() {
        Some(text) => Charset::Latin1.encode(text).unwrap(),
        None => hex(&line["text_hex"]),
    };
    let tlvs = &line["tlvs"];
    let id = tlvs["receipted_message_id"].as_str();
    let network_error = tlvs.get("network_error_code").map(hex);
    let tlvs = Tlvs {
        receipted_message_id: id.map(str::as_bytes),
        message_state: tlvs.get("message_state").map(|state| number(state) as u8),
        network_error_code: network_error.as_deref(),
    };
    let text = receipt::text(octet("esm_class"), octet("data_coding"), &user_data);
    seen(Report::read(octet("esm_class"), &text, tlvs))
}

fn seen(report: Option<Report<'_>>) -> Map<String, Value> {
    let receipt = report.map(|report| report.receipt).unwrap_or_default();
    let state = report.and_then(|report| report.state).map(|state| state.name());
    let extra: Map<_, _> = receipt.extra.iter().map(|(key, value)| (key.to_lowercase(), value.into())).collect();
    let network_error = report.and_then(|report| report.network_error);
    let seen = json!({
        "kind": report.map_or("none", |report| kind(report.kind)),
        "id": report.and_then(|report| report.id),
        "sub": receipt.sub,
        "dlvrd": receipt.dlvrd,
        "submit_date": receipt.submit_date.map(|date| date.to_string()),
        "done_date": receipt.done_date.map(|date| date.to_string()),
        "stat": receipt.stat,
        "state": state.or(receipt.stat.map(|_| "UNRECOGNISED")),
        "final": report.is_some_and(|report| report.is_final()),
        "err": receipt.err,
        "err_num": receipt.err_number(),
        "text": receipt.text,
        "extra": if extra.is_empty() { Value::Null } else { extra.into() },
        "id_source": report.and_then(|report| report.id_source).map(source),
        "state_source": report.and_then(|report| report.state_source).map(source),
        "network_error": network_error
            .map(|error| json!({"type": error.network_type, "code": error.code})),
    });
    seen.as_object().unwrap().clone()
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Receipt => "receipt",
        Kind::Intermediate => "intermediate",
        Kind::ByContent => "by_content",
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Text => "text",
        Source::Tlv => "tlv",
    }
}
