//! Accounts at the SMPP side: who gets in, and which messages are taken.

use smpp_pdu::tlv;
use smpp_pdu::{Addr, CStr, CommandStatus, DestAddress, List, QuerySm, QuerySmResp, SubmitMulti, SubmitMultiResp, SubmitSm};
use smpp_session::net::{BindError, Client, Incoming, Penalty};
use smpp_session::{BindKind, Config, Credentials, Rate};
use sms_codec::receipt::Dialect;
use smsc_engine::accounts::{AccountRecord, AddressPattern, MessageIdForm, Password, Secret};
use smsc_engine::overlay::BookError;
use smsc_engine::{Centre, StartError};

use crate::support::{bind, config, deliver, message, text};

/// A centre with one account, changed as the test wants it; refusals do not wait.
async fn start(change: impl FnOnce(&mut AccountRecord)) -> (tempfile::TempDir, Result<Centre, StartError>) {
    let directory = tempfile::tempdir().unwrap();
    let mut config = config(directory.path());
    let mut record = AccountRecord::new("shop", "secret");
    change(&mut record);
    config.frontend.accounts = vec![record];
    config.frontend.server.penalty = Penalty::NONE;
    let centre = Centre::start(config).await;
    (directory, centre)
}

/// Binds, or tells what was answered.
async fn try_bind(centre: &Centre, kind: BindKind, (system_id, password): (&str, &str)) -> Result<Client, CommandStatus> {
    let service = |incoming: Incoming| drop(incoming);
    let client = Client::connect(centre.smpp_address(), Config::default(), service).await.unwrap();
    match client.bind(kind, &Credentials::new(system_id, password)).await {
        Ok(_) => Ok(client),
        Err(BindError::Refused(status)) => Err(status),
        Err(other) => panic!("{other}"),
    }
}

async fn refusal(centre: &Centre, kind: BindKind, credentials: (&str, &str)) -> Option<CommandStatus> {
    try_bind(centre, kind, credentials).await.err()
}

async fn submit(client: &Client, message: &SubmitSm<'_>) -> CommandStatus {
    client.call(message).await.unwrap().status()
}

#[tokio::test]
async fn only_who_may_bind_is_let_in() {
    let (_directory, centre) = start(|record| record.kinds = vec![BindKind::Transmitter]).await;
    let centre = centre.unwrap();
    for (kind, credentials, expected) in [
        (BindKind::Transmitter, ("shop", "secreT"), Some(CommandStatus::RINVPASWD)),
        (BindKind::Transmitter, ("shop", ""), Some(CommandStatus::RINVPASWD)),
        (BindKind::Transmitter, ("shoq", "secret"), Some(CommandStatus::RINVSYSID)),
        (BindKind::Receiver, ("shop", "secret"), Some(CommandStatus::RBINDFAIL)),
        (BindKind::Transmitter, ("shop", "secret"), None),
    ] {
        assert_eq!(refusal(&centre, kind, credentials).await, expected, "{kind:?} {credentials:?}");
    }
    centre.shutdown().await;
    let (_directory, elsewhere) = start(|record| record.peers = vec!["192.0.2.0/24".parse().unwrap()]).await;
    let elsewhere = elsewhere.unwrap();
    assert_eq!(refusal(&elsewhere, BindKind::Transmitter, ("shop", "secret")).await, Some(CommandStatus::RBINDFAIL));
    elsewhere.shutdown().await;
    let (_directory, closed) = start(|record| record.enabled = false).await;
    let closed = closed.unwrap();
    assert_eq!(refusal(&closed, BindKind::Transmitter, ("shop", "secret")).await, Some(CommandStatus::RBINDFAIL));
    closed.shutdown().await;
}

#[tokio::test]
async fn sessions_are_counted_and_free_again_when_they_end() {
    let (_directory, centre) = start(|record| record.max_sessions = 1).await;
    let centre = centre.unwrap();
    let first = try_bind(&centre, BindKind::Transceiver, ("shop", "secret")).await.unwrap();
    assert_eq!(refusal(&centre, BindKind::Transceiver, ("shop", "secret")).await, Some(CommandStatus::RALYBND));
    first.unbind().await;
    assert_eq!(refusal(&centre, BindKind::Transceiver, ("shop", "secret")).await, None);
    centre.shutdown().await;
}

