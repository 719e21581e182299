//! User data of parts, and their text as one.

use alloc::{string::String, vec::Vec};
use core::fmt;

use super::{Message, Place, PlaceError, Sar};
use crate::charset::{Charset, Coding};
use crate::gsm7::{self, Tables};
use crate::ucs2;
use crate::udh::Udh;

/// The user data of one message or part, as it came: its UDH, if any, and its text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct UserData<B = Vec<u8>> {
    /// What the text is written in.
    pub data_coding: u8,
    /// Whether the octets begin with a UDH (`esm_class` bit 6).
    pub udhi: bool,
    /// The octets of `short_message` or `message_payload`.
    pub octets: B,
}

impl<B: AsRef<[u8]>> UserData<B> {
    /// Which part this is; none if it is a message by itself. See [`Place::find`].
    pub fn place(&self, sar: Option<Sar>) -> Result<Option<Place>, PlaceError> {
        Place::find(self.split().0, sar)
    }

    /// Divides the octets into UDH and text; a broken UDH is text, as handsets have it.
    pub fn split(&self) -> (Udh<'_>, &[u8]) {
        let octets = self.octets.as_ref();
        match self.udhi {
            true => Udh::split(octets).unwrap_or((Udh::default(), octets)),
            false => (Udh::default(), octets),
        }
    }

    /// The text of this part alone; what cannot be read becomes U+FFFD.
    pub fn text(&self, coding: Coding) -> String {
        text([self], coding)
    }
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for UserData<B> {
    fn as_ref(&self) -> &[u8] {
        self.octets.as_ref()
    }
}

/// Shows no message text.
impl<B: AsRef<[u8]>> fmt::Debug for UserData<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserData")
            .field("data_coding", &self.data_coding)
            .field("udhi", &self.udhi)
            .field("octets", &self.octets.as_ref().len())
            .finish()
    }
}

impl<K, B: AsRef<[u8]>> Message<K, UserData<B>> {
    /// The text of the whole message.
    pub fn text(&self, coding: Coding) -> String {
        text(&self.parts, coding)
    }

    /// The octets of the whole message without any UDH, for what is no text.
    pub fn octets(&self) -> Vec<u8> {
        let mut octets = Vec::new();
        self.parts.iter().for_each(|part| octets.extend_from_slice(part.split().1));
        octets
    }
}

/// Reads consecutive parts as one text.
///
/// Each part is read with its own alphabet and national tables. An escape, a high surrogate or
/// half a code unit at the end of a part belongs to the next one, whatever careless sender
/// divided it. Half a code unit counts as such only if the next part has an odd length too:
/// otherwise it is garbage and must not shift the text behind it.
///
/// ```
/// use sms_codec::charset::Coding;
/// use sms_codec::join::{UserData, text};
///
/// let part = |octets| UserData { data_coding: 8, udhi: false, octets };
/// let parts = [part(&[0x04, 0x14, 0xD8, 0x3D][..]), part(&[0xDE, 0x00])];
/// assert_eq!(text(&parts, Coding::default()), "Д😀");
/// ```
pub fn text<'a, B: AsRef<[u8]> + 'a>(parts: impl IntoIterator<Item = &'a UserData<B>>, coding: Coding) -> String {
    let mut joined = Joined { text: String::new(), units: Vec::new(), form: Form::Other };
    for part in parts {
        let (udh, octets) = part.split();
        let udh_octets = part.octets.as_ref().len() - octets.len();
        let tables = Tables::from_udh(udh);
        match coding.charset(part.data_coding) {
            Charset::Gsm7 => joined.septets(octets.iter().copied(), tables),
            Charset::Gsm7Packed => joined.septets(gsm7::unpack_padded(octets, gsm7::fill_bits(udh_octets)), tables),
            Charset::Ucs2 => joined.code_units(octets),
            other => {
                joined.turn(Form::Other);
                joined.text.push_str(&other.decode(octets));
            }
        }
    }
    joined.turn(Form::Other);
    joined.text
}

/// The text so far, and the end of the last part if it may be half of something.
struct Joined {
    text: String,
    units: Vec<u8>,
    form: Form,
}

impl Joined {
    fn septets(&mut self, septets: impl Iterator<Item = u8>, tables: Tables) {
        self.turn(Form::Septets);
        self.units.extend(septets);
        // A run of escapes pairs up from its start: only an odd run leaves one open.
        let escapes = self.units.iter().rev().take_while(|&&septet| septet == gsm7::ESCAPE).count();
        self.read(escapes % 2, |septets| tables.decode(septets));
    }

