//! What user data headers must keep.

use alloc::vec::Vec;

use crate::udh::{Concatenation, Element, Ie, Udh, write, write_typed};

/// UDH: what is read is written the same, errors point into the user data.
pub fn udh(octets: &[u8]) {
    match Udh::split(octets) {
        Ok((udh, text)) => {
            let elements: Vec<Element<'_>> = udh.iter().collect();
            let mut written = Vec::new();
            assert_eq!(write(&elements, &mut written), Ok(()), "elements that were read fit");
            assert_eq!(written.len(), udh.encoded_len(), "length");
            if !written.is_empty() {
                written.extend_from_slice(text);
                assert_eq!(written, octets, "octets");
            }
            udh.concatenation().into_iter().for_each(concatenation);
            typed(udh);
        }
        Err(error) => assert!(error.offset <= octets.len(), "{error}"),
    }
}

fn concatenation(part: Concatenation) {
    let mut written = Vec::new();
    part.write(&mut written);
    assert_eq!(written.len(), part.reference().element_len(), "element length");
    let read = Udh::elements(&written).map(Udh::concatenation);
    assert_eq!(read, Ok(Some(part)), "element");
}

/// Typed elements are written as they were read, and those that count are known, valid and in order.
fn typed(udh: Udh<'_>) {
    for element in udh.iter() {
        let ie = element.typed();
        assert_eq!(ie.id(), element.id, "identifier");
        assert_eq!(ie.encoded_len(), 2 + element.data.len(), "element length");
        let (mut written, mut raw) = (Vec::new(), Vec::new());
        assert_eq!(ie.write(&mut written), Ok(()), "element that was read fits");
        assert_eq!(write(&[element], &mut raw), Ok(()), "raw element fits");
        assert_eq!(Some(written.as_slice()), raw.get(1..), "element octets");
    }
    let effective: Vec<Ie<'_>> = udh.effective().collect();
    let mut all = udh.iter().map(Element::typed);
    assert!(effective.iter().all(|ie| all.any(|other| other == *ie)), "in order");
    assert!(!effective.iter().any(|ie| matches!(ie, Ie::Unknown(_) | Ie::Invalid(_))), "passed over");
    let concatenations = effective.iter().filter_map(|ie| match ie {
        Ie::Concatenation(part) => Some(*part),
        _ => None,
    });
    assert!(concatenations.eq(udh.concatenation()), "the concatenation that counts");
    let ports = effective.iter().filter_map(|ie| match ie {
        Ie::Ports8(ports) => Some((*ports).into()),
        Ie::Ports16(ports) => Some(*ports),
        _ => None,
    });
    assert!(ports.eq(udh.ports()), "the ports that count");
    let mut written = Vec::new();
    let elements: Vec<Ie<'_>> = udh.iter().map(Element::typed).collect();
    assert_eq!(write_typed(&elements, &mut written), Ok(()), "typed elements fit");
    assert_eq!(written.get(1..).unwrap_or_default(), udh.as_bytes(), "typed header");
}
