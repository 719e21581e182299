//! Names the operator gives: cheap to clone, hashed by their text.
//!
//! Every message names two. Up to 23 octets lie in the name itself: `system_id` has 15 at most (SMPP 3.4 §5.2.1), and
//! processors that work on messages of one account would otherwise pass a count of its owners to and fro.

use std::borrow::Borrow;
use std::fmt;

use smol_str::SmolStr;

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(SmolStr);

        impl $name {
            /// Makes the name of a text.
            pub fn new(text: impl AsRef<str>) -> Self {
                $name(SmolStr::new(text))
            }

            /// Returns the text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                $name::new(text)
            }
        }

        // `Borrow<str>` needs equal hashes: both hash the text alone.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Debug::fmt(&self.0, f)
            }
        }
    )*};
}

names! {
    /// Who submitted a message: the owner, to whom receipts go.
    Account;
    /// Who takes a message next: a carrier such as `sandbox`, or `esme:ACCOUNT` for what goes to a bound ESME.
    Lane;
}

impl Lane {
    /// Returns the lane of messages without a route whose recipient is served by this frontend at the moment.
    pub fn located(frontend: &str) -> Self {
        Lane::new(format!("{PRIVATE}at:{frontend}"))
    }

    /// Returns the frontend of a lane made by [`Lane::located`].
    pub(crate) fn located_at(&self) -> Option<&str> {
        self.0.strip_prefix(PRIVATE)?.strip_prefix("at:")
    }

    /// Tells whether its messages end as soon as they are accepted.
    pub(crate) fn is_ending(&self) -> bool {
        self.0.starts_with(PRIVATE) && self.located_at().is_none()
    }

    /// Tells whether somebody delivers from it under its name; not so for the empty lane and those the core keeps to itself.
    pub fn is_public(&self) -> bool {
        !self.0.is_empty() && !self.0.starts_with(PRIVATE)
    }

    /// Returns the lane on which messages and receipts wait for the ESMEs of `account`.
    pub fn esme(account: &Account) -> Self {
        Lane::new(format!("{ESME}{account}"))
    }

    /// Tells whether a frontend may be called so.
    pub(crate) fn is_name(&self) -> bool {
        self.is_public() && !self.0.starts_with(ESME)
    }

    /// Returns the lane of what waits for the ESMEs of this name, which a frontend of this name brings them.
    pub(crate) fn esmes(&self) -> Option<Lane> {
        self.is_name().then(|| Lane::new(format!("{ESME}{self}")))
    }
}

/// How the lanes of ESMEs begin.
const ESME: &str = "esme:";

/// How the names of lanes begin that a core keeps to itself; no frontend is called so.
pub(crate) const PRIVATE: char = '!';

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lane_of_an_account_bears_its_name() {
        assert_eq!(Lane::esme(&Account::from("shop")), Lane::from("esme:shop"));
        assert_ne!(Lane::from("shop"), Lane::from("esme:shop"));
        assert_eq!(Lane::from("shop").esmes(), Some(Lane::from("esme:shop")));
        assert!(Lane::from("esme:shop").esmes().is_none() && Lane::default().esmes().is_none());
        assert!(Lane::from("shop").is_public() && !Lane::located("shop").is_public() && !Lane::default().is_public());
    }
}