    fn code_units(&mut self, octets: &[u8]) {
        self.turn(Form::CodeUnits);
        if self.units.len() % 2 == 1 && octets.len() % 2 == 0 {
            self.read(0, ucs2::decode);
        }
        self.units.extend_from_slice(octets);
        let half = self.units.len() % 2;
        let is_high = matches!(self.units.iter().rev().nth(half + 1), Some(0xD8..=0xDB));
        self.read(half + if is_high { 2 } else { 0 }, ucs2::decode);
    }

    /// Reads what the last part left over, unless the next one goes on in the same form.
    fn turn(&mut self, form: Form) {
        match self.form {
            Form::Septets if form != Form::Septets => self.read(0, |septets| Tables::DEFAULT.decode(septets)),
            Form::CodeUnits if form != Form::CodeUnits => self.read(0, ucs2::decode),
            _ => {}
        }
        self.form = form;
    }

    /// Reads all but some octets at the end.
    fn read(&mut self, keep: usize, decode: impl FnOnce(&[u8]) -> String) {
        let whole = self.units.len().saturating_sub(keep);
        self.text.push_str(&decode(self.units.get(..whole).unwrap_or_default()));
        self.units.drain(..whole);
    }
}

/// What text is made of, as far as a part can end inside a character.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Septets,
    CodeUnits,
    Other,
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::format;

    fn joined(coding: Coding, parts: &[(u8, &[u8])]) -> String {
        let part = |&(data_coding, octets)| UserData { data_coding, udhi: false, octets };
        text(&parts.iter().map(part).collect::<Vec<_>>(), coding)
    }

    fn usual(parts: &[(u8, &[u8])]) -> String {
        joined(Coding::default(), parts)
    }

    #[test]
    fn an_escape_at_the_end_of_a_part_joins_the_next_part() {
        assert_eq!(usual(&[(0, b"1 \x1B"), (0, b"\x65uro")]), "1 €uro");
        assert_eq!(usual(&[(0, b"1 \x1B\x1B"), (0, b"\x65uro")]), "1  euro");
        assert_eq!(usual(&[(0, b"1 \x1B"), (0, b""), (0, b"\x65")]), "1 €");
    }

    #[test]
    fn an_escape_at_the_end_of_all_is_ignored() {
        assert_eq!(usual(&[(0, b"a\x1B")]), "a");
        assert_eq!(usual(&[(0, b"a\x1B"), (8, b"\0e")]), "ae");
    }

    #[test]
    fn a_high_surrogate_at_the_end_of_a_part_joins_the_next_part() {
        assert_eq!(usual(&[(8, b"\0a\xD8\x3D"), (8, b"\xDE\x00\0b")]), "a😀b");
        assert_eq!(usual(&[(8, b"\0a\xD8\x3D"), (8, b"\0b")]), "a\u{FFFD}b");
        assert_eq!(usual(&[(8, b"\0a\xD8\x3D"), (0, b"b")]), "a\u{FFFD}b");
        assert_eq!(usual(&[(8, b"\0a\xD8\x3D")]), "a\u{FFFD}");
    }

    #[test]
    fn half_a_code_unit_joins_an_odd_part_only() {
        assert_eq!(usual(&[(8, b"\0a\x04"), (8, b"\x14\0b")]), "aДb");
        assert_eq!(usual(&[(8, b"\xD8"), (8, b"\x04\x14"), (8, b"\x00")]), "\u{FFFD}Д\u{FFFD}");
        assert_eq!(usual(&[(8, b"\xD8\x3D\xDE"), (8, b"\x00\0b\0c")]), "😀bc");
        assert_eq!(usual(&[(8, b"\0a\0"), (8, b"\0b\0c")]), "a\u{FFFD}bc");
    }

    #[test]
    fn packed_parts_are_unpacked_one_by_one() {
        let packed = Coding::DEFAULT.packed();
        let part = |header: &[u8], septets: &[u8]| {
            let mut octets = header.to_vec();
            octets.extend(gsm7::pack(septets.iter().copied(), gsm7::fill_bits(header.len())));
            UserData { data_coding: 0, udhi: true, octets }
        };
        let parts = [part(b"\x05\x00\x03\x01\x02\x01", b"part one\x1B"), part(b"\x05\x00\x03\x01\x02\x02", b"\x65")];
        assert_eq!(text(&parts, packed), "part one€");
    }

    #[test]
    fn a_broken_header_is_text() {
        let data = UserData { data_coding: 0, udhi: true, octets: b"Hi" };
        assert_eq!((data.text(Coding::default()).as_str(), data.place(None)), ("Hi", Ok(None)));
    }

    #[test]
    fn debug_hides_message_text() {
        let data = UserData { data_coding: 0, udhi: false, octets: b"secret" };
        assert_eq!(format!("{data:?}"), "UserData { data_coding: 0, udhi: false, octets: 6 }");
    }
}
