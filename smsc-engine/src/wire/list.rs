//! Lists that are written item by item, until there is enough.

use super::VERSION;
use super::value::Wire;

/// Writes a body that ends with a list.
pub(crate) struct ListWriter {
    out: Vec<u8>,
    /// Where the count is.
    at: usize,
    count: usize,
}

impl ListWriter {
    /// Begins a body; `head` is what stands before the list.
    pub(crate) fn after(head: &impl Wire) -> ListWriter {
        let mut out = vec![VERSION];
        head.put(&mut out);
        let at = out.len();
        0_usize.put(&mut out);
        ListWriter { out, at, count: 0 }
    }

    pub(crate) fn push(&mut self, item: &impl Wire) {
        item.put(&mut self.out);
        self.count += 1;
    }

    /// How many octets there are so far.
    pub(crate) fn octets(&self) -> usize {
        self.out.len()
    }

    /// How many items there are so far.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Ends the body.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        let mut count = Vec::new();
        self.count.put(&mut count);
        let places = self.out.iter_mut().skip(self.at);
        places.zip(count).for_each(|(place, octet)| *place = octet);
        self.out
    }
}
