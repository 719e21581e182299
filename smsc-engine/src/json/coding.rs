//! The `tp_dcs_*` fields and SMPP's `data_coding`.

use serde::{Deserialize, Serialize};
use sms_codec::charset::{Charset, Coding, EncodeError};
use sms_codec::dcs::{Alphabet, Class, Dcs, Group, Indication, Scheme};

/// A character set as the API names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub(crate) enum CharacterSet {
    /// The default alphabet of GSM.
    Gsm7,
    /// Octets, one for each character up to U+00FF.
    #[serde(rename = "8bit")]
    EightBit,
    /// ISO 8859-1.
    Latin1,
    /// UTF-16.
    Ucs2,
}

/// A coding group as the API names it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "http", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub(crate) enum CodingGroup {
    /// General data coding.
    #[default]
    GeneralDataCoding,
    /// Data coding with a message class.
    DataCodingMessageClass,
    /// Message waiting, text discarded; only returned.
    MessageWaitingDiscard,
    /// Message waiting, text stored; only returned.
    MessageWaitingStore,
    /// Reserved; only returned.
    Reserved,
}

/// How a sender wants a text to be encoded.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish {
    pub(crate) character_set: Option<CharacterSet>,
    pub(crate) group: CodingGroup,
    pub(crate) is_compressed: bool,
    pub(crate) class: Option<u8>,
}

/// What a `data_coding` says, in the words of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Coded {
    pub(crate) character_set: CharacterSet,
    pub(crate) group: CodingGroup,
    pub(crate) is_compressed: bool,
    pub(crate) class: Option<u8>,
    /// The data coding scheme over the air.
    pub(crate) dcs: u8,
}

/// Why a text cannot be encoded as wanted: a field and what is wrong with it.
pub(crate) type Fault = (&'static str, &'static str);

impl CharacterSet {
    const fn charset(self) -> Charset {
        match self {
            CharacterSet::Gsm7 => Charset::Gsm7,
            CharacterSet::EightBit => Charset::Octets,
            CharacterSet::Latin1 => Charset::Latin1,
            CharacterSet::Ucs2 => Charset::Ucs2,
        }
    }
}

impl CodingGroup {
    /// Whether a sender can ask for it: nothing in the API says what is waiting.
    pub(crate) const fn can_be_asked_for(self) -> bool {
        matches!(self, CodingGroup::GeneralDataCoding | CodingGroup::DataCodingMessageClass)
    }
}

impl Wish {
    /// Encodes a text; without a set named, GSM 7-bit if that has all of it, else UCS-2.
    pub(crate) fn encode(&self, text: &str) -> Result<(u8, Vec<u8>), Fault> {
        if self.is_compressed {
            let octets = Charset::Octets.encode(text).map_err(|_| ("message_body", "must be octets if it is compressed"))?;
            return Ok((self.data_coding(CharacterSet::Gsm7)?, octets));
        }
        let indication = self.indication()?;
        let encode = |set: CharacterSet| self.coding().encode_as(set.charset(), indication, text).map_err(fault);
        match self.character_set {
            Some(set) => encode(set),
            None => encode(CharacterSet::Gsm7).or_else(|_| encode(CharacterSet::Ucs2)),
        }
    }

    /// The `data_coding` of octets that are encoded already, in the set that is named or else in `usual`.
    pub(crate) fn data_coding(&self, usual: CharacterSet) -> Result<u8, Fault> {
        let charset = self.character_set.unwrap_or(usual).charset();
        let indication = self.indication()?;
        if !self.is_compressed {
            return self.coding().data_coding(charset, indication).ok_or(NO_CLASS);
        }
        let alphabet = charset.alphabet().ok_or(("tp_dcs_compressed", "cannot go with this character set"))?;
        let scheme = Scheme { alphabet, indication, compressed: true, auto_delete: false };
        scheme.dcs().ok().and_then(|dcs| Coding::DEFAULT.from_dcs(dcs)).ok_or(("tp_dcs_compressed", "cannot be said here"))
    }

    fn indication(&self) -> Result<Indication, Fault> {
        let Some(number) = self.class else { return Ok(Indication::None) };
        Class::from_number(number).map(Indication::Class).ok_or(("tp_dcs_message_class", "must be 0 to 3"))
    }

    /// Both groups can say a class; SMPP's own table has only one of them.
    fn coding(&self) -> Coding {
        match self.group {
            CodingGroup::GeneralDataCoding => Coding::DEFAULT.with_general_classes(),
            _ => Coding::DEFAULT,
        }
    }
}

