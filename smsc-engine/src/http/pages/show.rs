//! How things look: moments, spans, counts, states, and text that strangers wrote.

use std::fmt;
use std::time::Duration;

use askama::filters::HtmlSafe;

use crate::calendar;
use crate::model::{FinalState, Status, Timestamp};

/// A moment, seen from another: the time of day, the date too if it is another day.
#[derive(Clone, Copy, Debug)]
pub(in crate::http) struct Moment {
    at: Timestamp,
    now: Timestamp,
}

impl Moment {
    pub(in crate::http) const fn new(at: Timestamp, now: Timestamp) -> Moment {
        Moment { at, now }
    }
}

impl HtmlSafe for Moment {}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at > calendar::LAST {
            return f.write_str("never");
        }
        let text = calendar::text(self.at);
        let (date, time) = text.split_once(' ').unwrap_or((&text, ""));
        let second = time.split_once('.').map_or(time, |(second, _)| second);
        write!(f, "<time datetime=\"{date}T{second}Z\" title=\"{text} UTC, {}\">", relative(self.at, self.now))?;
        match date == calendar::date(self.now) {
            true => write!(f, "{second}</time>"),
            false => write!(f, "{date} {second}</time>"),
        }
    }
}

/// How a thing stands: a word, a sign and a colour, so that nobody has to see colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) struct Badge {
    word: &'static str,
    tone: Tone,
}

/// What a state means for whoever looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::http) enum Tone {
    Good,
    Busy,
    Warn,
    Bad,
    Off,
}

impl Badge {
    pub(in crate::http) const fn new(word: &'static str, tone: Tone) -> Badge {
        Badge { word, tone }
    }
}

impl From<Status> for Badge {
    fn from(status: Status) -> Badge {
        let tone = match status {
            Status::Pending => Tone::Busy,
            Status::Delivered => Tone::Good,
            Status::Failed | Status::Rejected => Tone::Bad,
            Status::Expired => Tone::Warn,
        };
        Badge::new(status.name(), tone)
    }
}

impl HtmlSafe for Badge {}

impl fmt::Display for Badge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (class, sign) = match self.tone {
            Tone::Good => ("good", "●"),
            Tone::Busy => ("busy", "◐"),
            Tone::Warn => ("warn", "▲"),
            Tone::Bad => ("bad", "✕"),
            Tone::Off => ("off", "○"),
        };
        write!(f, "<span class=\"state {class}\"><span aria-hidden=\"true\">{sign}</span> {}</span>", self.word)
    }
}

/// The end of a message in words.
pub(in crate::http) const fn end(state: FinalState) -> &'static str {
    match state {
        FinalState::Delivered => "delivered",
        FinalState::Expired => "expired",
        FinalState::Deleted => "deleted",
        FinalState::Undeliverable => "undeliverable",
        FinalState::Rejected => "rejected",
        FinalState::Unknown => "unknown",
    }
}

/// Shows text that strangers wrote in one line: what cannot be seen, or makes other things look wrong, as a sign.
pub(in crate::http) fn visible(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        push(&mut out, character);
        out
    })
}

/// As [`visible`], but lines stay lines.
pub(in crate::http) fn visible_lines(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        match character {
            '\n' => out.push('\n'),
            other => push(&mut out, other),
        }
        out
    })
}

fn push(out: &mut String, character: char) {
    let sign = match character {
        '\0'..='\u{1F}' => char::from_u32(0x2400 + u32::from(character)),
        '\u{7F}' => Some('␡'),
        _ => None,
    };
    let name = match character {
        '\u{200E}' => "LRM",
        '\u{200F}' => "RLM",
        '\u{61C}' => "ALM",
        '\u{202A}' => "LRE",
        '\u{202B}' => "RLE",
        '\u{202C}' => "PDF",
        '\u{202D}' => "LRO",
        '\u{202E}' => "RLO",
        '\u{2066}' => "LRI",
        '\u{2067}' => "RLI",
        '\u{2068}' => "FSI",
        '\u{2069}' => "PDI",
        '\u{200B}' => "ZWSP",
        '\u{2028}' => "LS",
        '\u{2029}' => "PS",
        '\u{FEFF}' => "BOM",
        _ => "",
    };
    match (sign, name) {
        (Some(sign), _) => out.push(sign),
        (None, "") if character.is_control() => out.push_str(&format!("⟦{:02X}⟧", u32::from(character))),
        (None, "") => out.push(character),
        (None, name) => out.extend(["⟦", name, "⟧"]),
    }
}

