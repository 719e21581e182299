//! The core as a gateway has it.

use std::sync::Arc;
use std::time::Duration;

use super::client::CoreClient;
use super::desk::{Heartbeat, MessageView, PendingFilter, PendingPage, TestMessage};
use super::fault::CoreFault;
use crate::api::CoreApi;
use crate::model::MessageId;

/// In which way messages are exchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Protocol {
    /// In bulk if the core can, else with the forms of the REST API.
    #[default]
    Auto,
    /// With the forms of the REST API, one message at a time.
    Forms,
    /// In bulk, as only this product's core speaks it.
    Bulk,
}

/// Which call gives a frontend its work; they are the same list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WorkList {
    /// `GET /api/message_queue?destination_smsc=NAME`.
    #[default]
    MessageQueue,
    /// `GET /api/messages/queue?smsc=NAME`.
    MessagesQueue,
    /// `GET /api/messages/get_by_smsc?smsc=NAME`.
    GetBySmsc,
    /// `GET /api/messages` with the header `SMSc: NAME`.
    Header,
}

/// How a core is used.
#[derive(Clone, Debug)]
pub struct RemoteOptions {
    /// In which way.
    pub protocol: Protocol,
    /// By which call work is fetched, if not in bulk.
    pub work_list: WorkList,
    /// How often a core that is away is tried.
    pub retry: Duration,
}

/// A core elsewhere. Copies are the same.
#[derive(Clone)]
pub struct RemoteCore {
    client: CoreClient,
}

impl RemoteCore {
    /// Uses the core behind `client`. It need not be there yet.
    pub fn new(client: CoreClient, _options: RemoteOptions) -> RemoteCore {
        RemoteCore { client }
    }

    /// The exchange of messages.
    pub fn api(&self) -> Arc<dyn CoreApi> {
        unimplemented!()
    }

    /// The client, for its figures.
    pub fn client(&self) -> &CoreClient {
        &self.client
    }

    /// Asks the core how it is.
    ///
    /// # Errors
    /// It is away, or says that it cannot work.
    pub async fn health(&self) -> Result<(), CoreFault> {
        unimplemented!()
    }

    /// Tells the core that this frontend is there.
    ///
    /// # Errors
    /// It is away, or does not want to know.
    pub async fn heartbeat(&self, _heartbeat: &Heartbeat) -> Result<(), CoreFault> {
        unimplemented!()
    }

    /// Lists pending messages of the core.
    ///
    /// # Errors
    /// It is away, or its answer cannot be read.
    pub async fn pending(&self, _filter: &PendingFilter) -> Result<PendingPage, CoreFault> {
        unimplemented!()
    }

    /// Shows one message of the core; `None` if it has none of this name.
    ///
    /// # Errors
    /// It is away, or its answer cannot be read.
    pub async fn message(&self, _id: MessageId) -> Result<Option<MessageView>, CoreFault> {
        unimplemented!()
    }

    /// Hands in a message for trying out and returns its name in the core.
    ///
    /// # Errors
    /// The core is away, or refuses the message: the text of [`CoreFault::Http`] says why.
    pub async fn send_test(&self, _message: &TestMessage) -> Result<MessageId, CoreFault> {
        unimplemented!()
    }
}
