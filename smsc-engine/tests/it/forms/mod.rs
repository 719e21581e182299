//! A core elsewhere, reached by the forms of the REST API: one of ours, one of somebody else, and none at all.

mod fault;
mod foreign;
mod own;
mod smpp;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use smsc_engine::api::{Accepted, Answer, Attempt, CoreApi, Refusal, Report, Submission};
use smsc_engine::core::Clock;
use smsc_engine::http::rest::{Limits, Rest, RestOptions};
use smsc_engine::model::{Account, Address, Lane, Message, MessageId, Timestamp};
use smsc_engine::remote::{CoreClient, CoreClientConfig, Protocol, RemoteCore, RemoteOptions, WorkList};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::control::{Bench, route};

const HOLD: Duration = Duration::from_secs(60);
const VARIANTS: [WorkList; 4] = [WorkList::MessageQueue, WorkList::MessagesQueue, WorkList::GetBySmsc, WorkList::Header];

/// A server on a port of its own that ends with this.
struct Served {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Served {
    async fn start(router: Router) -> Served {
        Served::at(SocketAddr::from(([127, 0, 0, 1], 0)), router).await
    }

    async fn at(address: SocketAddr, router: Router) -> Served {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Served { address, task }
    }

    fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Our core in memory behind its REST API, with the time of this machine.
struct Own {
    bench: Bench,
    served: Served,
}

impl Own {
    /// Numbers in Britain go through `uk`.
    async fn start() -> Own {
        let bench = Bench::new(vec![route("44", "uk")], |setup| setup.clock = Clock::system()).await;
        let served = Served::start(router(&bench)).await;
        Own { bench, served }
    }

    /// As it stands in the core.
    async fn record(&self, id: MessageId) -> smsc_engine::core::queue::Record {
        self.bench.control.handle.message(id).await.unwrap()
    }
}

fn router(bench: &Bench) -> Router {
    Rest::new(bench.control.clone(), RestOptions { limits: Limits::NONE, ..RestOptions::default() }).router()
}

fn client(config: CoreClientConfig) -> CoreClient {
    // As the program does; another test was perhaps quicker.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
    CoreClient::new(config).unwrap()
}

fn remote(url: &str, protocol: Protocol, work_list: WorkList) -> RemoteCore {
    let options = RemoteOptions { protocol, work_list, retry: Duration::from_millis(20) };
    RemoteCore::new(client(CoreClientConfig::new(url)), options)
}

/// A gateway's view of a core by the forms.
fn forms(url: &str, work_list: WorkList) -> Arc<dyn CoreApi> {
    remote(url, Protocol::Forms, work_list).api()
}

fn message(account: &str, to: &str, text: &str) -> Message {
    let mut message = Message::new(MessageId(0), Account::from(account), Lane::default());
    message.source = Address::from_number("+15551234567");
    message.destination = Address::from_number(to);
    message.user_data = text.as_bytes().to_vec().into();
    message
}

async fn submit(core: &Arc<dyn CoreApi>, submission: Submission) -> Result<Accepted, Refusal> {
    let mut answers = core.submit(vec![submission]).await;
    answers.pop().map(Answer::wait).unwrap().await
}

async fn lease(core: &Arc<dyn CoreApi>, lane: &str, max: usize) -> Vec<Message> {
    core.lease(&Lane::from(lane), max, HOLD).await
}

async fn report(core: &Arc<dyn CoreApi>, message: &Message, attempt: Attempt) {
    core.report(vec![Report { message: message.clone(), attempt }]).await;
}

fn ids(messages: &[Message]) -> Vec<u64> {
    messages.iter().map(|message| message.id.0).collect()
}

/// Asks until something is there.
async fn until<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let asking = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), asking).await.expect("it comes in the end")
}

fn in_an_hour() -> Timestamp {
    Timestamp::now().after(Duration::from_secs(3600))
}
