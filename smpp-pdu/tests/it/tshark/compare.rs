//! Our fields against tshark's: same order, same place, same octets, same numbers.

use std::collections::BTreeMap;

use smpp_pdu::Kind;
use smpp_pdu::dump::{Dump, Shown};

use super::Case;
use super::gap::Gap;
use super::parameter;
use super::pdml::{Line, Seen};

/// How often each gap was met.
pub(super) type Gaps = BTreeMap<Gap, usize>;

/// Compares one PDU; the first difference, if there is one.
pub(super) fn compare(case: &Case, seen: &Seen, gaps: &mut Gaps) -> Result<(), String> {
    if seen.malformed {
        return Err("tshark calls it malformed".into());
    }
    let mut walk = Walk { octets: &case.octets, at: 0, lines: &seen.lines, next: 0, gaps };
    header(&mut walk, &case.dump)?;
    if body_is_shown(&mut walk, case) {
        for (name, shown) in &case.dump.fields {
            field(&mut walk, name, shown)?;
        }
        if !case.dump.tlvs.is_empty() {
            tlvs(&mut walk, case)?;
        }
    }
    walk.end()
}

fn header(walk: &mut Walk<'_>, dump: &Dump) -> Result<(), String> {
    let header = dump.header;
    walk.number("command_length", header.command_length, 4)?;
    walk.number("command_id", header.command_id.0, 4)?;
    if header.command_id.is_response() {
        walk.number("command_status", header.command_status.0, 4)?;
    } else {
        walk.skip(Gap::RequestStatus, 4);
    }
    walk.number("sequence_number", header.sequence_number, 4)
}

fn body_is_shown(walk: &mut Walk<'_>, case: &Case) -> bool {
    let rest = walk.octets.len() - walk.at;
    if rest == 0 {
        return false;
    }
    if case.is_only_in_3_3() {
        walk.skip(Gap::OnlyIn3_3, rest);
        return false;
    }
    if case.info().kind == Kind::Response && !case.dump.header.command_status.is_ok() {
        walk.skip(Gap::ErrorBody, rest);
        return false;
    }
    true
}

fn field(walk: &mut Walk<'_>, name: &str, shown: &Shown) -> Result<(), String> {
    match (name, shown) {
        ("dest_address" | "unsuccess_sme", Shown::List(entries)) => list(walk, name, entries),
        ("number_of_dests" | "no_unsuccess", Shown::Number(_)) => {
            walk.skip(Gap::EntryCount, 1);
            Ok(())
        }
        ("dest_flag", Shown::Number(_)) => {
            walk.skip(Gap::DestFlag, 1);
            Ok(())
        }
        ("error_status_code", Shown::Number(number)) => walk.number(name, *number, 4),
        ("esm_class", Shown::Number(number)) => {
            walk.bits(&[("esm.submit.msg_mode", 0x03), ("esm.submit.msg_type", 0x3C), ("esm.submit.features", 0xC0)], *number)
        }
        ("registered_delivery", Shown::Number(number)) => {
            walk.bits(&[("regdel.receipt", 0x03), ("regdel.acks", 0x0C), ("regdel.notif", 0x10)], *number)
        }
        ("replace_if_present_flag", Shown::Number(number)) => walk.bits(&[(name, 0x01)], *number),
        (_, Shown::Number(number)) => walk.number(name, *number, 1),
        ("short_message_hex", Shown::Text(hex)) if hex.is_empty() => Ok(()),
        ("short_message_hex", Shown::Text(hex)) => walk.octets("message", &crate::unhex(hex)),
        (_, Shown::Text(text)) => string(walk, name, &latin1(text)),
        (_, Shown::List(_)) => Err(format!("{name} is a list nobody expects")),
    }
}

fn string(walk: &mut Walk<'_>, name: &str, text: &[u8]) -> Result<(), String> {
    let relative = format!("{name}_r");
    let is_time = matches!(name, "schedule_delivery_time" | "validity_period" | "final_date");
    match text {
        [] => empty_string(walk, [name, &relative]),
        [.., b'R'] if is_time => walk.octets(&relative, &[text, &[0]].concat()),
        _ => walk.octets(name, &[text, &[0]].concat()),
    }
}

/// tshark shows some empty strings, with a word for what they mean; an empty time is relative.
fn empty_string(walk: &mut Walk<'_>, names: [&str; 2]) -> Result<(), String> {
    let here = walk.here().filter(|line| line.size == 1).map(|line| line.name.as_str());
    match here {
        Some(name) if names.contains(&name) => walk.octets(name, &[0]),
        Some("schedule_delivery_time_r") if names[0] == "validity_period" => {
            walk.note(Gap::ValidityName);
            walk.octets("schedule_delivery_time_r", &[0])
        }
        _ => {
            walk.skip(Gap::EmptyString, 1);
            Ok(())
        }
    }
}

fn list(walk: &mut Walk<'_>, name: &str, entries: &[Vec<(&'static str, Shown)>]) -> Result<(), String> {
    // The count octet has been passed; tshark's container begins with it.
    let [.., count] = walk.octets[..walk.at] else { return Err("no count".into()) };
    if usize::from(count) != entries.len() {
        return Err(format!("{count} entries are announced, {} are there", entries.len()));
    }
    if !entries.is_empty() {
        walk.container(if name == "dest_address" { "dlist" } else { "dlist_resp" })?;
    }
    for (name, shown) in entries.iter().flatten() {
        field(walk, name, shown)?;
    }
    Ok(())
}

