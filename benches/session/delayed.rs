//! A peer that acknowledges late while small PDUs go both ways.
//!
//! The MC here is the kind that brings the best-known gateways down to a tenth: it leaves Nagle's
//! algorithm on, writes each PDU by itself, never asks for quick acknowledgements, and sends a
//! receipt for every message. With receipts a message is four PDUs instead of two; per PDU the
//! pace may not fall by more than a fifth.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use bytes::BytesMut;
use smpp_pdu::{BindTransceiverResp, CStr, DeliverSm, DeliverSmResp, EsmClass, ShortMessage, SubmitSmResp};
use smpp_session::net::{Client, Incoming};
use smpp_session::{BindKind, Config, Credentials};

use crate::load::{Aside, Outcome, Tally, median};
use crate::ours::{MESSAGE_ID, submit};
use crate::raw::{next, octets};
use crate::{Plan, bar, chosen};

pub(crate) fn run(plan: Plan) {
    println!(
        "{:>7}{:>22}{:>22}{:>10}{:>34}",
        "window", "PDUs/s, no receipts", "PDUs/s, receipts", "ratio", "same, Nagle on our side too"
    );
    for window in chosen(&[1, 10, 100, 1000], usize::to_string) {
        let (mut without, mut with, mut nagle) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..plan.rounds {
            without.push(turn(plan, window, false, true));
            with.push(turn(plan, window, true, true));
            nagle.push(turn(plan, window, true, false));
        }
        let [without, with, nagle] = [(without, 2.0), (with, 4.0), (nagle, 4.0)].map(|(turns, pdus)| median(turns).rate * pdus);
        println!("{window:>7}{without:>22.0}{with:>22.0}{:>10.2}{nagle:>34.0}", with / without);
        bar(plan, "pace per PDU with receipts to without, at least 0.8", with / without, with >= 0.8 * without);
    }
}

fn turn(plan: Plan, window: usize, receipts: bool, nodelay: bool) -> Outcome {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let mc = std::thread::spawn(move || serve(listener.accept().unwrap().0, receipts));
    let tally = Tally::default();
    let counted = tally.clone();
    let client = Aside::run(move || load(address, window, nodelay, counted));
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
fn serve(mut stream: TcpStream, receipts: bool) {
    let message_id = CStr::new(MESSAGE_ID).unwrap();
    let bound = octets(&BindTransceiverResp::default());
    let mut accepted = octets(&SubmitSmResp { message_id, ..Default::default() });
    let receipt = "id:0123456789abcdef sub:001 dlvrd:001 submit date:2601010000 done date:2601010000 stat:DELIVRD err:000 text:";
    let short_message = ShortMessage::new(receipt).unwrap();
    let receipt = octets(&DeliverSm { esm_class: EsmClass(4), short_message, ..Default::default() });
    let (mut input, mut buffer) = (BytesMut::new(), vec![0; 64 * 1024]);
    while let Ok(read @ 1..) = stream.read(&mut buffer) {
        input.extend_from_slice(&buffer[..read]);
        while let Some((command_id, number)) = next(&mut input) {
            let written = match command_id {
                9 => stream.write_all(&bound),
                4 => {
                    accepted[12..].first_chunk_mut().into_iter().for_each(|sequence_number| *sequence_number = number);
                    let written = stream.write_all(&accepted);
                    if receipts { written.and_then(|()| stream.write_all(&receipt)) } else { written }
                }
                _ => Ok(()),
            };
            if written.is_err() {
                return;
            }
        }
    }
}
