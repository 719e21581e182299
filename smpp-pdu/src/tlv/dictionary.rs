//! TLVs that only the configuration knows.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Tag, TlvKind};

/// What the operator says about one vendor TLV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// The tag.
    pub tag: Tag,
    /// The name in dumps.
    pub name: String,
    /// How to show the value.
    pub kind: TlvKind,
}

/// Definitions looked up by tag or by name; the table of the standard is always included.
#[derive(Debug, Clone, Default)]
pub struct Dictionary {
    own: Vec<Definition>,
}

impl Dictionary {
    /// Only the standard's own TLVs.
    pub const fn new() -> Dictionary {
        Dictionary { own: Vec::new() }
    }

    /// Adds a definition; a later one for the same tag wins, also over the standard's.
    pub fn define(&mut self, definition: Definition) {
        self.own.retain(|known| known.tag != definition.tag);
        self.own.push(definition);
    }

    /// Name and kind of a tag, if it is known.
    pub fn describe(&self, tag: Tag) -> Option<(&str, TlvKind)> {
        let own = self.own.iter().find(|known| known.tag == tag).map(|known| (known.name.as_str(), known.kind));
        own.or_else(|| tag.info().map(|info| (info.name, info.kind)))
    }

    /// The tag with this name, if it is known.
    pub fn tag(&self, name: &str) -> Option<Tag> {
        let own = self.own.iter().find(|known| known.name == name).map(|known| known.tag);
        own.or_else(|| super::TABLE.iter().find(|info| info.name == name).map(|info| info.tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendor_tags_are_described_beside_the_standard() {
        let mut dictionary = Dictionary::new();
        dictionary.define(Definition { tag: Tag(0x1400), name: "principal_entity".into(), kind: TlvKind::Text });
        assert_eq!(dictionary.describe(Tag(0x1400)), Some(("principal_entity", TlvKind::Text)));
        assert_eq!(dictionary.describe(Tag(0x020C)), Some(("sar_msg_ref_num", TlvKind::Integer)));
        assert_eq!(dictionary.describe(Tag(0x3FFF)), None);
        assert_eq!(dictionary.tag("message_state"), Some(Tag(0x0427)));
        assert_eq!(dictionary.tag("principal_entity"), Some(Tag(0x1400)));
    }
}
