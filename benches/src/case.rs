//! The octets: one legal PDU of each kind of SMPP 3.4, written out by hand.
//!
//! Hand-written rather than encoded, so that no contestant's encoder is the judge of the others.

use crate::application::{Message, RECEIPT, SUBMIT, SUBMIT_FULL, SUBMIT_PART};

/// One PDU to decode, and to encode again.
pub struct Case {
    /// The PDU's name, with a hint where there is more than one of its kind.
    pub name: &'static str,
    /// Its octets, header included.
    pub octets: Vec<u8>,
}

impl Case {
    /// All cases.
    pub fn all() -> Vec<Case> {
        let mut cases = messages();
        cases.extend(binds());
        cases.extend(operations());
        cases.extend(headers());
        cases
    }

    /// The PDU's name alone.
    pub fn kind(&self) -> &'static str {
        self.name.split([' ', ',']).next().unwrap_or(self.name)
    }

    /// Its `command_id`.
    pub fn command_id(&self) -> u32 {
        self.octets.get(4..).and_then(|rest| rest.first_chunk()).map_or(0, |id| u32::from_be_bytes(*id))
    }

    /// How many of these PDUs make one batch: about a third of the usual first-level cache.
    pub fn batch(&self) -> usize {
        BATCH_OCTETS / self.octets.len()
    }

    /// The octets of one batch, one PDU at the start of each stride.
    pub fn stream(&self) -> Vec<u8> {
        let mut slot = self.octets.clone();
        slot.resize(self.stride(), 0);
        slot.repeat(self.batch())
    }

    /// From one PDU to the next: never whole cache lines, lest all PDUs of a run lie well or all badly.
    pub fn stride(&self) -> usize {
        let length = self.octets.len();
        if length.is_multiple_of(CACHE_LINE) { length + CACHE_LINE / 4 } else { length }
    }
}

/// What is built from application data: the same octets as the decoding case of that name.
pub const MESSAGES: [(&str, &Message); 4] = [
    ("submit_sm", &SUBMIT),
    ("submit_sm + 3 TLVs", &SUBMIT_PART),
    ("submit_sm, all strings", &SUBMIT_FULL),
    ("deliver_sm receipt", &RECEIPT),
];

fn messages() -> Vec<Case> {
    let [plain, part, full, receipt] = MESSAGES.map(|(name, message)| (name, body(message)));
    vec![
        case(plain.0, 0x0000_0004, &[&plain.1]),
        case(part.0, 0x0000_0004, &[&part.1, SAR]),
        case(full.0, 0x0000_0004, &[&full.1, SAR]),
        case("submit_sm_resp", 0x8000_0004, &[MESSAGE_ID]),
        case(
            receipt.0,
            0x0000_0005,
            &[&receipt.1, b"\x00\x1e\x00\x0b0123456789\0", b"\x04\x27\x00\x01\x02", b"\x04\x23\x00\x03\x03\x00\x00"],
        ),
        case("deliver_sm_resp", 0x8000_0005, &[b"\0"]),
        case(
            "data_sm",
            0x0000_0103,
            &[
                b"CMT\0",
                SOURCE,
                DESTINATION,
                b"\x00\x01\x00",
                b"\x02\x04\x00\x02\x00\x07",
                b"\x04\x24\x00\x1cThe payload of a data_sm PDU",
            ],
        ),
        case("data_sm_resp", 0x8000_0103, &[MESSAGE_ID]),
        case(
            "submit_multi",
            0x0000_0021,
            &[
                b"\0",
                SOURCE,
                b"\x03\x01",
                DESTINATION,
                b"\x01\x01\x01447700900456\0",
                b"\x02subscribers\0",
                b"\x00\x00\x00\0\0\x01\x00\x00\x00",
                b"\x1cA text for several customers",
            ],
        ),
        case("submit_multi_resp", 0x8000_0021, &[MESSAGE_ID, b"\x01\x01\x01447700900456\0\x00\x00\x00\x0b"]),
    ]
}

