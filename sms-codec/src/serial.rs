//! Serde: the forms that are not derived.
//!
//! A value that has a text form is written as that text, in the standard's words. Of a receipt's
//! fields everything is written that is not, and cannot hide, a piece of the message's text.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};

use serde::de::{Deserialize, Deserializer, Error};
use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::address::Number;
use crate::charset::{Charset, Coding};
use crate::gsm7::{Language, Languages};
use crate::receipt::{MessageState, Receipt};
use crate::time::{Absolute, ReceiptDate, Relative, When};

/// `Type "what it is": how it is shown, how it is read;`
macro_rules! as_text {
    ($($type:ident $what:literal: $show:expr, $read:expr;)*) => {$(
        #[doc = concat!("Written as text: ", $what, ".")]
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&$show(self))
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                $read(&*text).ok_or_else(|| D::Error::custom(concat!("not ", $what)))
            }
        }
    )*};
}

as_text! {
    Charset "the name of a character set": |charset: &Charset| charset.name(), |text: &str| text.parse().ok();
    MessageState "the name of a message state": |state: &MessageState| state.name(), MessageState::from_word;
    When "an SMPP time": Clone::clone, |text: &str| When::parse(text.as_bytes()).ok().flatten();
    Absolute "an absolute SMPP time": Clone::clone, |text: &str| match When::parse(text.as_bytes()) {
        Ok(Some(When::Absolute(time))) => Some(time),
        _ => None,
    };
    Relative "a relative SMPP time": Clone::clone, |text: &str| match When::parse_lenient(text.as_bytes()) {
        Ok(Some(When::Relative(span))) => Some(span),
        _ => None,
    };
    ReceiptDate "the date of a receipt": Clone::clone, ReceiptDate::parse;
    Number "an international number": Clone::clone, |text: &str| text.parse().ok();
}

/// Written as a list.
impl Serialize for Languages {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Languages {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<Language>::deserialize(deserializer).map(|languages| Self::of(&languages))
    }
}

/// Written as what differs from [`Coding::DEFAULT`].
impl Serialize for Coding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let differs = |&(data_coding, charset): &(u8, Option<Charset>)| Self::DEFAULT.find(data_coding) != charset;
        let all = (0..=255).map(|data_coding| (data_coding, self.find(data_coding)));
        Carrier { data_coding: all.filter(differs).collect(), general_classes: self.has_general_classes() }.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Coding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let carrier = Carrier::deserialize(deserializer)?;
        let set = |coding: Self, (data_coding, charset)| match charset {
            Some(charset) => coding.with(data_coding, charset),
            None => coding.without(data_coding),
        };
        let coding = carrier.data_coding.into_iter().fold(Self::DEFAULT, set);
        Ok(if carrier.general_classes { coding.with_general_classes() } else { coding })
    }
}

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
#[derive(Default)]
struct Carrier {
    /// Character sets by number; none for what the carrier does not have.
    data_coding: BTreeMap<u8, Option<Charset>>,
    general_classes: bool,
}

