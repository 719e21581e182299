//! The table form of the information elements: types, reading and writing come from one list.

/// Declares the elements: `identifier name, how often, data octets => { fields }`.
///
/// Of those that are there `once` only the last one counts; elements that exclude each other have
/// the same place.
macro_rules! elements {
    ($(
        $(#[$doc:meta])*
        $id:literal $name:ident $(<$a:lifetime>)?, $often:ident $($place:literal)?, $lengths:pat => { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
            pub struct $name $(<$a>)? {
                $($(#[$field_doc])* pub $field: $type,)*
            }
        )*

        /// An information element, typed.
        ///
        /// ```
        /// use sms_codec::udh::{Ie, Ports16, Udh};
        ///
        /// let (udh, _) = Udh::split(b"\x06\x05\x04\x0B\x84\x23\xF0")?;
        /// let typed = udh.iter().next().map(|element| element.typed());
        /// assert_eq!(typed, Some(Ie::Ports16(Ports16 { destination: 2948, source: 9200 })));
        /// # Ok::<(), sms_codec::udh::UdhError>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Ie<'a> {
            /// 00 and 08: which part of which long message this is.
            Concatenation(Concatenation),
            $(#[doc = concat!("See [`", stringify!($name), "`].")] $name($name $(<$a>)?),)*
            /// 70 to 7F: a (U)SIM toolkit security header; 70 is a command, 71 a response packet.
            Toolkit(Element<'a>),
            /// 80 to 9F: what sender and receiver agreed upon.
            SmeSpecific(Element<'a>),
            /// C0 to DF: what the service centre gives a meaning.
            ScSpecific(Element<'a>),
            /// Reserved or unknown: pass it over, but keep it.
            Unknown(Element<'a>),
            /// Known, but of a wrong length or against its rules: pass it over, but keep it.
            Invalid(Element<'a>),
        }

        $(impl<'a> From<$name $(<$a>)?> for Ie<'a> {
            fn from(element: $name $(<$a>)?) -> Self {
                Self::$name(element)
            }
        })*

        impl<'a> Element<'a> {
            /// The meaning of the element.
            pub fn typed(self) -> Ie<'a> {
                let known = match self.id {
                    0x00 | 0x08 => Concatenation::read(self).map(Ie::Concatenation),
                    $($id => self.read_if(matches!(self.data.len(), $lengths), |_rest| {
                        Some(Ie::$name($name { $($field: Value::read(_rest)?,)* }))
                    }),)*
                    0x70..=0x7F => Some(Ie::Toolkit(self)),
                    0x80..=0x9F => Some(Ie::SmeSpecific(self)),
                    0xC0..=0xDF => Some(Ie::ScSpecific(self)),
                    _ => Some(Ie::Unknown(self)),
                };
                known.unwrap_or(Ie::Invalid(self))
            }
        }

        impl Ie<'_> {
            /// The information element identifier.
            pub const fn id(&self) -> u8 {
                match self {
                    Self::Concatenation(part) => part.element_id(),
                    $(Self::$name(_) => $id,)*
                    Self::Toolkit(element)
                    | Self::SmeSpecific(element)
                    | Self::ScSpecific(element)
                    | Self::Unknown(element)
                    | Self::Invalid(element) => element.id,
                }
            }

            /// Octets of the data, without identifier and length.
            fn data_len(&self) -> usize {
                match self {
                    Self::Concatenation(part) => part.reference().element_len() - 2,
                    $(Self::$name(_ie) => 0 $(+ Value::len(&_ie.$field))*,)*
                    Self::Toolkit(element)
                    | Self::SmeSpecific(element)
                    | Self::ScSpecific(element)
                    | Self::Unknown(element)
                    | Self::Invalid(element) => element.data.len(),
                }
            }

            /// Whether a receiver would take an element of that length.
            fn has_allowed_length(&self) -> bool {
                match self {
                    $(Self::$name(_) => matches!(self.data_len(), $lengths),)*
                    _ => self.data_len() <= 255,
                }
            }

            fn write_data(&self, out: &mut impl Extend<u8>) {
                match self {
                    Self::Concatenation(part) => part.write_data(out),
                    $(Self::$name(_ie) => { $(Value::write(&_ie.$field, out);)* })*
                    Self::Toolkit(element)
                    | Self::SmeSpecific(element)
                    | Self::ScSpecific(element)
                    | Self::Unknown(element)
                    | Self::Invalid(element) => out.extend(element.data.iter().copied()),
                }
            }

            /// Which place the element takes if only the last one of its kind counts.
            pub(super) const fn place(&self) -> Option<u8> {
                match self {
                    Self::Concatenation(_) => Some(0x00),
                    $(Self::$name(_) => place!($often $($place)?),)*
                    _ => None,
                }
            }
        }
    };
}

/// The place of an element of which only the last one counts.
macro_rules! place {
    (once $id:literal) => {
        Some($id)
    };
    (many) => {
        None
    };
}

pub(super) use {elements, place};
