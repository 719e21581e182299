//! What the number of an error says, in words.

use smpp_pdu::CommandStatus;
use sms_codec::receipt::ResultCode;
use sms_codec::tpdu::CmsError;

/// What an error means in the tables that have it: that of GSM, that of providers' receipts, that of SMPP. Which of them
/// counts depends on who reported it, and the number alone does not tell.
pub(super) fn meaning(error: u32) -> Option<String> {
    if error == 0 {
        return None;
    }
    let small = u16::try_from(error).ok();
    let gsm = small.map(CmsError).filter(|code| code.is_known()).map(|code| format!("GSM: {code}"));
    let provider = small.and_then(ResultCode::find).map(|code| format!("provider: {}", code.meaning));
    let smpp = CommandStatus(error).info().map(|row| format!("SMPP: {} ({})", row.meaning, row.name));
    let known: Vec<String> = [gsm, provider, smpp].into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.join("; "))
}

/// A line of the history with the words for the error it names.
pub(super) fn explained(text: String) -> String {
    let mut words = text.split([' ', ',']).skip_while(|word| *word != "error");
    let error = words.nth(1).and_then(|number| number.parse().ok());
    match error.and_then(meaning) {
        Some(meaning) => format!("{text} – {meaning}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_explained_by_every_table_that_has_it() {
        let told = meaning(8).unwrap();
        assert!(told.contains("GSM: operator determined barring") && told.contains("(ESME_RSYSERR)"), "{told}");
        assert!(meaning(0x58).unwrap().contains("ESME_RTHROTTLED"));
        assert!(meaning(110).unwrap().starts_with("provider: "));
        for unknown in [0, 70_000, u32::MAX] {
            assert_eq!(meaning(unknown), None);
        }
    }

    #[test]
    fn lines_of_the_history_are_explained_where_they_name_an_error() {
        assert!(explained("failed with error 22".into()).contains("failed with error 22 – GSM: memory capacity exceeded"));
        assert!(explained("failed error 22 attempts 1".into()).contains("attempts 1 – GSM: memory capacity exceeded"));
        for plain in ["delivered error 0 attempts 1", "error", "an error of mine", "", "error x"] {
            assert_eq!(explained(plain.into()), plain);
        }
    }
}
