//! How a text will be sent: in which alphabet, in how many parts, and what is left in the last one.
//!
//! A [`Policy`] says what the peer allows; [`Policy::plan`] chooses the cheapest way. Nothing is
//! encoded until a [`Part`] is written, and nothing is allocated at all.
//!
//! GSM 7-bit is chosen whenever the allowed tables have every character: its parts are never more
//! than those of UCS-2. Among the tables those win that need the fewest parts, then the fewest
//! septets with all headers counted, then the simplest. Only if no tables have every character is
//! [`Smart`] encoding tried: with the tables that leave the fewest characters without a replacement,
//! then replace the fewest. What is left over decides: [`Otherwise`].
//!
//! ```
//! use sms_codec::plan::{Encoding, Policy};
//!
//! // Count.
//! let policy = Policy::default();
//! let plan = policy.plan("Grüße aus Köln")?;
//! assert_eq!((plan.encoding(), plan.parts(), plan.left()), (Encoding::default(), 1, 146));
//! assert_eq!(policy.plan("Привет")?.encoding(), Encoding::Ucs2);
//! assert!(policy.offending("a’b да").eq([(1, '’'), (6, 'д'), (8, 'а')]));
//!
//! // Split and send: `write` fills `short_message`; `udh_octets` says whether UDHI is set.
//! let text = "x".repeat(200);
//! let mut short_message = Vec::with_capacity(160);
//! for part in policy.plan(&text)?.split(0x4A) {
//!     short_message.clear();
//!     part.write(&mut short_message);
//!     assert_eq!(part.udh_octets(), 6);
//! }
//! assert_eq!(short_message[..6], [0x05, 0x00, 0x03, 0x4A, 2, 2]);
//! # Ok::<(), sms_codec::plan::PlanError>(())
//! ```
//!
//! This module works on text; for octets that are already encoded there is
//! [`segment`](crate::segment).

mod choose;
mod cuts;
mod form;
mod part;

use core::fmt;

use crate::gsm7::{Languages, Tables, udh_septets};
use crate::segment::{Unit, header_octets};
use crate::smart::{Change, Smart, Written};
use crate::udh::Reference;
use cuts::Cuts;
use form::Form;

pub use part::{Part, Parts};

/// What may be done to send a text.
///
/// ```
/// use sms_codec::gsm7::{Language, Languages};
/// use sms_codec::plan::{Encoding, Policy};
/// use sms_codec::smart::Smart;
///
/// let turkish = Policy { single: Languages::of(&[Language::Turkish]), ..Policy::default() };
/// let plan = turkish.plan("Işık")?;
/// assert!(matches!(plan.encoding(), Encoding::Gsm7(tables) if tables.single() == Language::Turkish));
///
/// let smart = Policy { smart: Smart::Nearest, ..Policy::default() };
/// assert_eq!(smart.plan("“Sí”")?.changes().count(), 3);
/// assert_eq!(smart.plan("“Да”")?.changes().count(), 0);
/// # Ok::<(), sms_codec::plan::PlanError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(default, deny_unknown_fields))]
pub struct Policy {
    /// Languages whose locking shift table the peer understands; the default table always may be used.
    pub locking: Languages,
    /// Languages whose single shift table the peer understands; the default table always may be used.
    pub single: Languages,
    /// Which characters may be replaced so that the text fits GSM 7-bit.
    pub smart: Smart,
    /// What happens to text that does not fit GSM 7-bit.
    pub otherwise: Otherwise,
    /// How the parts of a long text are numbered.
    pub numbering: Numbering,
    /// Where a long text may be cut.
    pub cut: Cut,
}

impl Policy {
    /// Chooses how to send a text.
    ///
    /// With all languages and replacements allowed this takes up to 182 looks at a text that no tables have; what is
    /// longer than 256 KiB is [`PlanError::TooLong`] without any.
    pub fn plan(self, text: &str) -> Result<Plan<'_>, PlanError> {
        if text.len() > LONGEST {
            return Err(PlanError::TooLong);
        }
        let counted = choose::choose(self, text)?;
        Ok(Plan { text, policy: self, counted })
    }

    /// The characters that the best of the allowed tables lack, with their places in the UTF-8 text.
    ///
    /// They are why a text goes out as UCS-2, is refused, or gets question marks.
    pub fn offending(self, text: &str) -> impl Iterator<Item = (usize, char)> + '_ {
        let lacking = choose::nearest(self, text).into_iter().flat_map(|rewrite| rewrite.steps(text));
        let lacking = lacking.filter(|step| matches!(step.written, Written::Lacking));
        lacking.filter_map(|step| Some((step.offset, step.from.chars().next()?)))
    }

    /// Counts the units and the parts of a text in some form.
    fn count(self, form: Form, text: &str) -> Result<Counted, PlanError> {
        let is_payload = self.numbering == Numbering::Payload;
        if is_payload || form.least_units(text) <= self.room(form, 1) {
            let whole = form.fit(text, self.room(form, 1))?;
            if whole.len == text.len() {
                let header = self.header(form, 1);
                return Ok(Counted { form, units: whole.units, parts: 1, last: whole.units, header, cuts: Cuts::default() });
            }
        }
        if is_payload {
            return Err(PlanError::TooLong);
        }
        let mut counted = Counted { form, units: 0, parts: 0, last: 0, header: self.header(form, 2), cuts: Cuts::default() };
        let (room, mut rest) = (self.room(form, 2), text);
        while !rest.is_empty() {
            let fit = form.cut(rest, room, self.cut).map_err(|error| error.after(text.len() - rest.len()))?;
            counted.cuts.note(counted.parts, fit);
            counted.parts = counted.parts.checked_add(1).ok_or(PlanError::TooLong)?;
            counted.units += fit.units;
            counted.last = fit.units;
            rest = rest.get(fit.len..).unwrap_or_default();
        }
        Ok(counted)
    }

    /// Units that one of so many parts holds.
    fn room(self, form: Form, parts: u8) -> usize {
        let header = self.header(form, parts);
        match (self.numbering, form.encoding().unit()) {
            (Numbering::Payload, Unit::CodeUnit) => (PAYLOAD - header) / 2,
            (Numbering::Payload, _) => PAYLOAD - header,
            (_, unit) => unit.room(header),
        }
    }

    /// Octets that one of so many parts keeps free for its headers.
    fn header(self, form: Form, parts: u8) -> usize {
        let reference = (parts > 1).then_some(match self.numbering {
            Numbering::Udh16 => Reference::Sixteen(0),
            _ => Reference::Eight(0),
        });
        header_octets(reference, form.elements().as_bytes())
    }
}

