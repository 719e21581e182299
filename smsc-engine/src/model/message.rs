//! One short message as the engine keeps it.

use std::fmt;

use bytes::Bytes;
use smpp_pdu::Tlvs;
use smpp_pdu::tlv::{SetDpf, TlvType};

use super::{Account, Address, Extra, Lane, MessageId, Timestamp, Word};

/// What a message is, seen from the MC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// Mobile terminated: an ESME sends to a subscriber.
    #[default]
    Mt,
    /// Mobile originated: a subscriber sends to an ESME.
    Mo,
    /// A delivery receipt for an earlier message.
    Receipt,
    /// Tells an ESME that the subscriber who is the sender can be reached again; it has no text (SMPP 3.4 §4.12).
    Alert,
}

impl Kind {
    /// Tells whether somebody wrote it: a message, not word about one.
    pub const fn is_message(self) -> bool {
        matches!(self, Kind::Mt | Kind::Mo)
    }
}

/// One short message with all that is needed to deliver it, to answer questions about it and to replace it.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// Its name.
    pub id: MessageId,
    /// What it is.
    pub kind: Kind,
    /// Who submitted it; for a receipt, who gets it.
    pub account: Account,
    /// Who takes it next; empty while nobody is known who could.
    pub lane: Lane,
    /// The message this one is about: the original of a receipt.
    pub about: Option<MessageId>,
    /// SMPP `service_type`.
    pub service_type: Word,
    /// The sender.
    pub source: Address,
    /// The recipient.
    pub destination: Address,
    /// SMPP `esm_class`.
    pub esm_class: u8,
    /// SMPP `protocol_id`.
    pub protocol_id: u8,
    /// SMPP `priority_flag`: higher goes first.
    pub priority: u8,
    /// SMPP `data_coding`.
    pub data_coding: u8,
    /// SMPP `registered_delivery`: which receipts the sender wants.
    pub registered_delivery: u8,
    /// SMPP `sm_default_msg_id`.
    pub sm_default_msg_id: u8,
    /// The octets of `short_message` or `message_payload`, user data header included.
    pub user_data: Bytes,
    /// All other TLVs as they came, to be relayed unchanged.
    pub tlvs: Bytes,
    /// When it was accepted.
    pub submitted: Timestamp,
    /// It is delivered no earlier.
    pub deliver_after: Timestamp,
    /// It is delivered no later.
    pub expires: Timestamp,
    /// Attempts that failed so far.
    pub attempts: u32,
    /// What most messages do not have.
    pub extra: Option<Box<Extra>>,
}

impl Message {
    /// Returns an empty message that is due at once and never expires; fill in what differs.
    pub fn new(id: MessageId, account: Account, lane: Lane) -> Self {
        Message {
            id,
            kind: Kind::Mt,
            account,
            lane,
            about: None,
            service_type: Word::default(),
            source: Address::default(),
            destination: Address::default(),
            esm_class: 0,
            protocol_id: 0,
            priority: 0,
            data_coding: 0,
            registered_delivery: 0,
            sm_default_msg_id: 0,
            user_data: Bytes::new(),
            tlvs: Bytes::new(),
            submitted: Timestamp::default(),
            deliver_after: Timestamp::default(),
            expires: Timestamp::MAX,
            attempts: 0,
            extra: None,
        }
    }

    /// Returns what most messages do not have, empty if this one has nothing of it.
    pub fn extra(&self) -> &Extra {
        self.extra.as_deref().unwrap_or(&NO_EXTRA)
    }

    /// Gives it more than most messages have.
    pub fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Gives the message octets of its own. As it comes from a session it shares a buffer with the PDUs around it,
    /// which whoever keeps messages in memory would keep along.
    #[must_use]
    pub fn detached(self) -> Self {
        let own = |octets: Bytes| Bytes::copy_from_slice(&octets);
        let extra = self.extra.map(|extra| Box::new(Extra { raw_pdu: own(extra.raw_pdu), ..*extra }));
        Message { user_data: own(self.user_data), tlvs: own(self.tlvs), extra, ..self }
    }
}

/// Tells whether a sender asks for an alert if the recipient cannot be reached: `set_dpf` (SMPP 3.4 §5.3.2.29).
pub(crate) fn asks_for_alert(tlvs: &Tlvs<'_>) -> bool {
    tlvs.iter().any(|(tag, value)| tag == SetDpf::TAG && value == [1])
}

static NO_EXTRA: Extra = Extra::NONE;

/// Shows how much text there is, never the text itself.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("account", &self.account)
            .field("lane", &self.lane)
            .field("about", &self.about)
            .field("service_type", &self.service_type)
            .field("source", &self.source)
            .field("destination", &self.destination)
            .field("esm_class", &self.esm_class)
            .field("protocol_id", &self.protocol_id)
            .field("priority", &self.priority)
            .field("data_coding", &self.data_coding)
            .field("registered_delivery", &self.registered_delivery)
            .field("sm_default_msg_id", &self.sm_default_msg_id)
            .field("user_data", &format_args!("{} octets", self.user_data.len()))
            .field("tlvs", &format_args!("{} octets", self.tlvs.len()))
            .field("submitted", &self.submitted)
            .field("deliver_after", &self.deliver_after)
            .field("expires", &self.expires)
            .field("attempts", &self.attempts)
            .field("extra", &self.extra)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_text() {
        let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::from("sandbox"));
        message.user_data = Bytes::from_static(b"your PIN is 1234");
        message.tlvs = Bytes::from_static(b"\x04\x24\x00\x04PIN!");
        let shown = format!("{message:?}");
        assert!(shown.contains("16 octets") && !shown.contains("PIN"), "{shown}");
    }
}
