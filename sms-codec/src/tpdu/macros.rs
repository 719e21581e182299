//! The one table form of a TPDU: the struct, reading, writing and names come from one list.

/// Declares a TPDU: flags of the first octet (`name: mask = value if true`), then its fields.
macro_rules! tpdu {
    (
        $(#[$doc:meta])*
        $name:ident<$a:lifetime> = $text:literal, type $mti:literal $(or $other_mti:literal)?, spec $spec:literal;
        { $($(#[$flag_doc:meta])* $flag:ident: $mask:literal = $value:literal,)* }
        { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
    ) => {
        $(#[$doc])*
        #[doc = ""]
        #[doc = concat!("3GPP TS 23.040 §", $spec, ".")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name<$a> {
            $($(#[$flag_doc])* pub $flag: bool,)*
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl<$a> $name<$a> {
            /// The name in the standard.
            pub const NAME: &'static str = $text;

            /// The bits of the first octet that mean something.
            const FIRST_OCTET: u8 = 0x03 $(| $mask)* $(| <$type as $crate::tpdu::field::Field<$a>>::FIRST_OCTET)*;

            /// Reads one, and says what was odd about it.
            pub fn decode(octets: &$a [u8]) -> Result<(Self, $crate::tpdu::Odd), $crate::tpdu::DecodeError> {
                Self::read(octets, None)
            }

            fn read(
                octets: &$a [u8],
                rp: Option<$crate::tpdu::Rp>,
            ) -> Result<(Self, $crate::tpdu::Odd), $crate::tpdu::DecodeError> {
                let mut reader = $crate::tpdu::field::Reader::new(octets, rp);
                let error = |field, offset, fault| $crate::tpdu::DecodeError { tpdu: $text, field, offset, fault };
                let first = reader.octet().map_err(|fault| error("first_octet", 0, fault))?;
                match first & 0x03 {
                    $mti => {}
                    $($other_mti => reader.note(true, $crate::tpdu::Odd::MESSAGE_TYPE),)?
                    _ => return Err(error("first_octet", 0, $crate::tpdu::Fault::MessageType)),
                }
                reader.note(first | Self::FIRST_OCTET != Self::FIRST_OCTET, $crate::tpdu::Odd::RESERVED_BITS);
                reader.announced.first_octet = first;
                let tpdu = $name {
                    $($flag: first & $mask == $value,)*
                    $($field: $crate::tpdu::field::Field::decode(&mut reader)
                        .map_err(|fault| error(stringify!($field), reader.offset(), fault))?,)*
                };
                Ok((tpdu, reader.finish()))
            }

            /// Appends the octets; `out` is untouched on error.
            pub fn encode(&self, out: &mut impl Extend<u8>) -> Result<(), $crate::tpdu::EncodeError> {
                let first = $mti $(| if self.$flag { $value } else { $mask ^ $value })*;
                let mut announced = $crate::tpdu::field::Announced::new(first);
                $($crate::tpdu::field::Field::announce(&self.$field, &mut announced);)*
                $($crate::tpdu::field::Field::check(&self.$field, &announced).map_err(|fault| {
                    $crate::tpdu::EncodeError { tpdu: $text, field: stringify!($field), fault }
                })?;)*
                out.extend([announced.first_octet]);
                $($crate::tpdu::field::Field::encode(&self.$field, &announced, out);)*
                Ok(())
            }

            #[cfg(any(test, feature = "check"))]
            pub(crate) fn generate(entropy: &mut $crate::tpdu::Entropy<$a>) -> Self {
                $name {
                    $($flag: entropy.flag(),)*
                    $($field: $crate::tpdu::Field::generate(entropy),)*
                }
            }
        }
    };
}

/// Declares the sum of all TPDUs.
macro_rules! any_tpdu {
    ($($name:ident)*) => {
        /// Any TPDU.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Tpdu<'a> {
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name<'a>),)*
        }

        impl Tpdu<'_> {
            /// The name in the standard.
            pub const fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => $name::NAME,)*
                }
            }

            /// Appends the octets; `out` is untouched on error.
            pub fn encode(&self, out: &mut impl Extend<u8>) -> Result<(), $crate::tpdu::EncodeError> {
                match self {
                    $(Self::$name(tpdu) => tpdu.encode(out),)*
                }
            }
        }

        $(impl<'a> From<$name<'a>> for Tpdu<'a> {
            fn from(tpdu: $name<'a>) -> Self {
                Self::$name(tpdu)
            }
        })*

        #[cfg(any(test, feature = "check"))]
        #[expect(clippy::indexing_slicing, reason = "within bounds by the remainder; not part of the product")]
        impl<'a> Tpdu<'a> {
            /// Some TPDU that may be written; the first octet chooses the kind.
            pub(crate) fn generate(entropy: &mut $crate::tpdu::Entropy<'a>) -> Self {
                let kinds: &[fn(&mut $crate::tpdu::Entropy<'a>) -> Self] =
                    &[$(|entropy| Self::$name($name::generate(entropy)),)*];
                let kind = usize::from(entropy.octet()) % kinds.len();
                kinds[kind](entropy)
            }
        }
    };
}

pub(super) use {any_tpdu, tpdu};
