//! Text in the alphabet a peer means by `data_coding` 0, and in the core's, which is GSM 7-bit.

use std::borrow::Cow;

use sms_codec::charset::{Charset, Coding};
use sms_codec::gsm7;
use sms_codec::udh::Udh;

/// User data with its header apart. Septets are not packed here: they can be cut only so.
pub(super) struct Body<'a> {
    /// The elements of the user data header, without its length.
    pub(super) header: Udh<'a>,
    pub(super) octets: Cow<'a, [u8]>,
    pub(super) data_coding: u8,
    pub(super) charset: Charset,
}

impl<'a> Body<'a> {
    /// Takes user data as it is.
    pub(super) fn new(user_data: &'a [u8], has_udh: bool, data_coding: u8) -> Body<'a> {
        let (header, octets) = divided(user_data, has_udh);
        Body { header, octets: octets.into(), data_coding, charset: Coding::DEFAULT.charset(data_coding) }
    }

    /// The same text in the alphabet of a peer's `data_coding` 0, or in UCS-2 if that lacks a character.
    pub(super) fn for_peer(self, charset: Charset) -> Body<'a> {
        // Only GSM 7-bit text with `data_coding` 0 is meant differently there.
        if self.data_coding != 0 || matches!(charset, Charset::Gsm7 | Charset::Gsm7Packed) {
            let packed = self.data_coding == 0 && charset == Charset::Gsm7Packed;
            return Body { charset: if packed { charset } else { self.charset }, ..self };
        }
        let text = gsm7::Tables::from_udh(self.header).decode(&self.octets);
        let (data_coding, charset, octets) = match charset.encode(&text) {
            Ok(octets) => (0, charset, octets),
            Err(_) => (UCS2, Charset::Ucs2, sms_codec::ucs2::encode(&text)),
        };
        Body { octets: octets.into(), data_coding, charset, ..self }
    }
}

/// What a peer sent, as the core means it: `data_coding` and user data; `None` if they are the same.
pub(super) fn for_core(user_data: &[u8], (has_udh, charset): (bool, Charset)) -> Option<(u8, Vec<u8>)> {
    if charset == Charset::Gsm7 {
        return None;
    }
    let (_, octets) = divided(user_data, has_udh);
    let udh_octets = user_data.len() - octets.len();
    let text = charset.decode_after(udh_octets, octets);
    let (data_coding, octets) = Coding::DEFAULT.encode(&text);
    let mut all = Vec::with_capacity(udh_octets + octets.len());
    all.extend(user_data.iter().take(udh_octets));
    all.extend(octets);
    Some((data_coding, all))
}

/// Without a sound header all of it is text.
fn divided(user_data: &[u8], has_udh: bool) -> (Udh<'_>, &[u8]) {
    let whole = (Udh::default(), user_data);
    if has_udh { Udh::split(user_data).unwrap_or(whole) } else { whole }
}

const UCS2: u8 = 8;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_to_a_latin_1_peer_and_comes_back() {
        let septets = gsm7::Tables::DEFAULT.encode("Grüße").unwrap();
        let body = Body::new(&septets, false, 0).for_peer(Charset::Latin1);
        assert_eq!((body.data_coding, body.octets.as_ref()), (0, b"Gr\xFC\xDFe".as_slice()));
        assert_eq!(for_core(&body.octets, (false, Charset::Latin1)), Some((0, septets)));
    }

    #[test]
    fn what_the_peer_lacks_goes_in_ucs_2() {
        let septets = gsm7::Tables::DEFAULT.encode("5 €").unwrap();
        let body = Body::new(&septets, false, 0).for_peer(Charset::Latin1);
        assert_eq!((body.data_coding, body.charset, body.octets.len()), (8, Charset::Ucs2, 6));
        let binary = Body::new(b"\x80\x00", false, 4).for_peer(Charset::Latin1);
        assert_eq!((binary.data_coding, binary.octets.as_ref()), (4, b"\x80\x00".as_slice()));
    }

    #[test]
    fn headers_stay_and_packed_septets_are_unpacked() {
        let packed = [b"\x05\x00\x03\x4A\x02\x01".as_slice(), &[0xE0, 0x61, 0x39, 0x1D, 0xF4, 0x76, 0x97, 0x1B]].concat();
        let read = for_core(&packed, (true, Charset::Gsm7Packed)).unwrap();
        assert_eq!(read, (0, b"\x05\x00\x03\x4A\x02\x01part one".to_vec()));
        assert_eq!(for_core(&packed, (true, Charset::Gsm7)), None);
    }
}
