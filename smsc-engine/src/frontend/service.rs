//! What ESMEs ask of this MC.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use smpp_pdu::{CommandId, CommandStatus, DataSm, DecodeError, DestAddress, SubmitMulti, SubmitSm, Version};
use smpp_session::net::{Incoming, IncomingBind, Link, Roster, Server, ServerConfig, Service};
use smpp_session::{BindKind, CloseReason};
use tokio::task::JoinHandle;

use super::account::{Bound, Door, admit};
use super::courier::{self, Line};
use super::draft::{Draft, Party, Sender};
use super::intake::{Form, Intake};
use super::operate::Order;
use super::text::Notation;
use crate::accounts::{AccountError, AccountRecord, Accounts};
use crate::api::{CoreApi, Submission};
use crate::model::{Address, Lane, Timestamp};

/// How the SMPP side works.
#[derive(Clone, Debug)]
pub struct FrontendConfig {
    /// Where to listen.
    pub listen: SocketAddr,
    /// The name this MC gives itself in bind responses, at most 15 characters.
    pub system_id: String,
    /// Who may bind.
    pub accounts: Vec<AccountRecord>,
    /// Sessions and limits.
    pub server: ServerConfig,
}

/// A running SMPP side.
pub struct Frontend {
    address: SocketAddr,
    /// Until it is shut down.
    server: Mutex<Option<Server>>,
    door: Arc<Door>,
    intake: JoinHandle<()>,
}

