//! From a PDU that asks for delivery to a message: what SMPP leaves to the application to check.

use bytes::Bytes;
use smpp_pdu::tlv::{self, Tlv, TlvType};
use smpp_pdu::{Addr, CommandStatus, DataSm, DeliverSm, EsmClass, Npi, SubmitMulti, SubmitSm, TimeField, Tlvs, Ton, Version};
use sms_codec::join::{Place, Sar};
use sms_codec::time::When;
use sms_codec::udh::Udh;

use crate::api::{Mode, Submission};
use crate::model::{Account, Address, Kind, Lane, Message, MessageId, SourceType, Timestamp, Word};

/// What `submit_sm`, `submit_multi` and `data_sm` have in common.
#[derive(Clone, Copy)]
pub(super) struct Draft<'a> {
    pub(super) service_type: &'a [u8],
    pub(super) source: Party<'a>,
    pub(super) destination: Party<'a>,
    pub(super) esm_class: EsmClass,
    pub(super) protocol_id: u8,
    pub(super) priority_flag: u8,
    pub(super) schedule_delivery_time: TimeField<'a>,
    pub(super) validity_period: TimeField<'a>,
    pub(super) registered_delivery: u8,
    pub(super) replace_if_present_flag: u8,
    pub(super) data_coding: u8,
    pub(super) sm_default_msg_id: u8,
    pub(super) short_message: &'a [u8],
    pub(super) tlvs: Tlvs<'a>,
    /// Only `data_sm` has a transaction mode (SMPP 3.4 §2.10.3).
    pub(super) may_wait_for_end: bool,
}

/// An address of any length.
#[derive(Clone, Copy)]
pub(super) struct Party<'a> {
    ton: Ton,
    npi: Npi,
    value: &'a [u8],
}

impl<'a, const N: usize> From<Addr<'a, N>> for Party<'a> {
    fn from(address: Addr<'a, N>) -> Self {
        // A leading `+` is not part of the field, but common.
        let value = address.value.as_bytes();
        Party { ton: address.ton, npi: address.npi, value: value.strip_prefix(b"+").unwrap_or(value) }
    }
}

impl Party<'_> {
    pub(super) fn address(self) -> Address {
        Address::new(self.ton.0, self.npi.0, self.value)
    }

    fn has_known_ton(self) -> bool {
        // 8 is nobody's, but operators send it.
        self.ton.name().is_some() || self.ton.0 == 8
    }

    fn has_known_npi(self) -> bool {
        self.npi.name().is_some() || self.npi.0 == 48
    }
}

/// Who hands in a draft, and when.
#[derive(Clone, Copy)]
pub(super) struct Sender<'a> {
    pub(super) account: &'a Account,
    pub(super) version: Version,
    /// The PDU: the message shares its text with it instead of copying it.
    pub(super) octets: &'a Bytes,
    pub(super) now: Timestamp,
}

/// The fields that `submit_sm`, `submit_multi` and `deliver_sm` share by name.
macro_rules! submitted {
    ($pdu:expr, $destination:expr) => {
        Draft {
            service_type: $pdu.service_type.as_bytes(),
            source: $pdu.source_addr.into(),
            destination: $destination.into(),
            esm_class: $pdu.esm_class,
            protocol_id: $pdu.protocol_id,
            priority_flag: $pdu.priority_flag,
            schedule_delivery_time: $pdu.schedule_delivery_time,
            validity_period: $pdu.validity_period,
            registered_delivery: $pdu.registered_delivery.0,
            replace_if_present_flag: $pdu.replace_if_present_flag,
            data_coding: $pdu.data_coding.0,
            sm_default_msg_id: $pdu.sm_default_msg_id,
            short_message: $pdu.short_message.as_bytes(),
            tlvs: $pdu.tlvs,
            may_wait_for_end: false,
        }
    };
}

impl<'a> From<SubmitSm<'a>> for Draft<'a> {
    fn from(pdu: SubmitSm<'a>) -> Self {
        submitted!(pdu, pdu.destination_addr)
    }
}

impl<'a> From<DeliverSm<'a>> for Draft<'a> {
    fn from(pdu: DeliverSm<'a>) -> Self {
        submitted!(pdu, pdu.destination_addr)
    }
}

impl<'a> Draft<'a> {
    /// The part of a `submit_multi` that goes to one address.
    pub(super) fn of_multi(pdu: &SubmitMulti<'a>, destination: Addr<'a, 21>) -> Self {
        submitted!(pdu, destination)
    }

