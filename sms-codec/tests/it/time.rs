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

#[cfg(feature = "chrono")]
#[test]
fn time_vectors_survive_chrono() {
    use chrono::{DateTime, FixedOffset, Months, TimeDelta, TimeZone, Utc};
    let nows = [
        Utc.with_ymd_and_hms(2027, 1, 31, 23, 59, 59).unwrap(),
        Utc.with_ymd_and_hms(2028, 2, 29, 0, 0, 0).unwrap(),
        DateTime::UNIX_EPOCH,
    ];
    let mut ran = [0, 0];
    for vector in lines(include_str!("../../testdata/time-vectors.jsonl")).filter(|vector| vector["valid"] == true) {
        match When::parse(vector["text"].as_str().unwrap().as_bytes()).unwrap() {
            Some(When::Absolute(time)) => {
                ran[0] += 1;
                let chrono: DateTime<FixedOffset> = time.into();
                let local = chrono.naive_local().format("%Y-%m-%dT%H:%M:%S").to_string();
                assert_eq!(local, vector["expect"]["local"]);
                assert_eq!(chrono.to_utc().format("%Y-%m-%dT%H:%M:%SZ").to_string(), vector["expect"]["utc"]);
                assert_eq!(Absolute::try_from(chrono), Ok(time));
                assert_eq!(When::Absolute(time).at(nows[0]), Some(chrono.to_utc()));
            }
            Some(When::Relative(span)) => {
                ran[1] += 1;
                for now in nows {
                    // chrono's calendar against ours.
                    let then = When::Relative(span).at(now).unwrap();
                    assert_eq!(then.timestamp_millis(), span.after(now.timestamp_millis()), "{span} from {now}");
                }
                let calendar = Relative { years: span.years, months: span.months, ..Relative::default() };
                let months = Relative::try_from(Months::from(span)).unwrap();
                assert_eq!(months.after(0), calendar.after(0));
                let rest = Relative { years: 0, months: 0, ..span };
                assert_eq!(Relative::try_from(TimeDelta::try_from(rest).unwrap()), Ok(rest));
            }
            other => assert_eq!(other, None),
        }
    }
    assert!(ran[0] > 10 && ran[1] > 5, "{ran:?}");
}
