//! The published TPDUs, every field, read and written; and each of them damaged.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "test code")]

use crate::common::{hex, lines, number};
use serde_json::{Map, Value, json};
use sms_codec::charset::Charset;
use sms_codec::check;
use sms_codec::dcs::{Alphabet, Dcs};
use sms_codec::gsm7::Tables;
use sms_codec::segment::Segment;
use sms_codec::time::{Civil, ReceiptDate};
use sms_codec::tpdu::{
    Address, Command, CommandData, CommandType, Deliver, DeliverReport, Direction, EnhancedFormat, EnhancedValidity,
    FailureCause, Outcome, Parameters, Pid, RelativeValidity, Rp, Status, StatusReport, Submit, SubmitReport, Timestamp, Tpdu,
    TypeOfAddress, UserData, Validity, service_centre,
};
use sms_codec::udh::Udh;

pub(crate) const VECTORS: &str = include_str!("../../testdata/tpdu-vectors.jsonl");

#[test]
fn every_vector_is_read_field_by_field() {
    let mut ran = 0;
    for vector in lines(VECTORS) {
        let octets = hex(&vector["tpdu_hex"]);
        assert_eq!(octets.len(), number(&vector["tpdu_length"]));
        let (tpdu, odd) = Tpdu::decode(&octets, direction(&vector)).unwrap();
        assert!(odd.is_empty(), "{odd} in {vector}");
        assert!(vector["type"].as_str().unwrap().starts_with(tpdu.name()));
        assert_eq!(Value::Object(shown(&tpdu)), vector["fields"], "{}", vector["name"]);
        assert_eq!(in_its_rp(&vector, &octets).unwrap_or(tpdu), tpdu, "{}", vector["name"]);
        ran += 1;
    }
    assert_eq!(ran, 72);
}

#[test]
fn every_vector_is_written_from_its_fields() {
    let mut ran = 0;
    for vector in lines(VECTORS) {
        let fields = &vector["fields"];
        let mut buffer = Vec::new();
        let user_data = fields.get("udl").map(|_| user_data(fields, &mut buffer));
        let tpdu = built(&vector, user_data);
        let mut octets = Vec::new();
        tpdu.encode(&mut octets).unwrap();
        assert_eq!(octets, hex(&vector["tpdu_hex"]), "{}", vector["name"]);
        ran += 1;
    }
    assert_eq!(ran, 72);
}

#[test]
fn every_at_pdu_begins_with_its_service_centre() {
    let mut ran = 0;
    for vector in lines(VECTORS).filter(|vector| !vector["at_pdu_hex"].is_null()) {
        let octets = hex(&vector["at_pdu_hex"]);
        let (address, tpdu) = service_centre::split(&octets).unwrap();
        assert_eq!(tpdu, hex(&vector["tpdu_hex"]));
        let stated = &vector["sca"];
        match address {
            Some(address) => assert_eq!(address, self::address(stated)),
            None => assert_eq!(stated["address"], ""),
        }
        let mut written = Vec::new();
        service_centre::write(address, &mut written);
        written.extend(tpdu);
        assert_eq!(written, octets);
        ran += 1;
    }
    assert_eq!(ran, 67);
}

#[test]
fn a_damaged_tpdu_is_read_or_refused_but_never_panics() {
    for vector in lines(VECTORS) {
        let octets = hex(&vector["tpdu_hex"]);
        for length in 0..octets.len() {
            check::tpdu(&octets[..length]);
        }
        for bit in 0..8 * octets.len() {
            let mut flipped = octets.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            check::tpdu(&flipped);
        }
    }
}

pub(crate) fn direction(vector: &Value) -> Direction {
    match vector["direction"].as_str().unwrap() {
        "SC->MS" => Direction::ScToMs,
        "MS->SC" => Direction::MsToSc,
        other => panic!("{other}"),
    }
}

/// A report, read with the knowledge of its RP message.
fn in_its_rp<'a>(vector: &Value, octets: &'a [u8]) -> Option<Tpdu<'a>> {
    let (name, rp) = vector["type"].as_str().unwrap().split_once(' ')?;
    let rp = match rp {
        "(RP-ACK)" => Rp::Ack,
        "(RP-ERROR)" => Rp::Error,
        other => panic!("{other}"),
    };
    Some(match name {
        "SMS-DELIVER-REPORT" => DeliverReport::decode_in(rp, octets).unwrap().0.into(),
        _ => SubmitReport::decode_in(rp, octets).unwrap().0.into(),
    })
}

