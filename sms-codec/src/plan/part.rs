//! The parts of a planned text, and their octets.

use core::fmt;

use super::form::Form;
use super::{Numbering, Plan};
use crate::gsm7::{Fit, Packing, fill_bits};
use crate::join::Sar;
use crate::segment::{Unit, header_octets, write_header};
use crate::udh::{Concatenation, Reference};

/// The parts of one text, in order.
#[derive(Clone)]
pub struct Parts<'t> {
    plan: Plan<'t>,
    reference: Reference,
    rest: &'t str,
    taken: u8,
}

impl<'t> Parts<'t> {
    pub(super) fn new(plan: Plan<'t>, reference: u16) -> Self {
        let [_, low] = reference.to_be_bytes();
        let reference = match plan.policy.numbering {
            Numbering::Udh8 => Reference::Eight(low),
            _ => Reference::Sixteen(reference),
        };
        Self { plan, reference, rest: plan.text, taken: 0 }
    }
}

impl<'t> Iterator for Parts<'t> {
    type Item = Part<'t>;

    fn next(&mut self) -> Option<Part<'t>> {
        let Plan { counted, policy, .. } = self.plan;
        if self.taken == counted.parts {
            return None;
        }
        let kept = counted.cuts.get(self.taken);
        self.taken += 1;
        let fit = match self.taken == counted.parts {
            true => Fit { len: self.rest.len(), units: counted.last },
            false => kept.or_else(|| counted.form.cut(self.rest, self.plan.room(), policy.cut).ok())?,
        };
        let (text, rest) = self.rest.split_at_checked(fit.len)?;
        self.rest = rest;
        let number = Concatenation::new(self.reference, counted.parts, self.taken).filter(|_| counted.parts > 1);
        Some(Part { text, units: fit.units, form: counted.form, numbering: policy.numbering, number })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::from(self.plan.counted.parts - self.taken);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Parts<'_> {}

/// Shows no message text.
impl fmt::Debug for Parts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts").field("plan", &self.plan).field("left", &self.len()).finish_non_exhaustive()
    }
}

/// One part of a text.
#[derive(Clone, Copy)]
pub struct Part<'t> {
    text: &'t str,
    units: usize,
    form: Form,
    numbering: Numbering,
    number: Option<Concatenation>,
}

impl<'t> Part<'t> {
    /// What this part says, before any replacement of characters.
    pub const fn text(&self) -> &'t str {
        self.text
    }

    /// How long it is without headers.
    pub const fn units(&self) -> usize {
        self.units
    }

    /// Which part it is, wherever that is written; none if it is the only one.
    pub const fn number(&self) -> Option<Concatenation> {
        self.number
    }

    /// The SAR TLVs, if the policy wants those and there is more than one part.
    pub fn sar(&self) -> Option<Sar> {
        let number = self.number.filter(|_| self.numbering == Numbering::Sar)?;
        let msg_ref_num = match number.reference() {
            Reference::Eight(reference) => reference.into(),
            Reference::Sixteen(reference) => reference,
        };
        Some(Sar { msg_ref_num, total_segments: number.total(), segment_seqnum: number.sequence() })
    }

    /// Octets of the UDH with its length octet; 0 means no UDH, so no UDHI bit.
    pub fn udh_octets(&self) -> usize {
        header_octets(self.in_header().map(Concatenation::reference), self.form.elements().as_bytes())
    }

    /// Appends the UDH, if any, and the text: one septet per octet, or UCS-2.
    pub fn write(&self, out: &mut impl Extend<u8>) {
        self.write_header(out);
        self.form.encode(self.text, out);
    }

    /// Appends the UDH, if any, and septets packed after the right fill bits, or UCS-2.
    ///
    /// Only octets are counted in SMPP, so seven spare bits hold a carriage return.
    pub fn write_packed(&self, out: &mut impl Extend<u8>) {
        self.write_header(out);
        match self.form {
            Form::Ucs2 => self.form.encode(self.text, out),
            Form::Gsm7(_) => {
                let mut packing = Packing::new(out, fill_bits(self.udh_octets()));
                self.form.encode(self.text, &mut packing);
                // In a full part nothing is spare, and a return after a wanted one would not fit.
                let is_full = self.units >= Unit::Septet.room(self.udh_octets());
                packing.finish(!is_full || self.numbering == Numbering::Payload);
            }
        }
    }

    fn write_header(&self, out: &mut impl Extend<u8>) {
        write_header(self.in_header(), self.form.elements().as_bytes(), out);
    }

    fn in_header(&self) -> Option<Concatenation> {
        self.number.filter(|_| matches!(self.numbering, Numbering::Udh8 | Numbering::Udh16))
    }
}

/// Shows no message text.
impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part").field("number", &self.number).field("units", &self.units).finish_non_exhaustive()
    }
}
