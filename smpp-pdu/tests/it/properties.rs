//! What must hold for any PDU and any octets.

use proptest::prelude::*;
use smpp_pdu::check;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4096))]

    #[test]
    fn every_pdu_survives_reading_and_writing(entropy in prop::collection::vec(any::<u8>(), 0..600)) {
        check::round_trip(&entropy);
    }

    #[test]
    fn any_octets_decode_or_fail_cleanly(octets in prop::collection::vec(any::<u8>(), 16..300)) {
        check::decode(&octets);
    }

    #[test]
    fn a_known_pdu_with_any_body_decodes_or_fails_cleanly(kind in 0..smpp_pdu::PduInfo::TABLE.len(), status in any::<u8>(), body in prop::collection::vec(0_u8..40, 0..120)) {
        let mut octets = vec![0; 16];
        octets[4..8].copy_from_slice(&smpp_pdu::PduInfo::TABLE[kind].id.0.to_be_bytes());
        octets[11] = status & 1;
        octets.extend(body);
        check::decode(&octets);
    }

    #[test]
    fn a_damaged_pdu_decodes_or_fails_cleanly(entropy in prop::collection::vec(any::<u8>(), 0..400), kind in 0..smpp_pdu::PduInfo::TABLE.len(), at in any::<prop::sample::Index>(), octet in any::<u8>()) {
        let mut octets = check::generate(smpp_pdu::PduInfo::TABLE[kind], &mut check::Entropy::new(&entropy)).to_vec();
        let at = at.index(octets.len());
        octets[at] = octet;
        check::decode(&octets);
    }

    #[test]
    fn a_stream_is_cut_the_same_however_it_arrives(parts in prop::collection::vec(0_u8..40, 0..200)) {
        check::frames(&parts);
    }

    #[test]
    fn whole_pdus_are_cut_the_same_however_they_arrive(entropy in prop::collection::vec(any::<u8>(), 0..300), kinds in prop::collection::vec(0..smpp_pdu::PduInfo::TABLE.len(), 1..6)) {
        let mut entropy = check::Entropy::new(&entropy);
        let stream: Vec<u8> = kinds.iter().flat_map(|kind| check::generate(smpp_pdu::PduInfo::TABLE[*kind], &mut entropy)).collect();
        check::frames(&stream);
    }

    #[test]
    fn tlv_areas_are_kept_octet_by_octet(octets in prop::collection::vec(0_u8..6, 0..60)) {
        check::tlvs(&octets);
    }
}