fn binds() -> Vec<Case> {
    let request: &[&[u8]] = &[b"smppclient1\0", b"password\0", b"SUBMIT1\0", b"\x34\x01\x01", b"^4477\0"];
    let response: &[&[u8]] = &[b"smsc.example\0", b"\x02\x10\x00\x01\x34"];
    vec![
        case("bind_receiver", 0x0000_0001, request),
        case("bind_receiver_resp", 0x8000_0001, response),
        case("bind_transmitter", 0x0000_0002, request),
        case("bind_transmitter_resp", 0x8000_0002, response),
        case("bind_transceiver", 0x0000_0009, request),
        case("bind_transceiver_resp", 0x8000_0009, response),
        case("outbind", 0x0000_000b, &[b"smsc.example\0", b"password\0"]),
    ]
}

fn operations() -> Vec<Case> {
    vec![
        case("query_sm", 0x0000_0003, &[MESSAGE_ID, SOURCE]),
        case("query_sm_resp", 0x8000_0003, &[MESSAGE_ID, b"261122120100000+\0", b"\x02\x00"]),
        case("cancel_sm", 0x0000_0008, &[b"CMT\0", MESSAGE_ID, SOURCE, DESTINATION]),
        case("cancel_sm_resp", 0x8000_0008, &[]),
        case(
            "replace_sm",
            0x0000_0007,
            &[MESSAGE_ID, SOURCE, b"\0", b"000001000000000R\0", b"\x01\x00", b"\x16The corrected message."],
        ),
        case("replace_sm_resp", 0x8000_0007, &[]),
        case("alert_notification", 0x0000_0102, &[DESTINATION, SOURCE, b"\x04\x22\x00\x01\x00"]),
    ]
}

fn headers() -> Vec<Case> {
    vec![
        case("enquire_link", 0x0000_0015, &[]),
        case("enquire_link_resp", 0x8000_0015, &[]),
        case("unbind", 0x0000_0006, &[]),
        case("unbind_resp", 0x8000_0006, &[]),
        with_status(case("generic_nack", 0x8000_0000, &[]), 3),
    ]
}

fn case(name: &'static str, command_id: u32, body: &[&[u8]]) -> Case {
    let body = body.concat();
    let command_length = 16 + body.len() as u32;
    let header = [command_length, command_id, 0, SUBMIT.sequence_number].map(u32::to_be_bytes);
    Case { name, octets: [header.as_flattened(), &body].concat() }
}

fn with_status(mut case: Case, command_status: u8) -> Case {
    case.octets[11] = command_status;
    case
}

/// The mandatory part of a `submit_sm` or `deliver_sm`.
fn body(message: &Message) -> Vec<u8> {
    let Message { source, destination, .. } = message;
    [
        message.service_type.as_bytes(),
        &[0, source.ton, source.npi],
        source.value.as_bytes(),
        &[0, destination.ton, destination.npi],
        destination.value.as_bytes(),
        &[0, message.esm_class, 0, 0],
        // No schedule_delivery_time.
        &[0],
        message.validity_period.as_bytes(),
        &[0, message.registered_delivery, 0, message.data_coding, 0],
        &[message.short_message.len() as u8],
        message.short_message,
    ]
    .concat()
}

const SOURCE: &[u8] = b"\x05\x00MYBRAND\0";
const DESTINATION: &[u8] = b"\x01\x01447700900123\0";
const MESSAGE_ID: &[u8] = b"0123456789abcdef\0";
/// `sar_msg_ref_num`, `sar_total_segments`, `sar_segment_seqnum`.
const SAR: &[u8] = b"\x02\x0c\x00\x02\x12\x34\x02\x0e\x00\x01\x03\x02\x0f\x00\x01\x02";

/// Small enough that all contestants' input stays in the first-level cache.
const BATCH_OCTETS: usize = 16 * 1024;

/// Octets of a cache line on every machine we care about.
const CACHE_LINE: usize = 64;
