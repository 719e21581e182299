//! `command_status`: what became of a request (SMPP 3.4 §5.1.3, SMPP 5.0 §4.7.6).

use core::fmt;

use crate::Version;

/// The result of a request; any 32-bit value is possible and survives.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct CommandStatus(pub u32);

/// What the sender of a failed request should do about a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// The request succeeded.
    Success,
    /// Send again later, a limited number of times.
    Temporary,
    /// Wait, then send again, and send slower.
    Throttling,
    /// Do not send this message again.
    Permanent,
    /// Mend the session or the configuration first.
    Session,
    /// The `delivery_failure_reason` TLV decides; see [`CommandStatus::class_for_reason`].
    ByReason,
}

/// One row of the status table.
#[derive(Debug, Clone, Copy)]
pub struct StatusInfo {
    /// The value.
    pub status: CommandStatus,
    /// The name in the standard, `ESME_ROK` and so on.
    pub name: &'static str,
    /// What to do about it.
    pub class: Class,
    /// The first version that knows it.
    pub since: Version,
    /// What it means.
    pub meaning: &'static str,
}

macro_rules! statuses {
    ($($name:ident = $code:literal, $full:literal, $class:ident, $since:ident, $meaning:literal;)*) => {
        impl CommandStatus {
            $(#[doc = concat!("`", $full, "`: ", $meaning, ".")] pub const $name: CommandStatus = CommandStatus($code);)*

            /// Every named status, in numeric order.
            pub const TABLE: &'static [StatusInfo] = &[$(StatusInfo {
                status: CommandStatus($code), name: $full, class: Class::$class, since: Version::$since, meaning: $meaning,
            },)*];
        }
    };
}

