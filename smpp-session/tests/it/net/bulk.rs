//! Many requests at once: gathered outcomes, and futures that are dropped wherever they stand.

use std::collections::HashSet;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::BytesMut;
use smpp_pdu::{CommandId, CommandStatus, ShortMessage, Stamp, SubmitSmResp};
use smpp_session::net::{Batch, Client, Incoming, Keeper, Link, Pool, Unanswered, collector};
use smpp_session::{BindKind, CloseReason, Config, Credentials, RequestError};
use tokio::task::yield_now;

use super::client::scripted;
use super::keeper::hasty;
use super::{accept, calm, eventually, noted, serve, soon};
use crate::submit;

fn windowed(window: usize) -> Config {
    Config { window, ..calm() }
}

#[tokio::test]
async fn outcomes_come_with_their_tags_in_the_order_of_completion() {
    let (client, mut peer) = scripted(windowed(5)).await;
    let (collector, mut outcomes) = collector(100);
    let mut batch = Batch::new();
    for tag in 10..15 {
        batch.request_with(&client, &submit(), tag, &collector).unwrap();
    }
    drop(batch);
    assert_eq!(client.request_with(&submit(), 0, &collector), Err(RequestError::WindowFull));
    assert_eq!(outcomes.waiting(), 5, "what was not sent takes no place");
    let mut numbers = Vec::new();
    while numbers.len() < 5 {
        numbers.push(peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await.sequence_number());
    }
    for number in numbers.into_iter().rev() {
        let status = if number % 2 == 0 { CommandStatus::RTHROTTLED } else { CommandStatus::ROK };
        peer.put_with(&SubmitSmResp::default(), status, number).await;
    }
    for number in (2..7_u32).rev() {
        let outcome = soon(outcomes.next()).await.unwrap();
        let response = outcome.result.unwrap();
        assert_eq!((outcome.tag, response.frame().sequence_number()), (u64::from(number) + 8, number));
        assert_eq!(response.status().is_ok(), number % 2 == 1);
    }
    assert_eq!(outcomes.waiting(), 0);
    drop(collector);
    assert!(soon(outcomes.next()).await.is_none());
}

#[tokio::test]
async fn a_collector_takes_no_more_than_its_limit() {
    let (client, mut peer) = scripted(windowed(100)).await;
    let (collector, mut outcomes) = collector(3);
    for tag in 0..3 {
        client.request_with(&submit(), tag, &collector).unwrap();
    }
    assert_eq!(client.request_with(&submit(), 3, &collector), Err(RequestError::WindowFull));
    for number in 2..5 {
        peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
        peer.put(&SubmitSmResp::default(), number).await;
    }
    eventually("all are answered", || client.waiting() == 0).await;
    assert_eq!(client.request_with(&submit(), 3, &collector), Err(RequestError::WindowFull), "they are not fetched");
    let mut fetched = Vec::new();
    assert_eq!(soon(outcomes.next_many(&mut fetched)).await, 3);
    assert!(fetched.iter().map(|outcome| outcome.tag).eq(0..3));
    client.request_with(&submit(), 3, &collector).unwrap();
}

#[tokio::test]
async fn many_are_sent_as_far_as_there_is_room() {
    let (client, mut peer) = scripted(windowed(150)).await;
    let (narrow, _narrow) = collector(3);
    let (wide, mut outcomes) = collector(1000);
    let many = vec![submit(); 200];
    assert_eq!(client.request_many(&many[..0], 0, &wide), Ok(0));
    assert_eq!(client.request_many(&many, 0, &narrow), Ok(3), "the collector is full");
    assert_eq!(client.request_many(&many, 0, &narrow), Err(RequestError::WindowFull));
    assert_eq!(client.request_many(&many, u64::MAX, &wide), Ok(147), "the window is full");
    assert_eq!(client.request_many(&many, 0, &wide), Err(RequestError::WindowFull));
    assert_eq!(outcomes.waiting(), 147, "what was not sent takes no place");
    for number in 2..152 {
        assert_eq!(peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await.sequence_number(), number);
        peer.put(&SubmitSmResp::default(), number).await;
    }
    let mut fetched = Vec::new();
    while fetched.len() < 147 {
        soon(outcomes.next_many(&mut fetched)).await;
    }
    assert!(fetched.iter().map(|outcome| outcome.tag).eq([u64::MAX].into_iter().chain(0..146)), "each has its own number");
    assert!(fetched.iter().all(|outcome| outcome.result.as_ref().is_ok_and(|response| response.status().is_ok())));
}

