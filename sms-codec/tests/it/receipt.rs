//! The published receipt corpus, every field of every line.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "test code")]

use crate::common::{hex, lines, number, rows};
use std::collections::HashMap;

use serde_json::{Map, Value, json};
use sms_codec::charset::Charset;
use sms_codec::receipt::{
    self, IdNotation, Kind, MessageState, Oddity, ProviderResult, RESULT_CODES, Receipt, Report, ResultKind, Retry, Source, Tlvs,
    match_id,
};

#[test]
fn the_corpus_passes() {
    let mut ran = 0;
    for line in lines(include_str!("../../testdata/dlr-corpus.jsonl")) {
        ran += 1;
        let seen = with_report(&line, seen);
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

/// Reads a line of the corpus as a PDU would bring it.
fn with_report<T>(line: &Value, look: impl FnOnce(Option<Report<'_>>) -> T) -> T {
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
    look(Report::read(octet("esm_class"), &text, tlvs))
}

/// Says in the words of the corpus what was found.
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

#[test]
fn the_provider_table_is_ours() {
    let stated = rows(include_str!("../../testdata/provider-result-codes.csv"));
    assert_eq!((stated.len(), RESULT_CODES.len()), (48, 48));
    for (row, code) in stated.iter().zip(RESULT_CODES) {
        let (kind, retry) = match code.kind {
            ResultKind::Pending => ("P", Retry::Wait),
            ResultKind::Delivered => ("D", Retry::Never),
            ResultKind::Failed => ("F", Retry::OtherRoute),
            ResultKind::Temporary => ("T", Retry::Wait),
            ResultKind::ProviderError => ("E", Retry::Alarm),
            ResultKind::Cancelled => ("C", Retry::Never),
        };
        let retried = if code.retried { "yes" } else { "no" };
        let ours = [code.code.to_string().as_str(), kind, code.state.word(), retried].map(String::from);
        assert_eq!(ours, ["code", "kind", "stat", "provider_retries"].map(|column| row[column].clone()));
        assert_eq!(code.retry(), retry);
        assert!(!code.meaning.is_empty());
        // In `err` with any number of digits; zero is sent for whatever is no failure.
        for err in [format!("{}", code.code), format!("{:03}", code.code), format!("{:05}", code.code)] {
            let text = format!("id:1 stat:UNDELIV err:{err}");
            let expected = (code.code != 0).then_some(ProviderResult::Known(code));
            assert_eq!(Receipt::parse(&text).provider_result(), expected);
        }
    }
}

#[test]
fn unknown_result_codes_are_kept_as_text_and_failed() {
    for err in ["3", "999", "65547", "21b", "ABSENT", "-1", "99999999999"] {
        let text = format!("id:1 stat:UNDELIV err:{err}");
        let result = Receipt::parse(&text).provider_result().unwrap();
        assert_eq!(result, ProviderResult::Unknown(err));
        assert_eq!((result.state(), result.retry(), result.meaning()), (MessageState::Undeliverable, Retry::OtherRoute, err));
    }
    assert_eq!(Receipt::parse("id:1 stat:UNDELIV").provider_result(), None);
}

#[test]
fn usual_receipts_have_nothing_odd_and_others_say_what() {
    let stated: HashMap<_, _> = rows(include_str!("../../testdata/dlr-corpus-oddities.csv"))
        .into_iter()
        .map(|row| (row["name"].clone(), row["oddities"].clone()))
        .collect();
    let mut ran = 0;
    for line in lines(include_str!("../../testdata/dlr-corpus.jsonl")) {
        let odd = with_report(&line, |report| report.map(|report| report.oddities()).unwrap_or_default());
        let names: Vec<_> = odd.iter().map(Oddity::name).collect();
        let name = line["name"].as_str().unwrap();
        assert_eq!(Some(&names.join(" ")), stated.get(name), "{name}");
        ran += 1;
    }
    assert_eq!((ran, stated.len()), (117, 117));
}

#[test]
fn every_oddity_occurs_in_the_corpus_or_here() {
    let mut met: Vec<_> = rows(include_str!("../../testdata/dlr-corpus-oddities.csv"))
        .iter()
        .flat_map(|row| row["oddities"].split(' ').map(String::from).collect::<Vec<_>>())
        .collect();
    let report = |text, tlvs| Report::read(0x04, text, tlvs).unwrap().oddities();
    let repeated = report("id:1 stat:DELIVRD id:2", Tlvs::default());
    let prefix = report("See id:1 stat:DELIVRD", Tlvs::default());
    let bad_id = report("id:1", Tlvs { receipted_message_id: Some(b"\0"), ..Tlvs::default() });
    for odd in [repeated, prefix, bad_id] {
        met.extend(odd.iter().map(|oddity| oddity.name().to_string()));
    }
    for oddity in Oddity::ALL {
        assert!(met.iter().any(|name| name == oddity.name()), "{oddity:?}");
    }
}
