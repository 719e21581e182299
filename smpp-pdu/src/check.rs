//! What must hold for any octets: the bodies of the property tests and of the fuzz targets.
//!
//! PDUs are generated as octets, field by field from the same table the codec uses, so the
//! generator needs no encoder and borrowed lists need no owner.

use alloc::vec::Vec;

use bytes::{Bytes, BytesMut};

use crate::tlv::{TABLE, Tlv};
use crate::{DEFAULT_MAX_PDU, Decoded, Frame, HEADER_LEN, Header, PduInfo, Profile, Stamp, Tlvs, Version};

/// Octets that stand for random choices; when they run out, every choice is zero.
#[derive(Debug, Clone)]
pub struct Entropy<'a>(&'a [u8]);

impl<'a> Entropy<'a> {
    /// Choices made from these octets.
    pub const fn new(octets: &'a [u8]) -> Self {
        Entropy(octets)
    }

    /// The next choice.
    pub fn octet(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Appends a C-Octet String of at most `max` octets with its NUL.
    pub(crate) fn c_string(&mut self, max: usize, out: &mut Vec<u8>) {
        let length = usize::from(self.octet()) % max;
        out.extend((0..length).map(|_| self.octet().max(1)));
        out.push(0);
    }

    /// Appends a time field: empty or 16 characters.
    pub(crate) fn time(&mut self, out: &mut Vec<u8>) {
        if self.octet() & 1 == 1 {
            out.extend((0..16).map(|_| self.octet().max(1)));
        }
        out.push(0);
    }

    /// Appends up to seven TLVs: known tags with legal lengths, and unknown ones.
    pub(crate) fn tlvs(&mut self, out: &mut Vec<u8>) {
        for _ in 0..self.octet() & 7 {
            let choice = self.octet();
            let known = TABLE.get(usize::from(choice));
            let tag = known.map_or(0x1400 + u16::from(choice), |info| info.tag.0);
            let wanted = usize::from(self.octet());
            let length =
                (0..=1024).cycle().skip(wanted).find(|length| known.is_none_or(|info| info.length_fits(*length))).unwrap_or(0);
            out.extend(tag.to_be_bytes());
            out.extend((length as u16).to_be_bytes());
            out.extend((0..length).map(|_| self.octet()));
        }
    }
}

/// A valid PDU of the kind `info`, as octets, made from `entropy`.
pub fn generate(info: &'static PduInfo, entropy: &mut Entropy<'_>) -> Bytes {
    let mut body = Vec::new();
    let sequence_number = u32::from_be_bytes([entropy.octet(), entropy.octet(), entropy.octet(), entropy.octet()]);
    crate::pdu::generate_body(info.id, entropy, &mut body);
    let command_length = (HEADER_LEN + body.len()) as u32;
    let mut octets = BytesMut::new();
    Header { command_length, command_id: info.id, command_status: crate::CommandStatus::ROK, sequence_number }
        .encode(&mut octets);
    octets.extend_from_slice(&body);
    octets.freeze()
}

/// The version in which a PDU exists and may carry whatever its table says.
pub fn profile_for(info: &PduInfo, profile: Profile) -> Profile {
    profile.with_version(info.until.unwrap_or(Version::V5_0))
}

/// A generated PDU decodes without repairs and is written as the same octets.
///
/// # Panics
/// If it does not.
pub fn round_trip(octets: &[u8]) {
    let mut entropy = Entropy::new(octets);
    let choice = usize::from(entropy.octet()) % PduInfo::TABLE.len();
    let Some(info) = PduInfo::TABLE.get(choice) else { return };
    let pdu = generate(info, &mut entropy);
    let frame = whole(&pdu);
    let strict = profile_for(info, Profile::STRICT);
    let decoded = frame.decode(&strict);
    assert!(decoded.is_ok(), "{}: {decoded:?}", info.name);
    let Ok(decoded) = decoded else { return };
    assert!(decoded.repairs.is_empty());
    assert_eq!(written(&decoded, strict.version).as_deref(), Some(&*pdu), "{}", info.name);
    prefixes(&pdu, &strict);
}

/// Every prefix of a good body is refused or is itself a good body; none panics.
fn prefixes(pdu: &Bytes, strict: &Profile) {
    let step = (pdu.len() / 64).max(1);
    for length in (HEADER_LEN..pdu.len()).step_by(step) {
        let mut cut = BytesMut::from(pdu.get(..length).unwrap_or_default());
        if let Some(claim) = cut.first_chunk_mut::<4>() {
            *claim = (length as u32).to_be_bytes();
        }
        decode(&cut);
        let frame = whole(&cut.freeze());
        if let Ok(decoded) = frame.decode(strict) {
            assert!(written(&decoded, strict.version).is_some_and(|octets| octets.len() == length));
        }
    }
}

/// Any octets decode or fail cleanly; what strict accepts, every other profile reads the same way.
///
/// # Panics
/// If they do not.
pub fn decode(octets: &[u8]) {
    let mut pdu = BytesMut::from(octets);
    let length = pdu.len() as u32;
    let Some(claim) = pdu.first_chunk_mut::<4>() else { return };
    *claim = length.to_be_bytes();
    let Ok(frame) = Frame::from_octets(pdu.freeze()) else { return };
    for version in [Version::V3_3, Version::V3_4, Version::V5_0] {
        let strict = frame.decode(&Profile::STRICT.with_version(version));
        for profile in [Profile::DEFAULT, Profile::LENIENT] {
            let other = frame.decode(&profile.with_version(version));
            match (&strict, &other) {
                (Ok(strict), other) => assert_eq!(other.as_ref().ok(), Some(strict)),
                (Err(_), Ok(other)) => assert!(!other.repairs.is_empty()),
                (Err(error), Err(_)) => assert!(error.offset <= length),
            }
            if let Ok(decoded) = other {
                rewrite(&decoded, version);
            }
        }
    }
}

/// What was read can be written unless it breaks the standard, and then reads as the same.
fn rewrite(decoded: &Decoded<'_>, version: Version) {
    let dump = crate::dump::Dump::new(decoded, &crate::tlv::Dictionary::new());
    assert_eq!(dump.header, decoded.header);
    let Some(octets) = written(decoded, version) else { return };
    let again = whole(&octets);
    let info = decoded.pdu.info();
    let profile = Profile::STRICT.with_version(version.max(info.since).min(info.until.unwrap_or(version.max(info.since))));
    let read = again.decode(&profile);
    assert!(read.is_ok(), "{:?} wrote {:?}: {read:?}", decoded.pdu, &*octets);
}

/// Any stream is cut into the same frames however it arrives, and memory follows what arrived.
///
/// # Panics
/// If it is not.
pub fn frames(octets: &[u8]) {
    let mut at_once = BytesMut::from(octets);
    let mut piecemeal = BytesMut::new();
    let mut rest = octets;
    loop {
        let expected = Frame::split(&mut at_once, DEFAULT_MAX_PDU);
        let mut found = Frame::split(&mut piecemeal, DEFAULT_MAX_PDU);
        while let (Ok(None), Some((next, after))) = (&found, rest.split_first()) {
            piecemeal.extend_from_slice(&[*next]);
            rest = after;
            found = Frame::split(&mut piecemeal, DEFAULT_MAX_PDU);
        }
        match (expected, found) {
            (Ok(Some(expected)), Ok(Some(found))) => assert!(expected == found),
            (Err(expected), Err(found)) => return assert_eq!(expected.command_length, found.command_length),
            (expected, found) => return assert!(matches!((expected, found), (Ok(None), Ok(None)))),
        }
    }
}

/// Any octets are TLVs or are not; a list of them is written as the same octets.
///
/// # Panics
/// If it is not.
pub fn tlvs(octets: &[u8]) {
    let Some(tlvs) = Tlvs::parse(octets) else { return };
    let list: Vec<Tlv<'_>> = tlvs.iter().map(|(tag, value)| Tlv::octets(tag, value)).collect();
    let pdu = crate::EnquireLink { tlvs: Tlvs::list(&list) };
    let frame = Frame::new(&pdu, Stamp::new(1));
    assert!(frame.is_ok());
    let Ok(frame) = frame else { return };
    assert_eq!(frame.body(), octets);
    for (tag, value) in tlvs.iter() {
        assert!(tag.info().is_none_or(|info| info.length_fits(value.len())));
    }
}

fn written(decoded: &Decoded<'_>, version: Version) -> Option<Bytes> {
    let Header { command_status, sequence_number, .. } = decoded.header;
    let mut out = BytesMut::new();
    decoded.pdu.write(Stamp { command_status, sequence_number, version }, &mut out).ok()?;
    Some(out.freeze())
}

#[allow(clippy::expect_used)] // a check that cannot go on has failed
fn whole(octets: &Bytes) -> Frame {
    Frame::from_octets(octets.clone()).expect("command_length is the length")
}
