//! Octets as hexadecimal digits.

/// Writes octets with two capital digits each.
pub(crate) fn write(octets: &[u8]) -> String {
    let mut text = String::with_capacity(2 * octets.len());
    let halves = octets.iter().flat_map(|octet| [octet >> 4, octet & 0xF]);
    text.extend(halves.map(|half| char::from(if half < 10 { b'0' + half } else { b'A' + half - 10 })));
    text
}

/// Reads octets; `None` unless there are only digits, two for each.
pub(crate) fn read(text: &str) -> Option<Vec<u8>> {
    let digit = |octet: u8| char::from(octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| if let [high, low] = pair { Some(digit(*high)? << 4 | digit(*low)?) } else { None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_read_back_and_nothing_else_is_read() {
        let all: Vec<u8> = (0..=255).collect();
        assert_eq!(read(&write(&all)), Some(all));
        assert_eq!(read("d4F2"), Some(vec![0xD4, 0xF2]));
        assert_eq!(read(""), Some(Vec::new()));
        for text in ["0", "000", "0x", "+1", " 1", "G0", "é0"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
