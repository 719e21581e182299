//! Receipts from anybody.

use alloc::string::ToString;

use crate::receipt::{self, Dialect, Habits, IdNotation, MessageState, Receipt, Report, Tlvs};

/// Receipts: reading is total, and what is written reads and writes the same again.
pub fn receipt(octets: &[u8]) {
    let tlvs = Tlvs {
        receipted_message_id: octets.get(..8),
        message_state: octets.first().copied(),
        network_error_code: octets.get(..3),
    };
    for (esm_class, data_coding) in [(0x04, 0), (0x44, 3), (0x20, 8), (0, 0)] {
        let text = receipt::text(esm_class, data_coding, octets);
        assert!(!text.ends_with('\0'), "trailing NUL");
        for tlvs in [tlvs, Tlvs::default()] {
            if let Some(report) = Report::read(esm_class, &text, tlvs) {
                combined(&report, tlvs);
                let by_habit = Habits::STANDARD.read(esm_class, &text, tlvs);
                assert!(by_habit.is_none_or(|by_habit| by_habit == report), "habits");
            }
        }
        assert_eq!(Receipt::parse(&text), Receipt::tolerant(&text), "usual text");
        written(Receipt::parse(&text));
    }
}

/// The rules of precedence hold.
fn combined(report: &Report<'_>, tlvs: Tlvs<'_>) {
    let wire = tlvs.message_state.and_then(MessageState::from_wire);
    assert_eq!(report.state, wire.or(report.receipt.state()), "state");
    assert!(!report.is_final() || report.state.is_some(), "final without a state");
    assert!(Habits::STANDARD.is_final(report) >= Habits::PROVIDER.is_final(report), "final");
    let _ = (report.cause(), report.oddities().iter().count(), report.receipt.extra.iter().count());
    if let (Some(id), Some(stat)) = (report.id, report.receipt.stat) {
        let _ = receipt::match_id(id, stat, IdNotation::Guess);
    }
    if let Some(result) = report.receipt.provider_result() {
        let _ = (result.state(), result.retry(), result.meaning());
    }
}

fn written(read: Receipt<'_>) {
    let full = Dialect { seconds: true, text: Some("Text"), ..Dialect::PROVIDER };
    for dialect in [Dialect::STANDARD, Dialect::PROVIDER, full] {
        let written = read.display(dialect).to_string();
        assert!(written.is_ascii(), "ASCII");
        assert_eq!(Receipt::parse(&written).display(dialect).to_string(), written, "written twice");
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::String, vec::Vec};

    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    proptest! {
        #[test]
        fn receipt_keeps_its_properties(
            any in proptest::collection::vec(any::<u8>(), 0..400),
            fields in "((id|sub|dlvrd?|submit.?date|done_date|stat|err|text|Text|[a-z]{1,5})[ \t]?:[ ]?([0-9]{1,14}|[A-Z]{4,8}|\\PC{0,9})[ ,;|\r\n]{0,2}){0,12}",
        ) {
            receipt(&any);
            receipt(fields.as_bytes());
        }

        /// Order, letter case, blanks and separators make no difference.
        #[test]
        fn however_it_is_written_it_reads_the_same(
            order in Just((0..7).collect::<Vec<usize>>()).prop_shuffle(),
            id in "[0-9A-Za-z._-]{1,40}",
            cases in any::<u64>(),
            gap in select(&[" ", "  ", "\t", "\r\n", ", ", ";", "|", " ,\t"][..]),
            colon in select(&[":", ": ", " :", "\t: "][..]),
            joint in select(&[" ", "", "_", "-", " _ "][..]),
        ) {
            let dates = [format!("submit{joint}date"), format!("done{joint}date")];
            let fields = [
                ("id", id.as_str()), ("sub", "001"), ("dlvrd", "000"), (&dates[0], "2606301200"),
                (&dates[1], "260630120130"), ("stat", "EXPIRED"), ("err", "0x0B"),
            ];
            let mut text = String::new();
            for (at, (key, value)) in order.iter().map(|&at| (at, fields[at])) {
                let key = if cases >> at & 1 == 1 { key.to_uppercase() } else { key.into() };
                text += &format!("{key}{colon}{value}{gap}");
            }
            let usual = format!(
                "id:{id} sub:001 dlvrd:000 submit date:2606301200 done date:260630120130 stat:EXPIRED err:0x0B"
            );
            let strip = |receipt: Receipt<'_>| format!("{:?}", Receipt { text: None, ..receipt });
            prop_assert_eq!(strip(Receipt::parse(&text)), strip(Receipt::parse(&usual)));
        }
    }
}
