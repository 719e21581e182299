//! Everything that is *not* compared, and why: nothing is left out in silence.

/// Something tshark 4.0 does not show, or reads otherwise than the standard says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    RequestStatus,
    OnlyIn3_3,
    ErrorBody,
    NoTlvs,
    EmptyString,
    ValidityName,
    EntryCount,
    DestFlag,
    ReservedBits,
    EmptyValue,
    UnterminatedText,
    OneOctetRead,
}

impl Gap {
    /// What is not compared, and why not.
    pub(super) const fn text(self) -> (&'static str, &'static str) {
        match self {
            Gap::RequestStatus => ("command_status of a request", "shown in responses only; it means nothing in a request"),
            Gap::OnlyIn3_3 => ("bodies of the operations that only 3.3 has", "tshark knows their header, not their fields"),
            Gap::ErrorBody => {
                ("bodies of responses with an error status", "tshark stops behind the header when the status is not 0")
            }
            Gap::NoTlvs => (
                "TLVs of binds, outbind, query_sm, cancel_sm, replace_sm, their responses, and PDUs without mandatory fields",
                "tshark stops behind the last mandatory field of these",
            ),
            Gap::EmptyString => {
                ("empty C-Octet Strings", "tshark leaves most of them out; the place of the next field shows the NUL")
            }
            Gap::ValidityName => (
                "the name of an empty validity_period in submit_multi",
                "tshark calls it schedule_delivery_time a second time; place and octet are compared",
            ),
            Gap::EntryCount => {
                ("number_of_dests, no_unsuccess", "tshark shows the entries, which are counted here, not their number")
            }
            Gap::DestFlag => ("dest_flag", "tshark shows what it selects: an address or a distribution list"),
            Gap::ReservedBits => (
                "bits 5-7 of registered_delivery, 1-7 of replace_if_present_flag, 2-6 of ms_msg_wait_facilities, 4-7 of callback_num_pres_ind",
                "tshark gives no name to them; the octet as a whole is compared",
            ),
            Gap::EmptyValue => ("empty TLV values", "tshark shows tag and length and no value"),
            Gap::UnterminatedText => (
                "texts in TLVs that do not end with their first NUL",
                "tshark reads to a NUL whatever the length says, beyond the TLV; the tag is masked for it",
            ),
            Gap::OneOctetRead => (
                "second octet of broadcast_rep_num and source_telematics_id, octets 2-4 of ms_validity",
                "tshark reads one octet whatever the length says; the tag is masked for it",
            ),
        }
    }

    pub(super) const ALL: [Gap; 12] = [
        Gap::RequestStatus,
        Gap::OnlyIn3_3,
        Gap::ErrorBody,
        Gap::NoTlvs,
        Gap::EmptyString,
        Gap::ValidityName,
        Gap::EntryCount,
        Gap::DestFlag,
        Gap::ReservedBits,
        Gap::EmptyValue,
        Gap::UnterminatedText,
        Gap::OneOctetRead,
    ];
}
