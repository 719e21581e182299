//! From messages to `submit_sm`, and from its answer to what the core is told.

use std::collections::VecDeque;
use std::sync::Arc;

use smpp_pdu::tlv::{self, Tlv, TlvType};
use smpp_pdu::{
    CStr, Class, CommandStatus, DataCoding, EsmClass, RegisteredDelivery, ShortMessage, SubmitSm, SubmitSmResp, TimeField, Tlvs,
    ValueError, Version,
};
use smpp_session::net::{Response, Unanswered};
use sms_codec::time::Relative;

use super::super::courier::{SendError, Unfit, Way, Writer, addr};
use super::super::peer::{AskReceipts, ClientPeer};
use super::cut::{self, Part, Taste, UDHI};
use crate::api::Attempt;
use crate::model::{Address, FinalState, Message, Timestamp, Word};

/// Writes for one carrier.
#[derive(Clone)]
pub(super) struct Submitter {
    peer: Arc<ClientPeer>,
    version: Version,
}

impl Submitter {
    /// Writes for a session of this version.
    pub(super) fn new(peer: Arc<ClientPeer>, version: Version) -> Submitter {
        Submitter { peer, version }
    }

    fn asks_for_receipt(&self, message: &Message) -> bool {
        match self.peer.receipts {
            AskReceipts::Wanted => message.registered_delivery & RECEIPT_BITS != 0,
            AskReceipts::Always => true,
            AskReceipts::Never => false,
        }
    }

    /// Receipts are asked for success and failure alike: a message must not wait for one that never comes.
    fn registered_delivery(&self, message: &Message, is_last: bool) -> RegisteredDelivery {
        let asks = is_last && self.asks_for_receipt(message);
        RegisteredDelivery(message.registered_delivery & USER_ACK_BITS | u8::from(asks))
    }

    fn pdu<'a>(&self, message: &'a Message, ends: (&'a Address, &'a Address)) -> Result<SubmitSm<'a>, ValueError> {
        Ok(SubmitSm {
            service_type: CStr::new(message.service_type.octets())?,
            source_addr: addr(ends.0)?,
            destination_addr: addr(ends.1)?,
            // The mode was between the sender and the core (SMPP 3.4 §2.10).
            esm_class: EsmClass(message.esm_class & !MODE_BITS),
            protocol_id: message.protocol_id,
            priority_flag: message.priority.min(if self.version < Version::V3_4 { 1 } else { HIGHEST_PRIORITY }),
            data_coding: DataCoding(message.data_coding),
            ..Default::default()
        })
    }
}

impl Writer for Submitter {
    type Part = Part;

    fn parts(&self, message: &Message) -> Result<Option<VecDeque<Part>>, Unfit> {
        let tlvs = Tlvs::parse(&message.tlvs).unwrap_or_default();
        let has_sar = tlvs.raw(tlv::SarMsgRefNum::TAG).is_some();
        let (charset, long_text) = (self.peer.profile.charset, self.peer.long_text);
        cut::parts(message, has_sar, Taste { charset, long_text, version: self.version })
    }

    fn send(&self, way: Way<'_>, message: &Message, part: Option<&Part>) -> Result<(), SendError> {
        let profile = &self.peer.profile;
        let ends = (profile.source.apply(&message.source), profile.destination.apply(&message.destination));
        let validity = validity(message.expires, Timestamp::now());
        let mut pdu = self.pdu(message, (&ends.0, &ends.1))?;
        pdu.validity_period = TimeField::new(&validity)?;
        pdu.registered_delivery = self.registered_delivery(message, part.is_none_or(|part| part.is_last));
        let user_data = part.map_or(message.user_data.as_ref(), |part| &part.user_data);
        if let Some(part) = part {
            let udhi = if part.has_udh { UDHI } else { 0 };
            pdu.esm_class = EsmClass(pdu.esm_class.0 & !UDHI | udhi);
            pdu.data_coding = DataCoding(part.data_coding);
        }
        let is_long = user_data.len() > LONGEST_SHORT_MESSAGE || part.is_some_and(|part| part.is_payload);
        let own = own_tlvs(part, is_long.then_some(user_data));
        let relayed = Tlvs::parse(&message.tlvs).unwrap_or_default();
        let list: Vec<Tlv<'_>> = relayed.iter().map(|(tag, value)| Tlv::octets(tag, value)).chain(own).collect();
        pdu.tlvs = Tlvs::list(&list);
        pdu.short_message = ShortMessage::new(if is_long { &[][..] } else { user_data })?;
        way.request(&pdu)
    }

    fn attempt(&self, message: &Message, answer: Result<Response, Unanswered>) -> Attempt {
        let response = match answer {
            Ok(response) => response,
            Err(error) => {
                tracing::warn!(bind = %self.peer.name, message_id = %message.id, %error, "no submit_sm_resp came");
                return Attempt::TryAgain(0);
            }
        };
        if !response.status().is_ok() {
            let attempt = self.refused(response.status());
            log_refusal(&self.peer.name, message, response.status());
            return attempt;
        }
        if !self.asks_for_receipt(message) {
            return Attempt::Delivered;
        }
        let remote = response.read::<SubmitSmResp<'_>>().map(|pdu| Word::new(pdu.message_id.as_bytes())).unwrap_or_default();
        if remote.is_empty() {
            // Nothing could ever be matched with it: that the carrier took it is all that will be known.
            tracing::warn!(bind = %self.peer.name, message_id = %message.id, "submit_sm_resp without a message id: no receipt can follow");
            return Attempt::Delivered;
        }
        Attempt::Handed(remote)
    }
}

