//! A number of the international plan as a key, and as a name in DNS.

/// At most 15 digits in one word, a leading 1 before them: `0` and `00` are different numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Number(u64);

impl Number {
    /// Reads digits; visual separators and one leading `+` do not count.
    pub(super) fn read(text: &str) -> Option<Number> {
        let text = text.trim();
        let (mut value, mut digits) = (1_u64, 0);
        for char in text.strip_prefix('+').unwrap_or(text).chars() {
            match char.to_digit(10) {
                Some(_) if digits == MOST_DIGITS => return None,
                Some(digit) => (value, digits) = (value * 10 + u64::from(digit), digits + 1),
                None if SEPARATORS.contains(&char) => {}
                None => return None,
            }
        }
        (digits > 0).then_some(Number(value))
    }

    /// The number with its `+`: what the expressions of NAPTR records are applied to.
    pub(super) fn international(self) -> String {
        let mut text = self.0.to_string();
        text.replace_range(..1, "+");
        text
    }

    /// The name to ask for: last digit first, a dot after each (RFC 6116 §3.2), then the domain.
    pub(super) fn name_in(self, domain: &str) -> String {
        let mut name = String::with_capacity(2 * MOST_DIGITS + domain.len() + 1);
        for digit in self.international().chars().skip(1).collect::<Vec<_>>().into_iter().rev() {
            name.extend([digit, '.']);
        }
        name.push_str(domain.trim_matches('.'));
        name.push('.');
        name
    }
}

// E.164 §6
const MOST_DIGITS: usize = 15;
// RFC 3966 §5.1.1 and the space.
const SEPARATORS: [char; 5] = ['-', '.', '(', ')', ' '];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_is_the_reversed_digits_and_the_domain() {
        for text in ["+1-555-0100", "15550100", " +1 (555) 01.00 "] {
            let number = Number::read(text).unwrap();
            assert_eq!(number.international(), "+15550100");
            assert_eq!(number.name_in("e164.internal.example.com."), "0.0.1.0.5.5.5.1.e164.internal.example.com.");
        }
        assert_eq!(Number::read("007").unwrap().international(), "+007");
    }

    #[test]
    fn what_is_no_number_is_not_read() {
        for text in ["", "+", "Shop", "+44x", "1+2", "1234567890123456", "٣٣"] {
            assert_eq!(Number::read(text), None, "{text}");
        }
        assert!(Number::read("999999999999999").is_some());
        assert_ne!(Number::read("0"), Number::read("00"));
    }
}
