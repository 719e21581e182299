//! Waiting until messages may be sent: rate and window, in order, in paused time.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::BytesMut;
use smpp_pdu::{
    BindTransceiverResp, CommandId, CommandStatus, Frame, QuerySm, QuerySmResp, Stamp, SubmitSm, SubmitSmResp, write,
};
use smpp_session::net::{CallError, Client, Incoming};
use smpp_session::{BindKind, Config, Credentials, Rate, RequestError};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::{Instant, sleep};

use super::calm;
use crate::submit;

const SECOND: Duration = Duration::from_secs(1);
// The clock of the runtime ticks in milliseconds.
const TICK: Duration = Duration::from_millis(2);

/// When each message came, and its number.
type Arrivals = Arc<Mutex<Vec<(Duration, u8)>>>;

/// A client bound to an MC that answers at once: the first `refusals` messages with a refusal.
async fn bound(config: Config, refusals: usize) -> (Client, Arrivals) {
    let (ours, theirs) = tokio::io::duplex(1 << 20);
    let arrivals = Arrivals::default();
    tokio::spawn(answer(theirs, arrivals.clone(), refusals));
    let peer = std::net::SocketAddr::from(([127, 0, 0, 1], 2775));
    let client = Client::over(ours, peer, config, Arc::new(drop::<Incoming>));
    client.bind(BindKind::Transceiver, &Credentials::new("me", "secret")).await.unwrap();
    (client, arrivals)
}

async fn answer(mut stream: DuplexStream, arrivals: Arrivals, mut refusals: usize) {
    let (mut input, mut out, start) = (BytesMut::new(), BytesMut::new(), Instant::now());
    while matches!(stream.read_buf(&mut input).await, Ok(1..)) {
        while let Some(frame) = Frame::split(&mut input, u32::MAX).unwrap() {
            let mut stamp = Stamp::new(frame.sequence_number());
            match frame.command_id() {
                CommandId::BIND_TRANSCEIVER => write(&BindTransceiverResp::default(), stamp, &mut out).unwrap(),
                CommandId::QUERY_SM => write(&QuerySmResp::default(), stamp, &mut out).unwrap(),
                _ => {
                    let number = frame.read::<SubmitSm<'_>>(&smpp_pdu::Profile::DEFAULT).unwrap().sm_default_msg_id;
                    arrivals.lock().unwrap().push((start.elapsed(), number));
                    if refusals > 0 {
                        refusals -= 1;
                        stamp.command_status = CommandStatus::RTHROTTLED;
                    }
                    write(&SubmitSmResp::default(), stamp, &mut out).unwrap();
                }
            }
        }
        stream.write_all(&out.split()).await.unwrap();
    }
}

/// Tasks that call one after the other, each with its number.
async fn callers(client: &Client, numbers: std::ops::Range<u8>) -> Vec<JoinHandle<CommandStatus>> {
    let mut tasks = Vec::new();
    for number in numbers {
        let client = client.clone();
        let submit = SubmitSm { sm_default_msg_id: number, ..submit() };
        tasks.push(tokio::spawn(async move { client.call(&submit).await.unwrap().status() }));
        yield_now().await;
    }
    tasks
}

async fn finished(tasks: Vec<JoinHandle<CommandStatus>>) -> Vec<CommandStatus> {
    let mut statuses = Vec::new();
    for task in tasks {
        statuses.push(task.await.unwrap());
    }
    statuses
}

