//! The core as a gateway has it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;

use super::bulk::BulkCore;
use super::client::{Call, CoreClient};
use super::desk::{Heartbeat, MessageView, PendingFilter, PendingPage, TestMessage};
use super::fault::CoreFault;
use super::forms::row::Row;
use super::forms::{FormsCore, submit};
use super::pick::PickedCore;
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
    api: Arc<dyn CoreApi>,
    /// It has one path for all that frontends tell of themselves.
    is_old: Arc<AtomicBool>,
}

impl RemoteCore {
    /// Uses the core behind `client`. It need not be there yet: until it says which way of exchange it knows,
    /// submissions are refused and there is no work.
    pub fn new(client: CoreClient, options: RemoteOptions) -> RemoteCore {
        let RemoteOptions { protocol, work_list, retry } = options;
        let api: Arc<dyn CoreApi> = match protocol {
            Protocol::Forms => Arc::new(FormsCore::new(client.clone(), work_list, retry)),
            Protocol::Bulk => Arc::new(BulkCore::new(client.clone(), retry)),
            Protocol::Auto => Arc::new(PickedCore::new(client.clone(), work_list, retry)),
        };
        RemoteCore { client, api, is_old: Arc::default() }
    }

    /// The exchange of messages.
    pub fn api(&self) -> Arc<dyn CoreApi> {
        self.api.clone()
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
        self.client.call(Call::new("health", Method::GET, "/api/system/health")).await.map(drop)
    }

    /// Tells the core that this frontend is there.
    ///
    /// # Errors
    /// It is away, or does not want to know.
    pub async fn heartbeat(&self, heartbeat: &Heartbeat) -> Result<(), CoreFault> {
        // Nothing in it can fail to be JSON.
        let body = serde_json::to_vec(heartbeat).unwrap_or_default();
        let call =
            |path| Call { timeout: Some(LONGEST_HEARTBEAT), ..Call::new("heartbeat", Method::POST, path).json(body.clone()) };
        if !self.is_old.load(Ordering::Relaxed) {
            match self.client.call(call("/api/frontends/register")).await {
                Err(CoreFault::Http(404 | 405, _)) => {}
                answer => return answer.map(drop),
            }
        }
        self.client.call(call("/api/frontends")).await?;
        self.is_old.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Lists pending messages of the core that match.
    ///
    /// # Errors
    /// It is away, or its answer cannot be read.
    pub async fn pending(&self, filter: &PendingFilter) -> Result<PendingPage, CoreFault> {
        let most = if filter.max == 0 { USUAL_PAGE } else { filter.max };
        let mut page = PendingPage::default();
        for number in 0..MOST_PAGES {
            let (found, is_last) = self.pending_part(filter, number * PART).await?;
            for message in found.into_iter().filter(|message| filter.matches(message)) {
                if page.messages.len() >= most {
                    page.is_truncated = true;
                    return Ok(page);
                }
                page.messages.push(message);
            }
            if is_last {
                return Ok(page);
            }
        }
        page.is_truncated = true;
        Ok(page)
    }

    /// A part of the list, and whether it is the last.
    async fn pending_part(&self, filter: &PendingFilter, offset: usize) -> Result<(Vec<MessageView>, bool), CoreFault> {
        let (limit, offset_text) = (PART.to_string(), offset.to_string());
        let mut parameters = vec![("status", "pending"), ("limit", limit.as_str()), ("offset", offset_text.as_str())];
        if !filter.smsc.is_empty() {
            parameters.push(("dest_smsc", filter.smsc.as_str()));
        }
        let octets = self.client.call(Call::new("list", Method::GET, "/api/messages").query(&parameters)).await?;
        let rows = Row::list(&octets).map_err(|what| self.client.unreadable("list", what))?;
        // A core that does not know `limit` and `offset` gives everything at once, each time.
        let is_last = rows.len() != PART;
        Ok((rows.iter().filter(|row| row.is_pending()).filter_map(Row::view).collect(), is_last))
    }

    /// Shows one message of the core; `None` if it has none of this name.
    ///
    /// # Errors
    /// It is away, or its answer cannot be read.
    pub async fn message(&self, id: MessageId) -> Result<Option<MessageView>, CoreFault> {
        let call = Call::new("message", Method::GET, format!("/api/messages/{}", id.0));
        match self.client.call(call).await {
            Ok(octets) => match Row::one(&octets).map(|row| row.view()) {
                Ok(Some(view)) => Ok(Some(view)),
                Ok(None) => Err(self.client.unreadable("message", "it has no id")),
                Err(what) => Err(self.client.unreadable("message", what)),
            },
            Err(CoreFault::Http(404, _)) => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Hands in a message for trying out and returns its name in the core.
    ///
    /// # Errors
    /// The core is away, or refuses the message: the text of [`CoreFault::Http`] says why.
    pub async fn send_test(&self, message: &TestMessage) -> Result<MessageId, CoreFault> {
        let body = submit::test(message).to_string();
        let octets = self.client.call(Call::new("test", Method::POST, "/api/messages").json(body)).await?;
        let accepted = submit::accepted(&octets).map_err(|what| self.client.unreadable("test", what))?;
        Ok(accepted.id)
    }
}

// The sample of the documents.
const LONGEST_HEARTBEAT: Duration = Duration::from_secs(5);
const USUAL_PAGE: usize = 100;
/// The longest list a core gives.
const PART: usize = 1000;
/// Pages of the core's list that one look goes through, so that a search ends.
const MOST_PAGES: usize = 10;