#[tokio::test]
async fn each_port_counts_its_own_sessions() {
    // R-PP-3, R-PP-4.
    let (one, other) = (start(|record| record.max_sessions = 1).await, start(|record| record.max_sessions = 1).await);
    let centres = [one.1.unwrap(), other.1.unwrap()];
    assert_ne!(centres[0].smpp_address().port(), centres[1].smpp_address().port());
    let mut bound = Vec::new();
    for centre in &centres {
        bound.push(try_bind(centre, BindKind::Transceiver, ("shop", "secret")).await.unwrap());
    }
    for centre in &centres {
        assert_eq!(refusal(centre, BindKind::Transceiver, ("shop", "secret")).await, Some(CommandStatus::RALYBND));
    }
    drop(bound);
    for centre in centres {
        centre.shutdown().await;
    }
}

#[tokio::test]
async fn messages_an_account_may_not_send_are_refused_before_the_core_sees_them() {
    let change = |record: &mut AccountRecord| {
        record.sources = vec![AddressPattern::new("Shop")];
        record.destinations = vec!["44".into()];
        record.quota.day = Some(3);
    };
    let (_directory, centre) = start(change).await;
    let centre = centre.unwrap();
    let esme = bind(&centre, BindKind::Transmitter).await;
    let good = message("447700900123", "hello");
    let source_addr = Addr::alphanumeric("Bank").unwrap();
    assert_eq!(submit(&esme.client, &SubmitSm { source_addr, ..good }).await, CommandStatus::RINVSRCADR);
    assert_eq!(submit(&esme.client, &message("15550100", "hello")).await, CommandStatus::RINVDSTADR);
    assert_eq!(submit(&esme.client, &good).await, CommandStatus::ROK);
    // Each destination counts; those refused are named.
    let sme = |number| DestAddress::Sme(Addr::international(number).unwrap());
    let destinations = [sme("447700900123"), sme("15550100"), sme("447700900124"), sme("447700900125")];
    let multi = SubmitMulti { source_addr: good.source_addr, dest_address: List::new(&destinations), ..Default::default() };
    let response = esme.client.call(&multi).await.unwrap();
    let answer: SubmitMultiResp<'_> = response.read().unwrap();
    let refused: Vec<_> = answer.unsuccess_sme.iter().map(|sme| sme.error_status_code).collect();
    assert_eq!(refused, [CommandStatus::RINVDSTADR, CommandStatus::RSUBMITFAIL]);
    assert_eq!(submit(&esme.client, &good).await, CommandStatus::RSUBMITFAIL, "the day's messages are used up");
    let usage = centre.frontend().accounts().usage();
    assert_eq!((usage.len(), usage[0].day_messages), (1, 3));
    centre.shutdown().await;
}

#[tokio::test]
async fn an_account_that_sends_too_fast_is_throttled_over_all_its_sessions() {
    // A message in a second, so that no second one passes while the test runs, unless it takes a whole one.
    let (_directory, centre) = start(|record| record.rate = Some(Rate::per_second(1).with_burst(2))).await;
    let centre = centre.unwrap();
    let (one, other) = (bind(&centre, BindKind::Transmitter).await, bind(&centre, BindKind::Transmitter).await);
    let good = message("447700900123", "hello");
    assert_eq!(submit(&one.client, &good).await, CommandStatus::ROK);
    assert_eq!(submit(&other.client, &good).await, CommandStatus::ROK);
    let pending: Vec<_> = (0..8).map(|_| one.client.request(&good).unwrap()).collect();
    let mut throttled = 0;
    for pending in pending {
        throttled += usize::from(pending.await.unwrap().status() == CommandStatus::RTHROTTLED);
    }
    assert!(throttled > 0);
    centre.shutdown().await;
}