fn rated(messages: u32) -> Config {
    Config { rate: Some(Rate::per_second(messages).with_burst(1)), window: 100, ..calm() }
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_are_served_in_order_at_exactly_the_rate() {
    let (client, arrivals) = bound(rated(10), 0).await;
    finished(callers(&client, 0..60).await).await;
    let arrivals = arrivals.lock().unwrap().clone();
    assert_eq!(arrivals.len(), 60);
    for (at, (time, number)) in arrivals.into_iter().enumerate() {
        let due = SECOND / 10 * at as u32;
        assert_eq!(usize::from(number), at);
        assert!((due..due + TICK).contains(&time), "message {at} came at {time:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rate_far_above_the_clock_is_reached_in_bursts() {
    let rate = Rate::per_second(20_000).with_burst(100);
    let (client, arrivals) = bound(Config { rate: Some(rate), window: 1000, ..calm() }, 0).await;
    for _ in 0..20 {
        finished(callers(&client, 0..200).await).await;
    }
    let arrivals = arrivals.lock().unwrap().clone();
    let took = arrivals.last().unwrap().0;
    let exact = Duration::from_micros(50 * (4000 - 100));
    assert!((exact..exact * 21 / 20).contains(&took), "4000 messages took {took:?} instead of {exact:?}");
}

#[tokio::test(start_paused = true)]
async fn the_window_counts_as_well_as_the_rate() {
    let (client, arrivals) = bound(Config { window: 1, ..rated(1000) }, 0).await;
    finished(callers(&client, 0..50).await).await;
    let order: Vec<u8> = arrivals.lock().unwrap().iter().map(|arrival| arrival.1).collect();
    assert_eq!(order, (0..50).collect::<Vec<u8>>());
}

#[tokio::test(start_paused = true)]
async fn a_peer_that_throttles_pauses_everybody_and_the_order_stays() {
    let (client, arrivals) = bound(Config { window: 5, ..calm() }, 3).await;
    let statuses = finished(callers(&client, 0..20).await).await;
    assert_eq!(statuses.iter().filter(|status| **status == CommandStatus::RTHROTTLED).count(), 3);
    let arrivals = arrivals.lock().unwrap().clone();
    assert_eq!(arrivals.iter().map(|arrival| arrival.1).collect::<Vec<_>>(), (0..20).collect::<Vec<u8>>());
    let pauses = arrivals.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|gap| *gap > TICK).collect::<Vec<_>>();
    assert!(!pauses.is_empty() && pauses.iter().all(|pause| *pause >= SECOND), "{pauses:?}");
    assert_eq!(client.throttle().pause, None, "it went well in the end");
}

#[tokio::test(start_paused = true)]
async fn a_new_rate_reaches_those_who_wait_already() {
    let (client, arrivals) = bound(rated(1), 0).await;
    let tasks = callers(&client, 0..30).await;
    sleep(SECOND * 3 / 2).await;
    assert_eq!(arrivals.lock().unwrap().len(), 2);
    client.set_rate(None);
    finished(tasks).await;
    assert!(arrivals.lock().unwrap()[29].0 < SECOND * 3 / 2 + TICK);
}

#[tokio::test(start_paused = true)]
async fn what_is_promised_to_one_is_not_sent_by_another_and_queries_pass() {
    let (client, _) = bound(rated(1), 0).await;
    let permit = client.ready().await.unwrap();
    assert!(matches!(client.request(&submit()), Err(RequestError::Throttled { .. })));
    assert_eq!(client.free(), 0);
    client.request(&QuerySm::default()).unwrap().await.unwrap();
    let waiting = callers(&client, 0..1).await;
    drop(permit);
    let before = Instant::now();
    finished(waiting).await;
    assert!(before.elapsed() < TICK, "a permit that was given back is the next one's at once");
    let held = client.throttle().held;
    assert!(held > SECOND - TICK && held <= SECOND, "{held:?}");
}

#[tokio::test(start_paused = true)]
async fn no_more_wait_than_are_allowed() {
    let (client, _) = bound(Config { max_waiting: 2, ..rated(1) }, 0).await;
    let sent = client.request(&submit()).unwrap();
    let mut tasks = callers(&client, 0..2).await;
    assert!(matches!(client.ready().await, Err(RequestError::TooManyWaiting)));
    assert!(matches!(client.call(&submit()).await, Err(CallError::NotSent(RequestError::TooManyWaiting))));
    tasks.remove(0).abort();
    yield_now().await;
    tasks.extend(callers(&client, 0..1).await);
    finished(tasks).await;
    sent.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn those_who_wait_for_a_token_learn_of_the_end() {
    let (client, _) = bound(rated(1), 0).await;
    client.request(&submit()).unwrap().await.unwrap();
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.ready().await.map(drop) }
    });
    yield_now().await;
    client.close();
    assert!(matches!(waiting.await.unwrap(), Err(RequestError::Closed(_))));
}
