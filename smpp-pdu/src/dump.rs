//! Readable dumps: every field by its name in the standard.
//!
//! Passwords and message text are hidden unless asked for. With the feature `serde` a dump can be
//! written in any format.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::field::Field;
use crate::tlv::{Dictionary, Tag, TlvKind};
use crate::{Decoded, Header};

/// A PDU made readable.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Dump {
    /// The header.
    pub header: Header,
    /// False if there are no mandatory fields: in a header-only error response, for example.
    pub body_present: bool,
    /// The mandatory fields by name.
    pub fields: Vec<(&'static str, Shown)>,
    /// The TLVs in order.
    pub tlvs: Vec<ShownTlv>,
}

/// The value of a field, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
pub enum Shown {
    /// A number.
    Number(u32),
    /// A text, octets above 0x7F as ISO-8859-1; or a note that it is hidden.
    Text(String),
    /// A list of entries; an entry with one nameless field is that field.
    List(Vec<Vec<(&'static str, Shown)>>),
}

/// A TLV, ready to be shown.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ShownTlv {
    /// The tag.
    pub tag: Tag,
    /// Its name, if it is known.
    pub name: Option<String>,
    /// Octets of the value.
    pub length: usize,
    /// The octets in hexadecimal, or a note that they are hidden.
    pub hex: String,
    /// The value of a number or a text.
    pub value: Option<Shown>,
}

/// Collects the fields of a PDU; what [`Field::show`] writes to.
#[derive(Debug, Clone)]
pub struct Fields {
    reveal: bool,
    fields: Vec<(&'static str, Shown)>,
    tlvs: Vec<(Tag, Vec<u8>)>,
}

impl Dump {
    /// Everything but passwords and message text.
    pub fn new(decoded: &Decoded<'_>, dictionary: &Dictionary) -> Dump {
        Dump::build(decoded, dictionary, false)
    }

    /// Everything, secrets too: never for a log.
    pub fn revealed(decoded: &Decoded<'_>, dictionary: &Dictionary) -> Dump {
        Dump::build(decoded, dictionary, true)
    }

    fn build(decoded: &Decoded<'_>, dictionary: &Dictionary, reveal: bool) -> Dump {
        let mut fields = Fields { reveal, fields: Vec::new(), tlvs: Vec::new() };
        if decoded.header.command_length as usize > crate::HEADER_LEN {
            decoded.pdu.show(&mut fields);
        }
        let body_present = !fields.fields.is_empty();
        let tlvs = fields.tlvs.iter().map(|(tag, value)| show_tlv(*tag, value, (dictionary, reveal))).collect();
        Dump { header: decoded.header, body_present, fields: fields.fields, tlvs }
    }
}

impl Fields {
    /// Adds a number.
    pub fn number(&mut self, name: &'static str, value: u32) {
        self.fields.push((name, Shown::Number(value)));
    }

    /// Adds a text.
    pub fn text(&mut self, name: &'static str, text: &[u8]) {
        self.fields.push((name, Shown::Text(latin1(text))));
    }

    /// Adds a text that is shown only on request.
    pub fn secret(&mut self, name: &'static str, text: &[u8]) {
        let shown = if self.reveal { latin1(text) } else { "(hidden)".into() };
        self.fields.push((name, Shown::Text(shown)));
    }

    /// Adds user data, in hexadecimal, shown only on request.
    pub fn message(&mut self, name: &'static str, octets: &[u8]) {
        let shown = if self.reveal { hex(octets) } else { hidden(octets) };
        self.fields.push((name, Shown::Text(shown)));
    }

    /// Adds a list.
    pub fn list<'a, T: Field<'a>>(&mut self, name: &'static str, entries: impl Iterator<Item = T>) {
        let shown = entries.map(|entry| {
            let mut fields = Fields { reveal: self.reveal, fields: Vec::new(), tlvs: Vec::new() };
            entry.show("", &mut fields);
            fields.fields
        });
        let shown = shown.collect();
        self.fields.push((name, Shown::List(shown)));
    }