/// A span in two units at most: `3 d 4 h`, `12 min 3 s`, `250 ms`.
pub(in crate::http) fn span(time: Duration) -> String {
    let (seconds, millis) = (time.as_secs(), time.subsec_millis());
    let pair = |(large, unit): (u64, &str), (small, other): (u64, &str)| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {other}"),
    };
    match seconds {
        0 => format!("{millis} ms"),
        1..60 => format!("{seconds}.{} s", millis / 100),
        60..3_600 => pair((seconds / 60, "min"), (seconds % 60, "s")),
        3_600..86_400 => pair((seconds / 3_600, "h"), (seconds % 3_600 / 60, "min")),
        _ => pair((seconds / 86_400, "d"), (seconds % 86_400 / 3_600, "h")),
    }
}

/// Says how long ago or ahead a moment is, in its largest unit.
pub(in crate::http) fn relative(at: Timestamp, now: Timestamp) -> String {
    let rough = |time: Duration| match time.as_secs() {
        0 => "a moment".to_owned(),
        seconds @ 1..60 => format!("{seconds} s"),
        seconds @ 60..3_600 => format!("{} min", seconds / 60),
        seconds @ 3_600..86_400 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    };
    if at <= now { format!("{} ago", rough(now.since(at))) } else { format!("in {}", rough(at.since(now))) }
}

/// A count with narrow spaces between groups of three.
pub(in crate::http) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202F}');
        }
        out.push(digit);
    }
    out
}

/// A number per second: one place below ten, none above.
pub(in crate::http) fn rate(per_second: f64) -> String {
    if per_second < 10.0 && per_second > 0.0 { format!("{per_second:.1}") } else { count(per_second.round() as u64) }
}

/// Octets in their largest binary unit.
pub(in crate::http) fn octets(number: u64) -> String {
    let unit = ["B", "KiB", "MiB", "GiB", "TiB"];
    let step = (number.max(1).ilog2() / 10).min(4);
    let name = unit.get(step as usize).copied().unwrap_or("B");
    match step {
        0 => format!("{number} B"),
        _ => format!("{:.1} {name}", number as f64 / (1_u64 << (10 * step)) as f64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_seen_is_shown_and_nothing_turns_the_text_around() {
        assert_eq!(visible("a\0\x1b[31m\r\n\x7f\u{85}"), "a␀␛[31m␍␊␡⟦85⟧");
        assert_eq!(visible("pay \u{202E}gpj.exe\u{2066}\u{200B}"), "pay ⟦RLO⟧gpj.exe⟦LRI⟧⟦ZWSP⟧");
        assert_eq!(visible_lines("one\ntwo\tx"), "one\ntwo␉x");
        assert_eq!(visible("Grüße 👨‍👩‍👧 שלום"), "Grüße 👨‍👩‍👧 שלום", "joiners of emoji and letters of all scripts stay");
    }

    #[test]
    fn moments_show_the_date_of_another_day_only() {
        let now = Timestamp(1_795_835_950_123);
        let shown = Moment::new(Timestamp(now.0 - 5_000), now).to_string();
        assert_eq!(
            shown,
            "<time datetime=\"2026-11-28T03:19:05Z\" title=\"2026-11-28 03:19:05.123 UTC, 5 s ago\">03:19:05</time>"
        );
        let other = Moment::new(Timestamp(now.0 + 86_400_000), now).to_string();
        assert!(other.contains("in 1 d\">2026-11-29 03:19:10</time>"), "{other}");
        assert_eq!(Moment::new(Timestamp::MAX, now).to_string(), "never");
    }

    #[test]
    fn spans_and_counts_are_short() {
        let spans = [(250, "250 ms"), (1_500, "1.5 s"), (723_000, "12 min 3 s"), (7_200_000, "2 h"), (273_600_000, "3 d 4 h")];
        for (millis, text) in spans {
            assert_eq!(span(Duration::from_millis(millis)), text);
        }
        assert_eq!(
            (count(999), count(1_204), count(12_345_678)),
            ("999".into(), "1\u{202F}204".into(), "12\u{202F}345\u{202F}678".into())
        );
        assert_eq!(
            (octets(0), octets(1_023), octets(1_536), octets(u64::MAX)),
            ("0 B".into(), "1023 B".into(), "1.5 KiB".into(), "16777216.0 TiB".into())
        );
        assert_eq!((rate(0.0), rate(3.26), rate(1_204.4)), ("0".into(), "3.3".into(), "1\u{202F}204".into()));
    }
}
