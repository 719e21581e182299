//! An MC in forty lines: lets everybody in, answers every message with an id, sends receipts.
//!
//! `cargo run --release -p smpp-session --example server [address]`

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use smpp_pdu::{CStr, CommandStatus, DeliverSm, EsmClass, Profile, ShortMessage, SubmitSm, SubmitSmResp};
use smpp_session::net::{Incoming, IncomingBind, Link, Server, ServerConfig, Service};
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// Hands each session's messages to a task of that session.
struct Mc;

impl Service for Mc {
    fn bind(&self, bind: IncomingBind) {
        // A real MC looks at `bind.request()` here; it may answer later, from any task.
        let (sender, receiver) = channel::<Incoming>(1000);
        bind.link().attach(Arc::new(sender));
        tokio::spawn(serve(bind.link(), receiver));
        let _ = bind.accept(CStr::new("example").unwrap_or_default());
    }

    fn request(&self, incoming: Incoming) {
        // An incoming that is dropped answers ESME_RSYSERR.
        let Some(queue) = incoming.link().account::<Sender<Incoming>>() else { return };
        if let Err(full) = queue.try_send(incoming) {
            let _ = full.into_inner().refuse(CommandStatus::RMSGQFUL);
        }
    }
}

async fn serve(link: Link, mut messages: Receiver<Incoming>) {
    loop {
        let next = tokio::select! { next = messages.recv() => next, _ = link.closed() => None };
        let Some(incoming) = next else { return };
        let frame = incoming.frame().clone();
        let Ok(submit) = frame.read::<SubmitSm<'_>>(&Profile::DEFAULT) else { continue };
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed).to_string();
        let answer = SubmitSmResp { message_id: CStr::new(&id).unwrap_or_default(), ..Default::default() };
        let _ = incoming.answer(&answer);
        if submit.registered_delivery.receipt().0 != 0 {
            let Ok(place) = link.ready().await else { return };
            let text =
                format!("id:{id} sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:");
            let receipt = DeliverSm {
                source_addr: submit.destination_addr,
                destination_addr: submit.source_addr,
                esm_class: EsmClass(0x04),
                short_message: ShortMessage::new(&text).unwrap_or_default(),
                ..Default::default()
            };
            // Whether it was taken does not matter to this MC; a real one awaits the answer.
            drop(place.request(&receipt));
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:2775".into());
    let server = Server::bind(address, ServerConfig::default(), Arc::new(Mc)).await?;
    eprintln!("listening on {}", server.local_addr());
    std::future::pending().await
}

static NEXT_ID: AtomicU64 = AtomicU64::new(1);
