//! What TPDUs must keep.

use alloc::{string::ToString, vec::Vec};

use crate::dcs::Alphabet;
use crate::gsm7::Tables;
use crate::tpdu::{
    DecodeError, DeliverReport, Direction, Entropy, Fault, Odd, Rp, StatusReport, SubmitReport, Tpdu, UserData, Validity,
    service_centre,
};

/// TPDUs: reading is total, what is read is written the same, and what is written reads the same.
pub fn tpdu(octets: &[u8]) {
    for direction in [Direction::ScToMs, Direction::MsToSc] {
        read(octets, Tpdu::decode(octets, direction), |again| Tpdu::decode(again, direction));
    }
    for rp in [Rp::Ack, Rp::Error] {
        let deliver = |octets| DeliverReport::decode_in(rp, octets).map(|(report, odd)| (report.into(), odd));
        read(octets, deliver(octets), |again| DeliverReport::decode_in(rp, again).map(|(report, odd)| (report.into(), odd)));
        read(octets, SubmitReport::decode_in(rp, octets).map(|(report, odd)| (report.into(), odd)), |again| {
            SubmitReport::decode_in(rp, again).map(|(report, odd)| (report.into(), odd))
        });
    }
    if let Ok((address, rest)) = service_centre::split(octets) {
        let mut written = Vec::new();
        service_centre::write(address, &mut written);
        written.extend_from_slice(rest);
        assert_eq!(written, octets, "service centre");
        let _ = address.map(|address| address.to_string());
    }
    generated(octets);
}

type Read<'a> = Result<(Tpdu<'a>, Odd), DecodeError>;

fn read(octets: &[u8], tpdu: Read<'_>, again: impl for<'b> Fn(&'b [u8]) -> Read<'b>) {
    let (tpdu, odd) = match tpdu {
        Ok(read) => read,
        Err(error) => return assert!(error.offset <= octets.len(), "{error}"),
    };
    look_at(&tpdu);
    let mut written = Vec::new();
    match tpdu.encode(&mut written) {
        Ok(()) if odd.is_empty() => assert_eq!(written, octets, "octets"),
        Ok(()) => assert_eq!(again(&written).map(|(tpdu, _)| tpdu), Ok(tpdu), "written"),
        Err(error) => {
            let forgiven = odd.contains(Odd::LENGTH) || odd.contains(Odd::FAILURE_CAUSE);
            assert!(forgiven && written.is_empty(), "{error}");
        }
    }
}

/// Every accessor, for it must not panic either.
fn look_at(tpdu: &Tpdu<'_>) {
    let _ = alloc::format!("{tpdu:?}");
    match tpdu {
        Tpdu::Submit(submit) => {
            user_data(&submit.user_data);
            let _ = (submit.destination_address.to_string(), submit.pid.kind());
            let _ = submit.validity_period.map(|validity: Validity| (validity.resolve(i64::MAX), validity.resolve(i64::MIN)));
        }
        Tpdu::Deliver(deliver) => {
            user_data(&deliver.user_data);
            let _ = (deliver.originating_address.to_string(), deliver.scts.to_string(), deliver.scts.unix_millis());
        }
        Tpdu::StatusReport(report) => {
            let _ = (report.discharge_time.to_string(), report.status.to_string(), report.status.message_state());
            report.parameters.and_then(|parameters| parameters.user_data).iter().for_each(user_data);
        }
        Tpdu::Command(command) => drop(command.command_data.udh()),
        Tpdu::DeliverReport(report) => report.parameters.user_data.iter().for_each(user_data),
        Tpdu::SubmitReport(report) => report.parameters.user_data.iter().for_each(user_data),
    }
}

fn user_data(data: &UserData<'_>) {
    let header = data.octets().len() - data.body().len();
    assert_eq!(header, data.udh().map_or(0, |udh| 1 + udh.as_bytes().len()), "header");
    let text = data.text().unwrap_or_default();
    assert!(text.chars().count() <= usize::from(data.udl()), "text longer than its length");
    assert!(data.septets().count() <= usize::from(data.udl()), "septets");
    if data.alphabet() == Alphabet::Gsm7 {
        let tables = Tables::from_udh(data.udh().unwrap_or_default());
        assert!(tables.chars(data.septets()).eq(text.chars()), "two decoders");
    }
}

/// What is made of fields reads as these fields; what is cut off does not read at all.
fn generated(octets: &[u8]) {
    let tpdu = Tpdu::generate(&mut Entropy::new(octets));
    let mut written = Vec::new();
    assert_eq!(tpdu.encode(&mut written), Ok(()), "may be written");
    let read = Tpdu::decode(&written, tpdu.direction());
    assert_eq!(read.map(|(read, _)| read), Ok(tpdu), "read");
    let odd = read.map_or(Odd::NONE, |(_, odd)| odd);
    // Any octets are user data, but not any octets are a header.
    assert!(odd.is_empty() || odd == Odd::HEADER, "{odd}");
    for length in 0..written.len() {
        let prefix = written.get(..length).unwrap_or_default();
        match Tpdu::decode(prefix, tpdu.direction()) {
            Err(error) => assert_eq!(error.fault, Fault::Truncated, "{error}"),
            // Its end is optional.
            Ok((read, _)) => assert!(matches!(read, Tpdu::StatusReport(StatusReport { parameters: None, .. })), "cut off"),
        }
    }
}
