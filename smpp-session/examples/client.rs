//! A client that stays bound, sends a text in as many parts as it takes, and waits for its receipts.
//!
//! `cargo run -p smpp-session --features text --example client -- HOST:PORT SYSTEM_ID PASSWORD FROM TO TEXT`

#![allow(clippy::print_stdout, reason = "its user reads it")]

use std::error::Error;
use std::sync::Arc;

use smpp_pdu::{Addr, RegisteredDelivery, SubmitSm};
use smpp_session::net::{Endpoint, Incoming, Keeper, KeeperConfig, Texts, Tracker};
use smpp_session::{BindKind, Credentials, Whole};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [mc, system_id, password, from, to, text] = args.as_slice() else { return Err("six arguments".into()) };
    let tracker = Arc::new(Tracker::new(Default::default()));
    let taker = tracker.clone();
    let service = move |incoming: Incoming| {
        taker.take(&incoming);
        let _ = incoming.acknowledge();
    };
    let (mc, me) = (Endpoint::new(mc), Credentials::new(system_id, password));
    let keeper = Keeper::start(KeeperConfig::new(mc, BindKind::Transceiver, me), Arc::new(service))?;
    let (source_addr, destination_addr) = (Addr::alphanumeric(from)?, Addr::international(to)?);
    let registered_delivery = RegisteredDelivery::ALWAYS;
    let template = SubmitSm { source_addr, destination_addr, registered_delivery, ..Default::default() };
    let sent = keeper.send_text(&Texts::default(), &template, text).await?;
    println!("accepted as {}", sent.message_ids.join(", "));
    tracker.expect((), &sent.message_ids);
    let mut update = tracker.next().await;
    while update.whole == Whole::Waiting {
        update = tracker.next().await;
    }
    println!("{:?}", update.whole);
    keeper.stop().await;
    Ok(())
}