#[tokio::test]
async fn replaced_accounts_count_at_once_and_those_that_are_gone_are_unbound() {
    let (_directory, centre) = start(|_| {}).await;
    let centre = centre.unwrap();
    let esme = bind(&centre, BindKind::Transceiver).await;
    let mut narrow = AccountRecord::new("shop", "other");
    narrow.destinations = vec!["1".into()];
    centre.frontend().replace_accounts(vec![narrow]).unwrap();
    assert_eq!(submit(&esme.client, &message("447700900123", "hello")).await, CommandStatus::RINVDSTADR);
    assert_eq!(refusal(&centre, BindKind::Transceiver, ("shop", "secret")).await, Some(CommandStatus::RINVPASWD));
    assert_eq!(refusal(&centre, BindKind::Transceiver, ("shop", "other")).await, None);
    centre.frontend().replace_accounts(vec![AccountRecord::new("new", "secret")]).unwrap();
    esme.client.closed().await;
    assert_eq!(refusal(&centre, BindKind::Transceiver, ("new", "secret")).await, None);
    centre.shutdown().await;
}

#[tokio::test]
async fn a_hash_that_cannot_be_used_stops_the_start_and_names_the_account() {
    let (_directory, centre) = start(|record| record.password = Password::Hashed(Secret::new("$argon2id$nonsense"))).await;
    let error = centre.err().unwrap();
    assert!(matches!(&error, StartError::Book(BookError::Entry { key, .. }) if key == "shop"));
    assert!(error.to_string().contains("\"shop\""), "{error}");
}

#[cfg(feature = "passwords")]
#[tokio::test]
async fn a_hashed_password_lets_in_however_many_come_at_once() {
    // Of "secret08"; made by argon2-cffi.
    let hash = "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$OrX+g0RWEOM8nUs+Me3pOGELzCwVkeRk68naU/2wyFA";
    let (_directory, centre) = start(|record| record.password = Password::Hashed(Secret::new(hash))).await;
    let centre = centre.unwrap();
    assert_eq!(refusal(&centre, BindKind::Transceiver, ("shop", "secret07")).await, Some(CommandStatus::RINVPASWD));
    assert_eq!(refusal(&centre, BindKind::Transceiver, ("nobody", "secret08")).await, Some(CommandStatus::RINVSYSID));
    let storm = (0..50).map(|_| refusal(&centre, BindKind::Transceiver, ("shop", "secret08")));
    assert!(futures_util::future::join_all(storm).await.iter().all(Option::is_none));
    assert_eq!(centre.frontend().accounts().stats().hash_runs, 3);
    centre.shutdown().await;
}

#[tokio::test]
async fn receipts_come_in_the_accounts_dialect_and_name_messages_as_it_wants() {
    let (_directory, centre) = start(|record| {
        record.defaults.dialect = Dialect::PROVIDER;
        record.defaults.message_id = MessageIdForm::Hexadecimal;
    })
    .await;
    let centre = centre.unwrap();
    let mut esme = bind(&centre, BindKind::Transceiver).await;
    // The first ids look the same in both notations.
    let mut id = String::new();
    for _ in 0..12 {
        id = esme.submit(&message("447700900123", "hello")).await;
    }
    assert_eq!(id.len(), 8, "{id}");
    let ids: Vec<String> = {
        let mut ids = Vec::new();
        while !ids.contains(&id) {
            let frame = esme.next().await;
            let receipt = deliver(&frame);
            let (named, rest) = text(&receipt).strip_prefix("id:").unwrap().split_once(' ').unwrap();
            assert!(rest.contains(" dlvr:001 ") && !rest.contains("text:"), "{rest}");
            let tlv = receipt.tlvs.get::<tlv::ReceiptedMessageId<'_>>().unwrap().unwrap();
            assert_eq!(tlv.0.as_str(), Some(named));
            ids.push(named.to_owned());
        }
        ids
    };
    assert!(ids.iter().any(|id| id.bytes().any(|octet| octet.is_ascii_uppercase())), "{ids:?}");
    let query =
        QuerySm { message_id: CStr::new(&id).unwrap(), source_addr: Addr::alphanumeric("Shop").unwrap(), ..Default::default() };
    let response = esme.client.call(&query).await.unwrap();
    assert_eq!(response.read::<QuerySmResp<'_>>().unwrap().message_state, smpp_pdu::MessageState::DELIVERED);
    centre.shutdown().await;
}
