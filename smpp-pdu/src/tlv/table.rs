//! Every TLV of SMPP 3.4 §5.3.2 and SMPP 5.0 §4.8.4, one row each.
//!
//! The row gives the tag, the type, the legal lengths, and the PDUs it belongs to in 3.4 and in
//! 5.0. Values with a fixed set of meanings list them in their description.

use super::typed::{CallbackNumber, ItsSession, MsValidityPeriod, Pair, Repetitions, Tagged, Telematics, Text};
use super::{Tag, TlvInfo, TlvType};
use crate::{Version, tlv_type};

macro_rules! tlvs {
    ($(
        $(#[$doc:meta])*
        $name:ident $(<$life:lifetime>)? = $tag:literal, $text:ident: $value:ty, $lengths:pat, since $since:ident,
        in [$($old:ident)*] [$($new:ident)*];
    )*) => {
        $(tlv_type! { $(#[$doc])* $name $(<$life>)? = $tag, $text: $value, $lengths })*

        /// Every TLV of the standard, in the order of the tags.
        pub const TABLE: &[TlvInfo] = &[$(TlvInfo {
            tag: Tag($tag),
            name: stringify!($text),
            kind: $name::KIND,
            since: Version::$since,
            in_3_4: &[$(stringify!($old)),*],
            in_5_0: &[$(stringify!($new)),*],
        },)*];

        /// True if a value of `length` octets is legal for this tag; unknown tags take any.
        #[inline(always)]
        pub(super) const fn length_fits(tag: Tag, length: usize) -> bool {
            match tag.0 {
                $($tag => matches!(length, $lengths),)*
                _ => true,
            }
        }
    };
}

tlvs! {
    /// 0 unknown (default); 1 MS display; 2 mobile equipment; 3 smart card 1 (SIM if there is one); 4 external unit 1; 5-255 reserved.
    DestAddrSubunit = 0x0005, dest_addr_subunit: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// 0 unknown; 1 GSM; 2 ANSI-136 (TDMA); 3 IS-95 (CDMA); 4 PDC; 5 PHS; 6 iDEN; 7 AMPS; 8 paging network; 9-255 reserved.
    DestNetworkType = 0x0006, dest_network_type: u8, 1, since V3_4,
        in [data_sm] [submit_sm submit_multi data_sm];
    /// 0 unknown; 1 SMS; 2 circuit switched data; 3 packet data; 4 USSD; 5 CDPD; 6 DataTAC; 7 FLEX/ReFLEX; 8 cell broadcast; 9-255 reserved.
    DestBearerType = 0x0007, dest_bearer_type: u8, 1, since V3_4,
        in [data_sm] [submit_sm submit_multi data_sm];
    /// High octet = protocol identifier as in TP-PID; low octet reserved, 0.
    DestTelematicsId = 0x0008, dest_telematics_id: u16, 2, since V3_4,
        in [data_sm] [submit_sm submit_multi data_sm];
    /// As dest_addr_subunit.
    SourceAddrSubunit = 0x000D, source_addr_subunit: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// As dest_network_type.
    SourceNetworkType = 0x000E, source_network_type: u8, 1, since V3_4,
        in [data_sm] [submit_sm submit_multi data_sm];
    /// As dest_bearer_type.
    SourceBearerType = 0x000F, source_bearer_type: u8, 1, since V3_4,
        in [data_sm] [submit_sm submit_multi data_sm];
    /// Protocol identifier as in TP-PID.
    SourceTelematicsId = 0x0010, source_telematics_id: Telematics, 1..=2, since V3_4,
        in [data_sm] [submit_sm submit_multi data_sm];
    /// Seconds 0-0xFFFFFFFF to keep the message undelivered; overrides validity_period.
    QosTimeToLive = 0x0017, qos_time_to_live: u32, 4, since V3_4,
        in [data_sm] [submit_sm submit_multi data_sm];
    /// 0 default (WDP for WAP applications); 1 WCMP; 2-255 reserved.
    PayloadType = 0x0019, payload_type: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// Free text explaining a response.
    AdditionalStatusInfoText<'a> = 0x001D, additional_status_info_text: Text<'a>, 1..=256, since V3_4,
        in [data_sm_resp] [submit_sm_resp submit_multi_resp data_sm_resp deliver_sm_resp];
    /// Message id of the message the receipt is about.
    ReceiptedMessageId<'a> = 0x001E, receipted_message_id: Text<'a>, 1..=65, since V3_4,
        in [deliver_sm data_sm] [deliver_sm data_sm];
    /// Bit 7: 1 = set indicator on, 0 = off; bits 1-0: 0 voicemail, 1 fax, 2 e-mail, 3 other; bits 6-2 zero.
    MsMsgWaitFacilities = 0x0030, ms_msg_wait_facilities: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm];
    /// 0 not restricted (default); 1 restricted; 2 confidential; 3 secret; 4-255 reserved.
    PrivacyIndicator = 0x0201, privacy_indicator: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// First octet tag: 0x80 NSAP even, 0x88 NSAP odd, 0xA0 user specified; rest the subaddress.
    SourceSubaddress<'a> = 0x0202, source_subaddress: Tagged<'a>, 2..=23, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// As source_subaddress.
    DestSubaddress<'a> = 0x0203, dest_subaddress: Tagged<'a>, 2..=23, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// 0-65535, chosen by the ESME.
    UserMessageReference = 0x0204, user_message_reference: u16, 2, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm query_broadcast_sm query_broadcast_sm_resp cancel_broadcast_sm];
    /// 0-255 application value (TDMA 0-15).
    UserResponseCode = 0x0205, user_response_code: u8, 1, since V3_4,
        in [submit_sm data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm];
    /// 0-65535 application port.
    SourcePort = 0x020A, source_port: u16, 2, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// 0-65535 application port (3.4 name: destination_port).
    DestPort = 0x020B, dest_port: u16, 2, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// 0-65535, same for all segments of one message.
    SarMsgRefNum = 0x020C, sar_msg_ref_num: u16, 2, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm];
    /// 0 unspecified (default); 1 English; 2 French; 3 Spanish; 4 German; 5 Portuguese; others per CMT-136.
    LanguageIndicator = 0x020D, language_indicator: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// 1-255.
    SarTotalSegments = 0x020E, sar_total_segments: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm];
    /// 1-255, first segment is 1.
    SarSegmentSeqnum = 0x020F, sar_segment_seqnum: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm];
    /// 0x34 for 3.4, 0x50 for 5.0; absence means the MC speaks 3.3.
    ScInterfaceVersion = 0x0210, sc_interface_version: u8, 1, since V3_4,
        in [bind_transmitter_resp bind_receiver_resp bind_transceiver_resp] [bind_transmitter_resp bind_receiver_resp bind_transceiver_resp];
    /// Bits 3-2 presentation: 0 allowed, 1 restricted, 2 not available, 3 reserved; bits 1-0 screening: 0 user provided not screened, 1 verified and passed, 2 verified and failed, 3 network provided; bits 7-4 zero.
    CallbackNumPresInd = 0x0302, callback_num_pres_ind: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// First octet = data coding of the tag, rest display characters.
    CallbackNumAtag<'a> = 0x0303, callback_num_atag: &'a [u8], 0..=65, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// 0-99 waiting messages; 100-255 not allowed.
    NumberOfMessages = 0x0304, number_of_messages: u8, 1, since V3_4,
        in [submit_sm data_sm] [submit_sm submit_multi data_sm];
    /// Octet 1 digit mode (bit 0: 0 TBCD, 1 ASCII); octet 2 TON; octet 3 NPI; rest digits.
    CallbackNum<'a> = 0x0381, callback_num: CallbackNumber<'a>, 4..=19, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm broadcast_sm];
    /// 0 delivery pending flag not set; 1 set.
    DpfResult = 0x0420, dpf_result: u8, 1, since V3_4,
        in [data_sm_resp] [submit_sm_resp submit_multi_resp data_sm_resp deliver_sm];
    /// 0 not requested; 1 requested (default when absent differs by MC).
    SetDpf = 0x0421, set_dpf: u8, 1, since V3_4,
        in [data_sm] [submit_sm submit_multi data_sm];
    /// 0 available (default); 1 denied; 2 unavailable; 3-255 reserved.
    MsAvailabilityStatus = 0x0422, ms_availability_status: u8, 1, since V3_4,
        in [alert_notification] [alert_notification];
    /// Octet 1 network type: 1 ANSI-136 access denied, 2 IS-95 access denied, 3 GSM, 4 ANSI-136 cause, 5 IS-95 cause, 6 ANSI-41 error, 7 SMPP error, 8 MC specific (4-8 are 5.0); octets 2-3 the code.
    NetworkErrorCode = 0x0423, network_error_code: Pair, 3, since V3_4,
        in [deliver_sm data_sm data_sm_resp] [deliver_sm data_sm submit_sm_resp submit_multi_resp data_sm_resp deliver_sm_resp];
    /// User data; replaces short_message (sm_length must be 0).
    MessagePayload<'a> = 0x0424, message_payload: &'a [u8], 0..=65535, since V3_4,
        in [submit_sm submit_multi data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm replace_sm broadcast_sm];
    /// 0 destination unavailable; 1 destination address invalid; 2 permanent network error; 3 temporary network error; 4-255 reserved.
    DeliveryFailureReason = 0x0425, delivery_failure_reason: u8, 1, since V3_4,
        in [data_sm_resp] [data_sm_resp submit_sm_resp submit_multi_resp deliver_sm_resp];
    /// 0 no more to follow; 1 more to follow (default).
    MoreMessagesToSend = 0x0426, more_messages_to_send: u8, 1, since V3_4,
        in [submit_sm data_sm] [submit_sm submit_multi data_sm];
    /// Message_state table.
    MessageState = 0x0427, message_state: crate::MessageState, 1, since V3_4,
        in [deliver_sm data_sm] [deliver_sm data_sm query_broadcast_sm_resp];
    /// 0 idle; 1-29 low; 30-49 medium; 50-79 high; 80-89 optimum; 90-99 nearing congestion; 100 congested.
    CongestionState = 0x0428, congestion_state: u8, 1, since V5_0,
        in [] [any_response];
    /// 0 PSSD indication; 1 PSSR indication; 2 USSR request; 3 USSN request; 16 PSSD response; 17 PSSR response; 18 USSR confirm; 19 USSN confirm; 32-255 vendor specific; others reserved.
    UssdServiceOp = 0x0501, ussd_service_op: u8, 1, since V3_4,
        in [submit_sm] [submit_sm submit_multi data_sm deliver_sm];
    /// 0 basic channel (default); 1 extended channel; 2-255 reserved.
    BroadcastChannelIndicator = 0x0600, broadcast_channel_indicator: u8, 1, since V5_0,
        in [] [broadcast_sm];
    /// Octet 1 network: 0 generic, 1 GSM, 2 TDMA, 3 CDMA; octets 2-3 content type number.
    BroadcastContentType = 0x0601, broadcast_content_type: Pair, 3, since V5_0,
        in [] [broadcast_sm cancel_broadcast_sm];
    /// Free format.
    BroadcastContentTypeInfo<'a> = 0x0602, broadcast_content_type_info: &'a [u8], 1..=255, since V5_0,
        in [] [broadcast_sm];
    /// 0 none (default); 1 class 1 user defined; 2 class 2 user defined; 3 class 3 terminal equipment.
    BroadcastMessageClass = 0x0603, broadcast_message_class: u8, 1, since V5_0,
        in [] [broadcast_sm];
    /// 0-65535 repetitions; 0 = unlimited or derived from validity and interval.
    BroadcastRepNum = 0x0604, broadcast_rep_num: Repetitions, 1..=2, since V5_0,
        in [] [broadcast_sm];
    /// Octet 1 unit: 0x00 as often as possible, 0x08 s, 0x09 min, 0x0A h, 0x0B d, 0x0C weeks, 0x0D months, 0x0E years; octets 2-3 count.
    BroadcastFrequencyInterval = 0x0605, broadcast_frequency_interval: Pair, 3, since V5_0,
        in [] [broadcast_sm];
    /// Octet 1 format: 0 alias/name, 1 ellipsoid arc, 2 polygon; rest details (max 100).
    BroadcastAreaIdentifier<'a> = 0x0606, broadcast_area_identifier: Tagged<'a>, 1..=101, since V5_0,
        in [] [broadcast_sm broadcast_sm_resp query_broadcast_sm_resp];
    /// A command_status value.
    BroadcastErrorStatus = 0x0607, broadcast_error_status: crate::CommandStatus, 4, since V5_0,
        in [] [broadcast_sm_resp];
    /// 0-100 percent; 255 unknown; 101-254 reserved.
    BroadcastAreaSuccess = 0x0608, broadcast_area_success: u8, 1, since V5_0,
        in [] [query_broadcast_sm_resp];
    /// Absolute time, 16 characters (normally + NUL).
    BroadcastEndTime<'a> = 0x0609, broadcast_end_time: Text<'a>, 16..=17, since V5_0,
        in [] [query_broadcast_sm_resp];
    /// Free format target group.
    BroadcastServiceGroup<'a> = 0x060A, broadcast_service_group: &'a [u8], 1..=255, since V5_0,
        in [] [broadcast_sm];
    /// Octet 1 format tag (bit 7: 1 vendor specific, 0 reserved); rest free.
    BillingIdentification<'a> = 0x060B, billing_identification: Tagged<'a>, 1..=1024, since V5_0,
        in [] [submit_sm submit_multi data_sm];
    /// 7-65 octets in normal use.
    SourceNetworkId<'a> = 0x060D, source_network_id: Text<'a>, 1..=65, since V5_0,
        in [] [submit_sm submit_multi data_sm deliver_sm];
    /// 7-65 octets in normal use.
    DestNetworkId<'a> = 0x060E, dest_network_id: Text<'a>, 1..=65, since V5_0,
        in [] [submit_sm submit_multi data_sm deliver_sm];
    /// 6 decimal digits.
    SourceNodeId = 0x060F, source_node_id: [u8; 6], 6, since V5_0,
        in [] [submit_sm submit_multi data_sm deliver_sm];
    /// 6 decimal digits.
    DestNodeId = 0x0610, dest_node_id: [u8; 6], 6, since V5_0,
        in [] [submit_sm submit_multi data_sm deliver_sm];
    /// 0 portability query not done (default); 1 done, not ported; 2 done, ported.
    DestAddrNpResolution = 0x0611, dest_addr_np_resolution: u8, 1, since V5_0,
        in [] [submit_sm submit_multi data_sm deliver_sm];
    /// 10-digit routing number; some decoders allow fewer.
    DestAddrNpInformation = 0x0612, dest_addr_np_information: [u8; 10], 10, since V5_0,
        in [] [submit_sm submit_multi data_sm deliver_sm];
    /// 1-5 digits of country code.
    DestAddrNpCountry<'a> = 0x0613, dest_addr_np_country: &'a [u8], 1..=5, since V5_0,
        in [] [submit_sm submit_multi data_sm deliver_sm];
    /// 0 temporary; 1 default (default); 2 invoke; 3-255 reserved.
    DisplayTime = 0x1201, display_time: u8, 1, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm broadcast_sm];
    /// 0-65535, tone codes per TIA/EIA-136.
    SmsSignal = 0x1203, sms_signal: u16, 2, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm broadcast_sm];
    /// 3.4: 1 octet 0 store indefinitely (default), 1 power down, 2 SID registration area, 3 display only; 5.0 adds 4 relative time followed by unit octet (0 s,1 min,2 h,3 d,4 weeks,5 months,6 years) and 2-octet count.
    MsValidity = 0x1204, ms_validity: MsValidityPeriod, 1 | 4, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm broadcast_sm];
    /// 3.4: empty (length 0); 5.0: empty or 0 mobile default (default), 1 low, 2 medium, 3 high.
    AlertOnMessageDelivery = 0x130C, alert_on_message_delivery: Option<u8>, 0..=1, since V3_4,
        in [submit_sm submit_multi data_sm] [submit_sm submit_multi data_sm broadcast_sm];
    /// 0 digit; 1 number; 2 telephone number; 3 password; 4 character line; 5 menu; 6 date; 7 time; 8 continue; 9-255 reserved.
    ItsReplyType = 0x1380, its_reply_type: u8, 1, since V3_4,
        in [submit_sm data_sm] [submit_sm submit_multi data_sm deliver_sm];
    /// Octet 1 session number; octet 2 bits 7-1 sequence number, bit 0 end of session.
    ItsSessionInfo = 0x1383, its_session_info: ItsSession, 2, since V3_4,
        in [submit_sm data_sm deliver_sm] [submit_sm submit_multi data_sm deliver_sm];
}
