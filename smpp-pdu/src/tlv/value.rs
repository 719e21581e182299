//! The value of a TLV on its way out: octets, whatever they mean.

/// A value on its way out; two are equal if the same octets are written.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    /// Up to 16 octets, held here; the second part says how many.
    Inline([u8; INLINE], u8),
    /// Octets of the caller.
    Octets(&'a [u8]),
    /// A C-Octet String; its NUL is added when written.
    Text(&'a [u8]),
}

impl<'a> Value<'a> {
    /// Copies the octets; more than 16 do not compile.
    #[inline(always)]
    pub fn inline<const N: usize>(octets: [u8; N]) -> Value<'a> {
        const { assert!(N <= INLINE, "a value held in place has at most 16 octets") };
        let mut held = [0; INLINE];
        for (to, from) in held.iter_mut().zip(octets) {
            *to = from;
        }
        Value::Inline(held, N as u8) // at most 16
    }

    /// The octets, without the NUL of a text.
    #[inline(always)]
    pub fn octets(&self) -> &[u8] {
        match self {
            Value::Inline(octets, count) => octets.get(..usize::from(*count)).unwrap_or_default(),
            Value::Octets(octets) | Value::Text(octets) => octets,
        }
    }

    /// The octets, and behind a text its NUL.
    pub(super) fn written(&self) -> impl Iterator<Item = u8> + '_ {
        let nul = if self.is_text() { NUL } else { &[] };
        self.octets().iter().chain(nul).copied()
    }

    /// How many octets are written.
    #[inline(always)]
    pub(super) fn written_len(&self) -> usize {
        self.octets().len() + usize::from(self.is_text())
    }

    #[inline(always)]
    pub(super) const fn is_text(&self) -> bool {
        matches!(self, Value::Text(_))
    }

    /// False for a text that would end before its last octet.
    #[inline(always)]
    pub(super) fn fits(&self) -> bool {
        !matches!(self, Value::Text(text) if text.contains(&0))
    }
}

impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.written().eq(other.written())
    }
}

impl Eq for Value<'_> {}

/// What ends a text.
pub(super) const NUL: &[u8] = &[0];

// dest_addr_np_information needs ten; as many as this take no more room than a borrowed slice.
const INLINE: usize = 16;
