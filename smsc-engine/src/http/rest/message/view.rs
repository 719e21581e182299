//! Whether a message is shown with all that SMPP says of it.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::Deserialize;
use utoipa::IntoParams;

use super::super::params::Params;
use super::super::problem::Problem;
use super::form::MessageForm;
use crate::core::queue::Record;
use crate::model::{Message, Outcome};

/// What a caller may say about the messages it is shown.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ViewParams {
    /// `true` adds the object `smpp` to each message.
    smpp: Option<bool>,
}

/// How messages are shown.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct View {
    with_smpp: bool,
}

impl View {
    pub(super) fn message(self, message: &Message, outcome: Option<Outcome>) -> MessageForm {
        let form = MessageForm::new(message, outcome);
        if self.with_smpp { form.with_smpp(message, outcome) } else { form }
    }

    pub(super) fn record(self, record: &Record) -> MessageForm {
        self.message(&record.message, record.outcome)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for View {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Params(ViewParams { smpp }) = Params::from_request_parts(parts, state).await?;
        Ok(View { with_smpp: smpp == Some(true) })
    }
}
