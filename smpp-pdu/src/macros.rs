//! The one table form of a PDU: the struct, its codec and its facts come from one list.

/// Declares a PDU. What octets look like is left to the field types; this only walks the list.
macro_rules! pdu {
    (
        $(#[$doc:meta])*
        $name:ident<$a:lifetime> = $id:literal, $text:ident, $kind:ident $(-> $response:ident)?,
        since $since:ident $(until $until:ident)?, spec $spec:literal,
        esme [$($esme_3_4:ident)*] [$($esme_5_0:ident)*], mc [$($mc_3_4:ident)*] [$($mc_5_0:ident)*];
        { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
    ) => {
        $(#[$doc])*
        #[doc = ""]
        #[doc = concat!($spec, ".")]
        #[derive(Debug, Clone, Copy, PartialEq, Default)]
        pub struct $name<$a> {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl<$a> $crate::Command<$a> for $name<$a> {
            const INFO: &'static $crate::PduInfo = &$crate::PduInfo {
                id: $crate::CommandId($id),
                name: stringify!($text),
                kind: $crate::macros::kind!($kind),
                body_on_error: $crate::macros::body_on_error!($kind),
                since: $crate::Version::$since,
                until: $crate::macros::until!($($until)?),
                spec: $spec,
                fields: &[$(stringify!($field)),*],
                states: $crate::pdu::SenderStates {
                    esme_3_4: $crate::States::of(&[$($crate::State::$esme_3_4),*]),
                    esme_5_0: $crate::States::of(&[$($crate::State::$esme_5_0),*]),
                    mc_3_4: $crate::States::of(&[$($crate::State::$mc_3_4),*]),
                    mc_5_0: $crate::States::of(&[$($crate::State::$mc_5_0),*]),
                },
            };

            #[inline(always)]
            fn decode_fields(reader: &mut $crate::Reader<$a>) -> Result<Self, $crate::DecodeError> {
                Ok($name {
                    $($field: match $crate::field::Field::decode(reader) {
                        Ok(value) => value,
                        Err(fault) => $crate::pdu::missing_or_error(reader, Self::INFO.id, (stringify!($field), fault))?,
                    },)*
                })
            }

            #[inline(always)]
            fn body_len(&self, version: $crate::Version) -> Result<usize, &'static str> {
                let mut length = 0;
                $(match $crate::field::Field::encoded_len(&self.$field, version) {
                    Some(more) => length += more,
                    None => return $crate::pdu::refuse(stringify!($field)),
                })*
                Ok(length)
            }

            #[inline(always)]
            fn encode_body(&self, version: $crate::Version, out: &mut $crate::Writer<'_>) -> Option<()> {
                $($crate::field::Field::encode(&self.$field, version, out)?;)*
                Some(())
            }

            fn show(&self, fields: &mut $crate::dump::Fields) {
                $($crate::field::Field::show(&self.$field, stringify!($field), fields);)*
            }

            #[cfg(feature = "check")]
            fn generate_body(entropy: &mut $crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
                $(<$type as $crate::field::Field<$a>>::generate(entropy, out);)*
            }
        }

        $(impl<$a> $crate::Request<$a> for $name<$a> {
            type Response<'r> = $response<'r>;
        })?
    };
}

macro_rules! kind {
    (request) => {
        $crate::Kind::Request
    };
    (one_way) => {
        $crate::Kind::OneWay
    };
    (response) => {
        $crate::Kind::Response
    };
    (response_with_body) => {
        $crate::Kind::Response
    };
}

macro_rules! body_on_error {
    (response) => {
        false
    };
    ($other:ident) => {
        true
    };
}

macro_rules! until {
    () => {
        None
    };
    ($version:ident) => {
        Some($crate::Version::$version)
    };
}

pub(crate) use {body_on_error, kind, pdu, until};
