//! Counted lists: destinations, failed destinations, message ids.

use core::fmt;

use crate::dump::Fields;
use crate::field::Field;
use crate::{Addr, CStr, CommandStatus, Fault, Profile, Reader, Repairs, Version, Writer};

/// A list with a one-octet count; at least `MIN` entries.
///
/// Read from a PDU it is a view of the octets and decodes each entry when asked; to write one,
/// give it a slice of entries.
#[derive(Clone, Copy)]
pub struct List<'a, T, const MIN: u8>(Entries<'a, T>);

#[derive(Clone, Copy)]
enum Entries<'a, T> {
    Octets { count: u8, octets: &'a [u8] },
    Slice(&'a [T]),
}

/// One entry of a [`List`].
pub trait Entry<'a>: Field<'a> + Copy + fmt::Debug + PartialEq {
    /// The name of the list in a readable dump.
    const LIST: &'static str;

    /// The names of the count and of the list, as the standard writes them.
    const COUNT: &'static str;

    /// How many of them the version allows.
    fn most(_: Version) -> usize {
        MAX_COUNT
    }
}

// The count is one octet.
const MAX_COUNT: usize = 255;

impl<'a, T: Entry<'a>, const MIN: u8> List<'a, T, MIN> {
    /// The list of `entries`; more than the version allows are refused when written.
    pub const fn new(entries: &'a [T]) -> Self {
        List(Entries::Slice(entries))
    }

    /// The number of entries.
    pub const fn len(&self) -> usize {
        match self.0 {
            Entries::Octets { count, .. } => count as usize,
            Entries::Slice(entries) => entries.len(),
        }
    }

    /// True if there are no entries.
    pub const fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The entries in order.
    pub fn iter(&self) -> impl Iterator<Item = T> + use<'a, T, MIN> {
        let (octets, slice) = match self.0 {
            Entries::Octets { octets, .. } => (octets, [].as_slice()),
            Entries::Slice(entries) => ([].as_slice(), entries),
        };
        // They were checked when the list was read; what was forgiven then is forgiven again.
        let mut reader = Reader::new(octets, &Profile::LENIENT, true);
        let read = core::iter::from_fn(move || if reader.rest().is_empty() { None } else { T::decode(&mut reader).ok() });
        read.chain(slice.iter().copied())
    }
}

impl<'a, T: Entry<'a>, const MIN: u8> Default for List<'a, T, MIN> {
    fn default() -> Self {
        List::new(&[])
    }
}

impl<'a, T: Entry<'a>, const MIN: u8> PartialEq for List<'a, T, MIN> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a, T: Entry<'a>, const MIN: u8> fmt::Debug for List<'a, T, MIN> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl<'a, T: Entry<'a>, const MIN: u8> Field<'a> for List<'a, T, MIN> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        if MIN == 0 && reader.rest().is_empty() {
            reader.admit(Repairs::MISSING_COUNT, Fault::Truncated)?;
            return Ok(List::default());
        }
        let count = reader.octet()?;
        if count < MIN {
            reader.blame(T::COUNT);
            return Err(Fault::NoEntries);
        }
        let start = reader.rest();
        for _ in 0..count {
            T::decode(reader)?;
        }
        let length = start.len() - reader.rest().len();
        let octets = start.get(..length).unwrap_or_default();
        Ok(List(Entries::Octets { count, octets }))
    }

    #[inline(always)]
    fn encoded_len(&self, version: Version) -> Option<usize> {
        if !(usize::from(MIN)..=T::most(version)).contains(&self.len()) {
            return None;
        }
        match self.0 {
            Entries::Slice(entries) => sum(entries.iter().copied(), version),
            // A leniently read list may lack a NUL at its end.
            Entries::Octets { octets, .. } => sum(self.iter(), version).filter(|length| *length == 1 + octets.len()),
        }
    }

    #[inline(always)]
    fn encode(&self, version: Version, out: &mut Writer<'_>) -> Option<()> {
        out.array([self.len() as u8])?; // more than 255 have no `encoded_len`
        match self.0 {
            Entries::Octets { octets, .. } => out.octets(octets),
            Entries::Slice(entries) => {
                for entry in entries {
                    entry.encode(version, out)?;
                    out.flush()?;
                }
                Some(())
            }
        }
    }

    fn show(&self, _: &'static str, fields: &mut Fields) {
        fields.number(T::COUNT, self.len() as u32);
        fields.list(T::LIST, self.iter());
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        let count = entropy.octet().max(MIN);
        out.push(count);
        (0..count).for_each(|_| T::generate(entropy, out));
    }
}