statuses! {
    ROK = 0x00000000, "ESME_ROK", Success, V3_3, "request succeeded";
    RINVMSGLEN = 0x00000001, "ESME_RINVMSGLEN", Permanent, V3_3, "user data length not acceptable (too long, or sm_length does not fit)";
    RINVCMDLEN = 0x00000002, "ESME_RINVCMDLEN", Permanent, V3_3, "command_length too small or too large for the PDU, or body ends before all mandatory fields";
    RINVCMDID = 0x00000003, "ESME_RINVCMDID", Permanent, V3_3, "operation unknown or not supported";
    RINVBNDSTS = 0x00000004, "ESME_RINVBNDSTS", Session, V3_3, "PDU not allowed in the present session state";
    RALYBND = 0x00000005, "ESME_RALYBND", Session, V3_3, "bind sent on a session that is already bound";
    RINVPRTFLG = 0x00000006, "ESME_RINVPRTFLG", Permanent, V3_3, "priority_flag value not allowed";
    RINVREGDLVFLG = 0x00000007, "ESME_RINVREGDLVFLG", Permanent, V3_3, "registered_delivery value not allowed";
    RSYSERR = 0x00000008, "ESME_RSYSERR", Temporary, V3_3, "MC failed internally or is partly down";
    RINVSRCADR = 0x0000000A, "ESME_RINVSRCADR", Permanent, V3_3, "source address has bad length or characters, or is not allowed";
    RINVDSTADR = 0x0000000B, "ESME_RINVDSTADR", Permanent, V3_3, "destination address empty, too long, has bad characters or is not routable";
    RINVMSGID = 0x0000000C, "ESME_RINVMSGID", Permanent, V3_3, "message_id unknown or malformed";
    RBINDFAIL = 0x0000000D, "ESME_RBINDFAIL", Session, V3_3, "bind refused for a general reason (wrong credentials, provisioning, too many binds)";
    RINVPASWD = 0x0000000E, "ESME_RINVPASWD", Session, V3_3, "password field malformed; in practice also: wrong password";
    RINVSYSID = 0x0000000F, "ESME_RINVSYSID", Session, V3_3, "system_id field malformed; in practice also: unknown system_id";
    RCANCELFAIL = 0x00000011, "ESME_RCANCELFAIL", Permanent, V3_3, "cancel refused, e.g. message already final";
    RREPLACEFAIL = 0x00000013, "ESME_RREPLACEFAIL", Permanent, V3_3, "replace refused";
    RMSGQFUL = 0x00000014, "ESME_RMSGQFUL", Temporary, V3_3, "queue limit reached, for one destination or the whole MC";
    RINVSERTYP = 0x00000015, "ESME_RINVSERTYP", Permanent, V3_3, "service_type malformed or unknown";
    RADDCUSTFAIL = 0x00000019, "ESME_RADDCUSTFAIL", Permanent, V3_3, "add customer failed (3.3 provisioning code)";
    RDELCUSTFAIL = 0x0000001A, "ESME_RDELCUSTFAIL", Permanent, V3_3, "delete customer failed (3.3 provisioning code)";
    RMODCUSTFAIL = 0x0000001B, "ESME_RMODCUSTFAIL", Permanent, V3_3, "modify customer failed (3.3 provisioning code)";
    RENQCUSTFAIL = 0x0000001C, "ESME_RENQCUSTFAIL", Permanent, V3_3, "enquire customer failed (3.3 provisioning code)";
    RINVCUSTID = 0x0000001D, "ESME_RINVCUSTID", Permanent, V3_3, "customer id invalid (3.3 provisioning code)";
    RINVCUSTNAME = 0x0000001F, "ESME_RINVCUSTNAME", Permanent, V3_3, "customer name invalid (3.3 provisioning code)";
    RINVCUSTADR = 0x00000021, "ESME_RINVCUSTADR", Permanent, V3_3, "customer address invalid (3.3 provisioning code)";
    RINVADR = 0x00000022, "ESME_RINVADR", Permanent, V3_3, "address invalid (3.3 provisioning code)";
    RCUSTEXIST = 0x00000023, "ESME_RCUSTEXIST", Permanent, V3_3, "customer exists already (3.3 provisioning code)";
    RCUSTNOTEXIST = 0x00000024, "ESME_RCUSTNOTEXIST", Permanent, V3_3, "customer does not exist (3.3 provisioning code)";
    RADDDLFAIL = 0x00000026, "ESME_RADDDLFAIL", Permanent, V3_3, "add distribution list failed (3.3 provisioning code)";
    RMODDLFAIL = 0x00000027, "ESME_RMODDLFAIL", Permanent, V3_3, "modify distribution list failed (3.3 provisioning code)";
    RDELDLFAIL = 0x00000028, "ESME_RDELDLFAIL", Permanent, V3_3, "delete distribution list failed (3.3 provisioning code)";
    RVIEWDLFAIL = 0x00000029, "ESME_RVIEWDLFAIL", Permanent, V3_3, "view distribution list failed (3.3 provisioning code)";
    RLISTDLSFAIL = 0x00000030, "ESME_RLISTDLSFAIL", Permanent, V3_3, "list distribution lists failed (3.3 provisioning code)";
    RPARAMRETFAIL = 0x00000031, "ESME_RPARAMRETFAIL", Permanent, V3_3, "param_retrieve failed (3.3 provisioning code)";
    RINVPARAM = 0x00000032, "ESME_RINVPARAM", Permanent, V3_3, "param_name invalid (3.3 provisioning code)";
    RINVNUMDESTS = 0x00000033, "ESME_RINVNUMDESTS", Permanent, V3_3, "number_of_dests not allowed";
    RINVDLNAME = 0x00000034, "ESME_RINVDLNAME", Permanent, V3_3, "distribution list name malformed or unknown";
    RINVDLMEMBDESC = 0x00000035, "ESME_RINVDLMEMBDESC", Permanent, V3_3, "list member description invalid (3.3 provisioning code)";
    RINVDLMEMBTYP = 0x00000038, "ESME_RINVDLMEMBTYP", Permanent, V3_3, "list member type invalid (3.3 provisioning code)";
    RINVDLMODOPT = 0x00000039, "ESME_RINVDLMODOPT", Permanent, V3_3, "list modify option invalid (3.3 provisioning code)";
    RINVDESTFLAG = 0x00000040, "ESME_RINVDESTFLAG", Permanent, V3_3, "dest_flag is neither 1 nor 2";
    RINVSUBREP = 0x00000042, "ESME_RINVSUBREP", Permanent, V3_3, "replace-if-present asked for where it is not supported or not permitted";
    RINVESMCLASS = 0x00000043, "ESME_RINVESMCLASS", Permanent, V3_3, "esm_class value not supported";
    RCNTSUBDL = 0x00000044, "ESME_RCNTSUBDL", Permanent, V3_3, "sending to distribution lists not supported or not permitted";
    RSUBMITFAIL = 0x00000045, "ESME_RSUBMITFAIL", Permanent, V3_3, "submission failed for a general reason";
    RINVSRCTON = 0x00000048, "ESME_RINVSRCTON", Permanent, V3_3, "source TON not allowed";
    RINVSRCNPI = 0x00000049, "ESME_RINVSRCNPI", Permanent, V3_3, "source NPI not allowed";
    RINVDSTTON = 0x00000050, "ESME_RINVDSTTON", Permanent, V3_3, "destination TON not allowed";
    RINVDSTNPI = 0x00000051, "ESME_RINVDSTNPI", Permanent, V3_3, "destination NPI not allowed";
    RINVSYSTYP = 0x00000053, "ESME_RINVSYSTYP", Session, V3_3, "system_type malformed or unknown";
    RINVREPFLAG = 0x00000054, "ESME_RINVREPFLAG", Permanent, V3_3, "replace_if_present_flag is neither 0 nor 1";
    RINVNUMMSGS = 0x00000055, "ESME_RINVNUMMSGS", Permanent, V3_3, "number of messages not allowed";
    RTHROTTLED = 0x00000058, "ESME_RTHROTTLED", Throttling, V3_3, "sender exceeds its message rate";
    RPROVNOTALLWD = 0x00000059, "ESME_RPROVNOTALLWD", Permanent, V3_3, "provisioning not allowed (3.3 provisioning code)";
    RINVSCHED = 0x00000061, "ESME_RINVSCHED", Permanent, V3_4, "schedule_delivery_time malformed or not allowed";
    RINVEXPIRY = 0x00000062, "ESME_RINVEXPIRY", Permanent, V3_4, "validity_period malformed or not allowed";
    RINVDFTMSGID = 0x00000063, "ESME_RINVDFTMSGID", Permanent, V3_4, "sm_default_msg_id refers to no stored message";
    RX_T_APPN = 0x00000064, "ESME_RX_T_APPN", Temporary, V3_4, "receiving ESME cannot take the message now; try again later";
    RX_P_APPN = 0x00000065, "ESME_RX_P_APPN", Permanent, V3_4, "receiving ESME cannot take messages for this destination; drop this and others queued for it";
    RX_R_APPN = 0x00000066, "ESME_RX_R_APPN", Permanent, V3_4, "receiving ESME refuses this one message; drop it only";
    RQUERYFAIL = 0x00000067, "ESME_RQUERYFAIL", Permanent, V3_4, "query failed";
    RINVTLVSTREAM = 0x000000C0, "ESME_RINVTLVSTREAM", Permanent, V3_4, "TLV area damaged: 1-3 octets left over, or a TLV runs past the end of the PDU";
    RTLVNOTALLWD = 0x000000C1, "ESME_RTLVNOTALLWD", Permanent, V3_4, "TLV not allowed in this PDU or by the operator";
    RINVTLVLEN = 0x000000C2, "ESME_RINVTLVLEN", Permanent, V3_4, "TLV length not valid for its tag";
    RMISSINGTLV = 0x000000C3, "ESME_RMISSINGTLV", Permanent, V3_4, "a required TLV is absent";
    RINVTLVVAL = 0x000000C4, "ESME_RINVTLVVAL", Permanent, V3_4, "TLV value not valid";
    RDELIVERYFAILURE = 0x000000FE, "ESME_RDELIVERYFAILURE", ByReason, V3_4, "transaction mode delivery failed (see delivery_failure_reason)";
    RUNKNOWNERR = 0x000000FF, "ESME_RUNKNOWNERR", Permanent, V3_4, "unspecified error";
    RSERTYPUNAUTH = 0x00000100, "ESME_RSERTYPUNAUTH", Permanent, V5_0, "ESME not authorised for this service_type";
    RPROHIBITED = 0x00000101, "ESME_RPROHIBITED", Permanent, V5_0, "ESME not authorised for this operation";
    RSERTYPUNAVAIL = 0x00000102, "ESME_RSERTYPUNAVAIL", Temporary, V5_0, "service_type is out of service now";
    RSERTYPDENIED = 0x00000103, "ESME_RSERTYPDENIED", Permanent, V5_0, "content not acceptable for this service_type";
    RINVDCS = 0x00000104, "ESME_RINVDCS", Permanent, V5_0, "data_coding invalid or unsupported";
    RINVSRCADDRSUBUNIT = 0x00000105, "ESME_RINVSRCADDRSUBUNIT", Permanent, V5_0, "source_addr_subunit invalid";
    RINVDSTADDRSUBUNIT = 0x00000106, "ESME_RINVDSTADDRSUBUNIT", Permanent, V5_0, "dest_addr_subunit invalid";
    RINVBCASTFREQINT = 0x00000107, "ESME_RINVBCASTFREQINT", Permanent, V5_0, "broadcast_frequency_interval invalid";
    RINVBCASTALIAS_NAME = 0x00000108, "ESME_RINVBCASTALIAS_NAME", Permanent, V5_0, "broadcast area alias invalid";
    RINVBCASTAREAFMT = 0x00000109, "ESME_RINVBCASTAREAFMT", Permanent, V5_0, "broadcast area format invalid";
    RINVNUMBCAST_AREAS = 0x0000010A, "ESME_RINVNUMBCAST_AREAS", Permanent, V5_0, "number of broadcast areas invalid";
    RINVBCASTCNTTYPE = 0x0000010B, "ESME_RINVBCASTCNTTYPE", Permanent, V5_0, "broadcast_content_type invalid";
    RINVBCASTMSGCLASS = 0x0000010C, "ESME_RINVBCASTMSGCLASS", Permanent, V5_0, "broadcast_message_class invalid";
    RBCASTFAIL = 0x0000010D, "ESME_RBCASTFAIL", Permanent, V5_0, "broadcast_sm failed";
    RBCASTQUERYFAIL = 0x0000010E, "ESME_RBCASTQUERYFAIL", Permanent, V5_0, "query_broadcast_sm failed";
    RBCASTCANCELFAIL = 0x0000010F, "ESME_RBCASTCANCELFAIL", Permanent, V5_0, "cancel_broadcast_sm failed";
    RINVBCAST_REP = 0x00000110, "ESME_RINVBCAST_REP", Permanent, V5_0, "broadcast_rep_num invalid";
    RINVBCASTSRVGRP = 0x00000111, "ESME_RINVBCASTSRVGRP", Permanent, V5_0, "broadcast_service_group invalid";
    RINVBCASTCHANIND = 0x00000112, "ESME_RINVBCASTCHANIND", Permanent, V5_0, "broadcast_channel_indicator invalid";
}

