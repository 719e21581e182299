//! Reading the text of a receipt: keys in any order and spelling, values up to the next key.

/// A key of a receipt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key<'a> {
    Known(Known),
    Other(&'a str),
}

/// The keys every receipt may have, in the usual order.
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

impl Known {
    /// The key as it is usually written.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Sub => "sub",
            Self::Dlvrd => "dlvrd",
            Self::SubmitDate => "submit date",
            Self::DoneDate => "done date",
            Self::Stat => "stat",
            Self::Err => "err",
            Self::Text => "text",
        }
    }
}

/// A key with its value, in the words of the sender.
#[derive(Clone, Copy)]
pub(super) struct Field<'a> {
    pub(super) key: Key<'a>,
    /// The key as it is written, up to its colon.
    pub(super) name: &'a str,
    pub(super) value: &'a str,
    /// What stands between this colon and the next key, separators included.
    pub(super) raw: &'a str,
    /// Whether a known key has come before; then the first one counts.
    pub(super) repeated: bool,
}

/// Walks over all keys with their values.
#[derive(Clone)]
pub(super) struct Fields<'a> {
    found: Option<Found<'a>>,
    seen: Seen,
}

impl<'a> Fields<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let text = text.trim_end_matches('\0');
        Self { found: find(text, true, |_| true), seen: Seen::default() }
    }

    /// Finds where the value of a key ends, and the next key.
    fn end(&self, key: Key<'a>, rest: &'a str) -> Option<Found<'a>> {
        if key != Key::Known(Known::Text) {
            return find(rest, false, |_| true);
        }
        if self.seen.has(Known::Id) && self.seen.has(Known::Stat) {
            return None;
        }
        // The text came too early: what is still missing may follow it.
        let missing = |key| matches!(key, Key::Known(known) if !self.seen.has(known));
        find(rest.trim_start_matches(BLANKS), false, missing)
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        let Found { key, name, rest, .. } = self.found.take()?;
        let repeated = match key {
            Key::Known(known) => self.seen.insert(known),
            Key::Other(_) => false,
        };
        self.found = self.end(key, rest);
        let raw = match self.found {
            // All that follows the next key is the end of `rest`.
            Some(next) => rest.get(..rest.len() - next.rest.len() - 1 - next.name.len()).unwrap_or_default(),
            None => rest,
        };
        let value = match (key, self.found) {
            (Key::Known(Known::Text), None) => raw.trim_start_matches(BLANKS),
            (Key::Known(Known::Text), Some(_)) => trim_end(raw.trim_start_matches(BLANKS)),
            _ => trim(raw),
        };
        Some(Field { key, name, value, raw, repeated })
    }
}

/// Values that follow keys as they are usually written, each with one blank behind.
pub(super) struct Values<'a>(pub(super) &'a str);

impl<'a> Values<'a> {
    /// Takes the value of a key and the blank; none unless the key is here and the value one word.
    #[inline]
    pub(super) fn take(&mut self, key: &str) -> Option<&'a str> {
        let rest = self.0.strip_prefix(key)?;
        let end = rest.bytes().position(|octet| octet == b':' || SEPARATORS.contains(&octet)).filter(|end| *end > 0)?;
        let (value, rest) = rest.split_at_checked(end)?;
        self.0 = rest.strip_prefix(' ')?;
        Some(value)
    }
}

/// Which known keys have been met, one bit each.
#[derive(Clone, Copy, Default)]
pub(super) struct Seen(u8);

impl Seen {
    pub(super) const fn has(self, key: Known) -> bool {
        self.0 & (1 << key as u8) != 0
    }

    /// Whether a key has been met that usually comes later.
    pub(super) const fn any_after(self, key: Known) -> bool {
        self.0 >> key as u8 > 1
    }

    /// Whether all keys have been met that usually come earlier.
    pub(super) const fn all_before(self, key: Known) -> bool {
        let before = (1 << key as u8) - 1;
        self.0 & before == before
    }

    /// Marks a key; true if it was marked before.
    pub(super) const fn insert(&mut self, key: Known) -> bool {
        let had = self.has(key);
        self.0 |= 1 << key as u8;
        had
    }
}

/// A key, as it is written up to its colon, and what follows that.
#[derive(Clone, Copy)]
struct Found<'a> {
    key: Key<'a>,
    name: &'a str,
    rest: &'a str,
}

/// Finds the first key that is wanted; `fresh` means that one may be at the very start.
///
/// Looks for colons, which are few, and from there back for a key: no octet is seen twice, since
/// no key has a colon inside.
fn find<'a>(text: &'a str, fresh: bool, wanted: impl Fn(Key<'a>) -> bool) -> Option<Found<'a>> {
    let mut from = 0;
    loop {
        let colon = from + text.as_bytes().get(from..)?.iter().position(|&octet| octet == b':')?;
        let (before, rest) = (text.get(..colon)?, text.get(colon + 1..)?);
        match key(before.trim_end_matches(BLANKS), fresh) {
            Some((start, key)) if wanted(key) => return Some(Found { key, name: before.get(start..)?, rest }),
            _ => from = colon + 1,
        }
    }
}

/// The key at the end of a text, and where it starts.
fn key(text: &str, fresh: bool) -> Option<(usize, Key<'_>)> {
    // A key is at the start or after a separator.
    let is_start = |before: &str| before.bytes().next_back().map_or(fresh, |octet| SEPARATORS.contains(&octet));
    if let Some((before, known)) = date(text).filter(|(before, _)| is_start(before)) {
        return Some((before.len(), Key::Known(known)));
    }
    let before = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let word = text.get(before.len()..)?;
    let is_key = word.starts_with(|c: char| c.is_ascii_alphabetic()) && is_start(before);
    is_key.then(|| (before.len(), name(word)))
}

/// `submit date` or `done date`, joined or divided in any of the usual ways, and what is before.
fn date(text: &str) -> Option<(&str, Known)> {
    let which = strip(text, "date")?.trim_end_matches([' ', '\t', '_', '-']);
    let submit = strip(which, "submit").map(|before| (before, Known::SubmitDate));
    submit.or_else(|| strip(which, "done").map(|before| (before, Known::DoneDate)))
}

/// Takes a word in any letter case off the end.
fn strip<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (before, end) = text.split_at_checked(text.len().checked_sub(word.len())?)?;
    end.eq_ignore_ascii_case(word).then_some(before)
}

fn name(word: &str) -> Key<'_> {
    let known = NAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(word));
    known.map_or(Key::Other(word), |&(_, known)| Key::Known(known))
}

fn trim(text: &str) -> &str {
    trim_end(text.trim_start_matches(is_separator))
}

fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_separator)
}

fn is_separator(character: char) -> bool {
    u8::try_from(character).is_ok_and(|octet| SEPARATORS.contains(&octet))
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
/// What may stand around a colon.
pub(super) const BLANKS: [char; 2] = [' ', '\t'];
/// What may stand between a value and the next key.
const SEPARATORS: [u8; 7] = *b" \t\r\n,;|";
