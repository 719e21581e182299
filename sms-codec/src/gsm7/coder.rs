//! Text to septets and back, a block at a time.

use alloc::string::String;

use super::scan::{BLANKS, BLOCK, Spot};
use super::{ESCAPE, Pages, Unencodable};
use crate::scratch::{CHECKED, STEP, Scratch, padded};

/// Appends the septets of a text; what the tables lack ends it.
pub(super) fn encode(pages: Pages, text: &str, out: &mut impl Extend<u8>) -> Result<(), Unencodable> {
    let mut septets = Scratch::new();
    // Most texts are plain to the end. One that is not has more such places, so it is not asked again.
    let mut done = pages.plain().run(text.as_bytes());
    out.extend(text.as_bytes().get(..done).unwrap_or_default().iter().copied());
    while done < text.len() {
        let (next, end, lacking) = encode_block(pages, text, done, &mut septets);
        out.extend(septets.before(end).iter().copied());
        if lacking {
            return Err(Unencodable { offset: next });
        }
        done = next;
    }
    Ok(())
}

/// Encodes a block that starts somewhere, with all of its last character.
///
/// Where the next one starts, how many septets there are, and whether the tables lack what comes next.
#[inline(always)]
fn encode_block(pages: Pages, text: &str, start: usize, out: &mut Scratch<SEPTETS>) -> (usize, usize, bool) {
    let octets = text.as_bytes().get(start..).unwrap_or_default();
    let (mut spare, last) = (BLANKS, octets.len().min(BLOCK));
    let window = padded(octets, &mut spare);
    let (mut at, mut end) = (0, 0);
    for place in pages.plain().in_text(window).before(last) {
        end = out.run(end, window.get(at..).unwrap_or_default(), place - at);
        let Some((septets, len)) = pages.septets(Spot { text, window, start, place }) else {
            return (start + place, end, true);
        };
        out.put(end, septets.octets());
        end += septets.count();
        at = place + len;
    }
    end = out.run(end, window.get(at..).unwrap_or_default(), last.saturating_sub(at));
    (start + last.max(at), end, false)
}

/// Appends the text of septets.
pub(super) fn decode(pages: Pages, septets: &[u8], text: &mut String) {
    let mut octets = Scratch::<TEXT>::new();
    let (mut done, mut end) = (0, 0);
    while done < septets.len() {
        if !Scratch::<TEXT>::holds(end, MOST_TEXT) {
            octets.push_to(text, end);
            end = 0;
        }
        let taken;
        (taken, end) = decode_block(pages, septets.get(done..).unwrap_or_default(), &mut octets, end);
        done += taken;
    }
    octets.push_to(text, end);
}

/// Decodes the first block of septets, with all of its last character, to a place.
///
/// How many septets that takes, and where the text ends.
#[inline(always)]
fn decode_block(pages: Pages, septets: &[u8], out: &mut Scratch<TEXT>, mut end: usize) -> (usize, usize) {
    let (mut spare, last) = (BLANKS, septets.len().min(BLOCK));
    let window = padded(septets, &mut spare);
    let mut at = 0;
    for place in pages.plain().in_septets(window).before(last) {
        let Some(run) = place.checked_sub(at) else {
            continue; // an escape took it
        };
        end = out.run(end, window.get(at..).unwrap_or_default(), run);
        let rest = septets.get(place..).unwrap_or_default();
        at = place + 1;
        match rest.first() {
            Some(&code) if code != ESCAPE => {
                let utf8 = pages.locking.utf8(code);
                out.put(end, utf8.to_le_bytes());
                end += (utf8 >> 24) as usize;
            }
            _ => {
                if let Some(character) = pages.read(&mut rest.iter().copied()) {
                    end = out.put_char(end, character);
                    at += 1;
                }
            }
        }
    }
    end = out.run(end, window.get(at..).unwrap_or_default(), last.saturating_sub(at));
    (last.max(at), end)
}

