//! Values: what they look like in the file and in a variable, and how they are judged.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use smpp_session::net::ipnet::IpNet;
use toml::Spanned;
use toml::de::DeValue;

use super::node::{Node, kind};
use super::page::{Page, quoted};
use super::rule::{ENTRIES, Rule, Setting};
use super::settings::Text;
use super::suggestion::nearest;
use super::{ConfigError, Fault};
use crate::accounts::Secret;

/// A value that fits in one variable.
pub(super) trait Scalar: Sized + PartialEq {
    /// Hidden wherever it could be seen.
    const SECRET: bool = false;
    /// What its size counts, such as " octets long".
    const UNIT: &'static str = "";

    /// What it must be, to follow "must be".
    fn expected() -> String;

    /// Reads what a variable says.
    fn from_text(text: &str) -> Result<Self, Refusal>;

    /// Reads what the file says: a text, unless the type knows better.
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Refusal> {
        value.as_str().map_or(Err(Refusal::Type(kind(value))), Self::from_text)
    }

    /// The value in TOML.
    fn to_toml(&self) -> String;

    /// What a range is about: the number itself, a length or a count.
    fn size(&self) -> Option<u64> {
        None
    }
}

/// Why a value is not taken.
pub(super) enum Refusal {
    /// It is of another type: this one.
    Type(&'static str),
    /// It means nothing; perhaps another was meant.
    Meaning { found: String, near: Option<String> },
    /// It is a number outside of everything.
    Size(String),
}

impl Refusal {
    pub(super) fn meaning(found: &str) -> Self {
        Refusal::Meaning { found: found.into(), near: None }
    }
}

impl<T: Scalar> Setting for T {
    fn read(node: &Node<'_>, rule: &Rule, faults: &mut Vec<ConfigError>) -> Option<Self> {
        let read = match node.variable(faults) {
            Some(given) if given.text().contains(char::REPLACEMENT_CHARACTER) => Err(Refusal::meaning(NOT_UTF8)),
            Some(given) => T::from_text(given.text()),
            None => T::from_toml(node.file.map(Spanned::get_ref)?),
        };
        let range = rule.range();
        let error = match read.map(|value| (value.size(), value)) {
            Ok((Some(size), _)) if !range.contains(size) => range.fault(&node.path, T::UNIT, size.to_string()),
            Ok((_, value)) => return Some(value),
            Err(Refusal::Type(found)) => node.wrong_type(T::expected(), found),
            Err(Refusal::Size(found)) => range.fault(&node.path, T::UNIT, found),
            Err(Refusal::Meaning { found, near }) => {
                Fault::Invalid { path: node.path.clone(), expected: T::expected(), found: (!T::SECRET).then_some(found), near }
            }
        };
        node.complain(error, faults);
        None
    }

    fn write(&self, rule: &Rule, page: &mut Page) {
        page.value(rule, self);
    }
}

macro_rules! optional {
    ($($value:ty),+) => { $(
        /// A value that may be missing, which is not the same as an empty one.
        impl Setting for Option<$value> {
            fn read(node: &Node<'_>, rule: &Rule, faults: &mut Vec<ConfigError>) -> Option<Self> {
                <$value>::read(node, rule, faults).map(Some)
            }

            fn write(&self, rule: &Rule, page: &mut Page) {
                match self {
                    Some(value) => page.value(rule, value),
                    None => page.absent(rule, &<$value>::default()),
                }
            }
        }
    )+ };
}

optional!(String, u8);

macro_rules! numbers {
    ($($number:ty),+) => { $(
        impl Scalar for $number {
            fn expected() -> String {
                "a whole number".into()
            }

            fn from_text(text: &str) -> Result<Self, Refusal> {
                let digits = text.strip_prefix('-').unwrap_or(text);
                if digits.is_empty() || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
                    return Err(Refusal::meaning(text));
                }
                text.parse().map_err(|_| Refusal::Size(text.into()))
            }

            fn from_toml(value: &DeValue<'_>) -> Result<Self, Refusal> {
                let number = value.as_integer().ok_or(Refusal::Type(kind(value)))?;
                Self::from_str_radix(number.as_str(), number.radix()).map_err(|_| Refusal::Size(number.to_string()))
            }

            fn to_toml(&self) -> String {
                self.to_string()
            }

            fn size(&self) -> Option<u64> {
                Some(u64::from(*self))
            }
        }
    )+ };
}

numbers!(u8, u16, u32, u64);

impl Scalar for bool {
    fn expected() -> String {
        "true or false".into()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        text.parse().map_err(|_| Refusal::meaning(text))
    }

