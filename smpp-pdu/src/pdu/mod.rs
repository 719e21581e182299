//! Every PDU, and the facts about each.

mod alert_notification;
mod bind;
mod broadcast;
mod cancel_sm;
mod data_sm;
mod deliver_sm;
mod enquire_link;
mod generic_nack;
mod query_sm;
mod replace_sm;
mod submit_multi;
mod submit_sm;
mod unbind;
mod v3_3;

use bytes::{BufMut, BytesMut};

pub use alert_notification::AlertNotification;
pub use bind::{
    BindReceiver, BindReceiverResp, BindTransceiver, BindTransceiverResp, BindTransmitter, BindTransmitterResp, Outbind,
};
pub use broadcast::{
    BroadcastSm, BroadcastSmResp, CancelBroadcastSm, CancelBroadcastSmResp, QueryBroadcastSm, QueryBroadcastSmResp,
};
pub use cancel_sm::{CancelSm, CancelSmResp};
pub use data_sm::{DataSm, DataSmResp};
pub use deliver_sm::{DeliverSm, DeliverSmResp};
pub use enquire_link::{EnquireLink, EnquireLinkResp};
pub use generic_nack::GenericNack;
pub use query_sm::{QuerySm, QuerySmResp};
pub use replace_sm::{ReplaceSm, ReplaceSmResp};
pub use submit_multi::{SubmitMulti, SubmitMultiResp};
pub use submit_sm::{SubmitSm, SubmitSmResp};
pub use unbind::{Unbind, UnbindResp};
pub use v3_3::{ParamRetrieve, ParamRetrieveResp, QueryLastMsgs, QueryLastMsgsResp, QueryMsgDetails, QueryMsgDetailsResp};

use crate::dump::Fields;
use crate::{
    CommandId, CommandStatus, DecodeError, EncodeError, Fault, HEADER_LEN, Header, Profile, Reader, Repairs, Side, State, States,
    Version, Writer,
};

/// Calls a macro with the name of every PDU and of its constant in [`CommandId`]: the only list
/// of PDUs. A new one is a table in its file and a line here.
#[macro_export]
macro_rules! for_each_pdu {
    ($apply:ident) => {
        $apply! {
            BindReceiver BIND_RECEIVER,
            BindReceiverResp BIND_RECEIVER_RESP,
            BindTransmitter BIND_TRANSMITTER,
            BindTransmitterResp BIND_TRANSMITTER_RESP,
            QuerySm QUERY_SM,
            QuerySmResp QUERY_SM_RESP,
            SubmitSm SUBMIT_SM,
            SubmitSmResp SUBMIT_SM_RESP,
            DeliverSm DELIVER_SM,
            DeliverSmResp DELIVER_SM_RESP,
            Unbind UNBIND,
            UnbindResp UNBIND_RESP,
            ReplaceSm REPLACE_SM,
            ReplaceSmResp REPLACE_SM_RESP,
            CancelSm CANCEL_SM,
            CancelSmResp CANCEL_SM_RESP,
            BindTransceiver BIND_TRANSCEIVER,
            BindTransceiverResp BIND_TRANSCEIVER_RESP,
            Outbind OUTBIND,
            EnquireLink ENQUIRE_LINK,
            EnquireLinkResp ENQUIRE_LINK_RESP,
            SubmitMulti SUBMIT_MULTI,
            SubmitMultiResp SUBMIT_MULTI_RESP,
            ParamRetrieve PARAM_RETRIEVE,
            ParamRetrieveResp PARAM_RETRIEVE_RESP,
            QueryLastMsgs QUERY_LAST_MSGS,
            QueryLastMsgsResp QUERY_LAST_MSGS_RESP,
            QueryMsgDetails QUERY_MSG_DETAILS,
            QueryMsgDetailsResp QUERY_MSG_DETAILS_RESP,
            AlertNotification ALERT_NOTIFICATION,
            DataSm DATA_SM,
            DataSmResp DATA_SM_RESP,
            BroadcastSm BROADCAST_SM,
            BroadcastSmResp BROADCAST_SM_RESP,
            QueryBroadcastSm QUERY_BROADCAST_SM,
            QueryBroadcastSmResp QUERY_BROADCAST_SM_RESP,
            CancelBroadcastSm CANCEL_BROADCAST_SM,
            CancelBroadcastSmResp CANCEL_BROADCAST_SM_RESP,
            GenericNack GENERIC_NACK,
        }
    };
}

