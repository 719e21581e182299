//! How many `submit_sm` per second: the session core alone, and over loopback, awaited and gathered.
//!
//! `cargo run --release -p smpp-session --example rate [seconds]`

#![allow(clippy::print_stdout, reason = "a measurement is printed")]

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use smpp_pdu::{Addr, CStr, CommandStatus, Frame, ShortMessage, Side, SubmitSm, SubmitSmResp};
use smpp_session::net::{Client, Incoming, IncomingBind, Server, ServerConfig, Service, Stats, collector};
use smpp_session::{BindKind, Config, Credentials, Event, Session, Time};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> Result<()> {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1.0);
    let time = Duration::from_secs_f64(seconds);
    println!("core alone: {:.2} M PDUs/s", core(time)? / 1e6);
    for window in [1, 10, 100, 1000] {
        let one = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let single = one.block_on(loopback(window, time, None))?;
        let measured = one.block_on(loopback(window, time, Some(Stats::new())))?;
        drop(one);
        let two = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let double = two.block_on(async move {
            tokio::spawn(async move { loopback(window, time, None).await.map_err(|e| e.to_string()) }).await
        })??;
        let one = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let together = one.block_on(gathered(window, time))?;
        println!(
            "window {window:>4}: {single:>9.0} /s on one thread, {measured:>9.0} with statistics, \
             {double:>9.0} on two workers, {together:>9.0} gathered"
        );
    }
    Ok(())
}

/// Two sessions in memory: request, answer, end; each message is two PDUs written and two read.
fn core(time: Duration) -> Result<f64> {
    let config = Config { window: 1000, ..Config::default() };
    let mut esme: Session<u32> = Session::new(Side::Esme, config.clone(), Time::ZERO);
    let mut mc: Session<u32> = Session::new(Side::Mc, config, Time::ZERO);
    esme.bind(BindKind::Transceiver, &Credentials::new("esme", "secret"), 0, Time::ZERO)?;
    let mut wires = (BytesMut::new(), BytesMut::new());
    let (submit, answer) = (submit()?, SubmitSmResp { message_id: CStr::new("0123456789")?, ..Default::default() });
    let (start, mut done) = (Instant::now(), 0_u64);
    while start.elapsed() < time {
        while esme.request(&submit, 0, Time::ZERO).is_ok() {}
        pass(&mut esme, &mut mc, &mut wires.0)?;
        while let Some(event) = mc.poll_event() {
            match event {
                Event::Bind { responder, .. } => mc.accept_bind(responder, CStr::new("mc")?)?,
                Event::Request { responder, .. } => mc.respond(responder, CommandStatus::ROK, &answer)?,
                _ => {}
            }
        }
        pass(&mut mc, &mut esme, &mut wires.1)?;
        while let Some(event) = esme.poll_event() {
            done += u64::from(matches!(event, Event::Ended { .. }));
        }
    }
    Ok(done as f64 * 2.0 / start.elapsed().as_secs_f64())
}

fn pass(from: &mut Session<u32>, to: &mut Session<u32>, wire: &mut BytesMut) -> Result<()> {
    if let Some(out) = from.poll_transmit() {
        wire.extend_from_slice(out);
        out.clear();
    }
    while let Some(frame) = Frame::split(wire, 131_072)? {
        to.handle_frame(frame, Time::ZERO);
    }
    Ok(())
}

/// Answers every message at once.
struct Mc;

impl Service for Mc {
    fn bind(&self, bind: IncomingBind) {
        let _ = bind.accept(CStr::default());
    }

    fn request(&self, request: Incoming) {
        if request.read::<SubmitSm<'_>>().is_ok() {
            let answer = CStr::new("0123456789").map(|message_id| SubmitSmResp { message_id, ..Default::default() });
            let _ = request.answer(&answer.unwrap_or_default());
        }
    }
}

/// As many tasks as the window is large, each awaiting every answer.
async fn loopback(window: usize, time: Duration, stats: Option<Arc<Stats>>) -> Result<f64> {
    let (server, client) = bound(window, stats).await?;
    let (done, start) = (Arc::new(AtomicU64::new(0)), Instant::now());
    let tasks: Vec<_> = (0..window)
        .map(|_| {
            let (client, done) = (client.clone(), done.clone());
            tokio::spawn(async move {
                let submit = submit().map_err(|error| error.to_string())?;
                while start.elapsed() < time {
                    let pending = client.request(&submit).map_err(|error| error.to_string())?;
                    let response = pending.await.map_err(|error| error.to_string())?;
                    response.read::<SubmitSmResp<'_>>().map_err(|error| error.to_string())?;
                    done.fetch_add(1, Ordering::Relaxed);
                }
                Ok::<(), String>(())
            })
        })
        .collect();
    for task in tasks {
        task.await??;
    }
    let rate = done.load(Ordering::Relaxed) as f64 / start.elapsed().as_secs_f64();
    client.unbind().await;
    server.shutdown(Duration::from_secs(1)).await;
    Ok(rate)
}

/// One task that sends while there is room, then fetches all outcomes there are.
async fn gathered(window: usize, time: Duration) -> Result<f64> {
    let (server, client) = bound(window, None).await?;
    let (collector, mut outcomes) = collector(window);
    let (submit, start) = (submit()?, Instant::now());
    let (mut done, mut fetched) = (0_u64, Vec::new());
    while start.elapsed() < time {
        while client.request_with(&submit, done, &collector).is_ok() {}
        outcomes.next_many(&mut fetched).await;
        for outcome in fetched.drain(..) {
            outcome.result?.read::<SubmitSmResp<'_>>()?;
            done += 1;
        }
    }
    let rate = done as f64 / start.elapsed().as_secs_f64();
    client.unbind().await;
    server.shutdown(Duration::from_secs(1)).await;
    Ok(rate)
}

async fn bound(window: usize, stats: Option<Arc<Stats>>) -> Result<(Server, Client)> {
    let config = Config { window, ..Config::default() };
    let server = ServerConfig { session: config.clone(), stats: stats.clone(), ..ServerConfig::default() };
    let server = Server::bind("127.0.0.1:0", server, Arc::new(Mc)).await?;
    let client = Client::connect(server.local_addr(), config, |_: Incoming| ()).await?;
    stats.iter().for_each(|stats| client.measure(stats));
    client.bind(BindKind::Transceiver, &Credentials::new("esme", "secret")).await?;
    Ok((server, client))
}

fn submit() -> Result<SubmitSm<'static>> {
    Ok(SubmitSm {
        source_addr: Addr::international("447700900123")?,
        destination_addr: Addr::international("447700900456")?,
        short_message: ShortMessage::new("a message of about the usual length, neither very short nor long")?,
        ..Default::default()
    })
}