/// The fields as the vectors write them.
pub(crate) fn shown(tpdu: &Tpdu<'_>) -> Map<String, Value> {
    let mut fields = Map::new();
    match tpdu {
        Tpdu::Submit(submit) => shown_submit(submit, &mut fields),
        Tpdu::Deliver(deliver) => shown_deliver(deliver, &mut fields),
        Tpdu::StatusReport(report) => shown_status_report(report, &mut fields),
        Tpdu::Command(command) => shown_command(command, &mut fields),
        Tpdu::DeliverReport(report) => {
            set(&mut fields, [("mti", json!(0))]);
            shown_outcome(report.outcome, &mut fields);
            shown_parameters(&report.parameters, &mut fields);
        }
        Tpdu::SubmitReport(report) => {
            set(&mut fields, [("mti", json!(1)), ("scts", json!(report.scts.to_string()))]);
            shown_outcome(report.outcome, &mut fields);
            shown_parameters(&report.parameters, &mut fields);
        }
        _ => panic!("a TPDU the vectors do not know"),
    }
    fields
}

fn set<const N: usize>(fields: &mut Map<String, Value>, values: [(&str, Value); N]) {
    fields.extend(values.map(|(name, value)| (name.to_owned(), value)));
}

fn shown_submit(submit: &Submit<'_>, fields: &mut Map<String, Value>) {
    let (vpf, vp) = match submit.validity_period {
        None => (0, Value::Null),
        Some(Validity::Relative(relative)) => {
            (2, json!({"format": "relative", "value": relative.0, "minutes": relative.minutes()}))
        }
        Some(Validity::Absolute(time)) => (3, json!({"format": "absolute", "time": time.to_string()})),
        Some(Validity::Enhanced(enhanced)) => {
            (1, json!({"format": "enhanced", "hex": hexed(&enhanced.0), "meaning": meaning(enhanced)}))
        }
    };
    let values = [
        ("mti", json!(1)),
        ("rd", bit(submit.reject_duplicates)),
        ("vpf", json!(vpf)),
        ("srr", bit(submit.status_report_request)),
        ("rp", bit(submit.reply_path)),
        ("mr", json!(submit.message_reference)),
        ("da", shown_address(submit.destination_address)),
        ("pid", json!(submit.pid.0)),
        ("dcs", json!(submit.dcs.0)),
        ("vp", vp),
    ];
    set(fields, values);
    shown_user_data(&submit.user_data, fields);
}

fn shown_deliver(deliver: &Deliver<'_>, fields: &mut Map<String, Value>) {
    let values = [
        ("mti", json!(0)),
        ("mms", bit(!deliver.more_messages_to_send)),
        ("lp", bit(deliver.loop_prevention)),
        ("sri", bit(deliver.status_report_indication)),
        ("rp", bit(deliver.reply_path)),
        ("oa", shown_address(deliver.originating_address)),
        ("pid", json!(deliver.pid.0)),
        ("dcs", json!(deliver.dcs.0)),
        ("scts", json!(deliver.scts.to_string())),
    ];
    set(fields, values);
    shown_user_data(&deliver.user_data, fields);
}

fn shown_status_report(report: &StatusReport<'_>, fields: &mut Map<String, Value>) {
    let values = [
        ("mti", json!(2)),
        ("mms", bit(!report.more_messages_to_send)),
        ("srq", bit(report.status_report_qualifier)),
        ("udhi", json!(0)),
        ("mr", json!(report.message_reference)),
        ("ra", shown_address(report.recipient_address)),
        ("scts", json!(report.scts.to_string())),
        ("dt", json!(report.discharge_time.to_string())),
        ("st", json!(report.status.0)),
    ];
    set(fields, values);
    assert!(!report.loop_prevention, "the vectors do not show it");
    if let Some(parameters) = &report.parameters {
        shown_parameters(parameters, fields);
    }
}

