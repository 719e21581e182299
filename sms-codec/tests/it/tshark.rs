//! A second opinion: tshark, which nobody here wrote, reads the TPDUs that we write.
//!
//! Its fields are compared with those we read back from the same octets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "test code")]

use std::path::Path;
use std::process::Command as Program;
use std::{env, fs};

use serde_json::Value;
use sms_codec::dcs::Dcs;
use sms_codec::segment::Segment;
use sms_codec::time::Civil;
use sms_codec::tpdu::{
    Address, Deliver, DeliverReport, Direction, FailureCause, Outcome, Parameters, Pid, Status, StatusReport, Submit,
    SubmitReport, Timestamp, Tpdu, TypeOfAddress, UserData,
};

use crate::common::{hex, lines};
use crate::tpdu::{VECTORS, direction, shown};

#[test]
fn tshark_reads_the_same_fields() {
    if Program::new("tshark").arg("--version").output().is_err() {
        assert!(env::var("SMSC_TEST_REQUIRE").as_deref() != Ok("1"), "tshark not installed (apt-get install tshark)");
        eprintln!("SKIPPED: tshark not installed (apt-get install tshark)");
        return;
    }
    let cases = cases();
    assert!(cases.len() > 1000);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tpdu.pcapng");
    fs::write(&file, capture(&cases)).unwrap();
    let seen = dissect(&file);
    assert_eq!(seen.len(), cases.len(), "TPDUs found by tshark");
    let mut differences = Vec::new();
    let mut national = 0;
    for ((octets, direction), seen) in cases.iter().zip(&seen) {
        let (tpdu, _) = Tpdu::decode(octets, *direction).unwrap();
        let fields = Value::Object(shown(&tpdu));
        for ((name, value), seen) in FIELDS.iter().zip(seen) {
            let ours = value(&fields);
            if is_national(name, &fields) {
                national += 1;
            } else if ours != *seen {
                differences.push(format!("{octets:02X?}: {name}: we read {ours:?}, tshark {seen:?}"));
            }
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
    println!("{} TPDUs, {} fields each; national text not compared: {national}", cases.len(), FIELDS.len());
    assert_eq!(national, 2);
}

/// A field of tshark, and what it must be.
type Row = (&'static str, fn(&Value) -> String);

const FIELDS: [Row; 27] = [
    ("gsm_sms.tp-mti", |fields| number(&fields["mti"])),
    ("gsm_sms.tp-rp", |fields| number(&fields["rp"])),
    ("gsm_sms.tp-udhi", |fields| number(&fields["udhi"])),
    ("gsm_sms.tp-sri", |fields| number(&fields["sri"])),
    ("gsm_sms.tp-srr", |fields| number(&fields["srr"])),
    ("gsm_sms.tp-srq", |fields| number(&fields["srq"])),
    ("gsm_sms.tp-lp", |fields| number(if fields["ra"].is_null() { &fields["lp"] } else { &Value::Bool(false) })),
    ("gsm_sms.tp-mms", |fields| number(&fields["mms"])),
    ("gsm_sms.tp-vpf", |fields| number(&fields["vpf"])),
    ("gsm_sms.tp-rd", |fields| number(&fields["rd"])),
    ("gsm_sms.tp-mr", |fields| number(&fields["mr"])),
    ("gsm_sms.dis_field_addr.length", |fields| number(&address(fields)["length_semi_octets"])),
    ("gsm_sms.dis_field_addr.num_type", |fields| number(&address(fields)["ton"])),
    ("gsm_sms.dis_field_addr.num_plan", |fields| number(&address(fields)["npi"])),
    ("gsm_sms.tp-pid", |fields| number(&fields["pid"])),
    ("gsm_sms.tp-dcs", |fields| number(&fields["dcs"])),
    ("gsm_sms.scts.year", |fields| times(fields, |time| time[2..4].into())),
    ("gsm_sms.scts.minutes", |fields| times(fields, |time| time[14..16].into())),
    // The sign is only in what it shows people.
    ("gsm_sms.scts.timezone", |fields| times(fields, |time| (zone_minutes(time) / 15).to_string())),
    ("gsm_sms.tp.user_data_length", |fields| number(&fields["udl"])),
    ("gsm_sms.tp.command_type", |fields| number(&fields["ct"])),
    ("gsm_sms.tp.message_number", |fields| number(&fields["mn"])),
    ("gsm_sms.tp-fcs", |fields| hexadecimal(&fields["fcs"])),
    ("gsm_sms.tp.parameter_indicator", |fields| hexadecimal(&fields["pi"])),
    ("gsm_sms.dis_field.st_error", |fields| fields["st"].as_u64().map_or(String::new(), |status| (status >> 5 & 3).to_string())),
    ("gsm_sms.sms_text", text),
    ("gsm_sms.tp-oa", |fields| fields["oa"]["address"].as_str().unwrap_or_default().to_owned()),
];

fn number(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(flag) => u8::from(*flag).to_string(),
        number => number.to_string(),
    }
}

fn hexadecimal(value: &Value) -> String {
    value.as_u64().map_or(String::new(), |value| format!("{value:#04x}"))
}

fn address(fields: &Value) -> &Value {
    ["oa", "da", "ra"].iter().map(|name| &fields[name]).find(|address| !address.is_null()).unwrap_or(&Value::Null)
}

/// Text without a DCS is 7-bit text, but tshark shows octets then.
fn text(fields: &Value) -> String {
    match &fields["dcs"] {
        Value::Null => String::new(),
        _ => fields["text"].as_str().unwrap_or_default().to_owned(),
    }
}

/// tshark 4.0 reads national text with the default tables.
fn is_national(name: &str, fields: &Value) -> bool {
    let udh = fields["udh_hex"].as_str().unwrap_or_default();
    name == "gsm_sms.sms_text" && (udh.starts_with("24") || udh.starts_with("25"))
}

/// Something of every time stamp, as a number, in order.
fn times(fields: &Value, part: fn(&str) -> String) -> String {
    let times = [&fields["scts"], &fields["dt"], &fields["vp"]["time"]];
    let parts = times.iter().filter_map(|time| time.as_str()).map(|time| part(time).parse::<i32>().unwrap().to_string());
    parts.collect::<Vec<_>>().join(",")
}

fn zone_minutes(time: &str) -> i32 {
    time[20..22].parse::<i32>().unwrap() * 60 + time[23..25].parse::<i32>().unwrap()
}

/// TPDUs and the way they go.
fn cases() -> Vec<(Vec<u8>, Direction)> {
    let mut cases: Vec<_> = lines(VECTORS).map(|vector| (hex(&vector["tpdu_hex"]), direction(&vector))).collect();
    addresses(&mut cases);
    times_and_zones(&mut cases);
    reports(&mut cases);
    texts(&mut cases);
    cases
}

fn add(cases: &mut Vec<(Vec<u8>, Direction)>, tpdu: Tpdu<'_>) {
    let mut octets = Vec::new();
    tpdu.encode(&mut octets).unwrap();
    cases.push((octets, tpdu.direction()));
}

fn local(second: i64) -> Civil {
    Civil::from_unix_millis(1000 * (1_782_820_800 + second)).0
}

fn noon() -> Timestamp {
    Timestamp::new(local(0), 4).unwrap()
}

fn addresses(cases: &mut Vec<(Vec<u8>, Direction)>) {
    for length in 1..=20 {
        for kind in [0x80, 0x81, 0x91, 0xA1, 0xB0, 0xC8, 0xE9] {
            let address = Address::new(TypeOfAddress(kind), &"90817263544536271809"[..length]).unwrap();
            add(cases, Deliver { originating_address: address, scts: noon(), ..Deliver::default() }.into());
        }
    }
    for length in 1..=11 {
        let address = Address::new(TypeOfAddress::ALPHANUMERIC, &"ElevenChars"[..length]).unwrap();
        add(cases, Deliver { originating_address: address, scts: noon(), ..Deliver::default() }.into());
    }
}

fn times_and_zones(cases: &mut Vec<(Vec<u8>, Direction)>) {
    for quarters in -56..=56 {
        // From one minute, month and year to others.
        let scts = Timestamp::new(local(i64::from(quarters) * 987_654), quarters).unwrap();
        add(cases, Deliver { scts, ..Deliver::default() }.into());
    }
}

fn reports(cases: &mut Vec<(Vec<u8>, Direction)>) {
    for status in 0..=0x7F {
        let status = Status(status);
        add(cases, StatusReport { scts: noon(), discharge_time: noon(), status, ..StatusReport::default() }.into());
    }
    for choice in 0..8 {
        let parameters = Parameters {
            pid: (choice & 1 != 0).then_some(Pid(0x41)),
            dcs: (choice & 2 != 0).then_some(Dcs(0)),
            user_data: (choice & 4 != 0).then(|| UserData::new(Dcs(0), 2, b"\xEF\x35", false).unwrap()),
        };
        for outcome in [Outcome::Ack, Outcome::Error(FailureCause(0xC0)), Outcome::Error(FailureCause(0xD0))] {
            add(cases, DeliverReport { outcome, parameters }.into());
            add(cases, SubmitReport { outcome, scts: noon(), parameters }.into());
        }
    }
}

/// Every number of fill bits before texts of every length.
fn texts(cases: &mut Vec<(Vec<u8>, Direction)>) {
    let mut buffer = Vec::new();
    for header in 0..=8 {
        let element = [&[0x80, header], &[0x55; 8][..usize::from(header)]].concat();
        let elements = if header == 0 { &[][..] } else { &element };
        let septets: Vec<u8> = (b'a'..=b'z').cycle().take(140).collect();
        for length in 1..=140 {
            let segment = Segment { octets: &septets[..length], concatenation: None, elements };
            let user_data = UserData::of_segment(Dcs(0), &segment, &mut buffer).unwrap();
            add(cases, Submit { user_data, ..Submit::default() }.into());
        }
    }
}

fn dissect(file: &Path) -> Vec<Vec<String>> {
    let mut tshark = Program::new("tshark");
    tshark.arg("-r").arg(file).args(["-o", "uat:user_dlts:\"User 0 (DLT=147)\",\"gsm_sms\",\"0\",\"\",\"0\",\"\""]);
    // Parts are compared one by one.
    tshark.args(["-o", "gsm_sms.reassemble:FALSE"]);
    tshark.args(["-T", "fields", "-E", "occurrence=a", "-E", "aggregator=,", "-E", "separator=/t"]);
    tshark.args(FIELDS.iter().flat_map(|(name, _)| ["-e", name]));
    let output = tshark.output().expect("tshark runs");
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}

/// A pcapng file, which unlike pcap says which way a packet goes.
fn capture(cases: &[(Vec<u8>, Direction)]) -> Vec<u8> {
    let mut file = block(0x0A0D_0D0A, &[&0x1A2B_3C4D_u32.to_le_bytes(), &[1, 0, 0, 0], &[0xFF; 8]]);
    file.extend(block(1, &[&LINK_USER_0.to_le_bytes(), &[0; 6]]));
    for (octets, direction) in cases {
        let length = u32::try_from(octets.len()).unwrap().to_le_bytes();
        let padding = vec![0; octets.len().wrapping_neg() % 4];
        // tshark takes the side of the network: what goes to the handset is outbound.
        let flags = match direction {
            Direction::MsToSc => 1_u8,
            Direction::ScToMs => 2,
        };
        let options = [2, 0, 4, 0, flags, 0, 0, 0, 0, 0, 0, 0];
        file.extend(block(6, &[&[0; 12], &length, &length, octets, &padding, &options]));
    }
    file
}

fn block(kind: u32, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
    [&kind.to_le_bytes(), &length, body.as_slice(), &length].concat()
}

const LINK_USER_0: u16 = 147;