/// What a PDU is in the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Waits for a response.
    Request,
    /// Answers a request.
    Response,
    /// Is never answered.
    OneWay,
}

/// The facts about one PDU.
#[derive(Debug)]
#[non_exhaustive]
pub struct PduInfo {
    /// Its id.
    pub id: CommandId,
    /// Its name in the standard.
    pub name: &'static str,
    /// What it is in the exchange.
    pub kind: Kind,
    /// True if its body is written with an error status even when it says nothing.
    pub body_on_error: bool,
    /// The first version that has it.
    pub since: Version,
    /// The last version that has it, if it was removed.
    pub until: Option<Version>,
    /// Where it is defined.
    pub spec: &'static str,
    /// The Rust names of its fields, in order.
    pub fields: &'static [&'static str],
    pub(crate) states: SenderStates,
}

#[derive(Debug)]
pub(crate) struct SenderStates {
    pub(crate) esme_3_4: States,
    pub(crate) esme_5_0: States,
    pub(crate) mc_3_4: States,
    pub(crate) mc_5_0: States,
}

impl PduInfo {
    /// True if the version has this PDU.
    pub fn exists_in(&self, version: Version) -> bool {
        self.since <= version && self.until.is_none_or(|until| version <= until)
    }

    /// True if `sender` may send this PDU in `state`.
    pub fn permits(&self, sender: Side, state: State, version: Version) -> bool {
        let states = match (sender, version) {
            (Side::Esme, Version::V5_0) => self.states.esme_5_0,
            (Side::Esme, _) => self.states.esme_3_4,
            (Side::Mc, Version::V5_0) => self.states.mc_5_0,
            (Side::Mc, _) => self.states.mc_3_4,
        };
        self.exists_in(version) && states.contains(state)
    }

    /// True if `sender` may send this PDU in some state.
    pub fn is_sent_by(&self, sender: Side) -> bool {
        let (old, new) = match sender {
            Side::Esme => (self.states.esme_3_4, self.states.esme_5_0),
            Side::Mc => (self.states.mc_3_4, self.states.mc_5_0),
        };
        old != States::of(&[]) || new != States::of(&[])
    }
}

