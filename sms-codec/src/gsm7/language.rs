//! National languages: which there are, and which of them may be used.

use core::fmt;

/// A national language of 3GPP TS 23.038 §6.2.1.2.4, by the tables it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Language {
    /// No national table: the default alphabet and its extension.
    #[default]
    Default,
    /// Turkish.
    Turkish,
    /// Spanish; has a single shift table only.
    Spanish,
    /// Portuguese.
    Portuguese,
    /// Bengali.
    Bengali,
    /// Gujarati.
    Gujarati,
    /// Hindi.
    Hindi,
    /// Kannada.
    Kannada,
    /// Malayalam.
    Malayalam,
    /// Oriya.
    Oriya,
    /// Punjabi.
    Punjabi,
    /// Tamil.
    Tamil,
    /// Telugu.
    Telugu,
    /// Urdu.
    Urdu,
}

impl Language {
    /// All languages, in the order of their identifiers.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Default,
        Self::Turkish,
        Self::Spanish,
        Self::Portuguese,
        Self::Bengali,
        Self::Gujarati,
        Self::Hindi,
        Self::Kannada,
        Self::Malayalam,
        Self::Oriya,
        Self::Punjabi,
        Self::Tamil,
        Self::Telugu,
        Self::Urdu,
    ];
    pub(crate) const COUNT: usize = 14;

    /// The language of an identifier; reserved ones mean the default tables.
    pub fn from_identifier(identifier: u8) -> Self {
        Self::ALL.get(usize::from(identifier)).copied().unwrap_or_default()
    }

    /// The identifier that a user data header names the language by.
    pub const fn identifier(self) -> u8 {
        self as u8
    }
}

/// A set of languages.
///
/// ```
/// use sms_codec::gsm7::{Language, Languages};
///
/// let iberian = Languages::of(&[Language::Spanish, Language::Portuguese]);
/// assert!(iberian.contains(Language::Spanish) && !iberian.contains(Language::Turkish));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Languages(u16);

impl Languages {
    /// No national language.
    pub const NONE: Self = Self(0);
    /// Every language.
    pub const ALL: Self = Self::of(&Language::ALL);

    /// The set of these languages.
    pub const fn of(languages: &[Language]) -> Self {
        let mut bits = 0;
        let mut rest = languages;
        while let [language, others @ ..] = rest {
            bits |= 1 << language.identifier();
            rest = others;
        }
        Self(bits)
    }

    /// Whether a language is in the set.
    pub const fn contains(self, language: Language) -> bool {
        self.0 & 1 << language.identifier() != 0
    }

    /// The languages of the set, in the order of their identifiers.
    pub fn iter(self) -> impl Iterator<Item = Language> {
        Language::ALL.into_iter().filter(move |&language| self.contains(language))
    }

    /// A bit for each language, by identifier.
    pub(crate) const fn bits(self) -> u16 {
        self.0
    }

    pub(crate) const fn from_bits(bits: u16) -> Self {
        Self(bits & Self::ALL.0)
    }
}

impl fmt::Debug for Languages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_go_both_ways_and_reserved_ones_mean_the_default() {
        for (identifier, language) in (0..).zip(Language::ALL) {
            assert_eq!((language.identifier(), Language::from_identifier(identifier)), (identifier, language));
        }
        assert!((14..=255).all(|reserved| Language::from_identifier(reserved) == Language::Default));
    }

    #[test]
    fn a_set_holds_what_it_was_given() {
        let set = Languages::of(&[Language::Urdu, Language::Default]);
        assert!(set.iter().eq([Language::Default, Language::Urdu]));
        assert!(Languages::NONE.iter().next().is_none() && Languages::ALL.iter().eq(Language::ALL));
        assert_eq!(Languages::from_bits(u16::MAX), Languages::ALL);
        assert_eq!(alloc::format!("{set:?}"), "{Default, Urdu}");
    }
}