fn tlvs(walk: &mut Walk<'_>, case: &Case) -> Result<(), String> {
    if walk.next == walk.lines.len() && stops_before_tlvs(case.dump.header.command_id.request().name()) {
        walk.skip(Gap::NoTlvs, walk.octets.len() - walk.at);
        return Ok(());
    }
    walk.container("opt_params")?;
    case.dump.tlvs.iter().try_for_each(|shown| parameter::compare(walk, shown))
}

fn stops_before_tlvs(request: Option<&str>) -> bool {
    matches!(
        request,
        Some(
            "bind_receiver"
                | "bind_transmitter"
                | "bind_transceiver"
                | "outbind"
                | "query_sm"
                | "cancel_sm"
                | "replace_sm"
                | "unbind"
                | "enquire_link"
                | "cancel_broadcast_sm"
        )
    )
}

/// The text of a dump as the octets it stands for.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|char| u8::try_from(u32::from(char)).expect("ISO-8859-1")).collect()
}

/// Goes through our octets and through tshark's lines at the same time.
pub(super) struct Walk<'a> {
    octets: &'a [u8],
    at: usize,
    lines: &'a [Line],
    next: usize,
    gaps: &'a mut Gaps,
}

impl<'a> Walk<'a> {
    /// The octets go by without a line of tshark's.
    pub(super) fn skip(&mut self, gap: Gap, octets: usize) {
        self.note(gap);
        self.at += octets;
    }

    pub(super) fn note(&mut self, gap: Gap) {
        *self.gaps.entry(gap).or_default() += 1;
    }

    /// A line that only holds others.
    pub(super) fn container(&mut self, name: &str) -> Result<(), String> {
        self.line(name).map(|_| ())
    }

    /// A number of `width` octets: ours, in the PDU, and as tshark understood it.
    pub(super) fn number(&mut self, name: &str, number: u32, width: usize) -> Result<(), String> {
        let line = self.line(name)?;
        if line.number() != Some(number) {
            return Err(format!("{name} is {number}, tshark says {}", line.show));
        }
        self.same(line, &number.to_be_bytes()[4 - width..])?;
        self.at += width;
        Ok(())
    }

    /// One octet of which tshark shows groups of bits.
    pub(super) fn bits(&mut self, groups: &[(&str, u8)], number: u32) -> Result<(), String> {
        let octet = u8::try_from(number).map_err(|error| error.to_string())?;
        for (name, mask) in groups {
            let line = self.line(name)?;
            self.same(line, &[octet])?;
            let bits = u32::from(octet & mask) >> mask.trailing_zeros();
            if line.number() != Some(bits) {
                return Err(format!("{name} is {bits}, tshark says {}", line.show));
            }
        }
        if groups.iter().map(|(_, mask)| mask).sum::<u8>() != 0xFF {
            self.note(Gap::ReservedBits);
        }
        self.at += 1;
        Ok(())
    }

    /// Octets as they are.
    pub(super) fn octets(&mut self, name: &str, octets: &[u8]) -> Result<(), String> {
        let line = self.line(name)?;
        self.same(line, octets)?;
        self.at += octets.len();
        Ok(())
    }

    /// The first octets, which tshark shows on their own before it shows all.
    pub(super) fn foretaste(&mut self, name: &str, octets: &[u8]) -> Result<(), String> {
        let line = self.line(name)?;
        self.same(line, octets)
    }

    /// The next line, if it is about the octets that come next.
    pub(super) fn here(&self) -> Option<&'a Line> {
        self.lines.get(self.next).filter(|line| line.offset == self.at)
    }

    fn line(&mut self, name: &str) -> Result<&'a Line, String> {
        let Some(line) = self.lines.get(self.next) else { return Err(format!("tshark does not show {name}")) };
        if line.name != name {
            return Err(format!("{name} at octet {}, tshark says {} at octet {}", self.at, line.name, line.offset));
        }
        self.next += 1;
        Ok(line)
    }

    /// Our value stands in the PDU where tshark found the same octets.
    fn same(&self, line: &Line, octets: &[u8]) -> Result<(), String> {
        let written = self.octets.get(self.at..self.at + octets.len());
        if written != Some(octets) {
            return Err(format!("{}: meant {octets:02x?}, wrote {written:02x?}", line.name));
        }
        if (line.offset, line.size) != (self.at, octets.len()) {
            let (offset, size) = (line.offset, line.size);
            return Err(format!("{}: {} octets at {}, tshark says {size} at {offset}", line.name, octets.len(), self.at));
        }
        // Fields without a value of their own are known by their place alone.
        if !line.hex.is_empty() && *crate::unhex(&line.hex) != *octets {
            return Err(format!("{}: {octets:02x?}, tshark says {}", line.name, line.hex));
        }
        Ok(())
    }

    fn end(&self) -> Result<(), String> {
        if let Some(line) = self.lines.get(self.next) {
            return Err(format!("tshark also sees {} = {}", line.name, line.show));
        }
        if self.at != self.octets.len() {
            return Err(format!("compared {} of {} octets", self.at, self.octets.len()));
        }
        Ok(())
    }
}
