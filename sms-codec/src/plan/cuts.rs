//! Where the first parts of a text end: found while they are counted, needed when they are written.

use crate::gsm7::Fit;

/// The lengths of the first parts; what is not kept is looked for again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cuts {
    /// Octets of text; 0 is none, which no part has.
    lens: [u16; KEPT],
    units: [u8; KEPT],
}

impl Cuts {
    /// Keeps a part, the first one being 0, unless it is one of the last of a very long text.
    #[inline]
    pub(super) fn note(&mut self, part: u8, fit: Fit) {
        let place = (self.lens.get_mut(usize::from(part)), self.units.get_mut(usize::from(part)));
        let kept = (u16::try_from(fit.len), u8::try_from(fit.units));
        if let ((Some(len), Some(units)), (Ok(fit_len), Ok(fit_units))) = (place, kept) {
            (*len, *units) = (fit_len, fit_units);
        }
    }

    /// What was kept of a part.
    #[inline]
    pub(super) fn get(&self, part: u8) -> Option<Fit> {
        let len = usize::from(*self.lens.get(usize::from(part))?);
        let units = usize::from(*self.units.get(usize::from(part))?);
        (len > 0).then_some(Fit { len, units })
    }
}

/// Parts that are kept: nearly all texts have fewer.
const KEPT: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_kept_only_if_it_can_be_told_exactly() {
        let mut cuts = Cuts::default();
        let fit = |len, units| Fit { len, units };
        for (part, kept) in [(0, fit(153, 153)), (15, fit(201, 67)), (16, fit(1, 1)), (1, fit(70_000, 2)), (2, fit(300, 300))] {
            cuts.note(part, kept);
        }
        assert_eq!([0, 15].map(|part| cuts.get(part)), [Some(fit(153, 153)), Some(fit(201, 67))]);
        assert_eq!([1, 2, 3, 16, 255].map(|part| cuts.get(part)), [None; 5]);
    }
}
