//! alert_notification.

use crate::macros::pdu;
use crate::{Addr, Tlvs};

pdu! {
    /// Tells an ESME that a handset can be reached again.
    AlertNotification<'a> = 0x0000_0102, alert_notification, one_way,
    since V3_4, spec "SMPP 3.4 §4.12.1",
    esme [] [], mc [BoundRx BoundTrx] [BoundRx BoundTrx];
    {
        /// The handset that is available again.
        source_addr: Addr<'a, 65>,
        /// The ESME the alert is for.
        esme_addr: Addr<'a, 65>,
        /// Optional parameters.
        tlvs: Tlvs<'a>,
    }
}
