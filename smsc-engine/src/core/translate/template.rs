//! What a matched number becomes.

use regex::bytes::{Captures, Replacer};

use super::RuleFault;

/// A replacement: `\0` is the whole match, `\1` to `\9` are the groups, `\\` is a backslash.
#[derive(Debug)]
pub(super) struct Template(Vec<Piece>);

#[derive(Debug)]
enum Piece {
    Octet(u8),
    Group(usize),
}

impl Template {
    /// Reads a replacement for a pattern with so many groups.
    pub(super) fn new(text: &str, groups: usize) -> Result<Self, RuleFault> {
        let octets = text.len();
        if octets > LONGEST {
            return Err(RuleFault::TooLong { octets, most: LONGEST });
        }
        let (mut pieces, mut rest) = (Vec::with_capacity(octets), text.bytes().enumerate());
        while let Some((at, octet)) = rest.next() {
            pieces.push(match octet {
                b'\\' => Piece::escaped(rest.next().map(|(_, octet)| octet), groups).unwrap_or(Err(RuleFault::Escape { at }))?,
                _ => Piece::Octet(octet),
            });
        }
        Ok(Template(pieces))
    }
}

impl Piece {
    /// What stands after a backslash; `None` if it means nothing.
    fn escaped(octet: Option<u8>, groups: usize) -> Option<Result<Piece, RuleFault>> {
        let group = match octet? {
            b'\\' => return Some(Ok(Piece::Octet(b'\\'))),
            digit @ b'0'..=b'9' => usize::from(digit - b'0'),
            _ => return None,
        };
        Some(if group <= groups { Ok(Piece::Group(group)) } else { Err(RuleFault::NoGroup { group, groups }) })
    }
}

impl Replacer for &Template {
    fn replace_append(&mut self, captures: &Captures<'_>, out: &mut Vec<u8>) {
        for piece in &self.0 {
            match piece {
                Piece::Octet(octet) => out.push(*octet),
                // A group that took no part is empty.
                Piece::Group(group) => out.extend_from_slice(captures.get(*group).map_or(&[], |found| found.as_bytes())),
            }
        }
    }
}

// Longer than any number.
const LONGEST: usize = 128;