/// Room for the septets of a block, two for every octet.
const SEPTETS: usize = 2 * BLOCK + STEP;
/// Octets of UTF-8 that a block of septets makes at most, three for every septet, and what the check adds.
const MOST_TEXT: usize = 3 * BLOCK + CHECKED;
/// Room for the text of one short message, which is then checked in one go, unless most of it is Indic.
const TEXT: usize = 6 * BLOCK + CHECKED + STEP;

#[cfg(test)]
mod tests {
    use crate::gsm7::{Code, ESCAPE, Language, Tables};
    use alloc::{format, string::String, vec, vec::Vec};

    use super::*;

    /// In front of a block's end and on both sides of it; what was read before must not matter.
    #[test]
    fn every_character_is_written_as_the_tables_say_wherever_it_stands() {
        for character in '\0'..=char::MAX {
            let code = match Tables::DEFAULT.code(character) {
                Some(Code::One(code)) => Some(vec![code]),
                Some(Code::Pair(code)) => Some(vec![ESCAPE, code]),
                None => None,
            };
            let fronts: &[&str] = if code.is_some() { &["", "€", "é[", &"x".repeat(BLOCK - 1)] } else { &["€"] };
            for front in fronts {
                let text = format!("{front}{character}{character}a");
                let mut septets = Vec::new();
                let end = Tables::DEFAULT.encode_into(&text, &mut septets).map_err(|error| error.offset);
                let count = Tables::DEFAULT.septets(&text).map_err(|error| error.offset);
                match &code {
                    Some(code) => {
                        assert_eq!((end, count), (Ok(()), Ok(septets.len())), "{character:?}");
                        assert!(septets.ends_with(&[code, code, &b"a"[..]].concat()), "{character:?}");
                        assert_eq!(Tables::DEFAULT.decode(&septets), text);
                    }
                    None => assert_eq!((end, count), (Err(3), Err(3)), "{character:?}"),
                }
            }
        }
    }

    #[test]
    fn what_does_not_fit_starts_the_rest_whatever_the_room() {
        let text = "Grüße [€] ñandú".replace('ú', "ù").repeat(9);
        let septets = |text: &str| text.chars().map(|character| Tables::DEFAULT.code(character).unwrap().septets()).sum();
        for room in 0..=septets(&text) {
            let fit = Tables::DEFAULT.fit(&text, room).unwrap();
            let (head, tail) = text.split_at(fit.len);
            assert_eq!(fit.units, septets(head), "{room}");
            let next = tail.chars().next().map(|character| septets(character.encode_utf8(&mut [0; 4])));
            assert!(fit.units <= room && next.is_none_or(|next: usize| fit.units + next > room), "{room}");
        }
    }

    /// Blocks and single characters must agree, wherever blocks end.
    #[test]
    fn septets_mean_in_blocks_what_they_mean_one_by_one() {
        for tables in Language::ALL.map(|language| Tables::new(language, language)) {
            for septet in 0..=255 {
                for place in BLOCK - 3..BLOCK + 2 {
                    let mut septets = vec![b'x'; place];
                    septets.extend([septet, ESCAPE, septet, b'e', septet, ESCAPE, ESCAPE, septet, ESCAPE]);
                    for end in place..=septets.len() {
                        let septets = &septets[..end];
                        let expected: String = tables.chars(septets.iter().copied()).collect();
                        assert_eq!(tables.decode(septets), expected, "{tables:?} {septets:x?}");
                    }
                }
            }
        }
    }

    #[test]
    fn text_of_any_length_is_gathered_whole() {
        let (ascii, wide) = ("x".repeat(2000), "€".repeat(1000));
        for text in [&ascii, &wide] {
            let septets = Tables::DEFAULT.encode(text).unwrap();
            assert_eq!((septets.len(), Tables::DEFAULT.decode(&septets)), (2000, text.clone()));
        }
        let replaced = Tables::DEFAULT.decode(&[0xFF; 1000]);
        assert!(replaced.chars().eq(core::iter::repeat_n(char::REPLACEMENT_CHARACTER, 1000)));
        let hindi = Tables::new(Language::Hindi, Language::Hindi);
        let text = hindi.decode(&[b'A'; 1000]);
        assert_eq!(hindi.encode(&text).unwrap(), [b'A'; 1000]);
    }
}
