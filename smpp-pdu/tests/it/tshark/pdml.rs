//! What tshark says, as it says it: its PDML, one line per field.

use std::path::Path;
use std::process::Command;

use super::pcap::SMPP_PORT;

/// One PDU as tshark dissected it.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// The fields of the protocol in order.
    pub(super) lines: Vec<Line>,
    /// True if tshark calls the PDU malformed.
    pub(super) malformed: bool,
}

/// One field as tshark dissected it.
#[derive(Debug)]
pub(super) struct Line {
    /// The filter name without `smpp.`.
    pub(super) name: String,
    /// Octets from the start of the PDU.
    pub(super) offset: usize,
    /// Octets it takes.
    pub(super) size: usize,
    /// How tshark shows it.
    pub(super) show: String,
    /// Its octets in hexadecimal; all bits of them, if the field is some of these bits.
    pub(super) hex: String,
}

impl Line {
    /// The number tshark shows, decimal or hexadecimal.
    pub(super) fn number(&self) -> Option<u32> {
        match self.show.strip_prefix("0x") {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => self.show.parse().ok(),
        }
    }
}

/// The first line tshark says about itself; `None` if it is not there.
pub(super) fn version() -> Option<String> {
    let output = Command::new("tshark").arg("--version").output().ok()?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

/// Has tshark dissect a capture file; the PDUs in the order it found them.
pub(super) fn dissect(file: &Path) -> Vec<Seen> {
    let output = Command::new("tshark")
        .arg("-r")
        .arg(file)
        .args(["-d", &format!("tcp.port=={SMPP_PORT},smpp"), "-T", "pdml"])
        // It would go on into user data, which is not ours to judge here.
        .args(["--disable-protocol", "gsm_sms_ud"])
        .output()
        .expect("tshark runs");
    assert!(output.status.success(), "tshark: {}", String::from_utf8_lossy(&output.stderr));
    read(&String::from_utf8_lossy(&output.stdout))
}

fn read(pdml: &str) -> Vec<Seen> {
    let mut seen: Vec<Seen> = Vec::new();
    let mut start = None;
    for line in pdml.lines() {
        if line.starts_with("  <proto ") {
            start = None;
            if attribute(line, "name") == "smpp" {
                start = Some(place(line, "pos"));
                seen.push(Seen::default());
            }
        }
        let Some(pdu) = seen.last_mut() else { continue };
        if line.contains("name=\"_ws.malformed\"") {
            pdu.malformed = true;
        }
        let name = attribute(line, "name").strip_prefix("smpp.").filter(|name| !is_derived(name));
        if let (Some(start), Some(name)) = (start, name) {
            pdu.lines.push(field(line, name, start));
        }
    }
    seen
}

/// What tshark makes of fields that are compared anyway.
fn is_derived(name: &str) -> bool {
    // message_text: the message once more, through tshark's alphabets.
    // message_payload.duplicate: a remark that two places hold user data.
    name.starts_with("dcs.") || name == "message_text" || name == "message_payload.duplicate"
}

fn field(line: &str, name: &str, start: usize) -> Line {
    let whole = attribute(line, "unmaskedvalue");
    Line {
        name: name.into(),
        offset: place(line, "pos") - start,
        size: place(line, "size"),
        show: attribute(line, "show").into(),
        hex: if whole.is_empty() { attribute(line, "value") } else { whole }.into(),
    }
}

/// The text of an attribute; values are escaped, so a quote ends them.
fn attribute<'a>(line: &'a str, name: &str) -> &'a str {
    let Some((_, rest)) = line.split_once(&format!(" {name}=\"")) else { return "" };
    rest.split_once('"').map(|(value, _)| value).unwrap_or_default()
}

fn place(line: &str, name: &str) -> usize {
    attribute(line, name).parse().expect("a place is a number")
}
