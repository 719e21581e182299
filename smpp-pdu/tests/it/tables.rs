//! Our tables against the tables of the protocol.

use std::collections::BTreeMap;

use bytes::BytesMut;
use smpp_pdu::check::profile_for;
use smpp_pdu::tlv::{self, TlvKind};
use smpp_pdu::{Class, CommandId, CommandStatus, Frame, Header, Kind, PduInfo, Profile, Side, Stamp, State, Version};

use crate::number;

fn rows(text: &str) -> Vec<BTreeMap<String, String>> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().map(Result::unwrap).collect()
}

#[test]
fn statuses_are_those_of_the_table() {
    let rows = rows(include_str!("../../testdata/smpp-status.csv"));
    let named: Vec<_> = rows.iter().filter(|row| row["name"] != "(range)").collect();
    assert_eq!(named.len(), CommandStatus::TABLE.len());
    for row in named {
        let status = CommandStatus(number(&row["code"]));
        assert_eq!(status.name(), Some(row["name"].as_str()));
        let class = match row["retry_class"].split([' ', '(']).next().unwrap() {
            "success" => Class::Success,
            "temporary" => Class::Temporary,
            "throttling" => Class::Throttling,
            "permanent" => Class::Permanent,
            "session" => Class::Session,
            "by" => Class::ByReason,
            other => panic!("class {other}"),
        };
        assert_eq!(status.class(), class, "{}", row["name"]);
        assert!(row["meaning"].starts_with(status.meaning().split(" (3.3 provisioning").next().unwrap()), "{}", row["name"]);
    }
}

#[test]
fn tlvs_are_those_of_the_table() {
    let rows = rows(include_str!("../../testdata/smpp-tlvs.csv"));
    let named: Vec<_> = rows.iter().filter(|row| row["name"] != "(range)").collect();
    assert_eq!(named.len(), tlv::TABLE.len());
    for (row, info) in named.into_iter().zip(tlv::TABLE) {
        let name = row["name"].as_str();
        assert_eq!((u32::from(info.tag.0), info.name), (number(&row["tag"]), name));
        assert_eq!(info.since, if row["since"] == "5.0" { Version::V5_0 } else { Version::V3_4 });
        let kind = match row["type"].as_str() {
            "cstr" => TlvKind::Text,
            "octets" => TlvKind::Octets,
            _ => TlvKind::Integer,
        };
        assert_eq!(info.kind, kind, "{name}");
        for length in 0..=1100 {
            assert_eq!(info.length_fits(length), length_allowed(row, length), "{name}, {length} octets");
        }
        for pdu in PduInfo::TABLE {
            let listed = |cell: &str| {
                let words = cell.replace(['(', ')', ','], " ");
                words.split_whitespace().any(|word| word == pdu.name)
                    || words.contains("any response") && pdu.kind == Kind::Response
            };
            assert_eq!(info.belongs_to(pdu.id, Version::V3_4), listed(&row["pdus_3.4"]), "{name} in {}", pdu.name);
            assert_eq!(info.belongs_to(pdu.id, Version::V5_0), listed(&row["pdus_5.0"]), "{name} in {}", pdu.name);
            assert!(!info.belongs_to(pdu.id, Version::V3_3));
        }
    }
}

fn length_allowed(row: &BTreeMap<String, String>, length: usize) -> bool {
    // The table's remark: two decoders read one octet here.
    if row["name"] == "broadcast_rep_num" && length == 1 {
        return true;
    }
    let alternatives: Vec<_> = row["length_rule"].split(" or ").collect();
    if alternatives.len() == 2 {
        return alternatives.iter().any(|allowed| allowed.parse() == Ok(length));
    }
    (row["length_min"].parse().unwrap()..=row["length_max"].parse().unwrap()).contains(&length)
}

#[test]
fn pdus_are_those_of_the_table() {
    let rows = rows(include_str!("../../testdata/smpp-pdus.csv"));
    let mut by_name: BTreeMap<&str, Vec<&BTreeMap<String, String>>> = BTreeMap::new();
    rows.iter().for_each(|row| by_name.entry(&row["pdu"]).or_default().push(row));
    assert_eq!(by_name.len(), PduInfo::TABLE.len());
    for (name, rows) in by_name {
        let row = rows[0];
        let id = CommandId(number(&row["command_id"]));
        let info = PduInfo::of(id).unwrap();
        assert_eq!(info.name, name);
        let kind = match row["kind"].as_str() {
            "request" => Kind::Request,
            "response" => Kind::Response,
            "one-way" => Kind::OneWay,
            other => panic!("kind {other}"),
        };
        assert_eq!(info.kind, kind, "{name}");
        for (version, text) in [(Version::V3_3, "3.3"), (Version::V3_4, "3.4"), (Version::V5_0, "5.0")] {
            assert_eq!(info.exists_in(version), row["versions"].contains(text), "{name} in {text}");
        }
        assert_eq!(field_names(info), expected_fields(&rows), "{name}");
        check_states(info, row);
    }
}

