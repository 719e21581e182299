//! Operations that exist in SMPP 3.3 only.

use crate::macros::pdu;
use crate::{Addr, CStr, DataCoding, DestAddress, End, List, MessageState, RegisteredDelivery, ShortId, ShortMessage, TimeField};

pdu! {
    /// Asks for a parameter of the MC.
    ParamRetrieve<'a> = 0x0000_0022, param_retrieve, request -> ParamRetrieveResp,
    since V3_3 until V3_3, spec "SMPP 3.3",
    esme [BoundTx BoundRx] [], mc [] [];
    {
        /// The name of the parameter.
        param_name: CStr<'a, 32>,
        /// Nothing may follow.
        end: End<'a>,
    }
}

pdu! {
    /// Answers [`ParamRetrieve`].
    ParamRetrieveResp<'a> = 0x8000_0022, param_retrieve_resp, response,
    since V3_3 until V3_3, spec "SMPP 3.3",
    esme [] [], mc [BoundTx BoundRx] [];
    {
        /// The value as text.
        param_value: CStr<'a, 101>,
        /// Nothing may follow.
        end: End<'a>,
    }
}

pdu! {
    /// Asks for the ids of the latest messages of a source.
    QueryLastMsgs<'a> = 0x0000_0023, query_last_msgs, request -> QueryLastMsgsResp,
    since V3_3 until V3_3, spec "SMPP 3.3",
    esme [BoundTx] [], mc [] [];
    {
        /// Whose messages.
        source_addr: Addr<'a, 21>,
        /// How many ids at most, 1 to 100.
        no_of_messages: u8,
        /// Nothing may follow.
        end: End<'a>,
    }
}

pdu! {
    /// Answers [`QueryLastMsgs`].
    QueryLastMsgsResp<'a> = 0x8000_0023, query_last_msgs_resp, response,
    since V3_3 until V3_3, spec "SMPP 3.3",
    esme [] [], mc [BoundTx] [];
    {
        /// The ids, newest first.
        message_ids: List<'a, ShortId<'a>, 0>,
        /// Nothing may follow.
        end: End<'a>,
    }
}

pdu! {
    /// Asks for everything known about a message.
    QueryMsgDetails<'a> = 0x0000_0024, query_msg_details, request -> QueryMsgDetailsResp,
    since V3_3 until V3_3, spec "SMPP 3.3",
    esme [BoundTx] [], mc [] [];
    {
        /// The MC's id of the message, hexadecimal.
        message_id: CStr<'a, 9>,
        /// The source the message was submitted with.
        source_addr: Addr<'a, 21>,
        /// How many octets of the text are wanted, 0 to 160.
        sm_length: u8,
        /// Nothing may follow.
        end: End<'a>,
    }
}

pdu! {
    /// Answers [`QueryMsgDetails`].
    QueryMsgDetailsResp<'a> = 0x8000_0024, query_msg_details_resp, response,
    since V3_3 until V3_3, spec "SMPP 3.3",
    esme [] [], mc [BoundTx] [];
    {
        /// Which SMS application this belongs to; empty for the default.
        service_type: CStr<'a, 6>,
        /// Who sends; empty for the MC's default.
        source_addr: Addr<'a, 21>,
        /// Its destinations.
        dest_address: List<'a, DestAddress<'a>, 0>,
        /// GSM protocol identifier (TP-PID).
        protocol_id: u8,
        /// Priority, 0 lowest; 0-1 in 3.3, 0-3 in 3.4.
        priority_flag: u8,
        /// When to deliver; empty for now.
        schedule_delivery_time: TimeField<'a>,
        /// When to give up; empty for the MC's default.
        validity_period: TimeField<'a>,
        /// Which receipts and acknowledgements are wanted.
        registered_delivery: RegisteredDelivery,
        /// How the user data is coded.
        data_coding: DataCoding,
        /// `sm_length` and the user data.
        short_message: ShortMessage<'a>,
        /// The MC's id of the message, hexadecimal.
        message_id: CStr<'a, 9>,
        /// When the final state was reached; empty before.
        final_date: TimeField<'a>,
        /// The state.
        message_state: MessageState,
        /// Network error, 0 for none.
        error_code: u8,
        /// Nothing may follow.
        end: End<'a>,
    }
}
