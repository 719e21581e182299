//! A status of SMPP as a value: by its name in the standard, or by its number.

use smpp_pdu::CommandStatus;
use toml::de::DeValue;

use super::node::kind;
use super::page::quoted;
use super::suggestion::nearest;
use super::value::{Refusal, Scalar};

impl Scalar for CommandStatus {
    fn expected() -> String {
        "a status such as \"ESME_RTHROTTLED\" or 0x58".into()
    }

    fn from_text(text: &str) -> Result<Self, Refusal> {
        let names = || CommandStatus::TABLE.iter();
        if let Some(row) = names().find(|row| row.name == text) {
            return Ok(row.status);
        }
        let number = text.strip_prefix("0x").map_or_else(|| text.parse(), |digits| u32::from_str_radix(digits, 16));
        number.map(CommandStatus).map_err(|_| Refusal::Meaning {
            found: text.into(),
            near: nearest(text, names().map(|row| row.name)).map(Into::into),
        })
    }

    fn from_toml(value: &DeValue<'_>) -> Result<Self, Refusal> {
        let Some(number) = value.as_integer() else {
            return value.as_str().map_or(Err(Refusal::Type(kind(value))), Self::from_text);
        };
        let code = u32::from_str_radix(number.as_str(), number.radix());
        code.map(CommandStatus).map_err(|_| Refusal::meaning(number.as_str()))
    }

    fn to_toml(&self) -> String {
        self.name().map_or_else(|| format!("{:#x}", self.0), quoted)
    }
}