#[test]
fn every_c_octet_string_has_the_room_of_the_table_and_no_more() {
    // R-PF-63.
    let rows = rows(include_str!("../../testdata/smpp-pdus.csv"));
    let mut checked = 0;
    for of_pdu in rows.chunk_by(|one, other| one["pdu"] == other["pdu"]) {
        // Where a list stands, its entries have no row of their own.
        if of_pdu.iter().any(|row| row["field"].contains("[]")) {
            continue;
        }
        for (place, row) in of_pdu.iter().enumerate().filter(|(_, row)| row["type"].starts_with("cstr")) {
            let most: usize = row["size_max"].parse::<usize>().unwrap() - 1;
            let is_fixed = row["type"] == "cstr_fixed";
            for length in 0..=most + 2 {
                let fits = if is_fixed { [0, most].contains(&length) } else { length <= most };
                with_string(of_pdu, (place, length), fits);
            }
            checked += 1;
        }
    }
    assert_eq!(checked, 64);
}

/// A PDU with empty fields but one string of this length, which is read and written, or neither.
fn with_string(rows: &[BTreeMap<String, String>], (place, length): (usize, usize), fits: bool) {
    let mut body = Vec::new();
    for (number, row) in rows.iter().enumerate() {
        let size = if row["type"] == "octets" { 0 } else { row["size_min"].parse().unwrap() };
        body.extend(std::iter::repeat_n(b'7', if number == place { length } else { 0 }));
        body.extend(std::iter::repeat_n(0, size));
    }
    let (field, id) = (&rows[place]["field"], CommandId(number(&rows[place]["command_id"])));
    let command_length = 16 + body.len() as u32;
    let mut octets = BytesMut::new();
    Header { command_length, command_id: id, command_status: CommandStatus::ROK, sequence_number: 1 }.encode(&mut octets);
    octets.extend_from_slice(&body);
    let frame = Frame::from_octets(octets.freeze()).unwrap();
    let profile = |profile| profile_for(PduInfo::of(id).unwrap(), profile);
    let read = frame.decode(&profile(Profile::STRICT));
    let what = format!("{} of {}, {length} octets: {read:?}", field, rows[place]["pdu"]);
    assert_eq!(read.is_ok(), fits, "{what}");
    if let Err(error) = read {
        assert_eq!(error.field, field, "{what}");
    }
    // Whoever is forgiven a longer string has it, and cannot pass it on.
    let Ok(read) = frame.decode(&profile(Profile::LENIENT)) else { return assert!(!fits, "{what}") };
    let (mut out, stamp) = (BytesMut::new(), Stamp { version: profile(Profile::STRICT).version, ..Stamp::new(1) });
    assert_eq!(read.pdu.write(stamp, &mut out).is_ok(), fits, "{what}");
    assert_eq!(&out[..], if fits { &frame.octets()[..] } else { &[] }, "{what}");
}

/// Our field names: an address stands for three fields of the table, a message for two.
fn field_names(info: &PduInfo) -> Vec<String> {
    let mandatory = info.fields.iter().filter(|field| !["tlvs", "end"].contains(field));
    mandatory.map(|field| (*field).to_string()).collect()
}

fn expected_fields(rows: &[&BTreeMap<String, String>]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for row in rows.iter().filter(|row| !row["field"].is_empty()) {
        let field = row["field"].as_str();
        let folded = match field {
            "number_of_dests" | "no_unsuccess" => continue,
            "no_of_messages" if row["pdu"] == "query_last_msgs_resp" => continue,
            "message_id[]" => "message_ids",
            "sm_length" if row["pdu"] != "query_msg_details" => continue,
            _ if field.ends_with("_ton") || field.ends_with("_npi") => continue,
            _ => field.split("[]").next().unwrap(),
        };
        if fields.last().map(String::as_str) != Some(folded) {
            fields.push(folded.to_string());
        }
    }
    fields
}

fn check_states(info: &PduInfo, row: &BTreeMap<String, String>) {
    let version = if info.until.is_some() { Version::V3_3 } else { Version::V3_4 };
    for (column, version) in [("states_3.4", version), ("states_5.0", Version::V5_0)] {
        if !info.exists_in(version) {
            continue;
        }
        for sender in [Side::Esme, Side::Mc] {
            for (state, word) in STATES {
                let cell = row[column].as_str();
                let sends = match (row["sender"].as_str(), sender) {
                    ("both", _) | ("ESME", Side::Esme) | ("MC", Side::Mc) => true,
                    ("ESME" | "MC", _) => false,
                    other => panic!("sender {other:?}"),
                };
                let expected = sends && allowed_in(cell, (state, word), sender);
                assert_eq!(
                    info.permits(sender, state, version),
                    expected,
                    "{} from {sender:?} in {state:?}, {column}",
                    info.name
                );
            }
        }
    }
}

/// The cell names states, with remarks: `(ESME: TX,TRX; MC: RX,TRX)`, `(tolerate in OPEN)`.
fn allowed_in(cell: &str, (state, word): (State, &str), sender: Side) -> bool {
    if cell.contains("bound as transmitter or receiver") {
        return matches!(state, State::BoundTx | State::BoundRx);
    }
    if cell.contains("bound as transmitter") {
        return state == State::BoundTx;
    }
    if cell.contains("ESME: TX,TRX") {
        let own = if sender == Side::Esme { State::BoundTx } else { State::BoundRx };
        return state == own || state == State::BoundTrx;
    }
    cell.replace(['(', ')'], " ").split_whitespace().any(|found| found == word)
}

const STATES: [(State, &str); 7] = [
    (State::Open, "OPEN"),
    (State::Outbound, "OUTBOUND"),
    (State::BoundTx, "BOUND_TX"),
    (State::BoundRx, "BOUND_RX"),
    (State::BoundTrx, "BOUND_TRX"),
    (State::Unbound, "UNBOUND"),
    (State::Closed, "CLOSED"),
];
