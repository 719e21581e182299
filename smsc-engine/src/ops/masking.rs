//! Texts for other eyes.

/// Puts `XXXX` in place of the last four digits of everything in a text that may be a number of a subscriber.
///
/// That is any row of seven to fifteen digits; longer ones, and those that are part of a word, are something else.
pub fn masked_numbers(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let end = from.find(|sign: char| !sign.is_ascii_digit()).unwrap_or(from.len());
        let (digits, after) = from.split_at(end);
        masked.push_str(before);
        let kept = if (SHORTEST..=LONGEST).contains(&digits.len()) { digits.len() - HIDDEN } else { digits.len() };
        masked.push_str(digits.get(..kept).unwrap_or_default());
        masked.extend((kept < digits.len()).then_some("XXXX"));
        rest = after;
    }
    masked + rest
}

/// Below are ports, years, counts.
const SHORTEST: usize = 7;
/// E.164 has no longer ones, and IMSIs have as many.
const LONGEST: usize = 15;
const HIDDEN: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_their_last_four_digits_and_everything_else_stays() {
        for (text, masked) in [
            ("to=+447700900123 from=Shop", "to=+44770090XXXX from=Shop"),
            ("2026-11-28T03:19:10.123456Z 2775", "2026-11-28T03:19:10.123456Z 2775"),
            ("imsi 234150999999999,5551234", "imsi 23415099999XXXX,555XXXX"),
            ("1234567890123456", "1234567890123456"),
            ("é447700900123", "é44770090XXXX"),
            ("", ""),
        ] {
            assert_eq!(masked_numbers(text), masked);
        }
    }
}