impl Coded {
    /// Reads a `data_coding`.
    pub(crate) fn read(data_coding: u8) -> Coded {
        let dcs = Coding::DEFAULT.dcs(data_coding);
        let character_set = match (Coding::DEFAULT.charset(data_coding), dcs.alphabet()) {
            (Charset::Latin1, _) => CharacterSet::Latin1,
            (_, Alphabet::Gsm7) => CharacterSet::Gsm7,
            (_, Alphabet::EightBit) => CharacterSet::EightBit,
            (_, Alphabet::Ucs2) => CharacterSet::Ucs2,
        };
        let class = dcs.class().map(Class::number);
        Coded { character_set, group: group(dcs), is_compressed: dcs.is_compressed(), class, dcs: dcs.0 }
    }
}

/// Encodes another text for a message that had this `data_coding`, which stays if its set has the whole text.
pub(crate) fn again(data_coding: u8, text: &str) -> Result<(u8, Vec<u8>), Fault> {
    match Coding::DEFAULT.charset(data_coding).encode(text) {
        Ok(octets) => Ok((data_coding, octets)),
        Err(_) => {
            let Coded { group, class, .. } = Coded::read(data_coding);
            Wish { character_set: None, group, is_compressed: false, class }.encode(text)
        }
    }
}

/// Encodes a text as this `data_coding` says.
pub(crate) fn exactly(data_coding: u8, text: &str) -> Result<(u8, Vec<u8>), Fault> {
    let octets = Coding::DEFAULT.charset(data_coding).encode(text);
    octets.map(|octets| (data_coding, octets)).map_err(|_| ("message_body", "has characters that smpp.data_coding does not have"))
}

fn group(dcs: Dcs) -> CodingGroup {
    match dcs.group() {
        Group::General | Group::AutoDelete => CodingGroup::GeneralDataCoding,
        Group::Class => CodingGroup::DataCodingMessageClass,
        Group::WaitingDiscard => CodingGroup::MessageWaitingDiscard,
        Group::WaitingStore | Group::WaitingStoreUcs2 => CodingGroup::MessageWaitingStore,
        Group::Reserved => CodingGroup::Reserved,
    }
}

fn fault(error: EncodeError) -> Fault {
    match error {
        EncodeError::NoDataCoding => NO_CLASS,
        EncodeError::Text(_) => ("message_body", "has characters that tp_dcs_character_set does not have"),
    }
}

const NO_CLASS: Fault = ("tp_dcs_message_class", "cannot go with this character set");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_wish_is_read_back() {
        use CharacterSet::{EightBit, Gsm7, Latin1, Ucs2};
        use CodingGroup::{DataCodingMessageClass, GeneralDataCoding};
        for (set, group, compressed, class, data_coding) in [
            (Gsm7, GeneralDataCoding, false, None, 0x00),
            (EightBit, GeneralDataCoding, false, None, 0x04),
            (Latin1, GeneralDataCoding, false, None, 0x03),
            (Ucs2, GeneralDataCoding, false, None, 0x08),
            (Gsm7, GeneralDataCoding, false, Some(0), 0x10),
            (Gsm7, DataCodingMessageClass, false, Some(2), 0xF2),
            (EightBit, DataCodingMessageClass, false, Some(1), 0xF5),
            (Ucs2, GeneralDataCoding, false, Some(3), 0x1B),
            (Gsm7, GeneralDataCoding, true, None, 0x20),
            (EightBit, GeneralDataCoding, true, Some(1), 0x35),
        ] {
            let wish = Wish { character_set: Some(set), group, is_compressed: compressed, class };
            assert_eq!(wish.encode("text").map(|(data_coding, _)| data_coding), Ok(data_coding), "{wish:?}");
            let coded = Coded::read(data_coding);
            assert_eq!((coded.character_set, coded.group, coded.is_compressed, coded.class), (set, group, compressed, class));
        }
    }

    #[test]
    fn a_set_is_chosen_where_none_is_named() {
        let wish = Wish::default();
        assert_eq!(wish.encode("Grüße"), Ok((0, b"Gr\x7E\x1Ee".to_vec())));
        assert_eq!(wish.encode("да"), Ok((8, vec![4, 0x34, 4, 0x30])));
        let flash = Wish { class: Some(0), ..wish };
        assert_eq!(flash.encode("да").map(|(data_coding, _)| data_coding), Ok(0x18));
    }

    #[test]
    fn what_cannot_be_said_names_its_field() {
        let field = |wish: Wish, text| wish.encode(text).map_err(|(field, _)| field);
        let gsm7 = Wish { character_set: Some(CharacterSet::Gsm7), ..Wish::default() };
        assert_eq!(field(gsm7, "да"), Err("message_body"));
        assert_eq!(field(Wish { class: Some(4), ..gsm7 }, "a"), Err("tp_dcs_message_class"));
        let latin1 = Wish { character_set: Some(CharacterSet::Latin1), class: Some(0), ..Wish::default() };
        assert_eq!(field(latin1, "a"), Err("tp_dcs_message_class"));
        assert_eq!(field(Wish { is_compressed: true, class: None, ..latin1 }, "a"), Err("tp_dcs_compressed"));
    }
}