#[tokio::test]
async fn one_of_many_that_cannot_be_sent_holds_back_those_behind_it() {
    let server = serve(calm(), noted(accept)).await;
    let client = Client::connect(server.local_addr(), windowed(10), drop::<Incoming>).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    let (collector, mut outcomes) = collector(10);
    let mut many = vec![submit(); 4];
    // A field of SMPP 5.0, too long for the 3.4 spoken here.
    let text = [0x41; 255];
    many[2].short_message = ShortMessage::new(&text).unwrap();
    assert_eq!(client.request_many(&many, 0, &collector), Ok(2));
    assert!(matches!(client.request_many(&many[2..], 2, &collector), Err(RequestError::Encode(_))));
    assert_eq!(client.request_many(&many[3..], 3, &collector), Ok(1));
    for tag in [0, 1, 3] {
        assert_eq!(soon(outcomes.next()).await.map(|outcome| outcome.tag), Some(tag));
    }
    assert_eq!((outcomes.waiting(), client.waiting(), client.free()), (0, 0, 10));
}

#[tokio::test]
async fn a_session_that_ends_ends_what_is_gathered_too() {
    let (client, peer) = scripted(windowed(10)).await;
    let (collector, mut outcomes) = collector(10);
    for tag in 0..10 {
        client.request_with(&submit(), tag, &collector).unwrap();
    }
    drop((peer, collector));
    let mut tags = HashSet::new();
    while let Some(outcome) = soon(outcomes.next()).await {
        assert_eq!(outcome.result.unwrap_err(), Unanswered::Lost(CloseReason::Disconnected));
        assert!(tags.insert(outcome.tag));
    }
    assert_eq!(tags.len(), 10);
    let mut none = Vec::new();
    assert_eq!(soon(outcomes.next_many(&mut none)).await, 0);
}

#[tokio::test]
async fn one_task_sends_and_fetches_ten_thousand() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let client = Client::connect(server.local_addr(), windowed(50), drop::<Incoming>).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    // Fewer places than the window: both limits are met.
    let (collector, mut outcomes) = collector(40);
    let sending = async move {
        for tag in 0..10_000 {
            client.send_with(&submit(), tag, &collector).await.unwrap();
        }
        client
    };
    let fetching = async {
        let mut tags = Vec::new();
        while let Some(outcome) = outcomes.next().await {
            assert!(outcome.result.unwrap().status().is_ok());
            tags.push(outcome.tag);
        }
        tags
    };
    let (client, tags) = soon(async { tokio::join!(sending, fetching) }).await;
    assert!(tags.into_iter().eq(0..10_000), "our own server answers in order");
    assert_eq!((client.free(), client.waiting()), (50, 0));
    assert_eq!(service.count("request"), 10_000);
}

#[tokio::test]
async fn nobody_has_to_fetch() {
    let server = serve(calm(), noted(accept)).await;
    let client = Client::connect(server.local_addr(), windowed(5), drop::<Incoming>).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    let (collector, outcomes) = collector(2);
    client.request_with(&submit(), 0, &collector).unwrap();
    drop(outcomes);
    for tag in 0..100 {
        soon(client.send_with(&submit(), tag, &collector)).await.unwrap();
    }
    eventually("all are answered", || client.waiting() == 0 && client.free() == 5).await;
}

/// Polls a future so many times and drops it; true if it came to its end.
async fn poll_and_drop(future: impl Future, times: usize) -> bool {
    let mut future = pin!(future);
    for _ in 0..times {
        if poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await {
            return true;
        }
        yield_now().await;
    }
    false
}

/// A session is as it should be at rest, and goes on.
async fn is_sound(link: &Link, window: usize) {
    eventually("everything is answered", || link.waiting() == 0).await;
    assert_eq!(link.free(), window, "no place is lost");
    let counters = link.counters();
    assert_eq!((counters.lost, counters.expired, counters.strays), (0, 0, 0));
    for _ in 0..window * 3 {
        assert!(soon(link.call(&submit())).await.unwrap().status().is_ok());
    }
    let pending: Vec<_> = (0..window).map(|_| link.request(&submit()).unwrap()).collect();
    assert_eq!(link.request(&submit()).unwrap_err(), RequestError::WindowFull);
    for one in pending {
        soon(one).await.unwrap();
    }
}

