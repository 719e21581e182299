//! The end of a session at every moment: who closed, why, and what became of the requests.

use smpp_pdu::{CommandStatus, State, SubmitSmResp};
use smpp_session::testing::{Pair, feed, sent};
use smpp_session::{BindKind, CloseReason, Config, Credentials, End, Event, RequestError, RespondError};

use crate::{Ending, ended, events, quiet_pair, requests, submit};

#[test]
fn requests_lost_at_the_end_come_back_before_the_end_is_told() {
    let mut pair = quiet_pair(Config::default());
    for tag in [3, 1, 2] {
        pair.esme.request(&submit(), tag, pair.now).unwrap();
    }
    pair.cut();
    let reason = CloseReason::Disconnected;
    let mut told = events(&mut pair.esme);
    assert!(matches!(told.pop(), Some(Event::Closed(CloseReason::Disconnected))));
    let lost = told.into_iter().map(|event| match event {
        Event::Ended { tag, outcome, .. } => (tag, crate::ending(&outcome)),
        other => panic!("{other:?}"),
    });
    assert_eq!(lost.collect::<Vec<_>>(), [3, 1, 2].map(|tag| (tag, Ending::Lost(reason))));
    assert!(pair.esme.poll_event().is_none());
    assert_eq!((reason.by(), pair.esme.counters().lost), (End::Peer, 3));
}

#[test]
fn after_the_end_everything_is_refused_and_nothing_happens() {
    let mut pair = quiet_pair(Config::default());
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    pair.deliver();
    let (_, responder) = requests(&mut pair.mc).remove(0);
    pair.mc.close();
    let reason = CloseReason::Requested;
    assert_eq!(pair.mc.respond(responder, CommandStatus::ROK, &SubmitSmResp::default()), Err(RespondError::Closed(reason)));
    assert_eq!(pair.mc.request(&submit(), 1, pair.now), Err(RequestError::Closed(reason)));
    feed(&mut pair.mc, &[0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1], pair.now);
    pair.mc.unbind(pair.now);
    pair.mc.handle_disconnect();
    assert_eq!(events(&mut pair.mc).len(), 1);
    assert_eq!((pair.mc.state(), pair.mc.closed(), reason.by()), (State::Closed, Some(reason), End::Local));
    assert!(sent(&mut pair.mc).is_empty() && !pair.mc.wants_input());
}

#[test]
fn what_was_written_before_the_end_can_still_be_transmitted() {
    let mut pair = quiet_pair(Config::default());
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    pair.esme.close();
    assert_eq!(sent(&mut pair.esme).len(), 1);
}

/// Cuts the connection after every possible number of octets, in both directions.
#[test]
fn a_connection_lost_at_any_point_ends_every_request_once() {
    let steps = run(usize::MAX);
    assert!(steps > 250, "{steps} octets");
    for cut in 0..steps {
        run(cut);
    }
}

/// Binds, asks three times, is answered, unbinds; the connection breaks after `cut` octets.
fn run(cut: usize) -> usize {
    let mut wire = Wire { left: cut, carried: 0 };
    let mut pair = Pair::new(Config::default(), Config::default());
    let mut ends = Vec::new();
    let mut begun = vec![100];
    pair.esme.bind(BindKind::Transceiver, &Credentials::new("me", "secret"), 100, pair.now).unwrap();
    for step in 0..4 {
        wire.carry(&mut pair);
        for event in events(&mut pair.mc) {
            let _ = match event {
                Event::Bind { responder, .. } => pair.mc.accept_bind(responder, Default::default()),
                Event::Request { responder, .. } => pair.mc.respond(responder, CommandStatus::ROK, &SubmitSmResp::default()),
                _ => Ok(()),
            };
        }
        wire.carry(&mut pair);
        begun.extend(pair.esme.request(&submit(), step, pair.now).map(|_| step));
        if step == 2 {
            pair.esme.unbind(pair.now);
        }
        ends.extend(ended(&mut pair.esme));
    }
    pair.esme.handle_disconnect();
    ends.extend(ended(&mut pair.esme));
    let mut tags: Vec<u32> = ends.iter().map(|(tag, _)| *tag).collect();
    tags.sort_unstable();
    begun.sort_unstable();
    assert_eq!(tags, begun, "cut after {cut} octets");
    wire.carried
}

/// A connection that breaks after a number of octets.
struct Wire {
    left: usize,
    carried: usize,
}

impl Wire {
    fn carry(&mut self, pair: &mut Pair) {
        for to_mc in [true, false] {
            let (from, to) = if to_mc { (&mut pair.esme, &mut pair.mc) } else { (&mut pair.mc, &mut pair.esme) };
            let Some(out) = from.poll_transmit() else { continue };
            let octets = out.split();
            let passed = octets.len().min(self.left);
            self.left -= passed;
            self.carried += passed;
            feed(to, &octets[..passed], pair.now);
            if self.left == 0 {
                from.handle_disconnect();
                to.handle_disconnect();
            }
        }
    }
}
