//! What is written for characters that the tables lack: the data of [`Smart`](super::Smart).
//!
//! Text on the right is of the default alphabet, or nothing; no entry needs another one.

/// The character in the alphabet that is most like this one, accent included.
pub(super) fn nearest(character: char) -> Option<&'static str> {
    find(NEAREST, character)
}

/// What plainer characters say the same: signs, ligatures, full-width forms.
pub(super) fn plain(character: char) -> Option<&'static str> {
    let full_width = || (character as u32).checked_sub(FULL_WIDTH).and_then(|at| letter(ASCII, at));
    // Other control characters say nothing.
    let control = || character.is_control().then_some("");
    find(SIGNS, character).or_else(full_width).or_else(control)
}

/// The letter without its accents.
pub(super) fn bare(character: char) -> Option<&'static str> {
    let found = LETTERS.iter().find_map(|run| {
        let at = (character as u32).checked_sub(run.first as u32)?;
        letter(run.bases, at)
    })?;
    (found != NO_LETTER).then_some(found)
}

/// A letter and a combining mark in one character, if any table of ours knows that.
pub(super) fn composed(base: char, mark: char) -> Option<&'static str> {
    let (_, pairs) = COMPOSED.iter().find(|&&(known, _)| known == mark)?;
    let at = pairs.char_indices().step_by(2).find(|&(_, known)| known == base)?.0;
    let character = at + base.len_utf8();
    let end = character + pairs.get(character..)?.chars().next()?.len_utf8();
    pairs.get(character..end)
}

/// Whether a character changes the letter before it.
pub(super) const fn is_mark(character: char) -> bool {
    matches!(character, '\u{0300}'..='\u{036F}')
}

