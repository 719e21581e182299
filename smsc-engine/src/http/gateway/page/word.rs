//! Values with a word for the form and one for people.

use crate::http::pages::form::{Faults, Field, Fields};

/// All values a field can have: what the form sends, the value, and what people read.
pub(super) struct Words<T: 'static>(pub(super) &'static [(&'static str, T, &'static str)]);

impl<T: Copy + PartialEq> Words<T> {
    /// The word of the form for a value; empty for one that has none.
    pub(super) fn word(&self, value: T) -> &'static str {
        self.0.iter().find(|(_, known, _)| *known == value).map_or("", |(word, ..)| word)
    }

    pub(super) fn ask(&self, name: &'static str, label: &'static str, value: T) -> Field {
        let choices: Vec<(&str, &str)> = self.0.iter().map(|(word, _, shown)| (*word, *shown)).collect();
        Field::choice(name, label, self.word(value), &choices)
    }

    /// Reads a choice; `usual` if nothing was chosen.
    pub(super) fn read(&self, (fields, name): (&Fields, &str), usual: T, faults: &mut Faults) -> T {
        let Some(word) = fields.word(name) else { return usual };
        match self.0.iter().find(|(known, ..)| *known == word) {
            Some((_, value, _)) => *value,
            None => {
                let words: Vec<&str> = self.0.iter().map(|(word, ..)| *word).collect();
                faults.add(name, format!("one of {}", words.join(", ")));
                usual
            }
        }
    }
}

/// Reads words between commas, blanks or ends of lines.
pub(super) fn listed<T>(
    (fields, name): (&Fields, &str),
    wanted: &str,
    read: impl Fn(&str) -> Option<T>,
    faults: &mut Faults,
) -> Vec<T> {
    let words = fields.text(name).split([',', '\n', ' ']).map(str::trim).filter(|word| !word.is_empty());
    let mut note = |word: &str| faults.add(name, format!("{word:?} is not {wanted}"));
    words
        .filter_map(|word| {
            read(word).or_else(|| {
                note(word);
                None
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Words<u8> = Words(&[("small", 1, "Small"), ("large", 9, "Large")]);

    #[test]
    fn a_choice_is_read_back_and_another_word_is_none() {
        let mut faults = Faults::default();
        let mut read = |form: &[u8]| SIZES.read((&Fields::read(form), "size"), 1, &mut faults);
        assert_eq!((read(b"size=large"), read(b""), read(b"size=huge")), (9, 1, 1));
        assert_eq!(faults.of("size"), Some("one of small, large"));
        assert_eq!((SIZES.ask("size", "Size", 9).value.as_str(), SIZES.word(5)), ("large", ""));
    }

    #[test]
    fn lists_name_the_word_that_is_no_good() {
        let mut faults = Faults::default();
        let fields = Fields::read(b"ports=1,+2%0A3+x&none=+,");
        let mut read = |name| listed((&fields, name), "a port", |word| word.parse::<u16>().ok(), &mut faults);
        assert_eq!((read("ports"), read("none")), (vec![1, 2, 3], vec![]));
        assert_eq!(faults.of("ports"), Some("\"x\" is not a port"));
    }
}
