//! The information elements, each one row of a table: identifier, lengths, fields.
//!
//! A new element is a new row. What an element contains beyond its fields (melodies, pictures,
//! objects, security headers) is handed on, not looked into.

use super::macros::{elements, place};
use super::value::Value;
use super::{Concatenation, Element, UdhError, UdhFault};
use crate::dcs::WaitingKind;
use crate::tpdu::Address;

elements! {
    /// 01: sets or clears a message waiting indicator.
    0x01 SpecialIndication, many, 2 => {
        /// Storing, profile, extended type and type.
        indication: u8,
        /// How many messages are waiting; 0 clears the indicator.
        count: u8,
    }
    /// 04: application ports of one octet, 240 to 255 usable.
    0x04 Ports8, once 0x04, 2 => {
        /// Port of the receiver.
        destination: u8,
        /// Port of the sender.
        source: u8,
    }
    /// 05: application ports of two octets.
    0x05 Ports16, once 0x04, 4 => {
        /// Port of the receiver.
        destination: u16,
        /// Port of the sender.
        source: u16,
    }
    /// 06: when the service centre shall send a status report.
    0x06 SmscControl, once 0x06, 1 => {
        /// The bits, which have methods.
        parameters: u8,
    }
    /// 07: who made the elements after this one: 1 the sender, 2 the receiver, 3 the service centre.
    0x07 UdhSource, many, 1 => {
        /// Who it was.
        source: u8,
    }
    /// 09: wireless control message protocol.
    0x09 Wcmp<'a>, many, 0..=255 => {
        /// The message.
        data: &'a [u8],
    }
    /// 0A: how some of the text looks.
    0x0A TextFormatting, many, 3 | 4 => {
        /// First character.
        start: u8,
        /// How many characters; 0 sets the default for all text.
        length: u8,
        /// Alignment, size and style.
        mode: u8,
        /// Foreground and background.
        colour: Option<u8>,
    }
    /// 0B: a sound every handset has.
    0x0B PredefinedSound, many, 2 => {
        /// After which character.
        position: u8,
        /// Which sound.
        number: u8,
    }
    /// 0C: a sound that comes along.
    0x0C UserSound<'a>, many, 2..=129 => {
        /// After which character.
        position: u8,
        /// The sound in iMelody.
        melody: &'a [u8],
    }
    /// 0D: an animation every handset has.
    0x0D PredefinedAnimation, many, 2 => {
        /// After which character.
        position: u8,
        /// Which animation.
        number: u8,
    }
    /// 0E: four pictures of 16 by 16 that move.
    0x0E LargeAnimation<'a>, many, 129 => {
        /// After which character.
        position: u8,
        /// The bitmaps, 128 octets.
        bitmaps: &'a [u8],
    }
    /// 0F: four pictures of 8 by 8 that move.
    0x0F SmallAnimation<'a>, many, 33 => {
        /// After which character.
        position: u8,
        /// The bitmaps, 32 octets.
        bitmaps: &'a [u8],
    }
    /// 10: a picture of 32 by 32.
    0x10 LargePicture<'a>, many, 129 => {
        /// After which character.
        position: u8,
        /// The bitmap, 128 octets.
        bitmap: &'a [u8],
    }
    /// 11: a picture of 16 by 16.
    0x11 SmallPicture<'a>, many, 33 => {
        /// After which character.
        position: u8,
        /// The bitmap, 32 octets.
        bitmap: &'a [u8],
    }
    /// 12: a picture of any size.
    0x12 VariablePicture<'a>, many, 4..=255 => {
        /// After which character.
        position: u8,
        /// Width in units of eight.
        width: u8,
        /// Height.
        height: u8,
        /// The bitmap.
        bitmap: &'a [u8],
    }
    /// 13: the user may store the objects that follow.
    0x13 UserPrompt, many, 1 => {
        /// How many objects.
        objects: u8,
    }
    /// 14: an object of any kind, perhaps spread over several parts.
    0x14 ExtendedObject<'a>, many, 0..=255 => {
        /// Its header and octets.
        data: &'a [u8],
    }
    /// 15: an extended object once more.
    0x15 ReusedExtendedObject, many, 3 => {
        /// Which object.
        reference: u8,
        /// After which character.
        position: u16,
    }
    /// 16: compressed extended objects.
    0x16 CompressionControl<'a>, once 0x16, 4..=255 => {
        /// How they are compressed.
        parameters: u8,
        /// Octets of the compressed data in all parts.
        length: u16,
        /// The compressed data of this part.
        data: &'a [u8],
    }
    /// 17: whether the elements after it may be passed on.
    0x17 ObjectDistribution, many, 2 => {
        /// How many elements; 0 for all that follow.
        elements: u8,
        /// What may be done with them.
        attributes: u8,
    }
    /// 18: a drawing of vectors.
    0x18 StandardWvg<'a>, many, 0..=255 => {
        /// Position and drawing.
        data: &'a [u8],
    }
    /// 19: a drawing of vectors as large as a character.
    0x19 CharacterSizeWvg<'a>, many, 0..=255 => {
        /// Position and drawing.
        data: &'a [u8],
    }
    /// 1A: asks the receiver for an extended object.
    0x1A ObjectRequest, once 0x1A, 0 => {}
    /// 20: the text begins with a header as in Internet e-mail.
    0x20 EmailHeader, once 0x20, 1 => {
        /// Characters of the header.
        length: u8,
    }
    /// 21: some of the text is a link.
    0x21 Hyperlink, many, 4 => {
        /// First character.
        position: u16,
        /// Characters of the title.
        title_length: u8,
        /// Characters of the address.
        url_length: u8,
    }
    /// 22: where to send the reply.
    0x22 ReplyAddress, once 0x22, 2..=12 => {
        /// The address.
        address: Address,
    }
    /// 23: voice mail that waits, or has been deleted.
    0x23 EnhancedVoiceMail<'a>, once 0x23, 0..=255 => {
        /// What is said about it.
        data: &'a [u8],
    }
    /// 24: the table behind the escape.
    0x24 SingleShift, once 0x24, 1 => {
        /// The national language identifier.
        language: u8,
    }
    /// 25: the table in place of the default alphabet.
    0x25 LockingShift, once 0x25, 1 => {
        /// The national language identifier.
        language: u8,
    }
}

