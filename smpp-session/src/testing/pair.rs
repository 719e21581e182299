//! An ESME and an MC, connected without a network and without a clock.

use alloc::vec::Vec;
use core::time::Duration;

use bytes::BytesMut;
use smpp_pdu::{CStr, Frame, Side};

use crate::{BindKind, Config, Credentials, Event, Session, Time};

/// Two sessions, the octets on their way between them, and the time.
///
/// Nothing moves by itself: [`deliver`](Self::deliver) carries octets, [`advance`](Self::advance)
/// lets time pass. Dropping or holding back octets is up to the test.
pub struct Pair {
    /// The ESME.
    pub esme: Session<u32>,
    /// The MC.
    pub mc: Session<u32>,
    /// What time it is.
    pub now: Time,
    to_esme: BytesMut,
    to_mc: BytesMut,
}

impl Pair {
    /// Two sessions that are connected and not bound.
    pub fn new(esme: Config, mc: Config) -> Self {
        let now = Time::ZERO;
        Pair {
            esme: Session::new(Side::Esme, esme, now),
            mc: Session::new(Side::Mc, mc, now),
            now,
            to_esme: BytesMut::new(),
            to_mc: BytesMut::new(),
        }
    }

    /// Two sessions that are bound.
    ///
    /// # Panics
    /// They do not bind.
    #[allow(clippy::unwrap_used, reason = "a test that cannot begin has failed")]
    pub fn bound(kind: BindKind, esme: Config, mc: Config) -> Self {
        let mut pair = Pair::new(esme, mc);
        pair.esme.bind(kind, &Credentials::new("esme", "secret"), 0, pair.now).unwrap();
        pair.deliver();
        while let Some(event) = pair.mc.poll_event() {
            if let Event::Bind { responder, .. } = event {
                pair.mc.accept_bind(responder, CStr::new("mc").unwrap()).unwrap();
            }
        }
        pair.deliver();
        while pair.esme.poll_event().is_some() {}
        pair
    }

    /// Carries octets both ways until none are left that anybody wants.
    pub fn deliver(&mut self) {
        loop {
            collect(&mut self.esme, &mut self.to_mc);
            collect(&mut self.mc, &mut self.to_esme);
            let moved = carry(&mut self.to_mc, &mut self.mc, self.now) + carry(&mut self.to_esme, &mut self.esme, self.now);
            if moved == 0 {
                return;
            }
        }
    }

    /// Lets time pass, from deadline to deadline, carrying octets after each.
    pub fn advance(&mut self, span: Duration) {
        let end = self.now + span;
        loop {
            let due = self.esme.poll_timeout().into_iter().chain(self.mc.poll_timeout()).min();
            let Some(due) = due.filter(|due| *due <= end) else { break };
            self.now = self.now.max(due);
            self.esme.handle_timeout(self.now);
            self.mc.handle_timeout(self.now);
            self.deliver();
        }
        self.now = end;
    }

    /// Throws away the octets that are on their way.
    pub fn lose(&mut self) {
        collect(&mut self.esme, &mut self.to_mc);
        collect(&mut self.mc, &mut self.to_esme);
        self.to_mc.clear();
        self.to_esme.clear();
    }

    /// Cuts the connection: what is on its way never arrives.
    pub fn cut(&mut self) {
        self.lose();
        self.esme.handle_disconnect();
        self.mc.handle_disconnect();
    }
}

/// Gives a session octets as its peer would.
pub fn feed<T>(session: &mut Session<T>, octets: &[u8], now: Time) {
    carry(&mut BytesMut::from(octets), session, now);
}

/// Takes what a session wrote, PDU by PDU.
///
/// # Panics
/// It wrote something that is no PDU.
#[allow(clippy::unwrap_used, reason = "a session that writes garbage has failed the test")]
pub fn sent<T>(session: &mut Session<T>) -> Vec<Frame> {
    let mut wire = session.poll_transmit().map(BytesMut::split).unwrap_or_default();
    let frames = core::iter::from_fn(|| Frame::split(&mut wire, u32::MAX).unwrap()).collect();
    assert!(wire.is_empty(), "half a PDU was written");
    frames
}

fn collect(session: &mut Session<u32>, wire: &mut BytesMut) {
    if let Some(out) = session.poll_transmit() {
        wire.extend_from_slice(&out.split());
    }
}

fn carry<T>(wire: &mut BytesMut, session: &mut Session<T>, now: Time) -> usize {
    let mut moved = 0;
    while session.wants_input() {
        match Frame::split(wire, session.max_pdu()) {
            Ok(Some(frame)) => session.handle_frame(frame, now),
            Ok(None) => break,
            Err(error) => session.handle_bad_framing(error),
        }
        moved += 1;
    }
    moved
}