#[tokio::test]
async fn futures_dropped_at_any_point_leave_the_session_sound() {
    let service = noted(accept);
    let server = serve(calm(), service.clone()).await;
    let client = Client::connect(server.local_addr(), windowed(3), drop::<Incoming>).await.unwrap();
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    let (collector, mut outcomes) = collector(4);
    let (submit, mut finished, mut dropped, mut kept) = (submit(), 0_u32, 0_u32, Vec::new());
    for round in 0..6000 {
        let times = round % 7;
        let over = match round % 6 {
            0 => poll_and_drop(client.call(&submit), times).await,
            1 => poll_and_drop(client.ready(), times).await,
            2 => poll_and_drop(client.send(&submit), times).await,
            3 => poll_and_drop(client.send_with(&submit, 1, &collector), times).await,
            4 => poll_and_drop(outcomes.next(), times).await,
            _ => poll_and_drop(async { Ok::<_, RequestError>(client.request(&submit)?.await) }, times).await,
        };
        *if over { &mut finished } else { &mut dropped } += 1;
        // Others are under way as well, so that places run out.
        if round % 11 == 0 {
            kept.extend(client.request(&submit));
        }
        if round % 50 == 0 {
            for one in kept.drain(..) {
                soon(one).await.unwrap();
            }
        }
    }
    assert!(finished > 500 && dropped > 500, "both happen: {finished} and {dropped}");
    kept.clear();
    drop(collector);
    while soon(outcomes.next()).await.is_some() {}
    is_sound(&client, 3).await;
    eventually("the server saw all", || service.count("request") as u64 == client.counters().answered - 1).await;
}

#[tokio::test]
async fn futures_of_keepers_and_pools_may_be_dropped_anywhere() {
    let servers = [serve(calm(), noted(accept)).await, serve(calm(), noted(accept)).await];
    let config = |server: usize| {
        let mut config = hasty(&[servers[server].local_addr()], BindKind::Transceiver);
        config.endpoints[0].config.window = 2;
        config
    };
    let keeper = Keeper::start(config(0), Arc::new(drop::<Incoming>)).unwrap();
    let pool = Pool::new(Arc::new(drop::<Incoming>));
    let submit = submit();
    // Also while nothing is bound yet.
    for round in 0..4000 {
        if round == 50 {
            pool.add(config(0)).unwrap();
        }
        if round == 2000 {
            pool.add(config(1)).unwrap();
            soon(keeper.link()).await.unwrap();
        }
        let times = round % 7;
        match round % 5 {
            0 => poll_and_drop(keeper.call(&submit), times).await,
            1 => poll_and_drop(pool.call(&submit), times).await,
            2 => poll_and_drop(keeper.link(), times).await,
            3 => poll_and_drop(async { (pool.request(&submit), pool.send(&submit).await) }, times).await,
            _ => poll_and_drop(pool.link(), times).await,
        };
    }
    eventually("both members are bound", || pool.links().len() == 2).await;
    for link in pool.links().into_iter().chain(keeper.current()) {
        is_sound(&link, 2).await;
    }
    soon(keeper.stop()).await;
    tokio::time::timeout(Duration::from_secs(20), pool.stop()).await.unwrap();
}

#[tokio::test]
async fn a_thousand_callers_answered_at_once_are_all_woken_though_the_connection_ends_with_that() {
    let (client, mut peer) = scripted(windowed(1000)).await;
    let callers: Vec<_> = (0..1000)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.call(&submit()).await.map(|response| response.status()) })
        })
        .collect();
    let mut answers = BytesMut::new();
    for _ in 0..1000 {
        let asked = peer.expect(CommandId::SUBMIT_SM, CommandStatus::ROK).await;
        smpp_pdu::write(&SubmitSmResp::default(), Stamp::new(asked.sequence_number()), &mut answers).unwrap();
    }
    peer.send(&answers).await;
    drop(peer);
    for caller in callers {
        assert_eq!(soon(caller).await.unwrap(), Ok(CommandStatus::ROK));
    }
    assert_eq!(soon(client.closed()).await, CloseReason::Disconnected);
}