impl Submitter {
    /// What the operator says of a status comes before what the standard says.
    fn refused(&self, status: CommandStatus) -> Attempt {
        self.peer.profile.attempt(status).unwrap_or_else(|| match status.class_for_reason(None) {
            Class::Temporary | Class::Throttling | Class::Session => Attempt::TryAgain(status.0),
            _ => Attempt::Failed(FinalState::Undeliverable, status.0),
        })
    }
}

fn log_refusal(bind: &str, message: &Message, status: CommandStatus) {
    let meaning = status.info().map_or("a status of this carrier alone", |info| info.meaning);
    let code = format_args!("{:#010x}", status.0);
    tracing::warn!(bind, message_id = %message.id, %status, %code, "submit_sm_resp with error status: {meaning}");
}

/// TLVs that say how the text is sent.
fn own_tlvs<'a>(part: Option<&Part>, payload: Option<&'a [u8]>) -> impl Iterator<Item = Tlv<'a>> {
    let sar = part.and_then(|part| part.sar).map(|sar| {
        [
            tlv::SarMsgRefNum(sar.msg_ref_num).tlv(),
            tlv::SarTotalSegments(sar.total_segments).tlv(),
            tlv::SarSegmentSeqnum(sar.segment_seqnum).tlv(),
        ]
    });
    sar.into_iter().flatten().chain(payload.map(|payload| tlv::MessagePayload(payload).tlv()))
}

/// The time that is left, which needs no agreement about the clock; empty for no deadline.
fn validity(expires: Timestamp, now: Timestamp) -> String {
    if expires == Timestamp::MAX {
        return String::new();
    }
    // What runs out in this second shall not become "for ever".
    let seconds = expires.since(now).as_secs().max(1);
    let (days, rest) = ((seconds / DAY).min(MOST_DAYS), seconds % DAY);
    let narrow = |number: u64| u8::try_from(number).unwrap_or(u8::MAX);
    let (hours, minutes, seconds) = (narrow(rest / 3600), narrow(rest % 3600 / 60), narrow(rest % 60));
    Relative { days: narrow(days), hours, minutes, seconds, ..Relative::default() }.to_string()
}

const DAY: u64 = 24 * 3600;
// Two digits, of which the standard calls at most thirty days usual.
const MOST_DAYS: u64 = 30;
// SMPP 3.4 §5.2.17: receipts of the MC; acknowledgements of whoever gets the message.
const RECEIPT_BITS: u8 = 0x03;
const USER_ACK_BITS: u8 = 0x0C;
// SMPP 3.4 §5.2.12, §5.2.14, §4.4.1
const MODE_BITS: u8 = 0x03;
const HIGHEST_PRIORITY: u8 = 3;
const LONGEST_SHORT_MESSAGE: usize = 254;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Account, Lane, MessageId};

    fn submitter(change: impl FnOnce(&mut ClientPeer)) -> Submitter {
        let mut peer = ClientPeer::new("uk", "127.0.0.1");
        change(&mut peer);
        Submitter::new(Arc::new(peer), Version::V3_4)
    }

    #[test]
    fn statuses_are_temporary_or_permanent_and_the_peer_has_the_last_word() {
        let usual = submitter(|_| {});
        for status in [CommandStatus::RTHROTTLED, CommandStatus::RMSGQFUL, CommandStatus::RSYSERR] {
            assert_eq!(usual.refused(status), Attempt::TryAgain(status.0), "{status}");
        }
        for status in [CommandStatus::RINVMSGLEN, CommandStatus::RINVCMDID, CommandStatus::RINVSRCADR, CommandStatus::RINVDSTADR]
        {
            assert_eq!(usual.refused(status), Attempt::Failed(FinalState::Undeliverable, status.0), "{status}");
        }
        let other = submitter(|peer| {
            peer.profile.temporary = vec![CommandStatus::RINVDSTADR];
            peer.profile.permanent = vec![CommandStatus::RSYSERR, CommandStatus(0x400)];
        });
        assert_eq!(other.refused(CommandStatus::RINVDSTADR), Attempt::TryAgain(0x0B));
        assert_eq!(other.refused(CommandStatus::RSYSERR), Attempt::Failed(FinalState::Undeliverable, 8));
        assert_eq!(other.refused(CommandStatus(0x400)), Attempt::Failed(FinalState::Undeliverable, 0x400));
    }

    #[test]
    fn receipts_are_asked_as_the_operator_says() {
        let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::from("uk"));
        for (wish, receipts, asked) in [
            (0, AskReceipts::Wanted, 0),
            (1, AskReceipts::Wanted, 1),
            (2, AskReceipts::Wanted, 1),
            (0x0C, AskReceipts::Wanted, 0x0C),
            (0, AskReceipts::Always, 1),
            (0x15, AskReceipts::Never, 4),
        ] {
            message.registered_delivery = wish;
            let submitter = submitter(|peer| peer.receipts = receipts);
            assert_eq!(submitter.registered_delivery(&message, true).0, asked, "{wish} {receipts:?}");
            assert_eq!(submitter.registered_delivery(&message, false).0, asked & !RECEIPT_BITS);
        }
    }

    #[test]
    fn the_time_that_is_left_is_written() {
        let now = Timestamp(1_782_820_800_000);
        assert_eq!(validity(Timestamp::MAX, now), "");
        assert_eq!(validity(now.after(std::time::Duration::from_secs(93_784)), now), "000001020304000R");
        assert_eq!(validity(now, now), "000000000001000R");
        assert_eq!(validity(now.after(std::time::Duration::from_secs(400 * DAY)), now), "000030000000000R");
    }
}