/// A destination of `submit_multi` (SMPP 3.4 §4.5.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DestAddress<'a> {
    /// One address (`dest_flag` 1).
    Sme(Addr<'a, 21>),
    /// The name of a distribution list kept by the MC (`dest_flag` 2).
    DistributionList(CStr<'a, 21>),
}

impl<'a> Entry<'a> for DestAddress<'a> {
    const LIST: &'static str = "dest_address";
    const COUNT: &'static str = "number_of_dests";

    fn most(version: Version) -> usize {
        // SMPP 3.4 §5.2.24 stops at 254; the texts before and after it do not.
        if version == Version::V3_4 { MAX_COUNT - 1 } else { MAX_COUNT }
    }
}

impl<'a> Field<'a> for DestAddress<'a> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let start = reader.rest();
        match reader.octet()? {
            1 => Addr::decode(reader).map(DestAddress::Sme).inspect_err(|_| reader.blame("destination_addr")),
            2 => CStr::decode(reader).map(DestAddress::DistributionList).inspect_err(|_| reader.blame("dl_name")),
            _ => {
                reader.drop_to(start);
                reader.blame("dest_flag");
                Err(Fault::DestFlag)
            }
        }
    }

    #[inline(always)]
    fn encoded_len(&self, version: Version) -> Option<usize> {
        let length = match self {
            DestAddress::Sme(address) => address.encoded_len(version),
            DestAddress::DistributionList(name) => name.encoded_len(version),
        };
        Some(1 + length?)
    }

    #[inline(always)]
    fn encode(&self, version: Version, out: &mut Writer<'_>) -> Option<()> {
        match self {
            DestAddress::Sme(address) => {
                out.array([1])?;
                address.encode(version, out)
            }
            DestAddress::DistributionList(name) => {
                out.array([2])?;
                name.encode(version, out)
            }
        }
    }

    fn show(&self, _: &'static str, fields: &mut Fields) {
        match self {
            DestAddress::Sme(address) => {
                fields.number("dest_flag", 1);
                address.show("destination_addr", fields);
            }
            DestAddress::DistributionList(name) => {
                fields.number("dest_flag", 2);
                name.show("dl_name", fields);
            }
        }
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        if entropy.octet() & 1 == 0 {
            out.push(1);
            Addr::<21>::generate(entropy, out);
        } else {
            out.push(2);
            entropy.c_string(21, out);
        }
    }
}

/// A destination that was refused, in `submit_multi_resp` (SMPP 3.4 §4.5.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnsuccessSme<'a> {
    /// The refused address.
    pub destination_addr: Addr<'a, 21>,
    /// Why.
    pub error_status_code: CommandStatus,
}

impl<'a> Entry<'a> for UnsuccessSme<'a> {
    const LIST: &'static str = "unsuccess_sme";
    const COUNT: &'static str = "no_unsuccess";
}

impl<'a> Field<'a> for UnsuccessSme<'a> {
    #[inline(always)]
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let destination_addr = Addr::decode(reader).inspect_err(|_| reader.blame("destination_addr"))?;
        let status = reader.array().inspect_err(|_| reader.blame("error_status_code"))?;
        Ok(UnsuccessSme { destination_addr, error_status_code: CommandStatus(u32::from_be_bytes(status)) })
    }

    #[inline(always)]
    fn encoded_len(&self, version: Version) -> Option<usize> {
        Some(self.destination_addr.encoded_len(version)? + 4)
    }

    #[inline(always)]
    fn encode(&self, version: Version, out: &mut Writer<'_>) -> Option<()> {
        self.destination_addr.encode(version, out)?;
        out.array(self.error_status_code.0.to_be_bytes())
    }

    fn show(&self, _: &'static str, fields: &mut Fields) {
        self.destination_addr.show("destination_addr", fields);
        fields.number("error_status_code", self.error_status_code.0);
    }

    #[cfg(feature = "check")]
    fn generate(entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
        Addr::<21>::generate(entropy, out);
        out.extend((0..4).map(|_| entropy.octet()));
    }
}

/// A message id of SMPP 3.3: at most eight hexadecimal digits.
pub type ShortId<'a> = CStr<'a, 9>;

impl<'a> Entry<'a> for ShortId<'a> {
    const LIST: &'static str = "message_ids";
    const COUNT: &'static str = "no_of_messages";
}
/// Octets of the count and of all entries.
#[inline(always)]
fn sum<'a>(entries: impl Iterator<Item = impl Entry<'a>>, version: Version) -> Option<usize> {
    let mut length = 1;
    for entry in entries {
        length += entry.encoded_len(version)?;
    }
    Some(length)
}
