//! Many threads at once: nothing stalls, nothing is lost, nothing comes twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use smpp_pdu::{DeliverSm, DeliverSmResp, SubmitSmResp};
use smpp_session::net::{Batch, Client, Incoming, Link};
use smpp_session::{BindKind, Config, Credentials};
use tokio::time::timeout;

use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

/// Calls, of which some are given up halfway; returns how many were answered.
async fn traffic(link: Link, calls: usize, deliver: bool) -> usize {
    let mut answered = 0;
    for number in 0..calls {
        let patience = if number % 7 == 3 { Duration::from_micros(number as u64 % 200) } else { super::PATIENCE };
        let (submit, deliver_sm) = (submit(), DeliverSm::default());
        let done =
            if deliver { timeout(patience, link.call(&deliver_sm)).await } else { timeout(patience, link.call(&submit)).await };
        match done {
            Ok(response) => {
                assert!(response.unwrap().status().is_ok());
                answered += 1;
            }
            Err(_) => assert!(number % 7 == 3, "a call stalled"),
        }
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn traffic_both_ways_from_many_threads_never_stalls() {
    for window in [1, 5, 50] {
        // Answers come from yet another thread, in batches.
        let (sender, receiver) = std::sync::mpsc::channel::<Incoming>();
        let sender = std::sync::Mutex::new(sender);
        let answering = std::thread::spawn(move || {
            while let Ok(first) = receiver.recv() {
                let mut batch = Batch::new();
                let waiting: Vec<Incoming> = std::iter::once(first).chain(receiver.try_iter()).collect();
                for incoming in waiting.into_iter().rev() {
                    batch.answer(incoming, &SubmitSmResp::default()).unwrap();
                }
            }
        });
        let service = noted(move |incoming| sender.lock().unwrap().send(incoming).unwrap());
        let config = Config { window, unanswered: 20, ..calm() };
        let server = serve(config.clone(), service.clone()).await;
        let client = Client::connect(server.local_addr(), config, |incoming: Incoming| {
            incoming.answer(&DeliverSmResp::default()).unwrap();
        })
        .await
        .unwrap();
        client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
        eventually("bound", || service.count("bound me") == 1).await;
        let tasks: Vec<_> = (0..40)
            .map(|number| {
                let deliver = number % 4 == 0;
                tokio::spawn(traffic(if deliver { service.link() } else { Link::clone(&client) }, 200, deliver))
            })
            .collect();
        let mut answered = 0;
        for task in tasks {
            answered += soon(task).await.unwrap();
        }
        assert!(answered >= 40 * 200 * 6 / 7 - 40, "{answered}");
        eventually("everything ends", || client.waiting() == 0 && service.link().waiting() == 0).await;
        assert_eq!((client.free(), service.link().free()), (window, window), "no place is lost");
        assert_eq!((client.counters().strays, service.link().counters().strays), (0, 0));
        soon(client.unbind()).await;
        eventually("the server forgets it", || server.links().is_empty()).await;
        drop((server, service));
        answering.join().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn closing_at_any_moment_from_any_thread_is_noticed() {
    let server = serve(calm(), noted(accept)).await;
    let ended = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..200_u64)
        .map(|number| {
            let (addr, ended) = (server.local_addr(), ended.clone());
            tokio::spawn(async move {
                let client = Client::connect(addr, calm(), drop::<Incoming>).await.unwrap();
                client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
                let other = client.clone();
                let closing = tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_micros(number * 10)).await;
                    if number % 2 == 0 { other.close() } else { Link::unbind(&other) }
                });
                while let Ok(response) = client.call(&submit()).await {
                    assert!(response.status().is_ok());
                }
                closing.await.unwrap();
                client.closed().await;
                ended.fetch_add(1, Ordering::Relaxed);
            })
        })
        .collect();
    for task in tasks {
        soon(task).await.unwrap();
    }
    assert_eq!(ended.load(Ordering::Relaxed), 200);
    eventually("the server forgets them", || server.links().is_empty()).await;
}
