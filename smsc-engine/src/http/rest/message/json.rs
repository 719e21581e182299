//! A message written as JSON.
//!
//! Most of what is written are the names of its fields. `Serialize` looks at every letter of them for one that must be
//! escaped, each time; here they are written as they stand.

use super::form::MessageForm;

/// Appends fields by their names.
macro_rules! put {
    ($form:ident, $out:ident; $($name:ident)*) => {$(
        $out.extend_from_slice(concat!(",\"", stringify!($name), "\":").as_bytes());
        serde_json::to_writer(&mut *$out, &$form.$name)?;
    )*};
}

impl MessageForm {
    /// Appends what `Serialize` writes.
    ///
    /// # Errors
    /// Those of `Serialize`.
    pub(in super::super) fn write(&self, out: &mut Vec<u8>) -> serde_json::Result<()> {
        out.extend_from_slice(b"{\"id\":");
        serde_json::to_writer(&mut *out, &self.id)?;
        if self.duplicate.is_some() {
            put!(self, out; duplicate);
        }
        put! {
            self, out;
            source_msisdn destination_msisdn message_body source_smsc dest_smsc destination_smsc source_imsi dest_imsi
            tp_dcs_character_set tp_dcs_coding_group tp_dcs_compressed tp_dcs_has_message_class tp_dcs_message_class
            tp_data_coding_scheme tp_user_data_header message_part_number message_parts expires deliver_after deliver_time
            send_time status delivery_attempts deadletter charge_failed raw_data_flag raw_sip_flag raw_pdu priority
            inserted_at updated_at
        }
        if self.smpp.is_some() {
            put!(self, out; smpp);
        }
        out.push(b'}');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Account, Address, FinalState, Lane, Message, MessageId, Outcome, Timestamp, Word};

    fn message() -> impl Strategy<Value = Message> {
        let names = (".{0,12}", ".{0,12}", ".{0,20}", "\\+?[0-9]{0,20}");
        let octets = (any::<[u8; 6]>(), proptest::collection::vec(any::<u8>(), 0..200));
        let times = (any::<u64>(), any::<u32>(), proptest::option::of((any::<[u8; 2]>(), any::<[bool; 4]>())));
        (any::<u64>(), names, octets, times).prop_map(|(id, names, (small, user_data), (time, attempts, extra))| {
            let mut message = Message::new(MessageId(id), Account::from(&*names.0), Lane::from(&*names.1));
            (message.source, message.destination) = (Address::from_number(&names.2), Address::from_number(&names.3));
            [message.esm_class, message.priority, message.data_coding, ..] = small;
            message.user_data = user_data.into();
            (message.submitted, message.expires, message.attempts) = (Timestamp(time), Timestamp(time / 7), attempts);
            if let Some(([number, parts], flags)) = extra {
                let extra = message.extra_mut();
                (extra.part_number, extra.parts) = (number, parts);
                [extra.deadletter, extra.charge_failed, extra.raw_data, extra.raw_sip] = flags;
                (extra.source_imsi, extra.raw_pdu) = (Word::new(names.3), vec![number, parts].into());
            }
            message
        })
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_serialize_writes(message in message(), ended: bool, shown: bool, duplicate: Option<bool>) {
            let done = Timestamp(message.submitted.0 / 3);
            let outcome = ended.then_some(Outcome { state: FinalState::Delivered, error: 0, attempts: 2, done });
            let mut form = MessageForm::new(&message, outcome);
            form.duplicate = duplicate;
            let form = if shown { form.with_smpp(&message, outcome) } else { form };
            let mut written = b"before".to_vec();
            form.write(&mut written).unwrap();
            let expected = [&b"before"[..], &serde_json::to_vec(&form).unwrap()].concat();
            prop_assert_eq!(String::from_utf8_lossy(&written), String::from_utf8_lossy(&expected));
        }
    }
}
