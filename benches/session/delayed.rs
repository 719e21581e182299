//! A peer that acknowledges late while small PDUs go both ways.
//!
//! The MC here is the kind that brings the best-known gateways down to a tenth: it leaves Nagle's
//! algorithm on, writes each PDU by itself, never asks for quick acknowledgements, and sends a
//! receipt for every message. Beside it the same MC that neither holds back nor acknowledges late, and one
//! without receipts: with them a message is four PDUs instead of two, so PDUs are compared. The pace may not fall by
//! more than a fifth.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::linux::net::TcpStreamExt;
use std::sync::Arc;

use bytes::BytesMut;
use smpp_pdu::{BindTransceiverResp, CStr, DeliverSm, DeliverSmResp, EsmClass, ShortMessage, SubmitSmResp};
use smpp_session::net::{Client, Incoming};
use smpp_session::{BindKind, Config, Credentials};

use crate::load::{Aside, Outcome, Tally, median};
use crate::ours::{MESSAGE_ID, submit};
use crate::raw::{next, octets};
use crate::{Plan, bar, chosen};

/// What the MC does, and whether our side waits for acknowledgements too.
#[derive(Clone, Copy)]
struct Habits {
    receipts: bool,
    late: bool,
    nodelay: bool,
}

pub(crate) fn run(plan: Plan) {
    println!("PDUs a second");
    println!(
        "{:>7}{:>24}{:>24}{:>24}{:>24}",
        "window", "late, no receipts", "prompt, receipts", "late, receipts", "same, Nagle here too"
    );
    let late = Habits { receipts: true, late: true, nodelay: true };
    let kinds = [Habits { receipts: false, ..late }, Habits { late: false, ..late }, late, Habits { nodelay: false, ..late }];
    for window in chosen(&[1, 10, 100, 1000], usize::to_string) {
        let mut turns = kinds.map(|_| Vec::new());
        for _ in 0..plan.rounds {
            for (habits, turns) in kinds.iter().zip(&mut turns) {
                turns.push(turn(plan, window, *habits));
            }
        }
        let mut pdus = kinds.iter().map(|habits| if habits.receipts { 4.0 } else { 2.0 });
        let [without, prompt, late, nagle] = turns.map(|turns| median(turns).rate * pdus.next().unwrap());
        println!("{window:>7}{without:>24.0}{prompt:>24.0}{late:>24.0}{nagle:>24.0}");
        bar(
            plan,
            "pace with a peer that delays to that with one that does not, at least 0.8",
            late / prompt,
            late >= 0.8 * prompt,
        );
        bar(plan, "pace per PDU with receipts to without, at least 0.8", late / without, late >= 0.8 * without);
    }
}

fn turn(plan: Plan, window: usize, habits: Habits) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mc = std::thread::spawn(move || serve(listener.accept().unwrap().0, habits));
    let tally = Tally::default();
    let counted = tally.clone();
    let client = Aside::run(move || load(address, window, habits.nodelay, counted));
    let outcome = tally.watch(plan.time);
    drop(client);
    mc.join().unwrap();
    outcome
}

async fn load(address: SocketAddr, window: usize, nodelay: bool, tally: Tally) {
    let stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.set_nodelay(nodelay).unwrap();
    let answer = |incoming: Incoming| incoming.answer(&DeliverSmResp::default()).unwrap();
    let client = Client::over(stream, address, Config { window, ..Config::default() }, Arc::new(answer));
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    let callers: Vec<_> = (0..window)
        .map(|_| {
            let (client, tally) = (client.clone(), tally.clone());
            tokio::spawn(async move {
                while !tally.is_over() {
                    client.request(&submit()).unwrap().await.unwrap();
                    tally.add(1);
                }
            })
        })
        .collect();
    for caller in callers {
        caller.await.unwrap();
    }
}

/// Answers PDU by PDU, each with a write of its own, until the other side closes.
fn serve(mut stream: TcpStream, habits: Habits) {
    stream.set_nodelay(!habits.late).unwrap();
    let message_id = CStr::new(MESSAGE_ID).unwrap();
    let bound = octets(&BindTransceiverResp::default());
    let mut accepted = octets(&SubmitSmResp { message_id, ..Default::default() });
    let receipt = "id:0123456789abcdef sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:";
    let short_message = ShortMessage::new(receipt).unwrap();
    let receipt = octets(&DeliverSm { esm_class: EsmClass(4), short_message, ..Default::default() });
    let (mut input, mut buffer) = (BytesMut::new(), vec![0; 64 * 1024]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        if !habits.late {
            // The system forgets it now and then.
            stream.set_quickack(true).unwrap();
        }
        input.extend_from_slice(&buffer[..read]);
        while let Some((command_id, number)) = next(&mut input) {
            let written = match command_id {
                9 => stream.write_all(&bound),
                4 => {
                    accepted[12..].first_chunk_mut().into_iter().for_each(|sequence_number| *sequence_number = number);
                    let written = stream.write_all(&accepted);
                    if habits.receipts { written.and_then(|()| stream.write_all(&receipt)) } else { written }
                }
                _ => Ok(()),
            };
            if written.is_err() {
                return;
            }
        }
    }
}
