//! The character tables of every language, and which of them hold a character.

mod indic;
mod latin;
mod urdu;

use super::Language;
use super::page::{Both, Page, VOID};
use super::sparse::Sparse;

/// The table that replaces the default alphabet.
pub(super) fn locking(language: Language) -> &'static Page {
    pick(&LOCKING, language)
}

/// The table that the escape leads to.
pub(super) fn single(language: Language) -> &'static Page {
    pick(&SINGLE, language)
}

/// Which tables hold a character: a bit for each language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holders {
    /// Locking shift tables.
    pub(crate) locking: u16,
    /// Single shift tables.
    pub(crate) single: u16,
}

/// Which tables hold a character.
#[inline]
pub(crate) fn holders(character: char) -> Holders {
    HOLDERS.get(character).unwrap_or(NOBODY)
}

fn pick(pages: &'static [&'static Page; Language::COUNT], language: Language) -> &'static Page {
    pages.get(usize::from(language.identifier())).unwrap_or(&&latin::DEFAULT)
}

/// The default alphabet and its extension.
pub(super) static BOTH: Both = Both::of(&latin::DEFAULT, &latin::DEFAULT_EXTENSION);

/// By identifier. Spanish has no locking table.
static LOCKING: [&Page; Language::COUNT] = [
    &latin::DEFAULT,
    &latin::TURKISH_LOCKING,
    &latin::DEFAULT,
    &latin::PORTUGUESE_LOCKING,
    &indic::BENGALI_LOCKING,
    &indic::GUJARATI_LOCKING,
    &indic::HINDI_LOCKING,
    &indic::KANNADA_LOCKING,
    &indic::MALAYALAM_LOCKING,
    &indic::ORIYA_LOCKING,
    &indic::PUNJABI_LOCKING,
    &indic::TAMIL_LOCKING,
    &indic::TELUGU_LOCKING,
    &urdu::URDU_LOCKING,
];

/// By identifier.
static SINGLE: [&Page; Language::COUNT] = [
    &latin::DEFAULT_EXTENSION,
    &latin::TURKISH_SINGLE,
    &latin::SPANISH_SINGLE,
    &latin::PORTUGUESE_SINGLE,
    &indic::BENGALI_SINGLE,
    &indic::GUJARATI_SINGLE,
    &indic::HINDI_SINGLE,
    &indic::KANNADA_SINGLE,
    &indic::MALAYALAM_SINGLE,
    &indic::ORIYA_SINGLE,
    &indic::PUNJABI_SINGLE,
    &indic::TAMIL_SINGLE,
    &indic::TELUGU_SINGLE,
    &urdu::URDU_SINGLE,
];

static HOLDERS: Sparse<Holders, BLOCKS> = held();

#[expect(clippy::indexing_slicing, reason = "runs at compile time; iterators are not const")]
const fn held() -> Sparse<Holders, BLOCKS> {
    let mut holders = Sparse::new(NOBODY);
    let mut language = 0;
    while language < Language::COUNT {
        let mut code = 0;
        while code < 128 {
            let (locking, single) = (LOCKING[language].cells()[code], SINGLE[language].cells()[code]);
            if locking != VOID {
                holders.entry(locking as usize).locking |= 1 << language;
            }
            if single != VOID {
                holders.entry(single as usize).single |= 1 << language;
            }
            code += 1;
        }
        language += 1;
    }
    holders
}

const NOBODY: Holders = Holders { locking: 0, single: 0 };
/// The empty block and those that the characters of all tables lie in.
const BLOCKS: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gsm7::scan::is_shared;
    use alloc::{format, string::String};

    fn name(language: Language, kind: &str) -> String {
        match (language, kind) {
            (Language::Default, "lock") => "default".into(),
            (Language::Default, _) => "default_ext".into(),
            _ => format!("{language:?}_{kind}").to_lowercase(),
        }
    }

    /// The cells of a table as published, by code.
    fn published(table: &str) -> [Option<char>; 128] {
        let mut cells = [None; 128];
        for line in include_str!("../../../testdata/gsm7-tables.csv").lines().skip(1) {
            let columns: alloc::vec::Vec<_> = line.split(',').collect();
            if columns[0] == table {
                let code = usize::from_str_radix(columns[1], 16).unwrap();
                cells[code] = char::from_u32(u32::from_str_radix(columns[2], 16).unwrap());
            }
        }
        cells
    }

    #[test]
    fn all_pages_equal_the_published_tables_both_ways() {
        let mut filled = 0;
        for language in Language::ALL {
            for (kind, page) in [("lock", locking(language)), ("single", single(language))] {
                if (language, kind) == (Language::Spanish, "lock") {
                    continue; // the same page as the default alphabet
                }
                let cells = published(&name(language, kind));
                for (code, cell) in (0..).zip(cells) {
                    assert_eq!(page.char(code), cell, "{language:?} {kind} {code:#04x}");
                }
                filled += cells.iter().flatten().count();
                let mut codes = alloc::vec![None; 0x1_0000];
                for (code, cell) in (0u8..128).zip(cells).rev() {
                    if let Some(character) = cell {
                        codes[character as usize] = Some(code);
                    }
                }
                for (character, lowest) in (0..).zip(codes) {
                    let Some(character) = char::from_u32(character) else { continue };
                    assert_eq!(page.code(character), lowest, "{language:?} {kind} {character:?}");
                }
                assert!((128..=255).all(|code| page.char(code).is_none()));
            }
        }
        assert_eq!(filled, 2431);
    }

    #[test]
    fn holders_say_what_the_pages_say() {
        assert_eq!(holders('\u{10041}'), NOBODY);
        for character in '\0'..='\u{3000}' {
            let Holders { locking: lock, single: shift } = holders(character);
            for language in Language::ALL {
                let bit = 1 << language.identifier();
                assert_eq!(lock & bit != 0, locking(language).code(character).is_some(), "{character:?} {language:?}");
                assert_eq!(shift & bit != 0, single(language).code(character).is_some(), "{character:?} {language:?}");
            }
        }
    }

    #[test]
    fn latin_tables_have_what_is_shared_at_the_same_code() {
        for language in Language::ALL {
            let page = locking(language);
            let has_all = (0..=255).filter(|&octet| is_shared(octet)).all(|octet| page.char(octet) == Some(octet.into()));
            assert_eq!(page.is_latin(), has_all, "{language:?}");
        }
        assert!(locking(Language::Default).is_latin() && !locking(Language::Urdu).is_latin());
    }

    #[test]
    fn every_single_table_has_the_ascii_signs_of_the_default_one() {
        for language in Language::ALL {
            assert!("[\\]^{|}~".chars().all(|sign| single(language).code(sign).is_some()), "{language:?}");
        }
    }
}
