//! National character sets against octets that another implementation wrote: the codecs of
//! Python 3's standard library (`text.encode("shift_jis")` and so on).

#![allow(clippy::indexing_slicing, clippy::unwrap_used, reason = "test code")]

use crate::common::{hex, lines};
use sms_codec::charset::Charset;

fn vectors() -> impl Iterator<Item = (Charset, Vec<u8>, String)> {
    lines(include_str!("../../testdata/charset-vectors.jsonl")).map(|vector| {
        let charset = vector["charset"].as_str().unwrap().parse().unwrap();
        (charset, hex(&vector["hex"]), vector["text"].as_str().unwrap().to_string())
    })
}

#[cfg(feature = "encodings")]
#[test]
fn every_vector_is_read_and_written() {
    for (charset, octets, text) in vectors() {
        assert_eq!(charset.decode(&octets), text, "{charset}");
        assert_eq!(charset.encode(&text), Ok(octets), "{charset}: {text}");
    }
    assert_eq!(vectors().count(), 24);
}

#[cfg(not(feature = "encodings"))]
#[test]
fn without_tables_only_ascii_is_read_and_written() {
    for (charset, octets, text) in vectors() {
        let ascii_only = |text: &str| text.replace(|character: char| !character.is_ascii(), "\u{FFFD}");
        assert_eq!(charset.decode(&octets), ascii_only(&text), "{charset}");
        let foreign = text.find(|character: char| !character.is_ascii());
        assert_eq!(charset.encode(&text).map_err(|error| Some(error.offset)), Err(foreign), "{charset}: {text}");
        assert!(!charset.is_converted());
    }
}

#[test]
fn no_cut_divides_a_character() {
    let mut cuts = 0;
    for (charset, octets, text) in vectors() {
        let whole = charset.decode(&octets);
        for limit in 0..octets.len() {
            let cut = charset.cut(&octets, limit);
            assert!(cut <= limit, "{charset}");
            let (head, tail) = octets.split_at(cut);
            assert_eq!(charset.decode(head) + &charset.decode(tail), whole, "{charset} at {limit}");
            // A character has at most two octets here, so that no more than one is given away.
            assert!(charset == Charset::Iso2022Jp || cut + 1 >= limit, "{charset} at {limit}: {cut} {text}");
            cuts += usize::from(cut < limit);
        }
    }
    assert!(cuts > 100, "{cuts} cuts were moved");
}

#[test]
fn iso_2022_jp_is_cut_where_it_is_ascii() {
    let octets = b"ab\x1B$B$3\x1B(Bcd";
    let cuts: Vec<usize> = (0..=octets.len()).map(|limit| Charset::Iso2022Jp.cut(octets, limit)).collect();
    assert_eq!(cuts, [0, 1, 2, 2, 2, 2, 2, 2, 2, 2, 10, 11, 12]);
    assert_eq!(Charset::Iso2022Jp.cut(b"\x1B$B$3$3", 6), 0);
}

#[cfg(feature = "encodings")]
#[test]
fn what_a_set_lacks_is_named() {
    for (charset, text, offset) in [
        (Charset::Iso8859_5, "Да é", 5),
        (Charset::Iso8859_8, "של é", 5),
        (Charset::ShiftJis, "日本語 한", 10),
        (Charset::EucJp, "日本語 한", 10),
        (Charset::Iso2022Jp, "日本語 한", 10),
        (Charset::KsC5601, "한국어 é", 10),
        // Of one vendor only: a circled one, a variant of a surname's character.
        (Charset::ShiftJis, "a①", 1),
        (Charset::EucJp, "a①", 1),
        (Charset::Iso2022Jp, "日①", 3),
        (Charset::ShiftJis, "髙", 0),
        // Of Windows-949 only.
        (Charset::KsC5601, "가똠", 3),
        // Would read as another character.
        (Charset::ShiftJis, "a ¥", 2),
        (Charset::EucJp, "a‾①", 1),
        (Charset::Iso2022Jp, "aｱ", 1),
    ] {
        assert_eq!(charset.encode(text).map_err(|error| error.offset), Err(offset), "{charset}: {text}");
    }
}

#[cfg(feature = "encodings")]
#[test]
fn what_others_write_is_read() {
    assert_eq!(Charset::ShiftJis.decode(b"\x87\x40"), "①");
    assert_eq!(Charset::KsC5601.decode(b"\x8C\x63"), "똠");
    assert_eq!(Charset::EucJp.decode(b"\x8F\xB0\xA1"), "丂");
    assert_eq!(Charset::Iso8859_8.decode(b"a\xBF"), "a\u{FFFD}");
    // Parts that each shift for themselves.
    assert_eq!(Charset::Iso2022Jp.decode(b"\x1B$B$3\x1B(B\x1B$B$s\x1B(B"), "こん");
}
