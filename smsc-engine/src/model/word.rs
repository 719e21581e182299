//! Short octet strings without an allocation: numbers, service types.

use std::borrow::Cow;
use std::fmt;
use std::hash::{Hash, Hasher};

/// An owned octet string that is kept inline up to 22 octets; peers send octets that are no UTF-8, so they are kept as they came.
#[derive(Clone)]
pub struct Word(Store);

#[derive(Clone)]
enum Store {
    Inline { len: u8, octets: [u8; INLINE] },
    Heap(Box<[u8]>),
}

/// Room for every SMPP address (20 octets), and the whole type is three machine words.
const INLINE: usize = 22;

impl Word {
    /// No octet at all.
    pub const EMPTY: Word = Word(Store::Inline { len: 0, octets: [0; INLINE] });

    /// Copies `octets`.
    pub fn new(octets: impl AsRef<[u8]>) -> Self {
        let octets = octets.as_ref();
        let mut inline = [0; INLINE];
        match (inline.get_mut(..octets.len()), u8::try_from(octets.len())) {
            (Some(place), Ok(len)) => {
                place.copy_from_slice(octets);
                Word(Store::Inline { len, octets: inline })
            }
            _ => Word(Store::Heap(octets.into())),
        }
    }

    /// Returns the octets as they came.
    pub fn octets(&self) -> &[u8] {
        match &self.0 {
            Store::Inline { len, octets } => octets.get(..usize::from(*len)).unwrap_or_default(),
            Store::Heap(octets) => octets,
        }
    }

    /// Returns the text, with a replacement character for what is no UTF-8.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(self.octets())
    }

    /// Tells whether there is no octet at all.
    pub fn is_empty(&self) -> bool {
        self.octets().is_empty()
    }
}

impl Default for Word {
    fn default() -> Self {
        Word::EMPTY
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.octets() == other.octets()
    }
}

impl Eq for Word {}

impl Hash for Word {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.octets().hash(state);
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Word::new(text)
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_length_survives() {
        for len in [0, 1, 21, 22, 23, 300] {
            let octets: Vec<u8> = (0..len).map(|n| (n % 256) as u8).collect();
            assert_eq!(Word::new(&octets).octets(), octets);
            assert_eq!(Word::new(&octets), Word::new(&octets));
        }
        assert_ne!(Word::new("a"), Word::new("a\0"));
        assert_eq!(size_of::<Word>(), 24);
    }

    #[test]
    fn octets_that_are_no_text_are_shown_replaced_and_kept() {
        let word = Word::new([b'A', 0xE9]);
        assert_eq!(word.to_string(), "A\u{FFFD}");
        assert_eq!(word.octets(), [b'A', 0xE9]);
    }
}