    /// Reads a `data_sm`; its text must be in a TLV.
    pub(super) fn of_data(pdu: DataSm<'a>) -> Result<Self, CommandStatus> {
        pdu.tlvs.raw(tlv::MessagePayload::TAG).ok_or(CommandStatus::RMISSINGTLV)?;
        Ok(Draft {
            service_type: pdu.service_type.as_bytes(),
            source: pdu.source_addr.into(),
            destination: pdu.destination_addr.into(),
            esm_class: pdu.esm_class,
            protocol_id: 0,
            priority_flag: 0,
            schedule_delivery_time: TimeField::EMPTY,
            validity_period: TimeField::EMPTY,
            registered_delivery: pdu.registered_delivery.0,
            replace_if_present_flag: 0,
            data_coding: pdu.data_coding.0,
            sm_default_msg_id: 0,
            short_message: &[],
            tlvs: pdu.tlvs,
            may_wait_for_end: true,
        })
    }

    /// Checks everything and makes the message.
    ///
    /// The error is the status to answer.
    pub(super) fn submission(&self, sender: Sender<'_>) -> Result<Submission, CommandStatus> {
        self.check_addresses()?;
        self.check_flags()?;
        let text = self.text(sender.version)?;
        check_udh(self.esm_class, text)?;
        check_sar(self.tlvs)?;
        let (deliver_after, expires) = self.times(sender.now)?;
        let mut message = self.message(sender, text);
        message.deliver_after = deliver_after;
        message.expires = expires;
        Ok(Submission {
            replace_if_present: self.replace_if_present_flag == 1,
            mode: self.mode(),
            source_type: Some(SourceType::Smpp),
            ..Submission::new(message)
        })
    }

    /// Makes a message of what a carrier delivers. It is taken as it comes: nobody here judges its numbers.
    pub(super) fn delivered(&self, sender: Sender<'_>) -> Submission {
        let payload = self.tlvs.raw(tlv::MessagePayload::TAG).filter(|_| self.short_message.is_empty());
        let mut message = self.message(sender, payload.unwrap_or(self.short_message));
        message.kind = Kind::Mo;
        // Receipts are the core's to ask for; a subscriber can only ask for acknowledgements (SMPP 3.4 §5.2.17).
        message.registered_delivery &= ACKNOWLEDGEMENTS;
        if let Ok((_, expires)) = self.times(sender.now) {
            message.expires = expires;
        }
        Submission { source_type: Some(SourceType::Smpp), ..Submission::new(message) }
    }

    fn message(&self, sender: Sender<'_>, text: &[u8]) -> Message {
        // The core fills in id and lane.
        let mut message = Message::new(MessageId(0), sender.account.clone(), Lane::default());
        message.service_type = Word::new(self.service_type);
        message.source = self.source.address();
        message.destination = self.destination.address();
        message.esm_class = self.esm_class.0;
        message.protocol_id = self.protocol_id;
        message.priority = self.priority_flag;
        message.data_coding = self.data_coding;
        message.registered_delivery = self.registered_delivery;
        message.user_data = shared(sender.octets, text);
        message.tlvs = self.other_tlvs(sender.octets);
        message
    }

    fn mode(&self) -> Mode {
        match self.esm_class.mode() {
            EsmClass::DATAGRAM => Mode::Datagram,
            EsmClass::TRANSACTION => Mode::Transaction,
            _ => Mode::StoreAndForward,
        }
    }

    fn check_addresses(&self) -> Result<(), CommandStatus> {
        if !self.source.has_known_ton() {
            return Err(CommandStatus::RINVSRCTON);
        }
        if !self.source.has_known_npi() {
            return Err(CommandStatus::RINVSRCNPI);
        }
        if !self.destination.has_known_ton() {
            return Err(CommandStatus::RINVDSTTON);
        }
        if !self.destination.has_known_npi() {
            return Err(CommandStatus::RINVDSTNPI);
        }
        // Only a sender can be a name (SMPP 3.4 §5.2.5).
        if self.destination.value.is_empty() || self.destination.ton == Ton::ALPHANUMERIC {
            return Err(CommandStatus::RINVDSTADR);
        }
        Ok(())
    }

    fn check_flags(&self) -> Result<(), CommandStatus> {
        if self.mode() == Mode::Transaction && !self.may_wait_for_end {
            return Err(CommandStatus::RINVESMCLASS);
        }
        if self.priority_flag > HIGHEST_PRIORITY {
            return Err(CommandStatus::RINVPRTFLG);
        }
        if self.registered_delivery & RESERVED_DELIVERY_BITS != 0 {
            return Err(CommandStatus::RINVREGDLVFLG);
        }
        if self.replace_if_present_flag > 1 {
            return Err(CommandStatus::RINVREPFLAG);
        }
        // There are no canned messages.
        if self.sm_default_msg_id != 0 {
            return Err(CommandStatus::RINVDFTMSGID);
        }
        Ok(())
    }

