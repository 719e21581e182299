//! The macro that turns the table of keys into structs, defaults, reading and writing.

macro_rules! settings {
    ($(
        $(#[doc = $about:literal])+
        $name:ident {
            $( $(#[doc = $doc:literal])+ $key:ident $(as $name_in_file:literal)?: $type:ty $(= $default:expr)? $(, in $min:literal ..= $max:literal)?; )+
        }
    )+) => { $(
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $(
                $(#[doc = $doc])+
                $(#[doc = concat!("\n\nRange: ", stringify!($min), " to ", stringify!($max), ".")])?
                $(#[doc = concat!("\n\nDefault: `", stringify!($default), "`.")])?
                pub $key: $type,
            )+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $key: settings!(@default $($default)?), )+ }
            }
        }

        #[cfg(feature = "config")]
        impl $name {
            const RULES: [$crate::config::rule::Rule; [$(stringify!($key)),+].len()] = [$(
                $crate::config::rule::Rule {
                    key: settings!(@key $key $($name_in_file)?),
                    about: &[$($doc),+],
                    range: settings!(@range $($min ..= $max)?),
                    required: settings!(@required $($default)?),
                }
            ),+];
        }

        #[cfg(feature = "config")]
        impl $crate::config::rule::Setting for $name {
            fn read(
                node: &$crate::config::node::Node<'_>,
                _rule: &$crate::config::rule::Rule,
                faults: &mut Vec<$crate::config::ConfigError>,
            ) -> Option<Self> {
                node.section(&Self::keys(), faults).then(|| Self::read_fields(node, Self::default(), faults))
            }

            fn keys() -> Vec<&'static str> {
                let [$($key),+] = &Self::RULES;
                let mut keys = Vec::new();
                $( keys.extend($key.keys::<$type>()); )+
                keys
            }

            fn read_fields(
                node: &$crate::config::node::Node<'_>,
                usual: Self,
                faults: &mut Vec<$crate::config::ConfigError>,
            ) -> Self {
                let [$($key),+] = &Self::RULES;
                Self { $( $key: node.field($key, usual.$key, faults), )+ }
            }

            fn write(&self, rule: &$crate::config::rule::Rule, page: &mut $crate::config::page::Page) {
                if rule.is_flat() {
                    return self.write_fields(page);
                }
                page.section(rule, false, |page| self.write_fields(page));
            }

            fn differences(&self, other: &Self, path: &str, found: &mut Vec<String>) {
                let [$($key),+] = &Self::RULES;
                $(
                    $crate::config::rule::Setting::differences(&self.$key, &other.$key, &$key.path_below(path), found);
                )+
            }

            fn write_fields(&self, page: &mut $crate::config::page::Page) {
                let [$($key),+] = &Self::RULES;
                $( $crate::config::rule::Setting::write(&self.$key, $key, page); )+
            }
        }
    )+ };
    (@key $key:ident $name_in_file:literal) => { $name_in_file };
    (@key $key:ident) => { stringify!($key) };
    (@default $default:expr) => { $default };
    (@default) => { Default::default() };
    (@required $default:expr) => { false };
    (@required) => { true };
    (@range $min:literal ..= $max:literal) => { Some($crate::config::rule::Range { min: $min, max: $max }) };
    (@range) => { None };
}
