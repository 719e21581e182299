//! Sender ids and numbers.

use crate::address::{DialPlan, Mode, Number, Numbering, SenderRules};

/// Addresses: what strict takes, lenient takes unchanged; what is made fit, fits; numbers stay numbers.
pub fn address(octets: &[u8]) {
    let Ok(text) = core::str::from_utf8(octets) else {
        return;
    };
    let _ = Numbering::of(text);
    let strict = SenderRules::default();
    let lenient = SenderRules { mode: Mode::Lenient, ..strict };
    let fitted = lenient.apply(text);
    match strict.apply(text) {
        Ok(sender) => assert_eq!(fitted.as_ref(), Ok(&sender), "lenient"),
        Err(error) => assert!(text.is_char_boundary(error.offset), "{error}"),
    }
    if let Ok(sender) = fitted {
        assert!(sender.value.chars().count() <= strict.longest_number, "length");
        // What is left of a name may look like a number.
        let is_name = sender.value.contains(|character: char| character.is_alphabetic());
        if is_name || sender.numbering != Numbering::ALPHANUMERIC {
            let again = lenient.apply(&sender.value).map(|again| (again.value, again.changes.is_none()));
            assert_eq!(again, Ok((sender.value, true)), "again");
        }
    }
    let plan = DialPlan { country_code: "44", national_prefix: "0", national_digits: (9, 10), ..DialPlan::default() };
    match plan.international(text) {
        Ok(number) => {
            assert_eq!(number.digits().parse::<Number>(), Ok(number), "digits");
            assert_eq!(Numbering::of(number.digits()), Numbering::INTERNATIONAL, "numbering");
        }
        Err(error) => assert!(text.is_char_boundary(error.offset), "{error}"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn address_keeps_its_properties(
            any in "\\PC{0,24}",
            number in "[+]?[-+0-9() .*#]{0,24}",
            dialled in "([+]|00|0|)(44|1|999)?([ (.-]{0,2}[0-9]){3,14}",
            name in "[A-Za-z0-9_€é+ ]{0,16}",
        ) {
            for text in [any, number, dialled, name] {
                super::address(text.as_bytes());
            }
        }
    }
}