    /// `short_message` or `message_payload`: one of them (SMPP 3.4 §4.4.1); in 5.0 the payload wins.
    fn text(&self, version: Version) -> Result<&'a [u8], CommandStatus> {
        let payload = self.tlvs.raw(tlv::MessagePayload::TAG);
        if version < Version::V5_0 && self.short_message.len() > LONGEST_SHORT_MESSAGE {
            return Err(CommandStatus::RINVMSGLEN);
        }
        match payload {
            Some(payload) if self.short_message.is_empty() || version == Version::V5_0 => Ok(payload),
            Some(payload) if !payload.is_empty() => Err(CommandStatus::RINVMSGLEN),
            _ => Ok(self.short_message),
        }
    }

    /// Delivery time and deadline; zero and the far future where the sender leaves them open.
    fn times(&self, now: Timestamp) -> Result<(Timestamp, Timestamp), CommandStatus> {
        let deliver_after = time(self.schedule_delivery_time, now).map_err(|()| CommandStatus::RINVSCHED)?;
        let expires = time(self.validity_period, now).map_err(|()| CommandStatus::RINVEXPIRY)?;
        let time_to_live = self.tlvs.get::<tlv::QosTimeToLive>().map_err(|_| CommandStatus::RINVTLVLEN)?;
        // qos_time_to_live overrides validity_period (SMPP 3.4 §5.3.2.9).
        let expires = match time_to_live {
            Some(seconds) => Some(now.after(std::time::Duration::from_secs(u64::from(seconds.0)))),
            None => expires,
        };
        let deliver_after = deliver_after.unwrap_or_default();
        if expires.is_some_and(|expires| expires <= now.max(deliver_after)) {
            return Err(CommandStatus::RINVEXPIRY);
        }
        Ok((deliver_after, expires.unwrap_or(Timestamp::MAX)))
    }

    /// Every TLV but the text and what became a field of the message.
    fn other_tlvs(&self, octets: &Bytes) -> Bytes {
        let spent = [tlv::MessagePayload::TAG, tlv::QosTimeToLive::TAG];
        if !self.tlvs.iter().any(|(tag, _)| spent.contains(&tag)) {
            return shared(octets, self.tlvs.octets());
        }
        let others = self.tlvs.iter().filter(|(tag, _)| !spent.contains(tag));
        let list: Vec<Tlv<'_>> = others.map(|(tag, value)| Tlv::octets(tag, value)).collect();
        // They were read strictly, or their lengths were forgiven: then they are not ours to send on.
        Tlvs::list(&list).to_vec().unwrap_or_default().into()
    }
}

/// A part of `octets` as a handle of its own; a copy if it is none.
fn shared(octets: &Bytes, part: &[u8]) -> Bytes {
    let (all, wanted) = (octets.as_ptr_range(), part.as_ptr_range());
    if all.start <= wanted.start && wanted.end <= all.end { octets.slice_ref(part) } else { Bytes::copy_from_slice(part) }
}

/// Reads a time field; `None` if it is empty.
pub(super) fn time(field: TimeField<'_>, now: Timestamp) -> Result<Option<Timestamp>, ()> {
    let when = When::parse(field.as_bytes()).map_err(|_| ())?;
    let now = i64::try_from(now.0).unwrap_or(i64::MAX);
    Ok(when.map(|when| Timestamp(u64::try_from(when.resolve(now)).unwrap_or_default())))
}

/// A user data header that is announced must be there and sound.
pub(super) fn check_udh(esm_class: EsmClass, text: &[u8]) -> Result<(), CommandStatus> {
    if esm_class.has_udh() {
        Udh::split(text).map_err(|_| CommandStatus::RINVMSGLEN)?;
    }
    Ok(())
}

/// The three SAR TLVs come together, and the number lies within the total (SMPP 3.4 §5.3.2.22-24).
fn check_sar(tlvs: Tlvs<'_>) -> Result<(), CommandStatus> {
    if tlvs.is_empty() {
        return Ok(());
    }
    let total = tlvs.get::<tlv::SarTotalSegments>().map_err(|_| CommandStatus::RINVTLVLEN)?;
    let number = tlvs.get::<tlv::SarSegmentSeqnum>().map_err(|_| CommandStatus::RINVTLVLEN)?;
    let reference = tlvs.get::<tlv::SarMsgRefNum>().map_err(|_| CommandStatus::RINVTLVLEN)?;
    match (reference, total, number) {
        (None, None, None) => Ok(()),
        (Some(reference), Some(total), Some(number)) => {
            let sar = Sar { msg_ref_num: reference.0, total_segments: total.0, segment_seqnum: number.0 };
            Place::try_from(sar).map(drop).map_err(|_| CommandStatus::RINVTLVVAL)
        }
        _ => Err(CommandStatus::RMISSINGTLV),
    }
}

// SMPP 3.4 §5.2.14, §5.2.17, §4.4.1.
const HIGHEST_PRIORITY: u8 = 3;
const RESERVED_DELIVERY_BITS: u8 = 0xE0;
const ACKNOWLEDGEMENTS: u8 = 0x0C;
const LONGEST_SHORT_MESSAGE: usize = 254;