    fn from_toml(value: &DeValue<'_>) -> Result<Self, Refusal> {
        value.as_bool().ok_or(Refusal::Type(kind(value)))
    }

    fn to_toml(&self) -> String {
        self.to_string()
    }
}

/// A name that travels in PDUs.
impl Scalar for String {
    const UNIT: &'static str = " octets long";

    fn expected() -> String {
        "a text of printable ASCII".into()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        let printable = text.bytes().all(|octet| octet == b' ' || octet.is_ascii_graphic());
        if printable { Ok(text.into()) } else { Err(Refusal::meaning(text)) }
    }

    fn to_toml(&self) -> String {
        quoted(self)
    }

    fn size(&self) -> Option<u64> {
        u64::try_from(self.len()).ok()
    }
}

impl Scalar for Secret {
    const SECRET: bool = true;
    const UNIT: &'static str = String::UNIT;

    fn expected() -> String {
        String::expected()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        String::from_text(text).map(Self::new)
    }

    fn to_toml(&self) -> String {
        quoted(self.expose())
    }

    fn size(&self) -> Option<u64> {
        u64::try_from(self.expose().len()).ok()
    }
}

/// What people write to people.
impl Scalar for Text {
    const UNIT: &'static str = String::UNIT;

    fn expected() -> String {
        "a text of one line".into()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        if text.chars().any(char::is_control) { Err(Refusal::meaning(text)) } else { Ok(text.into()) }
    }

    fn to_toml(&self) -> String {
        quoted(self.as_str())
    }

    fn size(&self) -> Option<u64> {
        u64::try_from(self.as_str().len()).ok()
    }
}

/// A network, or one address.
impl Scalar for IpNet {
    fn expected() -> String {
        "a network such as \"10.0.0.0/8\" or an IP address".into()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        let net = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        net.map_err(|_| Refusal::meaning(text))
    }

    fn to_toml(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Scalar for IpAddr {
    fn expected() -> String {
        "an IP address such as \"127.0.0.1\"".into()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        text.parse().map_err(|_| Refusal::meaning(text))
    }

    fn to_toml(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Scalar for SocketAddr {
    fn expected() -> String {
        "an IP address and a port such as \"127.0.0.1:2775\"".into()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        text.parse().map_err(|_| Refusal::meaning(text))
    }

    fn to_toml(&self) -> String {
        quoted(&self.to_string())
    }
}

impl Scalar for PathBuf {
    const UNIT: &'static str = " octets long";

    fn expected() -> String {
        "a path".into()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        if text.contains('\0') { Err(Refusal::meaning(text)) } else { Ok(text.into()) }
    }

    fn to_toml(&self) -> String {
        quoted(&self.to_string_lossy())
    }

    fn size(&self) -> Option<u64> {
        u64::try_from(self.as_os_str().len()).ok()
    }
}

/// In a variable the entries are parted by commas.
impl<T: Scalar> Scalar for Vec<T> {
    const SECRET: bool = T::SECRET;
    const UNIT: &'static str = ENTRIES;

    fn expected() -> String {
        format!("a list; each entry {}", T::expected())
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(T::from_text).collect()
    }

    fn from_toml(value: &DeValue<'_>) -> Result<Self, Refusal> {
        let entries = value.as_array().ok_or(Refusal::Type(kind(value)))?;
        entries.iter().map(|entry| T::from_toml(entry.get_ref())).collect()
    }

    fn to_toml(&self) -> String {
        format!("[{}]", self.iter().map(T::to_toml).collect::<Vec<_>>().join(", "))
    }

    fn size(&self) -> Option<u64> {
        u64::try_from(self.len()).ok()
    }
}

/// A value that is one of a few words.
pub(super) trait Named: Copy + PartialEq + 'static {
    /// Every word and what it stands for.
    const NAMES: &'static [(&'static str, Self)];
}

impl<T: Named> Scalar for T {
    fn expected() -> String {
        let names: Vec<String> = T::NAMES.iter().map(|(name, _)| quoted(name)).collect();
        format!("one of {}", names.join(", "))
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        let value = T::NAMES.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        value.ok_or_else(|| Refusal::Meaning {
            found: text.into(),
            near: nearest(text, T::NAMES.iter().map(|(name, _)| *name)).map(Into::into),
        })
    }

    fn to_toml(&self) -> String {
        quoted(T::NAMES.iter().find(|(_, value)| value == self).map_or("", |(name, _)| name))
    }
}

/// What a message shows instead of a variable that is no text.
const NOT_UTF8: &str = "not UTF-8";
