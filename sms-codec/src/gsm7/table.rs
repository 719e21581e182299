//! The character tables: one page per table, everything else is computed from it at compile time.
//!
//! National pages are added here as further constants; nothing outside this file knows a character.

/// One table of 128 codes, with its reverse.
#[derive(Debug)]
pub(super) struct Page {
    chars: [char; 128],
    /// Code of every character up to U+00FF: nearly all text takes this way.
    latin1: [u8; 256],
}

impl Page {
    const fn new(chars: [char; 128]) -> Self {
        Self { chars, latin1: reverse(&chars) }
    }

    const fn sparse(cells: &[(u8, char)]) -> Self {
        Self::new(spread(cells))
    }

    /// The character at a code, unless the cell is void.
    pub(super) fn char(&self, code: u8) -> Option<char> {
        let found = self.chars.get(usize::from(code)).copied();
        found.filter(|&character| character != VOID)
    }

    /// The lowest code of a character.
    pub(super) fn code(&self, character: char) -> Option<u8> {
        if let Some(&code) = self.latin1.get(character as usize) {
            return (code != NO_CODE).then_some(code);
        }
        let position = self.chars.iter().position(|&cell| cell == character && cell != VOID)?;
        u8::try_from(position).ok()
    }

    /// Whether an octet means the same here and in ASCII, so that runs of it are copied whole.
    pub(super) fn is_plain(&self, octet: u8) -> bool {
        octet.is_ascii() && self.latin1.get(usize::from(octet)) == Some(&octet)
    }
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time; iterators are not const")]
const fn reverse(chars: &[char; 128]) -> [u8; 256] {
    let mut codes = [NO_CODE; 256];
    let mut code = 0;
    while code < chars.len() {
        let character = chars[code] as usize;
        if character < codes.len() && codes[character] == NO_CODE {
            codes[character] = code as u8;
        }
        code += 1;
    }
    codes
}

#[expect(clippy::indexing_slicing, reason = "runs at compile time; iterators are not const")]
const fn spread(cells: &[(u8, char)]) -> [char; 128] {
    let mut chars = [VOID; 128];
    let mut cell = 0;
    while cell < cells.len() {
        chars[cells[cell].0 as usize] = cells[cell].1;
        cell += 1;
    }
    chars
}

/// What a void cell shows; itself not encodable.
pub(super) const VOID: char = char::REPLACEMENT_CHARACTER;
/// Above every code.
const NO_CODE: u8 = 0xFF;

/// The GSM 7-bit default alphabet. 0x1B is the escape.
#[rustfmt::skip]
pub(super) static DEFAULT: Page = Page::new([
    '@', '£', '$', '¥', 'è', 'é', 'ù', 'ì', 'ò', 'Ç', '\n', 'Ø', 'ø', '\r', 'Å', 'å',
    'Δ', '_', 'Φ', 'Γ', 'Λ', 'Ω', 'Π', 'Ψ', 'Σ', 'Θ', 'Ξ', VOID, 'Æ', 'æ', 'ß', 'É',
    ' ', '!', '"', '#', '¤', '%', '&', '\'', '(', ')', '*', '+', ',', '-', '.', '/',
    '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', ':', ';', '<', '=', '>', '?',
    '¡', 'A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O',
    'P', 'Q', 'R', 'S', 'T', 'U', 'V', 'W', 'X', 'Y', 'Z', 'Ä', 'Ö', 'Ñ', 'Ü', '§',
    '¿', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o',
    'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z', 'ä', 'ö', 'ñ', 'ü', 'à',
]);

/// The default extension table, reached by the escape.
pub(super) static DEFAULT_EXTENSION: Page = Page::sparse(&[
    (0x0A, '\x0C'),
    (0x14, '^'),
    (0x28, '{'),
    (0x29, '}'),
    (0x2F, '\\'),
    (0x3C, '['),
    (0x3D, '~'),
    (0x3E, ']'),
    (0x40, '|'),
    (0x65, '€'),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_pages_equal_the_published_table() {
        let mut cells = 0;
        for line in include_str!("../../testdata/gsm7-tables.csv").lines().skip(1) {
            let mut columns = line.split(',');
            let page = match columns.next() {
                Some("default") => &DEFAULT,
                Some("default_ext") => &DEFAULT_EXTENSION,
                _ => continue,
            };
            let code = u8::from_str_radix(columns.next().unwrap(), 16).unwrap();
            let unicode = u32::from_str_radix(columns.next().unwrap(), 16).unwrap();
            let character = char::from_u32(unicode).unwrap();
            assert_eq!(page.char(code), Some(character), "{line}");
            assert_eq!(page.code(character), Some(code), "{line}");
            cells += 1;
        }
        assert_eq!(cells, 137);
        let filled = |page: &Page| (0..=255).filter(|&code| page.char(code).is_some()).count();
        assert_eq!((filled(&DEFAULT), filled(&DEFAULT_EXTENSION)), (127, 10));
    }

    #[test]
    fn void_and_replacement_character_have_no_code() {
        assert_eq!(DEFAULT.char(0x1B), None);
        assert_eq!(DEFAULT.code(VOID), None);
        assert_eq!(DEFAULT.code('\u{1B}'), None);
        assert_eq!(DEFAULT.code('ÿ'), None);
    }

    #[test]
    fn plain_octets_are_those_that_ascii_shares() {
        for octet in 0..=255u8 {
            let same = octet < 0x80 && DEFAULT.char(octet) == Some(char::from(octet));
            assert_eq!(DEFAULT.is_plain(octet), same, "{octet:#04x}");
        }
    }
}
