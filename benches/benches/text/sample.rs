//! Texts as people send them, many of each kind, lest the processor learns one by heart.

use sms_codec::gsm7::Tables;

/// Texts of `units` ASCII characters.
pub(crate) fn ascii(units: usize) -> Vec<&'static str> {
    texts(units, &ASCII, str::len)
}

/// Texts of `units` septets with letters of German and Spanish and now and then an escape.
pub(crate) fn mixed(units: usize) -> Vec<&'static str> {
    texts(units, &MIXED, |text| Tables::DEFAULT.septets(text).expect("all of it is in the alphabet"))
}

/// Texts of `units` code units, all Cyrillic but for spaces and stops.
pub(crate) fn cyrillic(units: usize) -> Vec<&'static str> {
    texts(units, &CYRILLIC, |text| text.chars().count())
}

/// Texts of `units` code units with a pair in every few words.
pub(crate) fn emoji(units: usize) -> Vec<&'static str> {
    texts(units, &EMOJI, |text| text.encode_utf16().count())
}

fn texts(units: usize, words: &[&str], count: impl Fn(&str) -> usize) -> Vec<&'static str> {
    (0..COUNT).map(|number| &*text(number, units, words, &count).leak()).collect()
}

/// Words in an order of its own, filled up with full stops.
fn text(number: usize, units: usize, words: &[&str], count: impl Fn(&str) -> usize) -> String {
    let mut text = String::new();
    let mut left = units;
    let mut turn = number * 31;
    loop {
        // A step that has no divisor in common with the number of words visits them all.
        turn += 7 + number;
        let word = words[turn * turn % words.len()];
        let needed = count(word) + 1;
        if needed > left {
            text.extend(std::iter::repeat_n('.', left));
            return text;
        }
        left -= needed;
        text.push_str(word);
        text.push(' ');
    }
}

/// With 160 octets each, about a third of the usual first-level cache.
const COUNT: usize = 64;

const ASCII: [&str; 29] = [
    "Dear",
    "customer,",
    "your",
    "parcel",
    "00340434161094042",
    "is",
    "on",
    "its",
    "way",
    "to",
    "you",
    "and",
    "will",
    "be",
    "delivered",
    "tomorrow",
    "between",
    "09:00",
    "11:00.",
    "Reply",
    "1",
    "change;",
    "call",
    "+44",
    "7700",
    "900123",
    "if",
    "(not)",
    "at-home!",
];

const MIXED: [&str; 29] = [
    "Grüße", "aus", "Köln,", "señor", "für", "Ihr", "Paket", "10", "€", "mañana", "a", "las", "nueve", "[ref]", "ist", "da",
    "über", "¿qué?", "Straße", "con", "niños", "und", "Äpfel", "pagar", "el", "envio", "Öl", "più", "là",
];

const CYRILLIC: [&str; 23] = [
    "Уважаемый",
    "клиент",
    "ваша",
    "посылка",
    "уже",
    "в",
    "пути",
    "и",
    "будет",
    "доставлена",
    "завтра",
    "между",
    "девятью",
    "одиннадцатью",
    "часами",
    "ответьте",
    "чтобы",
    "изменить",
    "или",
    "позвоните",
    "нам",
    "до",
    "вечера",
];

const EMOJI: [&str; 11] = ["Party", "🎉", "heute", "um", "acht", "😀", "bei", "mir", "🚀🚀", "привет", "❤"];
