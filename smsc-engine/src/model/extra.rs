//! What most messages do not have; kept apart so that they do not pay for it.

use std::fmt;

use bytes::Bytes;

use super::Word;

macro_rules! flags {
    ($($(#[$doc:meta])* $name:ident = $bit:literal,)*) => {
        /// The rare fields of a message.
        #[derive(Clone, PartialEq, Eq)]
        pub struct Extra {
            /// The sender's IMSI; empty if it is not known.
            pub source_imsi: Word,
            /// The recipient's IMSI; empty if it is not known.
            pub dest_imsi: Word,
            /// The TPDU as it was handed in; empty if there was none.
            pub raw_pdu: Bytes,
            /// The place of a part whose sender split the text, 1 for the first.
            pub part_number: u8,
            /// How many parts the sender made of the text.
            pub parts: u8,
            /// The node that accepted it, where there are several; empty where there is one.
            pub origin: Word,
            $($(#[$doc])* pub $name: bool,)*
        }

        impl Extra {
            /// Nothing of all this: one part, no flag.
            pub const NONE: Extra = Extra {
                source_imsi: Word::EMPTY,
                dest_imsi: Word::EMPTY,
                raw_pdu: Bytes::new(),
                part_number: 1,
                parts: 1,
                origin: Word::EMPTY,
                $($name: false,)*
            };

            /// Returns the flags as an octet.
            pub(super) fn flags(&self) -> u8 {
                0 $(| u8::from(self.$name) << $bit)*
            }

            /// Reads the flags out of an octet; `None` if there are more than we know.
            pub(super) fn with_flags(self, octet: u8) -> Option<Extra> {
                let extra = Extra { $($name: octet & 1 << $bit != 0,)* ..self };
                (extra.flags() == octet).then_some(extra)
            }
        }
    };
}

flags! {
    /// The text is raw data.
    raw_data = 0,
    /// The text is a raw SIP body.
    raw_sip = 1,
    /// It went to the dead letters.
    deadletter = 2,
    /// Charging refused it or was broken.
    charge_failed = 3,
    /// It answers another message by itself, so nothing answers it by itself.
    auto_reply = 4,
}

impl Default for Extra {
    fn default() -> Self {
        Extra::NONE
    }
}

/// Shows how much there is, never the text itself.
impl fmt::Debug for Extra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Extra")
            .field("source_imsi", &self.source_imsi)
            .field("dest_imsi", &self.dest_imsi)
            .field("raw_pdu", &format_args!("{} octets", self.raw_pdu.len()))
            .field("part", &format_args!("{} of {}", self.part_number, self.parts))
            .field("origin", &self.origin)
            .field("flags", &self.flags())
            .finish()
    }
}