fn shown_command(command: &Command<'_>, fields: &mut Map<String, Value>) {
    let values = [
        ("mti", json!(2)),
        ("srr", bit(command.status_report_request)),
        ("udhi", bit(command.command_data.has_header)),
        ("mr", json!(command.message_reference)),
        ("pid", json!(command.pid.0)),
        ("ct", json!(command.command_type.0)),
        ("mn", json!(command.message_number)),
        ("da", shown_address(command.destination_address)),
        ("cdl", json!(command.command_data.octets.len())),
        ("cd_hex", json!(hexed(command.command_data.octets))),
    ];
    set(fields, values);
}

fn shown_outcome(outcome: Outcome, fields: &mut Map<String, Value>) {
    if let Outcome::Error(cause) = outcome {
        set(fields, [("fcs", json!(cause.0))]);
    }
}

fn shown_parameters(parameters: &Parameters<'_>, fields: &mut Map<String, Value>) {
    let Parameters { pid, dcs, user_data } = parameters;
    let indicator = u8::from(pid.is_some()) | u8::from(dcs.is_some()) << 1 | u8::from(user_data.is_some()) << 2;
    set(fields, [("pi", json!(indicator)), ("udhi", json!(0))]);
    if let Some(pid) = pid {
        set(fields, [("pid", json!(pid.0))]);
    }
    if let Some(dcs) = dcs {
        set(fields, [("dcs", json!(dcs.0))]);
    }
    if let Some(user_data) = user_data {
        shown_user_data(user_data, fields);
    }
}

fn shown_address(address: Address) -> Value {
    let kind = address.type_of_address();
    json!({
        "ton": kind.ton(),
        "npi": kind.npi(),
        "address": address.to_string(),
        "length_semi_octets": address.semi_octets(),
    })
}

fn shown_user_data(data: &UserData<'_>, fields: &mut Map<String, Value>) {
    let (unit, alphabet) = match data.alphabet() {
        Alphabet::Gsm7 => ("septets", "gsm7"),
        Alphabet::EightBit => ("octets", "8bit"),
        Alphabet::Ucs2 => ("octets", "ucs2"),
    };
    let values = [
        ("udhi", bit(data.has_header())),
        ("udl", json!(data.udl())),
        ("udl_unit", json!(unit)),
        ("udh_hex", json!(hexed(data.udh().unwrap_or_default().as_bytes()))),
        ("fill_bits", json!(data.fill_bits())),
        ("alphabet", json!(alphabet)),
    ];
    set(fields, values);
    match data.text() {
        Some(text) => set(fields, [("text", json!(text))]),
        None => set(fields, [("data_hex", json!(hexed(data.body())))]),
    }
}

fn meaning(enhanced: EnhancedValidity) -> String {
    let span = match enhanced.format() {
        EnhancedFormat::Seconds(seconds) => format!("{seconds} seconds"),
        EnhancedFormat::Clock { hours, minutes, seconds } => format!("{hours:02}:{minutes:02}:{seconds:02}"),
        other => panic!("{other:?}"),
    };
    if enhanced.single_shot() { format!("single shot, {span}") } else { span }
}

fn bit(flag: bool) -> Value {
    json!(u8::from(flag))
}

