//! Two sessions in memory: request, answer, end; no socket, no task.

use std::time::Instant;

use bytes::BytesMut;
use smpp_pdu::{CStr, CommandStatus, DEFAULT_MAX_PDU, Frame, Side, SubmitSmResp};
use smpp_session::{BindKind, Config, Credentials, Event, Session, Time};

use crate::ours::{MESSAGE_ID, submit};
use crate::{Plan, bar};

pub(crate) fn run(plan: Plan) {
    let mut rates: Vec<f64> = (0..plan.rounds).map(|_| rate(plan)).collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates[rates.len() / 2] / 1e6;
    println!("{rate:.2} M PDUs/s, each written by one session and read by the other");
    bar(plan, "million PDUs a second on one core, at least 5", rate, rate >= 5.0);
}

/// PDUs a second: a message is a request and an answer.
fn rate(plan: Plan) -> f64 {
    let config = Config { window: 1000, ..Config::default() };
    let mut esme: Session<u32> = Session::new(Side::Esme, config.clone(), Time::ZERO);
    let mut mc: Session<u32> = Session::new(Side::Mc, config, Time::ZERO);
    esme.bind(BindKind::Transceiver, &Credentials::new("esme", "secret"), 0, Time::ZERO).unwrap();
    let mut wires = (BytesMut::new(), BytesMut::new());
    let answer = SubmitSmResp { message_id: CStr::new(MESSAGE_ID).unwrap(), ..Default::default() };
    let (start, mut done) = (Instant::now(), 0_u64);
    while start.elapsed() < plan.time {
        while esme.request(&submit(), 0, Time::ZERO).is_ok() {}
        carry(&mut esme, &mut mc, &mut wires.0);
        while let Some(event) = mc.poll_event() {
            match event {
                Event::Bind { responder, .. } => mc.accept_bind(responder, CStr::default()).unwrap(),
                Event::Request { responder, .. } => mc.respond(responder, CommandStatus::ROK, &answer).unwrap(),
                _ => {}
            }
        }
        carry(&mut mc, &mut esme, &mut wires.1);
        while let Some(event) = esme.poll_event() {
            done += u64::from(matches!(event, Event::Ended { .. }));
        }
    }
    done as f64 * 2.0 / start.elapsed().as_secs_f64()
}

fn carry(from: &mut Session<u32>, to: &mut Session<u32>, wire: &mut BytesMut) {
    if let Some(out) = from.poll_transmit() {
        wire.extend_from_slice(out);
        out.clear();
    }
    while let Some(frame) = Frame::split(wire, DEFAULT_MAX_PDU).unwrap() {
        to.handle_frame(frame, Time::ZERO);
    }
}
