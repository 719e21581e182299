//! The published time vectors.

#![allow(clippy::indexing_slicing, reason = "test code")]

use crate::common::lines;
use serde_json::Value;
use sms_codec::time::{Absolute, Civil, Relative, When};

#[test]
fn time_vectors_pass() {
    let mut ran = 0;
    for vector in lines(include_str!("../../testdata/time-vectors.jsonl")) {
        ran += 1;
        let text = vector["text"].as_str().unwrap();
        let expect = &vector["expect"];
        match When::parse(text.as_bytes()) {
            Err(error) => assert_eq!(vector["valid"], false, "{text}: {error}"),
            Ok(None) => assert_eq!(expect["kind"], "none", "{text}"),
            Ok(Some(When::Absolute(time))) => absolute(text, time, expect),
            Ok(Some(When::Relative(time))) => relative(text, time, expect),
        }
    }
    assert_eq!(ran, 46);
}

fn absolute(text: &str, time: Absolute, expect: &Value) {
    assert_eq!(expect["kind"], "absolute", "{text}");
    assert_eq!(time.local().to_string(), expect["local"], "{text}");
    assert_eq!(time.tenths(), expect["tenths"], "{text}");
    assert_eq!(time.offset_quarters(), expect["offset_quarters"], "{text}");
    let (utc, _) = Civil::from_unix_millis(time.unix_millis());
    assert_eq!(format!("{utc}Z"), expect["utc"], "{text}");
    assert_eq!(Absolute::from_unix_millis(time.unix_millis(), time.offset_quarters()), Some(time));
    // Minus zero is written as plus zero.
    assert_eq!(time.to_string(), text.replace("00-", "00+"));
}

fn relative(text: &str, time: Relative, expect: &Value) {
    assert_eq!(expect["kind"], "relative", "{text}");
    for (field, name) in [
        (time.years, "years"),
        (time.months, "months"),
        (time.days, "days"),
        (time.hours, "hours"),
        (time.minutes, "minutes"),
        (time.seconds, "seconds"),
    ] {
        assert_eq!(field, expect[name], "{text} {name}");
    }
    assert_eq!(time.to_string(), text);
}
