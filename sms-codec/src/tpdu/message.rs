//! The six TPDUs, each one table, and the choice between them.

use super::macros::{any_tpdu, tpdu};
use super::{
    Address, CommandData, CommandType, DecodeError, Direction, Fault, Odd, Outcome, Parameters, Pid, Rp, Status, Timestamp,
    UserData, Validity,
};
use crate::dcs::Dcs;

tpdu! {
    /// A short message on its way from the mobile station to the service centre.
    Submit<'a> = "SMS-SUBMIT", type 0x01, spec "9.2.2.2";
    {
        /// TP-RD: refuse the message if one with the same reference and destination is held.
        reject_duplicates: 0x04 = 0x04,
        /// TP-SRR: a status report is wanted.
        status_report_request: 0x20 = 0x20,
        /// TP-RP: the reply goes the same way and is paid for.
        reply_path: 0x80 = 0x80,
    }
    {
        /// TP-MR: numbers the messages of a sender.
        message_reference: u8,
        /// TP-DA: who shall get the message.
        destination_address: Address,
        /// TP-PID: what else than a plain message it is.
        pid: Pid,
        /// TP-DCS: alphabet and class of the user data.
        dcs: Dcs,
        /// TP-VPF and TP-VP: how long the service centre shall try.
        validity_period: Option<Validity>,
        /// TP-UDHI, TP-UDL and TP-UD: header and text.
        user_data: UserData<'a>,
    }
}

tpdu! {
    /// A short message on its way from the service centre to the mobile station.
    Deliver<'a> = "SMS-DELIVER", type 0x00 or 0x03, spec "9.2.2.1";
    {
        /// TP-MMS: more messages are waiting; the bit is 0 then.
        more_messages_to_send: 0x04 = 0x00,
        /// TP-LP: the message was forwarded, so do not forward it again.
        loop_prevention: 0x08 = 0x08,
        /// TP-SRI: the sender will get a status report.
        status_report_indication: 0x20 = 0x20,
        /// TP-RP: the reply goes the same way and is paid for.
        reply_path: 0x80 = 0x80,
    }
    {
        /// TP-OA: who sent the message.
        originating_address: Address,
        /// TP-PID: what else than a plain message it is.
        pid: Pid,
        /// TP-DCS: alphabet and class of the user data.
        dcs: Dcs,
        /// TP-SCTS: when the service centre got the message.
        scts: Timestamp,
        /// TP-UDHI, TP-UDL and TP-UD: header and text.
        user_data: UserData<'a>,
    }
}

tpdu! {
    /// What became of a message, from the service centre to its sender.
    StatusReport<'a> = "SMS-STATUS-REPORT", type 0x02, spec "9.2.2.3";
    {
        /// TP-MMS: more messages are waiting; the bit is 0 then.
        more_messages_to_send: 0x04 = 0x00,
        /// TP-LP: the report was forwarded, so do not forward it again.
        loop_prevention: 0x08 = 0x08,
        /// TP-SRQ: the report is about an SMS-COMMAND, else about an SMS-SUBMIT.
        status_report_qualifier: 0x20 = 0x20,
    }
    {
        /// TP-MR of the message meant.
        message_reference: u8,
        /// TP-RA: who should have got the message.
        recipient_address: Address,
        /// TP-SCTS: when the service centre got the message.
        scts: Timestamp,
        /// TP-DT: when the message was delivered or last tried.
        discharge_time: Timestamp,
        /// TP-ST: how it went.
        status: Status,
        /// TP-PI and what it announces; none if the TPDU ends before.
        parameters: Option<Parameters<'a>>,
    }
}

tpdu! {
    /// An order about a message submitted before.
    Command<'a> = "SMS-COMMAND", type 0x02, spec "9.2.2.4";
    {
        /// TP-SRR: a status report is wanted.
        status_report_request: 0x20 = 0x20,
    }
    {
        /// TP-MR: numbers the messages of a sender.
        message_reference: u8,
        /// TP-PID: what else than a plain message it is about.
        pid: Pid,
        /// TP-CT: what to do.
        command_type: CommandType,
        /// TP-MN: the TP-MR of the message meant.
        message_number: u8,
        /// TP-DA: the destination of the message meant.
        destination_address: Address,
        /// TP-UDHI, TP-CDL and TP-CD: more about the order.
        command_data: CommandData<'a>,
    }
}

tpdu! {
    /// The answer of a mobile station to an SMS-DELIVER or SMS-STATUS-REPORT.
    DeliverReport<'a> = "SMS-DELIVER-REPORT", type 0x00, spec "9.2.2.1a";
    {}
    {
        /// TP-FCS, if the message was refused.
        outcome: Outcome,
        /// TP-PI and what it announces.
        parameters: Parameters<'a>,
    }
}

tpdu! {
    /// The answer of the service centre to an SMS-SUBMIT or SMS-COMMAND.
    SubmitReport<'a> = "SMS-SUBMIT-REPORT", type 0x01, spec "9.2.2.2a";
    {}
    {
        /// TP-FCS, if the message was refused.
        outcome: Outcome,
        /// TP-SCTS: when the service centre got the message.
        scts: Timestamp,
        /// TP-PI and what it announces.
        parameters: Parameters<'a>,
    }
}

any_tpdu! { Submit Deliver StatusReport Command DeliverReport SubmitReport }

impl<'a> Tpdu<'a> {
    /// Reads the TPDU that goes in this direction, and says what was odd about it.
    pub fn decode(octets: &'a [u8], direction: Direction) -> Result<(Self, Odd), DecodeError> {
        let Some(first) = octets.first() else {
            return Err(DecodeError { tpdu: "TPDU", field: "first_octet", offset: 0, fault: Fault::Truncated });
        };
        match (direction, first & 0x03) {
            (Direction::ScToMs, 0 | 3) => Deliver::decode(octets).map(any),
            (Direction::ScToMs, 1) => SubmitReport::decode(octets).map(any),
            (Direction::ScToMs, _) => StatusReport::decode(octets).map(any),
            (Direction::MsToSc, 0) => DeliverReport::decode(octets).map(any),
            (Direction::MsToSc, 1) => Submit::decode(octets).map(any),
            (Direction::MsToSc, 2) => Command::decode(octets).map(any),
            (Direction::MsToSc, _) => {
                Err(DecodeError { tpdu: "TPDU", field: "first_octet", offset: 0, fault: Fault::MessageType })
            }
        }
    }
}

impl Tpdu<'_> {
    /// The way it goes.
    pub const fn direction(&self) -> Direction {
        match self {
            Self::Deliver(_) | Self::StatusReport(_) | Self::SubmitReport(_) => Direction::ScToMs,
            Self::Submit(_) | Self::Command(_) | Self::DeliverReport(_) => Direction::MsToSc,
        }
    }
}

impl<'a> DeliverReport<'a> {
    /// Reads one whose RP message is known: only that tells for sure whether there is a TP-FCS.
    pub fn decode_in(rp: Rp, octets: &'a [u8]) -> Result<(Self, Odd), DecodeError> {
        Self::read(octets, Some(rp))
    }
}

impl<'a> SubmitReport<'a> {
    /// Reads one whose RP message is known: only that tells for sure whether there is a TP-FCS.
    pub fn decode_in(rp: Rp, octets: &'a [u8]) -> Result<(Self, Odd), DecodeError> {
        Self::read(octets, Some(rp))
    }
}

fn any<'a, T: Into<Tpdu<'a>>>((tpdu, odd): (T, Odd)) -> (Tpdu<'a>, Odd) {
    (tpdu.into(), odd)
}