    /// Adds a TLV.
    pub fn tlv(&mut self, tag: Tag, value: impl Iterator<Item = u8>) {
        self.tlvs.push((tag, value.collect()));
    }
}

fn show_tlv(tag: Tag, value: &[u8], (dictionary, reveal): (&Dictionary, bool)) -> ShownTlv {
    let known = dictionary.describe(tag);
    let secret = !reveal && tag == MESSAGE_PAYLOAD;
    let shown = match known {
        _ if secret => None,
        Some((_, TlvKind::Integer)) if matches!(value.len(), 1..=4) => {
            Some(Shown::Number(value.iter().fold(0, |number, octet| number << 8 | u32::from(*octet))))
        }
        Some((_, TlvKind::Text)) => {
            let end = value.iter().position(|octet| *octet == 0).unwrap_or(value.len());
            Some(Shown::Text(latin1(value.get(..end).unwrap_or_default())))
        }
        _ => None,
    };
    ShownTlv {
        tag,
        name: known.map(|(name, _)| name.into()),
        length: value.len(),
        hex: if secret { hidden(value) } else { hex(value) },
        value: shown,
    }
}

fn latin1(octets: &[u8]) -> String {
    octets.iter().map(|octet| char::from(*octet)).collect()
}

fn hidden(octets: &[u8]) -> String {
    format!("({} octets hidden)", octets.len())
}

fn hex(octets: &[u8]) -> String {
    octets
        .iter()
        .flat_map(|octet| [octet >> 4, octet & 0xF])
        .filter_map(|nibble| char::from_digit(u32::from(nibble), 16))
        .collect()
}

/// The command's name for people: as the standard writes it, or the number.
pub fn command_name(header: &Header) -> Cow<'static, str> {
    match header.command_id.name() {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Owned(format!("0x{:08X}", header.command_id.0)),
    }
}

const MESSAGE_PAYLOAD: Tag = <crate::tlv::MessagePayload<'static> as crate::tlv::TlvType<'static>>::TAG;

#[cfg(feature = "serde")]
mod serialize {
    use alloc::format;
    use serde::ser::{Serialize, SerializeMap, Serializer};

    use super::{Dump, Shown, ShownTlv, command_name};

    impl Serialize for Dump {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(Some(8))?;
            map.serialize_entry("command_length", &self.header.command_length)?;
            map.serialize_entry("command_id", &format!("0x{:08X}", self.header.command_id.0))?;
            map.serialize_entry("command", &command_name(&self.header))?;
            map.serialize_entry("command_status", &self.header.command_status.0)?;
            map.serialize_entry("sequence_number", &self.header.sequence_number)?;
            map.serialize_entry("body_present", &self.body_present)?;
            map.serialize_entry("fields", &Entry(&self.fields))?;
            map.serialize_entry("tlvs", &self.tlvs)?;
            map.end()
        }
    }

    struct Entry<'a>(&'a [(&'static str, Shown)]);

    impl Serialize for Entry<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            if let [("", only)] = self.0 {
                return only.serialize(serializer);
            }
            serializer.collect_map(self.0.iter().map(|(name, shown)| (name, shown)))
        }
    }

    impl Serialize for Shown {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            match self {
                Shown::Number(number) => serializer.serialize_u32(*number),
                Shown::Text(text) => serializer.serialize_str(text),
                Shown::List(entries) => serializer.collect_seq(entries.iter().map(|entry| Entry(entry))),
            }
        }
    }

    impl Serialize for ShownTlv {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("tag", &format!("0x{:04X}", self.tag.0))?;
            map.serialize_entry("name", &self.name)?;
            map.serialize_entry("length", &self.length)?;
            map.serialize_entry("hex", &self.hex)?;
            if let Some(value) = &self.value {
                map.serialize_entry("value", value)?;
            }
            map.end()
        }
    }
}
