//! A `tokio-util` codec of frames, for people who build their own transport.

use std::io;

use bytes::BytesMut;
use tokio_util::codec::{Decoder, Encoder};

use crate::frame::DEFAULT_MAX_PDU;
use crate::{Frame, FrameError};

/// Splits a stream into [`Frame`]s and joins frames into a stream.
///
/// A bad body never disturbs the framing: frames are delimited first, decoded later.
#[derive(Debug, Clone)]
pub struct Codec {
    limit: u32,
}

impl Codec {
    /// Takes PDUs of at most `limit` octets.
    pub const fn new(limit: u32) -> Codec {
        Codec { limit }
    }
}

impl Default for Codec {
    fn default() -> Self {
        Codec::new(DEFAULT_MAX_PDU)
    }
}

/// Why a stream of frames ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum CodecError {
    /// The transport failed.
    Io(io::Error),
    /// The stream is out of step; the error knows what to answer before closing.
    Frame(FrameError),
}

impl std::fmt::Display for CodecError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CodecError::Io(error) => write!(f, "transport: {error}"),
            CodecError::Frame(error) => write!(f, "framing: {error}"),
        }
    }
}

impl std::error::Error for CodecError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            CodecError::Io(error) => Some(error),
            CodecError::Frame(error) => Some(error),
        }
    }
}

impl From<io::Error> for CodecError {
    fn from(error: io::Error) -> Self {
        CodecError::Io(error)
    }
}

impl Decoder for Codec {
    type Item = Frame;
    type Error = CodecError;

    fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Frame>, CodecError> {
        Frame::split(buffer, self.limit).map_err(CodecError::Frame)
    }
}

impl Encoder<Frame> for Codec {
    type Error = CodecError;

    fn encode(&mut self, frame: Frame, out: &mut BytesMut) -> Result<(), CodecError> {
        out.extend_from_slice(frame.octets());
        Ok(())
    }
}
