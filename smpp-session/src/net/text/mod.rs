//! Texts sent in parts, and receipts matched to what was sent.

mod compose;
mod tracker;

use std::string::String;
use std::vec::Vec;

use smpp_pdu::{SubmitSm, SubmitSmResp, Version};
use thiserror::Error;

use super::keeper::Keeper;
use super::link::{CallError, Link};
use super::pending::{Pending, Response, ResponseError};
use super::pool::Pool;
use crate::RequestError;

pub use compose::{TextError, TextPart, Texts};
pub use tracker::Tracker;

impl Link {
    /// Sends a text in as many parts as it takes, in order and as the window has room.
    ///
    /// Dropping the future does not call back what was sent.
    ///
    /// # Errors
    /// The text cannot be written, or not every part was accepted: each tells its own fate.
    pub async fn send_text(&self, texts: &Texts, template: &SubmitSm<'_>, text: &str) -> Result<Sent, SendTextError> {
        let parts = texts.compose(template, text)?;
        if self.version() == Some(Version::V3_3) && parts.iter().any(TextPart::needs_tlvs) {
            return Err(TextError::NeedsTlvs.into());
        }
        let mut sent = Vec::with_capacity(parts.len());
        for part in &parts {
            // A message that cannot be whole is not sent any further.
            let pending = match sent.last() {
                Some(Err(error)) => Err(*error),
                _ => self.send_part(part).await,
            };
            sent.push(pending);
        }
        let mut fates = Vec::with_capacity(sent.len());
        for pending in sent {
            fates.push(fate(pending).await);
        }
        Sent::of(fates)
    }

    async fn send_part(&self, part: &TextPart<'_>) -> Result<Pending, RequestError> {
        loop {
            match self.ready().await?.request(&part.submit_sm()) {
                // The peer has stopped reading meanwhile.
                Err(RequestError::WindowFull) => {}
                pending => return pending,
            }
        }
    }
}

impl Keeper {
    /// Waits for a session and sends a text on it, as [`Link::send_text`] does.
    ///
    /// # Errors
    /// As [`Link::send_text`], or there was no session in time.
    pub async fn send_text(&self, texts: &Texts, template: &SubmitSm<'_>, text: &str) -> Result<Sent, SendTextError> {
        let link = self.link().await.map_err(CallError::from)?;
        link.send_text(texts, template, text).await
    }
}

impl Pool {
    /// Waits for a session and sends a text on it, all parts on the same, as [`Link::send_text`] does.
    ///
    /// # Errors
    /// As [`Link::send_text`], or there was no session in time.
    pub async fn send_text(&self, texts: &Texts, template: &SubmitSm<'_>, text: &str) -> Result<Sent, SendTextError> {
        let link = self.link().await.map_err(CallError::from)?;
        link.send_text(texts, template, text).await
    }
}

/// A text that was accepted as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sent {
    /// The MC's id of each part, in order.
    pub message_ids: Vec<String>,
}

impl Sent {
    fn of(fates: Vec<Result<String, PartError>>) -> Result<Sent, SendTextError> {
        if fates.iter().any(Result::is_err) {
            return Err(SendTextError::Parts(fates));
        }
        Ok(Sent { message_ids: fates.into_iter().flatten().collect() })
    }
}

/// Why a text was not accepted, or not as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SendTextError {
    /// It cannot be written; nothing was sent.
    #[error(transparent)]
    Text(#[from] TextError),
    /// There was no session; nothing was sent.
    #[error(transparent)]
    Session(#[from] CallError),
    /// At least one part was not accepted; here is what became of each.
    #[error("{} of {} parts accepted", .0.iter().filter(|fate| fate.is_ok()).count(), .0.len())]
    Parts(Vec<Result<String, PartError>>),
}

impl SendTextError {
    /// True if the MC may have accepted something: sending the text again may deliver it twice.
    pub fn was_sent(&self) -> bool {
        let may_be_accepted = |fate: &Result<String, PartError>| match fate {
            Ok(_) | Err(PartError::Response(ResponseError::Decode(_))) => true,
            Err(PartError::Call(error)) => error.was_sent(),
            Err(PartError::Response(_)) => false,
        };
        matches!(self, SendTextError::Parts(fates) if fates.iter().any(may_be_accepted))
    }
}

/// Why one part of a text has no id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PartError {
    /// It was not sent, or not answered.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The MC refused it, or its answer does not decode.
    #[error(transparent)]
    Response(#[from] ResponseError),
}

async fn fate(pending: Result<Pending, RequestError>) -> Result<String, PartError> {
    let response: Response = pending.map_err(CallError::from)?.await.map_err(CallError::from)?;
    let accepted: SubmitSmResp<'_> = response.read()?;
    Ok(String::from_utf8_lossy(accepted.message_id.as_bytes()).into_owned())
}