impl CommandStatus {
    /// The row of the table for this status, if it has a name.
    pub fn info(self) -> Option<&'static StatusInfo> {
        let at = CommandStatus::TABLE.binary_search_by_key(&self, |row| row.status).ok()?;
        CommandStatus::TABLE.get(at)
    }

    /// The name in the standard, if it has one.
    pub fn name(self) -> Option<&'static str> {
        self.info().map(|row| row.name)
    }

    /// What the status means; a range has a meaning too.
    pub fn meaning(self) -> &'static str {
        match self.info() {
            Some(row) => row.meaning,
            None if self.is_vendor() => "MC vendor specific error",
            None => "reserved",
        }
    }

    /// What to do about it. Vendor codes count as temporary, other unknown ones as permanent.
    pub fn class(self) -> Class {
        match self.info() {
            Some(row) => row.class,
            None if self.is_vendor() => Class::Temporary,
            None => Class::Permanent,
        }
    }

    /// Like [`class`](Self::class), with the value of a `delivery_failure_reason` TLV, if any.
    pub fn class_for_reason(self, delivery_failure_reason: Option<u8>) -> Class {
        match (self.class(), delivery_failure_reason) {
            (Class::ByReason, Some(0 | 3)) => Class::Temporary,
            (Class::ByReason, _) => Class::Permanent,
            (class, _) => class,
        }
    }

    /// True for `ESME_ROK`.
    pub const fn is_ok(self) -> bool {
        self.0 == 0
    }

    /// True in the range reserved for vendors, 0x400 to 0x4FF.
    pub const fn is_vendor(self) -> bool {
        matches!(self.0, 0x400..=0x4FF)
    }
}

impl fmt::Display for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:08X}", self.0),
        }
    }
}

impl fmt::Debug for CommandStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(CommandStatus::TABLE.is_sorted_by_key(|row| row.status));
    }

    #[test]
    fn unknown_values_survive_and_have_a_class() {
        assert_eq!(CommandStatus(0x450).class(), Class::Temporary);
        assert_eq!(CommandStatus(0x9999).class(), Class::Permanent);
        assert_eq!(CommandStatus(0x9999).to_string(), "0x00009999");
        assert_eq!(CommandStatus::RDELIVERYFAILURE.class_for_reason(Some(3)), Class::Temporary);
        assert_eq!(CommandStatus::RDELIVERYFAILURE.class_for_reason(None), Class::Permanent);
    }
}