fn find(table: &[(char, &'static str)], character: char) -> Option<&'static str> {
    let at = table.binary_search_by_key(&character, |&(from, _)| from).ok()?;
    table.get(at).map(|&(_, to)| to)
}

fn letter(text: &'static str, at: u32) -> Option<&'static str> {
    let at = usize::try_from(at).ok()?;
    text.get(at..at.checked_add(1)?)
}

/// Letters in code point order.
struct Letters {
    first: char,
    /// An ASCII letter for each, or a dot.
    bases: &'static str,
}

const NO_LETTER: &str = ".";
/// U+FF01 is the full-width form of the first character of [`ASCII`].
const FULL_WIDTH: u32 = 0xFF01;
const ASCII: &str = "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_'abcdefghijklmnopqrstuvwxyz{|}~";

/// In code point order. The acute accents are the rule of R-PP-37, the cedilla that of handsets:
/// they take either case for the one in the alphabet.
#[rustfmt::skip]
const NEAREST: &[(char, &str)] = &[
    ('á', "à"), ('ç', "Ç"), ('í', "ì"), ('ó', "ò"), ('ú', "ù"), ('Ő', "Ö"), ('ő', "ö"), ('Ű', "Ü"), ('ű', "ü"),
    ('Ǖ', "Ü"), ('ǖ', "ü"), ('Ǘ', "Ü"), ('ǘ', "ü"), ('Ǚ', "Ü"), ('ǚ', "ü"), ('Ǜ', "Ü"), ('ǜ', "ü"), ('Ǟ', "Ä"),
    ('ǟ', "ä"), ('Ǣ', "Æ"), ('ǣ', "æ"), ('Ǻ', "Å"), ('ǻ', "å"), ('Ǽ', "Æ"), ('ǽ', "æ"), ('Ǿ', "Ø"), ('ǿ', "ø"),
    ('Ȫ', "Ö"), ('ȫ', "ö"), ('ẞ', "ß"),
];

/// In code point order.
#[rustfmt::skip]
const SIGNS: &[(char, &str)] = &[
    ('\t', " "), ('\u{0B}', "\n"), ('`', "'"), ('\u{85}', "\n"), ('\u{A0}', " "), ('¢', "c"), ('¦', "|"),
    ('©', "(C)"), ('ª', "a"), ('«', "\""), ('¬', "-"), ('\u{AD}', ""), ('®', "(R)"), ('¯', "-"), ('°', "o"),
    ('±', "+/-"), ('²', "2"), ('³', "3"), ('´', "'"), ('µ', "u"), ('·', "."), ('¸', ","), ('¹', "1"), ('º', "o"),
    ('»', "\""), ('¼', "1/4"), ('½', "1/2"), ('¾', "3/4"), ('Æ', "AE"), ('Þ', "Th"), ('ß', "ss"),
    ('æ', "ae"), ('÷', "/"), ('þ', "th"), ('Ĳ', "IJ"), ('ĳ', "ij"), ('ŉ', "'n"), ('Œ', "OE"), ('œ', "oe"), ('Ǆ', "DZ"),
    ('ǅ', "Dz"), ('ǆ', "dz"), ('Ǉ', "LJ"), ('ǈ', "Lj"), ('ǉ', "lj"), ('Ǌ', "NJ"), ('ǋ', "Nj"), ('ǌ', "nj"), ('Ǣ', "AE"),
    ('ǣ', "ae"), ('Ǳ', "DZ"), ('ǲ', "Dz"), ('ǳ', "dz"), ('Ǽ', "AE"), ('ǽ', "ae"), ('ʹ', "'"), ('ʺ', "\""), ('ʻ', "'"),
    ('ʼ', "'"), ('ˆ', "^"), ('ˈ', "'"), ('˚', "o"), ('˜', "~"), ('Ά', "A"), ('Έ', "E"), ('Ή', "H"), ('Ί', "I"),
    ('Ό', "O"), ('Ύ', "Y"), ('Ώ', "Ω"), ('Α', "A"), ('Β', "B"), ('Ε', "E"), ('Ζ', "Z"), ('Η', "H"), ('Ι', "I"),
    ('Κ', "K"), ('Μ', "M"), ('Ν', "N"), ('Ο', "O"), ('Ρ', "P"), ('Τ', "T"), ('Υ', "Y"), ('Χ', "X"),
    ('Ϊ', "I"), ('Ϋ', "Y"), ('μ', "u"), ('\u{61C}', ""), ('\u{1680}', " "), ('\u{180E}', ""), ('ẞ', "SS"),
    ('\u{2000}', " "), ('\u{2001}', " "), ('\u{2002}', " "), ('\u{2003}', " "), ('\u{2004}', " "), ('\u{2005}', " "),
    ('\u{2006}', " "), ('\u{2007}', " "), ('\u{2008}', " "), ('\u{2009}', " "), ('\u{200A}', " "), ('\u{200B}', ""),
    ('\u{200C}', ""), ('\u{200D}', ""), ('\u{200E}', ""), ('\u{200F}', ""), ('‐', "-"), ('‑', "-"), ('‒', "-"),
    ('–', "-"), ('—', "-"), ('―', "-"), ('‘', "'"), ('’', "'"), ('‚', "'"), ('‛', "'"), ('“', "\""), ('”', "\""),
    ('„', "\""), ('‟', "\""), ('•', "*"), ('‣', "*"), ('․', "."), ('‥', ".."), ('…', "..."), ('\u{2028}', "\n"),
    ('\u{2029}', "\n"), ('\u{202A}', ""), ('\u{202B}', ""), ('\u{202C}', ""), ('\u{202D}', ""), ('\u{202E}', ""),
    ('\u{202F}', " "), ('′', "'"), ('″', "\""), ('‵', "'"), ('‶', "\""), ('‸', "^"), ('‹', "'"), ('›', "'"),
    ('‼', "!!"), ('⁃', "-"), ('⁄', "/"), ('⁉', "!?"), ('⁎', "*"), ('\u{205F}', " "), ('\u{2060}', ""), ('\u{2061}', ""),
    ('\u{2062}', ""), ('\u{2063}', ""), ('\u{2064}', ""), ('⁰', "0"), ('⁴', "4"), ('⁵', "5"), ('⁶', "6"), ('⁷', "7"),
    ('⁸', "8"), ('⁹', "9"), ('₀', "0"), ('₁', "1"), ('₂', "2"), ('₃', "3"), ('₄', "4"), ('₅', "5"), ('₆', "6"),
    ('₇', "7"), ('₈', "8"), ('₉', "9"), ('₤', "£"), ('₨', "Rs"), ('₹', "Rs"), ('№', "No"), ('™', "(TM)"), ('\u{2126}', "Ω"), ('\u{212A}', "K"), ('\u{212B}', "Å"), ('⅓', "1/3"),
    ('⅔', "2/3"), ('⅛', "1/8"), ('←', "<-"), ('→', "->"), ('⇒', "=>"), ('∆', "Δ"), ('∏', "Π"), ('∑', "Σ"), ('−', "-"),
    ('∕', "/"), ('∗', "*"), ('∙', "."), ('∣', "|"), ('∶', ":"), ('∼', "~"), ('≈', "~"), ('≠', "!="), ('≤', "<="),
    ('≥', ">="), ('⋅', "."), ('●', "*"), ('◦', "*"), ('\u{3000}', " "), ('〝', "\""), ('〞', "\""), ('〟', "\""),
    ('ﬀ', "ff"), ('ﬁ', "fi"), ('ﬂ', "fl"), ('ﬃ', "ffi"), ('ﬄ', "ffl"), ('ﬅ', "st"), ('ﬆ', "st"), ('﹘', "-"), ('﹣', "-"),
    ('\u{FEFF}', ""), ('￠', "c"), ('￡', "£"), ('￥', "¥"),
];

/// With the accents of Unicode's own decomposition taken off, and strokes, hooks and the like.
#[rustfmt::skip]
const LETTERS: &[Letters] = &[
    Letters { first: '\u{C0}', bases: concat!(
        "AAAAAA.CEEEEIIIIDNOOOOOxOUUUUY..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y",
        "AaAaAaCcCcCcCcDdDdEeEeEeEeEeGgGgGgGgHhHhIiIiIiIiIi..JjKkkLlLlLlL",
        "lLlNnNnNn.NnOoOoOo..RrRrRrSsSsSsSsTtTtTtUuUuUuUuUuUuWwYyYZzZzZzs",
        "bB.....Cc.D......FfG...IKkl..Nn.Oo..Pp.....tTtTUu.VYyZz.........",
        ".............AaIiOoUuUuUuUuUu.AaAa..GgGgKkOoOo..j...Gg..NnAa..Oo",
        "AaAaEeEeIiIiOoOoRrRrUuUuSsTt..Hh....ZzAaEeOoOoOoOoYy...j..ACcLT.",
        "...BU.EeJj..RrYy",
    )},
    Letters { first: '\u{1E00}', bases: concat!(
        "AaBbBbBbCcDdDdDdDdDdEeEeEeEeEeFfGgHhHhHhHhHhIiIiKkKkKkLlLlLlLlMm",
        "MmMmNnNnNnNnOoOoOoOoPpPpRrRrRrRrSsSsSsSsSsTtTtTtTtUuUuUuUuUuVvVv",
        "WwWwWwWwWwXxXxYyZzZzZzhtwy.s....AaAaAaAaAaAaAaAaAaAaAaAaEeEeEeEe",
        "EeEeEeEeIiIiOoOoOoOoOoOoOoOoOoOoOoOoUuUuUuUuUuUuUuYyYyYyYy......",
    )},
];

/// By mark: pairs of the letter alone and the letter with the mark.
#[rustfmt::skip]
const COMPOSED: &[(char, &str)] = &[
    ('\u{0300}', "AÀaàeèiìoòuù"),
    ('\u{0301}', "AÁEÉIÍOÓUÚaáeéiíoóuú"),
    ('\u{0302}', "AÂEÊOÔaâeêoô"),
    ('\u{0303}', "AÃNÑOÕaãnñoõ"),
    ('\u{0306}', "GĞgğ"),
    ('\u{0307}', "Iİ"),
    ('\u{0308}', "AÄOÖUÜaäoöuü"),
    ('\u{030A}', "AÅaå"),
    ('\u{030B}', "OŐoőUŰuű"),
    ('\u{0327}', "CÇcçSŞsş"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gsm7::Tables;

    #[test]
    fn all_that_is_searched_is_in_order() {
        for table in [NEAREST, SIGNS] {
            assert!(table.is_sorted_by(|(one, _), (other, _)| one < other));
        }
        assert_eq!([LETTERS[0].bases.len(), LETTERS[1].bases.len()], [0x250 - 0xC0, 0x100]);
    }

    #[test]
    fn every_replacement_is_of_the_default_alphabet_and_changes_something() {
        for character in '\0'..='\u{10FFFF}' {
            for to in [nearest(character), plain(character), bare(character)].into_iter().flatten() {
                assert!(Tables::DEFAULT.septets(to).is_ok_and(|septets| septets <= 6), "{character:?}: {to:?}");
                assert_ne!(to.chars().next().filter(|_| to.chars().count() == 1), Some(character));
            }
        }
    }

    #[test]
    fn composition_is_of_pairs() {
        for (mark, pairs) in COMPOSED {
            assert!(is_mark(*mark) && pairs.chars().count() % 2 == 0);
        }
        assert_eq!(composed('e', '\u{301}'), Some("é"));
        assert_eq!(composed('é', '\u{301}'), None);
        assert_eq!(composed('s', '\u{327}'), Some("ş"));
    }
}