/// Why an SMPP side did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrontendError {
    /// The accounts cannot be used.
    #[error(transparent)]
    Accounts(#[from] AccountError),
    /// The address cannot be listened on.
    #[error(transparent)]
    Listen(#[from] io::Error),
}

impl Frontend {
    /// Listens, and serves what comes from `core`.
    ///
    /// # Errors
    /// See [`FrontendError`].
    pub async fn start(config: FrontendConfig, core: Arc<dyn CoreApi>) -> Result<Frontend, FrontendError> {
        let accounts = Arc::new(Accounts::new(config.accounts)?);
        let door = Arc::new(Door { accounts, roster: Roster::new(), system_id: config.system_id });
        let intake = Arc::new(Intake::default());
        let service = Arc::new(Esmes { core: core.clone(), door: door.clone(), intake: intake.clone() });
        let server = Server::bind(config.listen, config.server, service).await?;
        let address = server.local_addr();
        Ok(Frontend { address, server: Mutex::new(Some(server)), door, intake: tokio::spawn(intake.run(core)) })
    }

    /// The accounts, for other ways in and to keep their counters; replace them by
    /// [`replace_accounts`](Self::replace_accounts), which also ends sessions.
    pub fn accounts(&self) -> &Arc<Accounts> {
        &self.door.accounts
    }

    /// Takes other accounts at once, and unbinds the sessions of those that are gone or disabled.
    ///
    /// # Errors
    /// They cannot be used; then the old ones stay.
    pub fn replace_accounts(&self, records: Vec<AccountRecord>) -> Result<(), AccountError> {
        self.door.replace(records)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every session, bound or not.
    pub fn links(&self) -> Vec<Link> {
        self.server().as_ref().map(Server::links).unwrap_or_default()
    }

    /// Unbinds every session, waits for at most `grace`, and stops.
    pub async fn shutdown(&self, grace: Duration) {
        let server = self.server().take();
        if let Some(server) = server {
            server.shutdown(grace).await;
        }
        self.intake.abort();
    }
}

impl Frontend {
    fn server(&self) -> MutexGuard<'_, Option<Server>> {
        self.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The service behind every session.
struct Esmes {
    core: Arc<dyn CoreApi>,
    door: Arc<Door>,
    intake: Arc<Intake>,
}

impl Esmes {
    fn submit(&self, incoming: Incoming) {
        let Some((Bound { account, defaults }, version)) = bound(&incoming) else { return refuse_unbound(incoming) };
        let notation = Notation::of(defaults.message_id, version);
        let sender = Sender { account, version, octets: incoming.frame().octets(), now: Timestamp::now() };
        let accounts = &self.door.accounts;
        match incoming.command_id() {
            CommandId::SUBMIT_SM => {
                let one = incoming.read::<SubmitSm<'_>>();
                let one = one.map(|pdu| admit(accounts, sender, Draft::from(pdu).submission(sender)?));
                self.hand_in(incoming, notation, one.map(|one| one.map(|one| (Form::Submit, one))));
            }
            CommandId::DATA_SM => {
                let one = incoming.read::<DataSm<'_>>();
                let one = one.map(|pdu| admit(accounts, sender, Draft::of_data(pdu)?.submission(sender)?));
                self.hand_in(incoming, notation, one.map(|one| one.map(|one| (Form::Data, one))));
            }
            _ => {
                let many = incoming.read::<SubmitMulti<'_>>().map(|pdu| submit_multi(accounts, &pdu, sender));
                self.hand_in(incoming, notation, many);
            }
        }
    }

    fn hand_in(
        &self,
        incoming: Incoming,
        notation: Notation,
        read: Result<Result<(Form, Submission), CommandStatus>, DecodeError>,
    ) {
        match read {
            Ok(Ok(submitted)) => self.intake.take(incoming, notation, submitted),
            // An error of answering means that the session is over.
            Ok(Err(status)) => _ = incoming.refuse(status),
            // Dropped, it answers what its defect asks for.
            Err(_) => drop(incoming),
        }
    }

    fn operate(&self, incoming: Incoming) {
        let Some((Bound { account, defaults }, version)) = bound(&incoming) else { return refuse_unbound(incoming) };
        match Order::read(&incoming, account, Notation::of(defaults.message_id, version)) {
            Ok(order) => drop(tokio::spawn(order.carry_out(self.core.clone(), incoming))),
            Err(Some(status)) => _ = incoming.refuse(status),
            Err(None) => drop(incoming),
        }
    }
}

/// Whose session it is, and the version spoken there.
fn bound(incoming: &Incoming) -> Option<(&Bound, Version)> {
    Some((incoming.account::<Bound>()?, incoming.version()?))
}

/// The session hands over nothing before a bind.
fn refuse_unbound(incoming: Incoming) {
    let _ = incoming.refuse(CommandStatus::RINVBNDSTS);
}

/// One message for each address; those that are refused are named in the response.
fn submit_multi(accounts: &Accounts, pdu: &SubmitMulti<'_>, sender: Sender<'_>) -> Result<(Form, Submission), CommandStatus> {
    if sender.version < Version::V5_0 && pdu.dest_address.len() > MOST_DESTINATIONS {
        return Err(CommandStatus::RINVNUMDESTS);
    }
    // One id for several messages could not say which of them was replaced.
    if pdu.replace_if_present_flag == 1 {
        return Err(CommandStatus::RINVSUBREP);
    }
    let (mut addresses, mut all, mut refused) = (Vec::new(), None::<Submission>, Vec::<(Address, CommandStatus)>::new());
    for destination in pdu.dest_address.iter() {
        // There are no distribution lists, and the response cannot name one.
        let DestAddress::Sme(destination) = destination else { return Err(CommandStatus::RINVDLNAME) };
        let address = Party::from(destination).address();
        match Draft::of_multi(pdu, destination).submission(sender).and_then(|one| admit(accounts, sender, one)) {
            Ok(submission) => {
                addresses.push(address);
                match &mut all {
                    Some(all) => all.more.push(submission.message),
                    None => all = Some(submission),
                }
            }
            Err(status) => refused.push((address, status)),
        }
    }
    match (all, refused.first()) {
        (Some(all), _) => Ok((Form::Multi(addresses, refused), all)),
        (None, Some((_, status))) => Err(*status),
        (None, None) => Err(CommandStatus::RINVNUMDESTS),
    }
}

impl Service for Esmes {
    fn bind(&self, bind: IncomingBind) {
        self.door.ask(bind);
    }

    fn bound(&self, link: &Link) {
        let Some(bound) = link.account::<Bound>() else { return };
        tracing::info!(peer = %link.peer(), system_id = link.system_id(), kind = ?link.kind(), "bound");
        if matches!(link.kind(), Some(BindKind::Receiver | BindKind::Transceiver)) {
            let lane = Lane::esme(&bound.account);
            let line = Arc::new(Line::new(self.core.clone(), lane));
            tokio::spawn(courier::deliver(link.clone(), line, bound.defaults));
        }
    }

    fn request(&self, request: Incoming) {
        match request.command_id() {
            CommandId::SUBMIT_SM | CommandId::SUBMIT_MULTI | CommandId::DATA_SM => self.submit(request),
            CommandId::QUERY_SM | CommandId::CANCEL_SM | CommandId::REPLACE_SM => self.operate(request),
            _ => _ = request.unsupported(),
        }
    }

    fn batch_end(&self) {
        self.intake.flush();
    }

    fn closed(&self, link: &Link, why: CloseReason) {
        if link.account::<Bound>().is_some() {
            tracing::info!(peer = %link.peer(), system_id = link.system_id(), %why, "closed");
        }
    }
}

// SMPP 3.4 §5.2.24
const MOST_DESTINATIONS: usize = 254;
