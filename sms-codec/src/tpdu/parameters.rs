//! What TP-PI announces, and what decides whether a report has a TP-FCS.

use super::field::{Announced, Field, Reader};
use super::user_data::HEADER;
use super::{FailureCause, Fault, Odd, Pid, UserData};
use crate::dcs::Dcs;

/// The optional fields of reports; TP-PI says which are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Parameters<'a> {
    /// TP-PID.
    pub pid: Option<Pid>,
    /// TP-DCS; without it user data is GSM 7-bit text.
    pub dcs: Option<Dcs>,
    /// TP-UDHI, TP-UDL and TP-UD.
    pub user_data: Option<UserData<'a>>,
}

impl<'a> Field<'a> for Parameters<'a> {
    const FIRST_OCTET: u8 = HEADER;

    fn announce(&self, announced: &mut Announced) {
        let Self { pid, dcs, user_data } = self;
        announced.indicator = pid.map_or(0, |_| PID) | dcs.map_or(0, |_| DCS) | user_data.map_or(0, |_| USER_DATA);
        dcs.iter().for_each(|dcs| dcs.announce(announced));
        user_data.iter().for_each(|user_data| user_data.announce(announced));
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let indicator = reader.announced.indicator;
        let header = reader.announced.first_octet & HEADER != 0;
        reader.note(header && indicator & USER_DATA == 0, Odd::HEADER);
        Ok(Self {
            pid: announced_by(indicator & PID, reader)?,
            dcs: announced_by(indicator & DCS, reader)?,
            user_data: announced_by(indicator & USER_DATA, reader)?,
        })
    }

    fn check(&self, announced: &Announced) -> Result<(), Fault> {
        self.user_data.map_or(Ok(()), |user_data| user_data.check(announced))
    }

    fn encode(&self, announced: &Announced, out: &mut impl Extend<u8>) {
        self.pid.iter().for_each(|pid| pid.encode(announced, out));
        self.dcs.iter().for_each(|dcs| dcs.encode(announced, out));
        self.user_data.iter().for_each(|user_data| user_data.encode(announced, out));
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut super::Entropy<'a>) -> Self {
        let choice = entropy.octet();
        Self {
            pid: (choice & PID != 0).then(|| Pid::generate(entropy)),
            dcs: (choice & DCS != 0).then(|| Dcs::generate(entropy)),
            user_data: (choice & USER_DATA != 0).then(|| UserData::generate(entropy)),
        }
    }
}

/// With TP-PI in front, unless the TPDU ends before: so it is in SMS-STATUS-REPORT.
impl<'a> Field<'a> for Option<Parameters<'a>> {
    const FIRST_OCTET: u8 = HEADER;

    fn announce(&self, announced: &mut Announced) {
        self.iter().for_each(|parameters| parameters.announce(announced));
    }

    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        if reader.rest().is_empty() {
            reader.note(reader.announced.first_octet & HEADER != 0, Odd::HEADER);
            return Ok(None);
        }
        read_indicator(reader)?;
        Parameters::decode(reader).map(Some)
    }

    fn check(&self, announced: &Announced) -> Result<(), Fault> {
        self.map_or(Ok(()), |parameters| parameters.check(announced))
    }

    fn encode(&self, announced: &Announced, out: &mut impl Extend<u8>) {
        if let Some(parameters) = self {
            out.extend([announced.indicator]);
            parameters.encode(announced, out);
        }
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut super::Entropy<'a>) -> Self {
        entropy.flag().then(|| Parameters::generate(entropy))
    }
}

/// How a message was taken; in reports this stands in front of TP-PI.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Outcome {
    /// The message was taken; the report goes in an RP-ACK.
    #[default]
    Ack,
    /// The message was refused; the report goes in an RP-ERROR.
    Error(FailureCause),
}

/// TP-FCS, if any, and TP-PI, whose value the parameters announce.
impl<'a> Field<'a> for Outcome {
    fn decode(reader: &mut Reader<'a>) -> Result<Self, Fault> {
        let refused = match (reader.rp, reader.rest()) {
            (Some(rp), _) => rp == Rp::Error,
            // Without that knowledge the value must tell.
            (None, rest) => matches!(rest, [0x80..=0xFF, ..]),
        };
        let mut outcome = Self::Ack;
        if refused {
            let cause = FailureCause(reader.octet()?);
            reader.note(!cause.is_valid(), Odd::FAILURE_CAUSE);
            outcome = Self::Error(cause);
        }
        read_indicator(reader)?;
        Ok(outcome)
    }

    fn check(&self, _: &Announced) -> Result<(), Fault> {
        match self {
            Self::Error(cause) if !cause.is_valid() => Err(Fault::Reserved),
            _ => Ok(()),
        }
    }

    fn encode(&self, announced: &Announced, out: &mut impl Extend<u8>) {
        if let Self::Error(cause) = self {
            out.extend([cause.0]);
        }
        out.extend([announced.indicator]);
    }

    #[cfg(any(test, feature = "check"))]
    fn generate(entropy: &mut super::Entropy<'a>) -> Self {
        match entropy.octet() {
            cause @ 0x80.. => Self::Error(FailureCause(cause)),
            _ => Self::Ack,
        }
    }
}

/// The RP message that a report came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rp {
    /// RP-ACK: the message was taken, there is no TP-FCS.
    Ack,
    /// RP-ERROR: the message was refused, there is a TP-FCS.
    Error,
}

/// Reads TP-PI; octets that extend it announce nothing we know.
fn read_indicator(reader: &mut Reader<'_>) -> Result<(), Fault> {
    let mut octet = reader.octet()?;
    reader.announced.indicator = octet;
    reader.note(octet & !KNOWN != 0, Odd::RESERVED_BITS);
    while octet & EXTENSION != 0 {
        octet = reader.octet()?;
    }
    Ok(())
}

fn announced_by<'a, T: Field<'a>>(bit: u8, reader: &mut Reader<'a>) -> Result<Option<T>, Fault> {
    if bit == 0 { Ok(None) } else { T::decode(reader).map(Some) }
}

const PID: u8 = 0x01;
const DCS: u8 = 0x02;
const USER_DATA: u8 = 0x04;
const EXTENSION: u8 = 0x80;
const KNOWN: u8 = PID | DCS | USER_DATA;
