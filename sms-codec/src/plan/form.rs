//! One way to write a text, resolved: how it is measured, cut and encoded.

use super::{Cut, Encoding, PlanError};
use crate::gsm7::{Elements, Fit, Unencodable};
use crate::smart::Rewrite;
use crate::ucs2;

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Gsm7(Rewrite),
    Ucs2,
}

impl Form {
    pub(super) const fn encoding(&self) -> Encoding {
        match self {
            Self::Gsm7(rewrite) => Encoding::Gsm7(rewrite.tables),
            Self::Ucs2 => Encoding::Ucs2,
        }
    }

    pub(super) const fn rewrite(self) -> Option<Rewrite> {
        match self {
            Self::Gsm7(rewrite) => Some(rewrite),
            Self::Ucs2 => None,
        }
    }

    /// The information elements that every part carries beside its number.
    pub(super) fn elements(self) -> Elements {
        self.rewrite().map(|rewrite| rewrite.tables.elements()).unwrap_or_default()
    }

    /// Whether a text of so many units has one for every character.
    pub(super) fn is_one_unit_each(self, text: &str, units: usize) -> bool {
        self.leaves_nothing_out() && units == text.chars().count()
    }

    /// Units that a text takes at the very least, as its length tells.
    pub(super) fn least_units(self, text: &str) -> usize {
        // No unit holds more than a character of three octets.
        if self.leaves_nothing_out() { text.len() / 3 } else { 0 }
    }

    /// Whether no character takes less than one unit.
    fn leaves_nothing_out(self) -> bool {
        self.rewrite().is_none_or(Rewrite::is_plain)
    }

    /// Appends the text encoded; a form is only chosen for text that it can write.
    pub(super) fn encode(self, text: &str, out: &mut impl Extend<u8>) {
        match self {
            Self::Gsm7(rewrite) => {
                let written = rewrite.encode_into(text, out);
                debug_assert!(written.is_ok(), "{written:?}");
            }
            Self::Ucs2 => ucs2::encode_into(text, out),
        }
    }

    /// The longest beginning that fits and may be cut off; at least one character.
    pub(super) fn cut(self, text: &str, room: usize, cut: Cut) -> Result<Fit, PlanError> {
        let fit = self.fit(text, room)?;
        match cut {
            Cut::Characters => Ok(fit),
            #[cfg(feature = "graphemes")]
            Cut::Graphemes => match whole(text, fit.len) {
                len if len == fit.len => Ok(fit),
                len => self.fit(text.get(..len).unwrap_or(text), room),
            },
        }
    }

    /// The longest beginning that fits.
    pub(super) fn fit(self, text: &str, room: usize) -> Result<Fit, PlanError> {
        match self {
            Self::Gsm7(rewrite) => rewrite.fit(text, room).map_err(|Unencodable { offset }| PlanError::Unencodable { offset }),
            Self::Ucs2 => Ok(ucs2::fit(text, room)),
        }
    }
}

/// The last place up to `limit` where a reader sees a character end, or `limit` if there is none.
#[cfg(feature = "graphemes")]
fn whole(text: &str, limit: usize) -> usize {
    use unicode_segmentation::GraphemeCursor;

    let mut cursor = GraphemeCursor::new(limit, text.len(), true);
    if limit == text.len() || cursor.is_boundary(text, 0) == Ok(true) {
        return limit;
    }
    match cursor.prev_boundary(text, 0) {
        Ok(Some(boundary)) if boundary > 0 => boundary,
        _ => limit,
    }
}