/// Writes every field but the text and the keys beyond the usual ones, which may be part of it.
impl Serialize for Receipt<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Receipt", 7)?;
        fields.serialize_field("id", &self.id)?;
        fields.serialize_field("sub", &self.sub)?;
        fields.serialize_field("dlvrd", &self.dlvrd)?;
        fields.serialize_field("submit_date", &self.submit_date)?;
        fields.serialize_field("done_date", &self.done_date)?;
        fields.serialize_field("stat", &self.stat)?;
        fields.serialize_field("err", &self.err)?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::{Changes, Mode, Numbering, SenderRules};
    use crate::dcs::{Alphabet, Class, Dcs, Indication, Scheme, Waiting, WaitingKind};
    use crate::plan::{self, Policy};
    use crate::smart::Smart;
    use alloc::string::ToString;
    use core::fmt::Debug;
    use serde::de::DeserializeOwned;
    use serde_json::{from_str, json, to_value};

    fn both<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T, shown: serde_json::Value) {
        assert_eq!(to_value(&value).unwrap(), shown);
        // Through text, as a file would have it.
        assert_eq!(from_str::<T>(&shown.to_string()).unwrap(), value);
    }

    #[test]
    fn values_are_text_in_the_words_of_the_standard() {
        for charset in Charset::ALL {
            both(charset, json!(charset.name()));
        }
        for state in (0..=9).filter_map(MessageState::from_wire) {
            both(state, json!(state.name()));
        }
        for text in ["260630120000522+", "000001010000000R"] {
            both(When::parse(text.as_bytes()).unwrap().unwrap(), json!(text));
        }
        both(Relative { hours: 36, ..Relative::default() }, json!("000000360000000R"));
        both(Absolute::from_unix_millis(1_782_820_800_500, 4).unwrap(), json!("260630130000504+"));
        both(ReceiptDate::from_unix_millis(1_782_820_809_500, -210), json!("2026-06-30T08:30:09.5-03:30"));
        both(ReceiptDate::from_unix_millis(1_782_820_809_123, 0), json!("2026-06-30T12:00:09.123+00:00"));
        both("+34600000000".parse::<Number>().unwrap(), json!("+34600000000"));
    }

    #[test]
    fn policies_are_structures() {
        let turkish = Languages::of(&[Language::Turkish, Language::Spanish]);
        let policy = Policy { single: turkish, smart: Smart::Nearest, numbering: plan::Numbering::Sar, ..Policy::default() };
        let shown = json!({
            "locking": [], "single": ["turkish", "spanish"], "smart": "nearest",
            "otherwise": "ucs2", "numbering": "sar", "cut": "characters",
        });
        both(policy, shown);
        both(plan::Numbering::Udh16, json!("udh16"));
        both(plan::Otherwise::QuestionMark, json!("question_mark"));
        assert_eq!(from_str::<Policy>("{}").unwrap(), Policy::default());
        assert!(from_str::<Policy>(r#"{"single": ["klingon"]}"#).is_err());
    }

    #[test]
    fn schemes_and_rules_are_structures() {
        both(Dcs(0x18), json!(0x18));
        let flash = Indication::Class(Class::Immediate);
        both(
            Scheme { alphabet: Alphabet::Ucs2, indication: flash, ..Scheme::default() },
            json!({"alphabet": "ucs2", "indication": {"class": "immediate"}, "compressed": false, "auto_delete": false}),
        );
        let waiting = Waiting { store: true, active: false, kind: WaitingKind::Voicemail };
        both(Indication::Waiting(waiting), json!({"waiting": {"store": true, "active": false, "kind": "voicemail"}}));
        both(Numbering::ALPHANUMERIC, json!({"ton": 5, "npi": 0}));
        both(Changes { dropped: 1, cut: 2 }, json!({"dropped": 1, "cut": 2}));
        let rules: SenderRules = from_str(r#"{"mode": "lenient"}"#).unwrap();
        assert_eq!(rules, SenderRules { mode: Mode::Lenient, ..SenderRules::default() });
        assert!(from_str::<SenderRules>(r#"{"mod": "lenient"}"#).is_err());
    }

    #[test]
    fn codings_are_what_differs() {
        both(Coding::DEFAULT, json!({"data_coding": {}, "general_classes": false}));
        both(
            Coding::DEFAULT.with(0, Charset::Latin1).without(8).with_general_classes(),
            json!({"data_coding": {"0": "ISO-8859-1", "8": null}, "general_classes": true}),
        );
        both(Coding::PROVIDER, to_value(Coding::PROVIDER).unwrap());
        both(Coding::DEFAULT.packed(), to_value(Coding::DEFAULT.packed()).unwrap());
        let read: Coding = from_str(r#"{"data_coding": {"1": "gsm-7"}}"#).unwrap();
        assert_eq!(read, Coding::DEFAULT.with(1, Charset::Gsm7));
    }

    #[test]
    fn a_receipt_shows_no_text() {
        let receipt = Receipt::parse("id:7 sub:001 done date:2606301200 stat:DELIVRD err:000 note:secret text:secret");
        let shown = to_value(receipt).unwrap();
        assert_eq!(
            shown,
            json!({"id": "7", "sub": 1, "dlvrd": null, "submit_date": null, "done_date": "2026-06-30T12:00:00",
                   "stat": "DELIVRD", "err": "000"})
        );
    }

    #[test]
    fn what_is_no_value_is_refused() {
        let error = from_str::<Charset>("\"EBCDIC\"").unwrap_err().to_string();
        assert!(error.starts_with("not the name of a character set"), "{error}");
        assert!(from_str::<When>("\"\"").is_err());
        assert!(from_str::<Absolute>("\"000001010000000R\"").is_err());
        assert!(from_str::<MessageState>("2").is_err());
    }
}
