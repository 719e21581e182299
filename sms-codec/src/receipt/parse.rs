//! Reading the text of a receipt: keys in any order and spelling, values up to the next key.

use nom::{
    IResult, Parser,
    branch::alt,
    bytes::complete::{tag_no_case, take_while},
    character::complete::{char, satisfy},
    combinator::{recognize, value},
};

/// A key of a receipt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Known(Known),
    Other(&'a str),
}

/// The keys every receipt may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    Id,
    Sub,
    Dlvrd,
    SubmitDate,
    DoneDate,
    Stat,
    Err,
    Text,
}

/// Walks over the first value of every key; unknown keys come as often as they are there.
#[derive(Clone)]
pub(super) struct Values<'a> {
    found: Option<Found<'a>>,
    seen: Seen,
}

impl<'a> Values<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.trim_end_matches('\0');
        Self { found: find(text, true, |_| true), seen: Seen(0) }
    }

    /// Divides what follows a key into its value and the next key.
    fn value(&self, key: Key<'a>, rest: &'a str) -> (&'a str, Option<Found<'a>>) {
        if key != Key::Known(Known::Text) {
            let next = find(rest, false, |_| true);
            return (before(rest, next).trim_matches(SEPARATORS), next);
        }
        let text = rest.trim_start_matches([' ', '\t']);
        if self.seen.has(Known::Id) && self.seen.has(Known::Stat) {
            return (text, None);
        }
        // The text came too early: what is still missing may follow it.
        let missing = |key| matches!(key, Key::Known(known) if !self.seen.has(known));
        match find(text, false, missing) {
            None => (text, None),
            next => (before(text, next).trim_end_matches(SEPARATORS), next),
        }
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = (Key<'a>, &'a str);

    fn next(&mut self) -> Option<(Key<'a>, &'a str)> {
        loop {
            let Found { key, rest, .. } = self.found.take()?;
            let repeated = match key {
                Key::Known(known) => self.seen.insert(known),
                Key::Other(_) => false,
            };
            let (value, next) = self.value(key, rest);
            self.found = next;
            if !repeated {
                return Some((key, value));
            }
        }
    }
}

/// Which known keys have been met, one bit each.
#[derive(Clone, Copy)]
struct Seen(u8);

impl Seen {
    const fn has(self, key: Known) -> bool {
        self.0 & (1 << key as u8) != 0
    }

    /// Marks a key; true if it was marked before.
    const fn insert(&mut self, key: Known) -> bool {
        let had = self.has(key);
        self.0 |= 1 << key as u8;
        had
    }
}

/// A key with its place in the text searched and what follows its colon.
#[derive(Clone, Copy)]
struct Found<'a> {
    start: usize,
    key: Key<'a>,
    rest: &'a str,
}

/// Finds the first key that is wanted; `fresh` means that one may be at the very start.
fn find<'a>(text: &'a str, fresh: bool, wanted: impl Fn(Key<'a>) -> bool) -> Option<Found<'a>> {
    let mut fresh = fresh;
    for (start, octet) in text.bytes().enumerate() {
        if fresh && octet.is_ascii_alphabetic() {
            match text.get(start..).map(key) {
                Some(Ok((rest, key))) if wanted(key) => return Some(Found { start, key, rest }),
                _ => {}
            }
        }
        fresh = SEPARATORS.contains(&char::from(octet));
    }
    None
}

fn before<'a>(text: &'a str, next: Option<Found<'a>>) -> &'a str {
    next.and_then(|next| text.get(..next.start)).unwrap_or(text)
}

/// A key with its colon.
fn key(input: &str) -> IResult<&str, Key<'_>> {
    let (rest, key) = alt((date.map(Key::Known), word.map(name))).parse(input)?;
    let (rest, _) = (take_while(is_blank), char(':')).parse(rest)?;
    Ok((rest, key))
}

/// `submit date` or `done date`, joined or divided in any of the usual ways.
fn date(input: &str) -> IResult<&str, Known> {
    let which = alt((value(Known::SubmitDate, tag_no_case("submit")), value(Known::DoneDate, tag_no_case("done"))));
    let joint = take_while(|c| is_blank(c) || c == '_' || c == '-');
    (which, joint, tag_no_case("date")).map(|(which, _, _)| which).parse(input)
}

fn word(input: &str) -> IResult<&str, &str> {
    let first = satisfy(|c| c.is_ascii_alphabetic());
    let more = take_while(|c: char| c.is_ascii_alphanumeric() || c == '_');
    recognize((first, more)).parse(input)
}

fn name(word: &str) -> Key<'_> {
    let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    known.map_or(Key::Other(word), |&(_, known)| Key::Known(known))
}

fn is_blank(c: char) -> bool {
    c == ' ' || c == '\t'
}

/// Keys of one word. `dlvr` is how some providers spell `dlvrd`.
const NAMES: [(&str, Known); 7] = [
    ("id", Known::Id),
    ("sub", Known::Sub),
    ("dlvrd", Known::Dlvrd),
    ("dlvr", Known::Dlvrd),
    ("stat", Known::Stat),
    ("err", Known::Err),
    ("text", Known::Text),
];
/// What may stand between a value and the next key.
const SEPARATORS: [char; 7] = [' ', '\t', '\r', '\n', ',', ';', '|'];
