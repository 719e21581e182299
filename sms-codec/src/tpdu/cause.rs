//! Why a message was refused: TP-FCS, and the codes of `+CMS ERROR` that TP-FCS is a part of.

use core::fmt;

/// A code of `+CMS ERROR` (3GPP TS 27.005): RP causes, TP-FCS values, and the modem's own.
///
/// ```
/// use sms_codec::tpdu::{CmsError, Retry};
///
/// let full = CmsError(208);
/// assert_eq!((full.retry(), full.to_string().as_str()), (Retry::Temporary, "(U)SIM SMS storage full"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct CmsError(pub u16);

impl CmsError {
    /// Whether to try again; what is unknown may go away.
    pub fn retry(self) -> Retry {
        self.row().map_or(Retry::Temporary, |(_, retry, _)| *retry)
    }

    /// Whether the code has a meaning.
    pub fn is_known(self) -> bool {
        self.row().is_some()
    }

    fn row(self) -> Option<&'static Row> {
        CODES.iter().find(|(codes, ..)| (codes.0..=codes.1).contains(&self.0))
    }
}

/// Shows the meaning.
impl fmt::Display for CmsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.row() {
            Some((_, _, text)) => f.write_str(text),
            None => write!(f, "unknown code {}", self.0),
        }
    }
}

/// Whether another try makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Retry {
    /// No: it will be refused again.
    Permanent,
    /// Yes, later.
    Temporary,
    /// Not before somebody mends the modem or its card.
    Local,
    /// Not before the caller asks for something else.
    Caller,
}

/// TP-FCS: why a message was refused, 0x80 to 0xFF.
///
/// ```
/// use sms_codec::tpdu::{FailureCause, Retry};
///
/// let full = FailureCause(0xD3);
/// assert_eq!((full.retry(), full.to_string().as_str()), (Retry::Temporary, "memory capacity exceeded"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct FailureCause(pub u8);

impl FailureCause {
    /// Whether to try again.
    pub fn retry(self) -> Retry {
        CmsError::from(self).retry()
    }

    /// Whether it is in the range of TP-FCS.
    pub const fn is_valid(self) -> bool {
        self.0 >= 0x80
    }
}

/// Nothing known about the cause.
impl Default for FailureCause {
    fn default() -> Self {
        Self(0xFF)
    }
}

impl From<FailureCause> for CmsError {
    fn from(cause: FailureCause) -> Self {
        Self(cause.0.into())
    }
}

/// Shows the meaning.
impl fmt::Display for FailureCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        CmsError::from(*self).fmt(f)
    }
}