impl<'a> Element<'a> {
    /// Reads fields that must take all of the data.
    fn read_if(self, allowed: bool, fields: impl FnOnce(&mut &'a [u8]) -> Option<Ie<'a>>) -> Option<Ie<'a>> {
        let mut rest = self.data;
        fields(&mut rest).filter(|_| allowed && rest.is_empty())
    }
}

impl Ie<'_> {
    /// Octets of the element: identifier, length and data.
    pub fn encoded_len(&self) -> usize {
        2 + self.data_len()
    }

    /// Appends the element: identifier, length and data; `out` is untouched on error.
    ///
    /// ```
    /// use sms_codec::udh::{Ie, SingleShift};
    ///
    /// let mut elements = Vec::new();
    /// Ie::from(SingleShift { language: 1 }).write(&mut elements)?;
    /// assert_eq!(elements, [0x24, 1, 1]);
    /// # Ok::<(), sms_codec::udh::UdhError>(())
    /// ```
    pub fn write(&self, out: &mut impl Extend<u8>) -> Result<(), UdhError> {
        if !self.has_allowed_length() {
            return Err(UdhError { offset: 1, fault: UdhFault::ElementLength });
        }
        out.extend([self.id(), self.data_len() as u8]);
        self.write_data(out);
        Ok(())
    }
}

impl SpecialIndication {
    /// Whether the text is stored as well.
    pub const fn store(self) -> bool {
        self.indication & 0x80 != 0
    }

    /// For which of the subscriber's profiles, 0 to 3.
    pub const fn profile(self) -> u8 {
        self.indication >> 5 & 0x03
    }

    /// What is waiting.
    pub const fn kind(self) -> WaitingKind {
        match self.indication & 0x03 {
            0 => WaitingKind::Voicemail,
            1 => WaitingKind::Fax,
            2 => WaitingKind::Email,
            _ => WaitingKind::Other,
        }
    }

    /// What `WaitingKind::Other` is, 0 to 7: 0 nothing more is said, 1 video message.
    pub const fn extended_type(self) -> u8 {
        self.indication >> 2 & 0x07
    }
}

impl From<Ports8> for Ports16 {
    fn from(ports: Ports8) -> Self {
        Self { destination: ports.destination.into(), source: ports.source.into() }
    }
}

impl SmscControl {
    /// A report on completion.
    pub const COMPLETION: u8 = 0x01;
    /// A report on a permanent error.
    pub const PERMANENT_ERROR: u8 = 0x02;
    /// A report on a temporary error that ends the tries.
    pub const STOPPED: u8 = 0x04;
    /// A report on a temporary error that does not.
    pub const TRYING: u8 = 0x08;
    /// No further reports on the other parts of a long message.
    pub const CANCEL_REST: u8 = 0x40;
    /// The report holds the original header.
    pub const INCLUDE_UDH: u8 = 0x80;

    /// Whether all these bits are set.
    pub const fn wants(self, parameters: u8) -> bool {
        self.parameters & parameters == parameters
    }
}