/// One kind of PDU: a view of a body that was read, or a body to be written.
pub trait Command<'a>: Sized + PartialEq + Default {
    /// The facts about it.
    const INFO: &'static PduInfo;

    /// Reads the fields in order; see [`read_body`] for the rules around them.
    ///
    /// # Errors
    /// The first defect that is not forgiven.
    fn decode_fields(reader: &mut Reader<'a>) -> Result<Self, DecodeError>;

    /// Octets of the body when written for `version`.
    ///
    /// # Errors
    /// The first field whose value would break the standard.
    fn body_len(&self, version: Version) -> Result<usize, &'static str>;

    /// Writes the body; `None` if there is no room, which only a wrong `body_len` can cause.
    fn encode_body(&self, version: Version, out: &mut Writer<'_>) -> Option<()>;

    /// Adds every field to a readable dump.
    fn show(&self, fields: &mut Fields);

    /// Appends a valid body made from `entropy`; nothing, unless told otherwise.
    #[cfg(feature = "check")]
    fn generate_body(_: &mut crate::check::Entropy<'_>, _: &mut alloc::vec::Vec<u8>) {}
}

/// A PDU that is answered.
pub trait Request<'a>: Command<'a> {
    /// The PDU that answers it.
    type Response<'r>: Command<'r>;
}

/// What a header adds to a body when a PDU is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    /// The result in a response; `ROK` in a request.
    pub command_status: CommandStatus,
    /// Ties a response to its request.
    pub sequence_number: u32,
    /// The version spoken; TLVs are not written to a 3.3 peer.
    pub version: Version,
}

impl Stamp {
    /// For a request or a successful response, SMPP 3.4.
    pub const fn new(sequence_number: u32) -> Stamp {
        Stamp { command_status: CommandStatus::ROK, sequence_number, version: Version::V3_4 }
    }
}

/// Appends header and body of `pdu` to `out`.
///
/// A response with an error status and nothing to say is written as its header alone
/// (SMPP 3.4 §4.4.2), but for `deliver_sm_resp`.
///
/// # Errors
/// Names the field whose value would break the standard; then nothing is written.
#[inline(always)]
pub fn write<'a, P: Command<'a>>(pdu: &P, stamp: Stamp, out: &mut BytesMut) -> Result<(), EncodeError> {
    let Stamp { command_status, sequence_number, version } = stamp;
    let bare = !P::INFO.body_on_error && !command_status.is_ok() && *pdu == P::default();
    let body_len = if bare { Ok(0) } else { pdu.body_len(version) };
    let header = |length: usize| {
        let Ok(command_length) = u32::try_from(length) else { return refuse("command_length") };
        Ok(Header { command_length, command_id: P::INFO.id, command_status, sequence_number })
    };
    let written = match body_len {
        Ok(0) => header(HEADER_LEN).map(|header| header.encode(out)),
        Ok(length) => header(HEADER_LEN + length).and_then(|header| append(pdu, header, version, out)),
        Err(field) => Err(field),
    };
    written.map_err(|field| EncodeError { command_id: P::INFO.id, field })
}

/// A call, so that the way around it stays the likely one.
#[cold]
pub(crate) const fn refuse<T>(field: &'static str) -> Result<T, &'static str> {
    Err(field)
}

/// Growing once and filling is faster than appending field by field.
#[inline(always)]
fn append<'a, P: Command<'a>>(pdu: &P, header: Header, version: Version, out: &mut BytesMut) -> Result<(), &'static str> {
    let start = out.len();
    grow(out, header.command_length as usize);
    if let Some((_, space)) = out.split_at_mut_checked(start) {
        if fill(pdu, header, version, space).is_some() {
            return Ok(());
        }
    }
    out.truncate(start);
    refuse("command_length")
}

/// Appends `length` zeros.
#[inline(always)]
fn grow(out: &mut BytesMut, length: usize) {
    if length > SMALL {
        out.put_bytes(0, length);
        return;
    }
    let end = out.len() + length;
    out.extend_from_slice(&[0; SMALL]);
    out.truncate(end);
}

#[inline(always)]
fn fill<'a, P: Command<'a>>(pdu: &P, header: Header, version: Version, space: &mut [u8]) -> Option<()> {
    let mut writer = Writer::new(space);
    writer.array(header.to_octets())?;
    pdu.encode_body(version, &mut writer)?;
    writer.finish()
}

/// Reads one body of a known kind.
///
/// # Errors
/// The first defect that `profile` does not forgive.
#[inline(always)]
pub fn read_body<'a, P: Command<'a>>(
    body: &'a [u8],
    status: CommandStatus,
    profile: &Profile,
) -> Result<(P, Repairs), DecodeError> {
    // Nothing is mandatory and nothing is there: half of all PDUs on a quiet link.
    if P::INFO.fields.len() <= 1 && body.is_empty() {
        return Ok((P::default(), Repairs::NONE));
    }
    let response = matches!(P::INFO.kind, Kind::Response);
    let mut reader = Reader::new(body, profile, response);
    let bare = match body {
        [] => true,
        // Some peers put one NUL where SMPP 3.4 §4.4.2 wants no body.
        [0] => !status.is_ok(),
        _ => false,
    };
    if response && bare && P::INFO.fields.len() > 1 {
        return empty_response(reader, status, P::INFO.id).map(|repairs| (P::default(), repairs));
    }
    let pdu = P::decode_fields(&mut reader)?;
    Ok((pdu, reader.repairs()))
}

/// An error response may be without a body; a success should not be.
#[cold]
fn empty_response(mut reader: Reader<'_>, status: CommandStatus, id: CommandId) -> Result<Repairs, DecodeError> {
    if status.is_ok() {
        reader.admit(Repairs::MISSING_BODY, Fault::Truncated).map_err(|fault| error_at(reader, id, ("body", fault)))?;
    }
    Ok(reader.repairs())
}

/// The default of a field that a forgiven peer left out, or the error.
#[inline(always)]
pub(crate) fn missing_or_error<T: Default>(
    reader: &mut Reader<'_>,
    id: CommandId,
    (field, fault): (&'static str, Fault),
) -> Result<T, DecodeError> {
    if fault == Fault::Truncated && reader.rest().is_empty() && reader.admit(Repairs::MISSING_FIELDS, fault).is_ok() {
        return Ok(T::default());
    }
    Err(error_at(*reader, id, (field, fault)))
}

/// Takes a copy: a reader whose address nobody knows stays in registers.
#[cold]
fn error_at(reader: Reader<'_>, id: CommandId, (field, fault): (&'static str, Fault)) -> DecodeError {
    let field = if reader.within().is_empty() { field } else { reader.within() };
    DecodeError::new(id, field, reader.offset(), fault)
}

macro_rules! dispatch {
    ($($name:ident $constant:ident,)*) => {
        impl CommandId {
            $(#[doc = concat!("The id of [`", stringify!($name), "`].")]
            pub const $constant: CommandId = <$name<'static> as Command<'static>>::INFO.id;)*
        }

        impl PduInfo {
            /// The facts about every PDU.
            pub const TABLE: &'static [&'static PduInfo] = &[$(<$name<'static> as Command<'static>>::INFO),*];

            /// The facts about the PDU with this id, if the standard knows it.
            #[inline]
            pub const fn of(id: CommandId) -> Option<&'static PduInfo> {
                match id {
                    $(CommandId::$constant => Some(<$name<'static> as Command<'static>>::INFO),)*
                    _ => None,
                }
            }
        }

        /// Any PDU.
        #[derive(Debug, Clone, Copy, PartialEq)]
        #[non_exhaustive]
        pub enum Pdu<'a> {
            $(#[doc = concat!("See [`", stringify!($name), "`](crate::", stringify!($name), ").")] $name($name<'a>),)*
        }

        $(impl<'a> From<$name<'a>> for Pdu<'a> {
            fn from(pdu: $name<'a>) -> Self {
                Pdu::$name(pdu)
            }
        })*

        impl<'a> Pdu<'a> {
            /// Reads the body of the PDU that `header` announces.
            ///
            /// # Errors
            /// The first defect that `profile` does not forgive.
            #[inline]
            pub fn read(header: Header, body: &'a [u8], profile: &Profile) -> Result<(Self, Repairs), DecodeError> {
                let foreign = match PduInfo::of(header.command_id) {
                    Some(info) if info.exists_in(profile.version) => Repairs::NONE,
                    known => other_version(header, known, profile)?,
                };
                match header.command_id {
                    $(CommandId::$constant => {
                        let (pdu, repairs) = read_body::<$name<'a>>(body, header.command_status, profile)?;
                        Ok((Pdu::$name(pdu), repairs | foreign))
                    })*
                    id => Err(DecodeError::new(id, "command_id", COMMAND_ID_OFFSET, Fault::UnknownCommand)),
                }
            }

            /// The facts about it.
            pub const fn info(&self) -> &'static PduInfo {
                match self {
                    $(Pdu::$name(_) => <$name<'static> as Command<'static>>::INFO,)*
                }
            }

            /// Appends header and body to `out`; see [`write()`].
            ///
            /// # Errors
            /// Names the field whose value would break the standard.
            pub fn write(&self, stamp: Stamp, out: &mut BytesMut) -> Result<(), EncodeError> {
                match self {
                    $(Pdu::$name(pdu) => write(pdu, stamp, out),)*
                }
            }

            /// Adds every field to a readable dump.
            pub fn show(&self, fields: &mut Fields) {
                match self {
                    $(Pdu::$name(pdu) => pdu.show(fields),)*
                }
            }
        }

        /// Appends a valid body of the PDU with this id, made from `entropy`.
        #[cfg(feature = "check")]
        pub(crate) fn generate_body(id: CommandId, entropy: &mut crate::check::Entropy<'_>, out: &mut alloc::vec::Vec<u8>) {
            match id {
                $(CommandId::$constant => $name::generate_body(entropy, out),)*
                _ => (),
            }
        }
    };
}

for_each_pdu!(dispatch);

#[cold]
fn other_version(header: Header, known: Option<&'static PduInfo>, profile: &Profile) -> Result<Repairs, DecodeError> {
    let forgiven = match known {
        // The other side answers in its own version; refusing that helps nobody.
        Some(info) if info.kind == Kind::Response => return Ok(Repairs::NONE),
        Some(_) => profile.forgive_in_requests.contains(Repairs::OTHER_VERSION),
        None => return Err(DecodeError::new(header.command_id, "command_id", COMMAND_ID_OFFSET, Fault::UnknownCommand)),
    };
    if forgiven {
        return Ok(Repairs::OTHER_VERSION);
    }
    Err(DecodeError::new(header.command_id, "command_id", COMMAND_ID_OFFSET, Fault::OtherVersion))
}

// Up to this many octets a fill of constant size and a cut are faster than a fill of the exact size.
const SMALL: usize = 80;
// The id follows command_length.
const COMMAND_ID_OFFSET: usize = 4;
