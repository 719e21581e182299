//! The JSON forms of a record, written down once: what is shown, what makes one, what changes one.

use serde::{Deserialize, Deserializer};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::faults::Faults;
use crate::model::Timestamp;

/// Makes three structs out of one list of fields: `show` has all of them, `make` what a new record may say, `change`
/// the same without anything required. In a change `null` takes a value away and what is left out stays.
///
/// Types stand in brackets, for the description wants to see them as they are written. `max` bounds a text in octets, `upto` a number.
macro_rules! forms {
    (
        $model:ty;
        $(#[$show_meta:meta])* show $show:ident;
        $(#[$make_meta:meta])* make $make:ident;
        $(#[$change_meta:meta])* change $change:ident;
        shown { $($(#[$shown_meta:meta])* $shown:ident: [$($shown_type:tt)*],)* }
        required { $($(#[$required_meta:meta])* $required:ident: [$($required_type:tt)*] $(max $required_max:tt)?,)* }
        optional { $($(#[$optional_meta:meta])* $optional:ident: [$($optional_type:tt)*] $(max $optional_max:tt)? $(upto $highest:tt)?,)* }
    ) => {
        #[derive(Clone, serde::Serialize, utoipa::ToSchema)]
        $(#[$show_meta])*
        pub(super) struct $show {
            $($(#[$shown_meta])* #[schema(required = true)] pub(super) $shown: $($shown_type)*,)*
            $($(#[$required_meta])* #[schema(required = true)] pub(super) $required: $($required_type)*,)*
            $($(#[$optional_meta])* #[schema(required = true)] pub(super) $optional: $($optional_type)*,)*
        }

        #[derive(Default, serde::Deserialize, utoipa::ToSchema)]
        #[serde(default)]
        $(#[$make_meta])*
        pub(super) struct $make {
            $($(#[$required_meta])* #[schema(required = true, value_type = $($required_type)*, min_length = 1)]
            $(#[schema(max_length = $required_max, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")])?
            $required: Option<$($required_type)*>,)*
            $($(#[$optional_meta])* #[serde(deserialize_with = "crate::http::rest::forms::given")]
            #[schema(required = false, value_type = $($optional_type)*)]
            $(#[schema(max_length = $optional_max, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")])?
            $(#[schema(maximum = $highest)])?
            $optional: Option<$($optional_type)*>,)*
        }

        #[derive(Default, serde::Deserialize, utoipa::ToSchema)]
        #[serde(default)]
        $(#[$change_meta])*
        pub(super) struct $change {
            $($(#[$required_meta])* #[serde(deserialize_with = "crate::http::rest::forms::given")]
            #[schema(required = false, value_type = $($required_type)*, min_length = 1)]
            $(#[schema(max_length = $required_max, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")])?
            $required: Option<$($required_type)*>,)*
            $($(#[$optional_meta])* #[serde(deserialize_with = "crate::http::rest::forms::given")]
            #[schema(required = false, value_type = $($optional_type)*)]
            $(#[schema(max_length = $optional_max, pattern = r"^[^\x00-\x1F\x7F-\x9F]*$")])?
            $(#[schema(maximum = $highest)])?
            $optional: Option<$($optional_type)*>,)*
        }

        impl From<$model> for $show {
            fn from(model: $model) -> Self {
                $show {
                    $($shown: model.$shown.into(),)*
                    $($required: model.$required.into(),)*
                    $($optional: model.$optional.into(),)*
                }
            }
        }

        impl $make {
            /// What it says, if nothing is wrong with it.
            pub(super) fn checked(self) -> Result<$change, $crate::http::rest::problem::Problem> {
                #[allow(unused_mut, reason = "not every record requires something")]
                let mut faults = $crate::http::rest::faults::Faults::default();
                $(if self.$required.is_none() {
                    faults.add(stringify!($required), "is required");
                })*
                let change = $change { $($required: self.$required,)* $($optional: self.$optional,)* };
                change.find(&mut faults);
                faults.none().map(|()| change)
            }
        }

        impl $change {
            /// The same, if nothing is wrong with it.
            pub(super) fn checked(self) -> Result<Self, $crate::http::rest::problem::Problem> {
                let mut faults = $crate::http::rest::faults::Faults::default();
                self.find(&mut faults);
                faults.none().map(|()| self)
            }

            fn find(&self, faults: &mut $crate::http::rest::faults::Faults) {
                #[allow(unused_imports, reason = "not every record has all of them")]
                use $crate::http::rest::forms::{Count, Text, check, check_count};
                $(if self.$required.as_ref().and_then(Text::text) == Some("") {
                    faults.add(stringify!($required), "is required");
                })*
                $($(check(faults, stringify!($required), (self.$required.as_ref().and_then(Text::text), $required_max));)?)*
                $($(check(faults, stringify!($optional), (self.$optional.as_ref().and_then(Text::text), $optional_max));)?)*
                $($(check_count(faults, stringify!($optional), (self.$optional.as_ref().and_then(Count::count), $highest));)?)*
            }

            /// Changes what it says something about.
            pub(super) fn apply(self, model: &mut $model) {
                $(if let Some(value) = self.$required {
                    model.$required = value.into();
                })*
                $(if let Some(value) = self.$optional {
                    model.$optional = value.into();
                })*
            }
        }
    };
}

pub(super) use forms;

/// Tells `null` from what is left out.
pub(super) fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// A field that may hold a text.
pub(super) trait Text {
    fn text(&self) -> Option<&str>;
}

impl Text for String {
    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

impl Text for Option<String> {
    fn text(&self) -> Option<&str> {
        self.as_deref()
    }
}

/// A field that may hold a number.
pub(super) trait Count {
    fn count(&self) -> Option<u64>;
}

impl Count for u32 {
    fn count(&self) -> Option<u64> {
        Some(u64::from(*self))
    }
}

impl Count for Option<u64> {
    fn count(&self) -> Option<u64> {
        *self
    }
}

/// Finds numbers that are too large for some of those who read them.
pub(super) fn check_count(faults: &mut Faults, field: &str, (count, highest): (Option<u64>, u64)) {
    if count.is_some_and(|count| count > highest) {
        faults.add(field, format!("must be at most {highest}"));
    }
}

/// Finds texts that are too long, and control characters: they forge lines of logs, and some databases refuse them.
pub(super) fn check(faults: &mut Faults, field: &str, (text, most): (Option<&str>, usize)) {
    let text = text.unwrap_or_default();
    if text.len() > most {
        faults.add(field, format!("has more than {most} octets"));
    }
    if text.contains(char::is_control) {
        faults.add(field, "must not contain control characters");
    }
}

impl PartialSchema for Timestamp {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
            .description(Some("A moment in ISO 8601; answers are in UTC."))
            .examples(["2025-10-30T12:00:00Z"])
            .into()
    }
}

impl ToSchema for Timestamp {}