/// What happens to text that does not fit GSM 7-bit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Otherwise {
    /// It goes out as UCS-2, unchanged.
    #[default]
    Ucs2,
    /// Each character that does not fit becomes a question mark.
    QuestionMark,
    /// There is no plan.
    Refuse,
}

/// How the parts of a long text are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
pub enum Numbering {
    /// In the UDH, with a reference of 8 bits.
    #[default]
    Udh8,
    /// In the UDH, with a reference of 16 bits, which costs a septet in every part.
    Udh16,
    /// In the TLVs `sar_msg_ref_num`, `sar_total_segments` and `sar_segment_seqnum`.
    ///
    /// The room is that of [`Numbering::Udh8`]: the MC needs it for the UDH of the air interface.
    Sar,
    /// Not at all: one `message_payload` of up to 65535 octets, which the MC divides.
    Payload,
}

/// Where a long text may be cut; an escape pair or a surrogate pair is never divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize), serde(rename_all = "snake_case"))]
#[non_exhaustive]
pub enum Cut {
    /// Between any two characters.
    #[default]
    Characters,
    /// Only where a reader sees one character end: letters keep their accents, emoji stay whole.
    ///
    /// What does not fit one part even so is cut between characters.
    #[cfg(feature = "graphemes")]
    Graphemes,
}

/// The alphabet a text goes out in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// GSM 7-bit in these tables.
    Gsm7(Tables),
    /// UCS-2.
    Ucs2,
}

impl Encoding {
    /// What its length is counted in.
    pub const fn unit(self) -> Unit {
        match self {
            Self::Gsm7(_) => Unit::Septet,
            Self::Ucs2 => Unit::CodeUnit,
        }
    }
}

impl Default for Encoding {
    fn default() -> Self {
        Self::Gsm7(Tables::DEFAULT)
    }
}

/// How one text will be sent.
#[derive(Clone, Copy)]
pub struct Plan<'t> {
    text: &'t str,
    policy: Policy,
    counted: Counted,
}

impl<'t> Plan<'t> {
    /// The parts, with a reference that no other message to the same receiver has at the moment.
    ///
    /// Of the reference the low octet counts if it is written in 8 bits.
    pub fn split(self, reference: u16) -> Parts<'t> {
        Parts::new(self, reference)
    }

    /// The alphabet and its tables.
    pub const fn encoding(&self) -> Encoding {
        self.counted.form.encoding()
    }

    /// How many parts there are.
    pub const fn parts(&self) -> u8 {
        self.counted.parts
    }

    /// How long the encoded text is, without headers: septets, or 16-bit code units of UCS-2.
    pub const fn units(&self) -> usize {
        self.counted.units
    }

    /// How many units one part holds beside its headers.
    pub fn room(&self) -> usize {
        self.policy.room(self.counted.form, self.counted.parts)
    }

    /// How many units are left in the last part.
    pub fn left(&self) -> usize {
        self.room() - self.counted.last
    }

    /// The characters that go out as others.
    pub fn changes(&self) -> impl Iterator<Item = Change<'t>> + use<'t> {
        let text = self.text;
        self.counted.form.rewrite().into_iter().flat_map(move |rewrite| rewrite.changes(text))
    }
}

/// Shows no message text.
impl fmt::Debug for Plan<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan")
            .field("encoding", &self.encoding())
            .field("units", &self.units())
            .field("parts", &self.parts())
            .field("left", &self.left())
            .finish_non_exhaustive()
    }
}

/// A text measured in one form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Counted {
    form: Form,
    units: usize,
    parts: u8,
    /// Units of the last part.
    last: usize,
    /// Octets of the headers of one part.
    header: usize,
    cuts: Cuts,
}

impl Counted {
    /// What is compared: parts, then septets with all headers.
    fn cost(&self) -> (usize, usize) {
        let parts = usize::from(self.parts);
        (parts, self.units + parts * udh_septets(self.header))
    }
}

/// A text that cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlanError {
    /// A character fits no allowed tables, and UCS-2 is not wanted.
    Unencodable {
        /// Where the character starts, in octets of the UTF-8 text.
        offset: usize,
    },
    /// More than 255 parts are needed, or more than one `message_payload`.
    TooLong,
}

impl PlanError {
    /// The same, seen from the beginning of a longer text.
    const fn after(self, octets: usize) -> Self {
        match self {
            Self::Unencodable { offset } => Self::Unencodable { offset: octets + offset },
            Self::TooLong => self,
        }
    }
}

impl fmt::Display for PlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unencodable { offset } => write!(f, "text: character at octet {offset} fits no allowed alphabet"),
            Self::TooLong => f.write_str("text: too long for one message"),
        }
    }
}

impl core::error::Error for PlanError {}

/// What the length of a TLV can count.
const PAYLOAD: usize = 65535;
/// Octets of UTF-8 that no message holds: a payload of the widest characters has fewer.
const LONGEST: usize = 256 << 10;