fn hexed(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// The TPDU that the fields of a vector describe.
fn built<'a>(vector: &Value, user_data: Option<UserData<'a>>) -> Tpdu<'a> {
    let fields = &vector["fields"];
    match vector["type"].as_str().unwrap() {
        "SMS-SUBMIT" => Submit {
            reject_duplicates: flag(fields, "rd"),
            status_report_request: flag(fields, "srr"),
            reply_path: flag(fields, "rp"),
            message_reference: octet(&fields["mr"]),
            destination_address: address(&fields["da"]),
            pid: Pid(octet(&fields["pid"])),
            dcs: Dcs(octet(&fields["dcs"])),
            validity_period: validity(&fields["vp"]),
            user_data: user_data.unwrap(),
        }
        .into(),
        "SMS-DELIVER" => Deliver {
            more_messages_to_send: !flag(fields, "mms"),
            loop_prevention: flag(fields, "lp"),
            status_report_indication: flag(fields, "sri"),
            reply_path: flag(fields, "rp"),
            originating_address: address(&fields["oa"]),
            pid: Pid(octet(&fields["pid"])),
            dcs: Dcs(octet(&fields["dcs"])),
            scts: timestamp(&fields["scts"]),
            user_data: user_data.unwrap(),
        }
        .into(),
        "SMS-STATUS-REPORT" => StatusReport {
            more_messages_to_send: !flag(fields, "mms"),
            loop_prevention: false,
            status_report_qualifier: flag(fields, "srq"),
            message_reference: octet(&fields["mr"]),
            recipient_address: address(&fields["ra"]),
            scts: timestamp(&fields["scts"]),
            discharge_time: timestamp(&fields["dt"]),
            status: Status(octet(&fields["st"])),
            parameters: fields.get("pi").map(|_| parameters(fields, user_data)),
        }
        .into(),
        "SMS-COMMAND" => Command {
            status_report_request: flag(fields, "srr"),
            message_reference: octet(&fields["mr"]),
            pid: Pid(octet(&fields["pid"])),
            command_type: CommandType(octet(&fields["ct"])),
            message_number: octet(&fields["mn"]),
            destination_address: address(&fields["da"]),
            command_data: CommandData { has_header: flag(fields, "udhi"), octets: &[] },
        }
        .into(),
        deliver if deliver.starts_with("SMS-DELIVER-REPORT") => {
            DeliverReport { outcome: outcome(fields), parameters: parameters(fields, user_data) }.into()
        }
        _ => {
            let scts = timestamp(&fields["scts"]);
            SubmitReport { outcome: outcome(fields), scts, parameters: parameters(fields, user_data) }.into()
        }
    }
}

fn octet(value: &Value) -> u8 {
    u8::try_from(number(value)).unwrap()
}

fn flag(fields: &Value, name: &str) -> bool {
    number(&fields[name]) == 1
}

fn address(value: &Value) -> Address {
    let kind = TypeOfAddress::new(octet(&value["ton"]), octet(&value["npi"]));
    Address::new(kind, value["address"].as_str().unwrap()).unwrap()
}

fn timestamp(value: &Value) -> Timestamp {
    let date = ReceiptDate::parse(value.as_str().unwrap()).unwrap();
    let (local, quarters): (Civil, _) = (date.local, date.offset_minutes.unwrap() / 15);
    Timestamp::new(local, i8::try_from(quarters).unwrap()).unwrap()
}

fn validity(value: &Value) -> Option<Validity> {
    Some(match value["format"].as_str()? {
        "relative" => Validity::Relative(RelativeValidity::at_least(u32::try_from(number(&value["minutes"])).unwrap())),
        "absolute" => Validity::Absolute(timestamp(&value["time"])),
        _ => {
            let format = match value["meaning"].as_str().unwrap() {
                "90 seconds" => EnhancedFormat::Seconds(90),
                "single shot, 01:30:00" => EnhancedFormat::Clock { hours: 1, minutes: 30, seconds: 0 },
                other => panic!("{other}"),
            };
            let single_shot = value["meaning"].as_str().unwrap().starts_with("single shot");
            Validity::Enhanced(EnhancedValidity::new(format, single_shot).unwrap())
        }
    })
}

fn outcome(fields: &Value) -> Outcome {
    fields.get("fcs").map_or(Outcome::Ack, |cause| Outcome::Error(FailureCause(octet(cause))))
}

fn parameters<'a>(fields: &Value, user_data: Option<UserData<'a>>) -> Parameters<'a> {
    let value = |name| fields.get(name).map(octet);
    Parameters { pid: value("pid").map(Pid), dcs: value("dcs").map(Dcs), user_data }
}

fn user_data<'a>(fields: &Value, buffer: &'a mut Vec<u8>) -> UserData<'a> {
    let dcs = Dcs(octet(&fields["dcs"]));
    let elements = hex(&fields["udh_hex"]);
    let octets = match (fields["alphabet"].as_str().unwrap(), fields["text"].as_str()) {
        ("gsm7", Some(text)) => Tables::from_udh(Udh::elements(&elements).unwrap()).encode(text).unwrap(),
        ("ucs2", Some(text)) => Charset::Ucs2.encode(text).unwrap(),
        (_, _) => hex(&fields["data_hex"]),
    };
    let segment = Segment { octets: &octets, concatenation: None, elements: &elements };
    UserData::of_segment(dcs, &segment, buffer).unwrap()
}
