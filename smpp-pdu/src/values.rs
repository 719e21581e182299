//! One-octet values: open, so that what came in goes out.

use core::fmt;

/// Declares a newtype whose values have names; every other value is legal too.
macro_rules! open_values {
    ($($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $value:ident = $number:literal, $text:literal;)* })*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u8);

        impl $name {
            $($(#[$vdoc])* pub const $value: $name = $name($number);)*

            /// The name of the value, if it has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($text),)*
                    _ => None,
                }
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self.name() {
                    Some(name) => write!(f, "{} ({name})", self.0),
                    None => write!(f, "{}", self.0),
                }
            }
        }
    )*};
}

open_values! {
    /// Type of number of an address (SMPP 3.4 §5.2.5).
    Ton {
        /// Unknown.
        UNKNOWN = 0, "unknown";
        /// With country code, without `+`.
        INTERNATIONAL = 1, "international";
        /// Without country code.
        NATIONAL = 2, "national";
        /// Known to the network only, such as a short code.
        NETWORK_SPECIFIC = 3, "network specific";
        /// Subscriber number.
        SUBSCRIBER = 4, "subscriber";
        /// Letters; for sources only.
        ALPHANUMERIC = 5, "alphanumeric";
        /// Abbreviated.
        ABBREVIATED = 6, "abbreviated";
    }

    /// Numbering plan of an address (SMPP 3.4 §5.2.6).
    Npi {
        /// Unknown.
        UNKNOWN = 0, "unknown";
        /// Telephone numbers, E.163 and E.164.
        ISDN = 1, "ISDN";
        /// X.121.
        DATA = 3, "data";
        /// F.69.
        TELEX = 4, "telex";
        /// E.212.
        LAND_MOBILE = 6, "land mobile";
        /// National.
        NATIONAL = 8, "national";
        /// Private.
        PRIVATE = 9, "private";
        /// ERMES paging.
        ERMES = 10, "ERMES";
        /// A dotted IP address.
        INTERNET = 14, "Internet";
        /// WAP client id.
        WAP = 18, "WAP client id";
    }

    /// State of a message (SMPP 3.4 §5.2.28, SMPP 5.0 §4.7.15).
    MessageState {
        /// Waits for its scheduled time (5.0).
        SCHEDULED = 0, "SCHEDULED";
        /// On its way.
        ENROUTE = 1, "ENROUTE";
        /// Delivered.
        DELIVERED = 2, "DELIVERED";
        /// The validity period ended first.
        EXPIRED = 3, "EXPIRED";
        /// Deleted, for example cancelled.
        DELETED = 4, "DELETED";
        /// Cannot be delivered.
        UNDELIVERABLE = 5, "UNDELIVERABLE";
        /// Taken over by the network; not treated as final.
        ACCEPTED = 6, "ACCEPTED";
        /// Nobody knows, and nothing more will come.
        UNKNOWN = 7, "UNKNOWN";
        /// Refused.
        REJECTED = 8, "REJECTED";
        /// Left out on purpose (5.0).
        SKIPPED = 9, "SKIPPED";
    }

    /// How the user data is coded (SMPP 3.4 §5.2.19).
    DataCoding {
        /// The MC's default alphabet, usually GSM 7-bit.
        DEFAULT = 0x00, "default alphabet";
        /// IA5, ASCII.
        ASCII = 0x01, "ASCII";
        /// Octets, unspecified.
        OCTETS_2 = 0x02, "octets (2)";
        /// ISO-8859-1.
        LATIN1 = 0x03, "ISO-8859-1";
        /// Octets, unspecified.
        OCTETS = 0x04, "octets";
        /// JIS X 0208-1990.
        JIS = 0x05, "JIS";
        /// ISO-8859-5.
        CYRILLIC = 0x06, "ISO-8859-5";
        /// ISO-8859-8.
        HEBREW = 0x07, "ISO-8859-8";
        /// UCS-2, big endian.
        UCS2 = 0x08, "UCS-2";
        /// Pictograms.
        PICTOGRAM = 0x09, "pictogram";
        /// ISO-2022-JP music codes.
        MUSIC = 0x0A, "music";
        /// JIS X 0212-1990.
        EXTENDED_KANJI = 0x0D, "extended Kanji JIS";
        /// KS C 5601.
        KS_C_5601 = 0x0E, "KS C 5601";
    }

    /// Message mode, message type and GSM features (SMPP 3.4 §5.2.12).
    EsmClass {
        /// Default mode, normal message.
        DEFAULT = 0x00, "default";
        /// Datagram mode.
        DATAGRAM = 0x01, "datagram";
        /// Transaction mode: the response tells the outcome.
        TRANSACTION = 0x02, "transaction";
        /// Store and forward, asked for explicitly.
        STORE_AND_FORWARD = 0x03, "store and forward";
        /// The text is a delivery receipt of the MC.
        RECEIPT = 0x04, "MC delivery receipt";
        /// The text is an intermediate delivery notification.
        INTERMEDIATE = 0x20, "intermediate notification";
        /// User data begins with a user data header.
        UDHI = 0x40, "UDHI";
        /// Reply path.
        REPLY_PATH = 0x80, "reply path";
    }

    /// Which receipts and acknowledgements are wanted (SMPP 3.4 §5.2.17).
    RegisteredDelivery {
        /// None.
        NONE = 0x00, "none";
        /// A receipt for success or failure.
        ALWAYS = 0x01, "receipt";
        /// A receipt for failure only.
        ON_FAILURE = 0x02, "receipt on failure";
        /// A receipt for success only (5.0).
        ON_SUCCESS = 0x03, "receipt on success";
        /// Intermediate notifications.
        INTERMEDIATE = 0x10, "intermediate notification";
    }
}

impl MessageState {
    /// True if no later state can follow (`ACCEPTED` is not taken as final).
    pub const fn is_final(self) -> bool {
        matches!(self.0, 2 | 3 | 4 | 5 | 7 | 8 | 9)
    }
}

impl EsmClass {
    /// Bits 1-0: the message mode.
    #[must_use]
    pub const fn mode(self) -> EsmClass {
        EsmClass(self.0 & 0x03)
    }

    /// True if the message is a delivery receipt of the MC, whatever else is set.
    pub const fn is_receipt(self) -> bool {
        self.0 & 0x3C == 0x04
    }

    /// True if the message is an intermediate delivery notification.
    pub const fn is_intermediate(self) -> bool {
        self.0 & 0x3C == 0x20
    }

    /// True if the user data begins with a user data header.
    pub const fn has_udh(self) -> bool {
        self.0 & 0x40 != 0
    }
}

impl RegisteredDelivery {
    /// Bits 1-0: when a receipt is wanted.
    #[must_use]
    pub const fn receipt(self) -> RegisteredDelivery {
        RegisteredDelivery(self.0 & 0x03)
    }

    /// True if intermediate notifications are wanted.
    pub const fn wants_intermediate(self) -> bool {
        self.0 & 0x10 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_receipt_is_known_by_its_type_bits_alone() {
        assert!(EsmClass(0x44).is_receipt());
        assert!(!EsmClass(0x0C).is_receipt());
        assert!(EsmClass(0x20).is_intermediate());
    }

    #[test]
    fn names_do_not_limit_values() {
        assert_eq!(Ton(8).name(), None);
        assert_eq!(format!("{:?} {:?}", Ton(8), Ton::ALPHANUMERIC), "8 5 (alphanumeric)");
    }
}
