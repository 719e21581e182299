//! Answers that go on.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Response;
use tokio::sync::oneshot;

use crate::api::{Accepted, Refusal};
use crate::wire::{Frames, Late, Wire};

/// Reads the frames of an answer as they come.
pub(super) struct Reading {
    response: Response,
    frames: Frames,
}

impl Reading {
    pub(super) fn of(response: Response) -> Reading {
        Reading { response, frames: Frames::default() }
    }

    /// The next frame; `None` when the answer has ended.
    ///
    /// # Errors
    /// It ended in the middle or cannot be read; the text says more.
    pub(super) async fn next<T: Wire>(&mut self) -> Result<Option<T>, String> {
        loop {
            if let Some(value) = self.frames.next().map_err(|error| error.to_string())? {
                return Ok(Some(value));
            }
            match tokio::time::timeout(LONGEST_SILENCE, self.response.chunk()).await {
                Ok(Ok(Some(octets))) => self.frames.push(&octets),
                Ok(Ok(None)) => return Ok(None),
                Ok(Err(error)) => return Err(error.without_url().to_string()),
                Err(_) => return Err("no sign of life".into()),
            }
        }
    }

    /// Reads what is left.
    pub(super) async fn end(&mut self) {
        while let Ok(Ok(Some(_))) = tokio::time::timeout(LONGEST_SILENCE, self.response.chunk()).await {}
    }
}

/// Hands late answers to those who wait for them, by the places of their submissions.
pub(super) async fn read_late(mut reading: Reading, mut promised: HashMap<usize, oneshot::Sender<Result<Accepted, Refusal>>>) {
    loop {
        match reading.next::<Late>().await {
            Ok(Some(Late { place, decided })) => {
                if let Some(promise) = promised.remove(&place) {
                    // Whoever waited may have gone.
                    let _ = promise.send(decided);
                }
            }
            Ok(None) => break,
            Err(what) => {
                tracing::error!(unanswered = promised.len(), "api submit: the answer broke off: {what}");
                break;
            }
        }
    }
}

/// The core gives a sign of life three times as often.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);
