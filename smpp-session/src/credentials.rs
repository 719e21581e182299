//! Who binds: the identity an ESME gives to an MC.

use alloc::string::String;
use core::fmt;

use smpp_pdu::{Addr, CStr, Npi, Password, Ton};

use crate::RequestError;

/// What an ESME binds with. The password never shows in `Debug`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Credentials {
    /// The name of the account, at most 15 characters.
    pub system_id: String,
    /// The secret, at most 8 characters.
    pub password: String,
    /// The class of ESME, at most 12 characters; usually empty.
    pub system_type: String,
    /// Type of number of the address range.
    pub addr_ton: Ton,
    /// Numbering plan of the address range.
    pub addr_npi: Npi,
    /// The addresses served, at most 40 characters; usually empty.
    pub address_range: String,
}

impl Credentials {
    /// Credentials with an empty system_type and address range.
    pub fn new(system_id: impl Into<String>, password: impl Into<String>) -> Self {
        Credentials { system_id: system_id.into(), password: password.into(), ..Credentials::default() }
    }

    pub(crate) fn system_id(&self) -> Result<CStr<'_, 16>, RequestError> {
        field("system_id", &self.system_id)
    }

    pub(crate) fn password(&self) -> Result<Password<'_>, RequestError> {
        Password::new(&self.password).map_err(|error| RequestError::Value { field: "password", error })
    }

    pub(crate) fn system_type(&self) -> Result<CStr<'_, 13>, RequestError> {
        field("system_type", &self.system_type)
    }

    pub(crate) fn address_range(&self) -> Result<Addr<'_, 41>, RequestError> {
        let value = field("address_range", &self.address_range)?;
        Ok(Addr { ton: self.addr_ton, npi: self.addr_npi, value })
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("system_id", &self.system_id)
            .field("system_type", &self.system_type)
            .field("address_range", &self.address_range)
            .finish_non_exhaustive()
    }
}

fn field<'a, const N: usize>(field: &'static str, value: &'a str) -> Result<CStr<'a, N>, RequestError> {
    CStr::new(value).map_err(|error| RequestError::Value { field, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_stays_hidden() {
        let shown = alloc::format!("{:?}", Credentials::new("me", "secret08"));
        assert!(shown.contains("me") && !shown.contains("secret08"));
    }
}