/// First and last code, what to do, and what they mean.
type Row = ((u16, u16), Retry, &'static str);

#[rustfmt::skip]
static CODES: &[Row] = &[
    ((1, 1), Retry::Permanent, "unassigned number"),
    ((8, 8), Retry::Permanent, "operator determined barring"),
    ((10, 10), Retry::Permanent, "call barred"),
    ((21, 21), Retry::Permanent, "short message transfer rejected"),
    ((22, 22), Retry::Temporary, "memory capacity exceeded"),
    ((27, 27), Retry::Temporary, "destination out of service"),
    ((28, 28), Retry::Permanent, "unidentified subscriber"),
    ((29, 29), Retry::Permanent, "facility rejected"),
    ((30, 30), Retry::Permanent, "unknown subscriber"),
    ((38, 38), Retry::Temporary, "network out of order"),
    ((41, 41), Retry::Temporary, "temporary failure"),
    ((42, 42), Retry::Temporary, "congestion"),
    ((47, 47), Retry::Temporary, "resources unavailable"),
    ((50, 50), Retry::Permanent, "requested facility not subscribed"),
    ((69, 69), Retry::Permanent, "requested facility not implemented"),
    ((81, 81), Retry::Permanent, "invalid message reference value"),
    ((95, 95), Retry::Permanent, "invalid message"),
    ((96, 96), Retry::Permanent, "invalid mandatory information"),
    ((97, 97), Retry::Permanent, "message type not implemented"),
    ((98, 98), Retry::Temporary, "message not compatible with protocol state"),
    ((99, 99), Retry::Permanent, "information element not implemented"),
    ((111, 111), Retry::Temporary, "protocol error"),
    ((127, 127), Retry::Temporary, "interworking error"),
    ((128, 128), Retry::Permanent, "telematic interworking not supported"),
    ((129, 129), Retry::Permanent, "short message type 0 not supported"),
    ((130, 130), Retry::Permanent, "cannot replace short message"),
    ((143, 143), Retry::Permanent, "unspecified TP-PID error"),
    ((144, 144), Retry::Permanent, "alphabet not supported"),
    ((145, 145), Retry::Permanent, "message class not supported"),
    ((159, 159), Retry::Permanent, "unspecified TP-DCS error"),
    ((160, 160), Retry::Permanent, "command cannot be actioned"),
    ((161, 161), Retry::Permanent, "command unsupported"),
    ((175, 175), Retry::Permanent, "unspecified TP-Command error"),
    ((176, 176), Retry::Permanent, "TPDU not supported"),
    ((192, 192), Retry::Temporary, "SC busy"),
    ((193, 193), Retry::Permanent, "no SC subscription"),
    ((194, 194), Retry::Temporary, "SC system failure"),
    ((195, 195), Retry::Permanent, "invalid SME address"),
    ((196, 196), Retry::Permanent, "destination SME barred"),
    ((197, 197), Retry::Permanent, "rejected: duplicate message"),
    ((198, 198), Retry::Permanent, "TP-VPF not supported"),
    ((199, 199), Retry::Permanent, "TP-VP not supported"),
    ((208, 208), Retry::Temporary, "(U)SIM SMS storage full"),
    ((209, 209), Retry::Permanent, "no SMS storage in (U)SIM"),
    ((210, 210), Retry::Temporary, "error in MS"),
    ((211, 211), Retry::Temporary, "memory capacity exceeded"),
    ((212, 212), Retry::Temporary, "(U)SIM application toolkit busy"),
    ((213, 213), Retry::Permanent, "(U)SIM data download error"),
    ((255, 255), Retry::Temporary, "unspecified error cause"),
    ((224, 254), Retry::Permanent, "application specific"),
    ((300, 300), Retry::Local, "ME failure"),
    ((301, 301), Retry::Local, "SMS service of ME reserved"),
    ((302, 302), Retry::Local, "operation not allowed"),
    ((303, 303), Retry::Local, "operation not supported"),
    ((304, 304), Retry::Caller, "invalid PDU mode parameter"),
    ((305, 305), Retry::Caller, "invalid text mode parameter"),
    ((310, 310), Retry::Local, "SIM not inserted"),
    ((311, 311), Retry::Local, "SIM PIN required"),
    ((312, 312), Retry::Local, "PH-SIM PIN required"),
    ((313, 313), Retry::Local, "SIM failure"),
    ((314, 314), Retry::Temporary, "SIM busy"),
    ((315, 315), Retry::Local, "SIM wrong"),
    ((316, 316), Retry::Local, "SIM PUK required"),
    ((317, 317), Retry::Local, "SIM PIN2 required"),
    ((318, 318), Retry::Local, "SIM PUK2 required"),
    ((320, 320), Retry::Local, "memory failure"),
    ((321, 321), Retry::Caller, "invalid memory index"),
    ((322, 322), Retry::Local, "memory full"),
    ((330, 330), Retry::Local, "SMSC address unknown"),
    ((331, 331), Retry::Temporary, "no network service"),
    ((332, 332), Retry::Temporary, "network timeout"),
    ((340, 340), Retry::Caller, "no +CNMA acknowledgement expected"),
    ((500, 500), Retry::Temporary, "unknown error"),
    ((512, u16::MAX), Retry::Temporary, "manufacturer specific"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::{format, string::ToString};

    #[test]
    fn the_codes_equal_the_published_table() {
        let mut rows = 0;
        for line in include_str!("../../testdata/cms-errors.csv").lines().skip(1) {
            let [codes, meaning, _, retry] = line.split(',').collect::<alloc::vec::Vec<_>>()[..] else {
                panic!("{line}");
            };
            let (first, last) = codes.split_once('-').unwrap_or((codes, codes));
            let last = if last.is_empty() { u16::MAX } else { last.parse().unwrap() };
            for code in [first.parse().unwrap(), last] {
                let shown = format!("{:?}", CmsError(code).retry()).to_lowercase();
                assert_eq!((CmsError(code).to_string().as_str(), shown.as_str()), (meaning, retry));
            }
            rows += 1;
        }
        assert_eq!((rows, CODES.len()), (74, 74));
        assert!(!CmsError(2).is_known() && CmsError(2).to_string() == "unknown code 2");
    }
}
