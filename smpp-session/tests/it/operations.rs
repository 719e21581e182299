//! Bind, outbind, unbind, enquire_link: what a session does by itself.

use std::time::Duration;

use smpp_pdu::tlv::{SarMsgRefNum, ScInterfaceVersion, TlvType};
use smpp_pdu::{
    AlertNotification, BindTransceiver, BindTransceiverResp, BindTransmitterResp, CStr, CommandId, CommandStatus, DataSm,
    DeliverSm, DeliverSmResp, EnquireLink, Frame, GenericNack, Outbind, Stamp, State, SubmitSm, Tlvs, Unbind, UnbindResp,
    Version,
};
use smpp_session::testing::{Pair, feed, sent};
use smpp_session::{
    BindKind, CloseReason, Config, Credentials, End, Event, Overflow, RequestError, RespondError, Session, Time, Timeouts,
};

use crate::{Ending, ended, events, quiet_pair, requests, submit};

#[test]
fn each_kind_of_bind_leads_to_its_state() {
    for (kind, state) in
        [(BindKind::Transmitter, State::BoundTx), (BindKind::Receiver, State::BoundRx), (BindKind::Transceiver, State::BoundTrx)]
    {
        let mut pair = Pair::bound(kind, Config::default(), Config::default());
        assert_eq!((pair.esme.state(), pair.mc.state()), (state, state));
        assert_eq!(pair.esme.request(&submit(), 1, pair.now).is_ok(), kind.sends());
        assert_eq!(pair.mc.request(&DeliverSm::default(), 1, pair.now).is_ok(), kind.receives());
        assert!(pair.mc.request(&submit(), 1, pair.now).is_err());
        assert!(pair.esme.request(&DeliverSm::default(), 1, pair.now).is_err());
    }
}

#[test]
fn both_sides_use_the_lower_version() {
    use Version::{V3_3, V3_4, V5_0};
    for (esme, mc, agreed) in [(V5_0, V3_4, V3_4), (V3_4, V5_0, V3_4), (V5_0, V5_0, V5_0), (V3_3, V5_0, V3_3)] {
        let config = |version| Config { version, ..Config::default() };
        let kind = BindKind::Transmitter;
        let pair = Pair::bound(kind, config(esme), config(mc));
        assert_eq!((pair.esme.version(), pair.mc.version()), (agreed, agreed), "{esme} with {mc}");
        assert_eq!((pair.esme.profile().version, pair.mc.profile().version), (agreed, agreed));
    }
}

#[test]
fn the_mc_states_its_version_only_to_peers_that_know_tlvs() {
    for (version, stated) in [(0x34, Some(ScInterfaceVersion(0x50))), (0x50, Some(ScInterfaceVersion(0x50))), (0x33, None)] {
        let mut mc: Session<u32> =
            Session::new(smpp_pdu::Side::Mc, Config { version: Version::V5_0, ..Config::default() }, Time::ZERO);
        let bind = BindTransceiver { interface_version: version, ..Default::default() };
        feed(&mut mc, Frame::new(&bind, Stamp::new(1)).unwrap().octets(), Time::ZERO);
        let Some(Event::Bind { responder, .. }) = mc.poll_event() else { panic!("no bind") };
        mc.accept_bind(responder, CStr::new("mc").unwrap()).unwrap();
        let frame = sent(&mut mc).remove(0);
        let response: BindTransceiverResp<'_> = frame.read(mc.profile()).unwrap();
        assert_eq!(response.tlvs.get::<ScInterfaceVersion>().unwrap(), stated);
    }
}

#[test]
fn a_3_3_peer_never_gets_tlvs() {
    let old = Config { version: Version::V3_3, ..Config::default() };
    let mut pair = Pair::bound(BindKind::Transmitter, Config::default(), old);
    let tlvs = [SarMsgRefNum(7).tlv()];
    pair.esme.request(&SubmitSm { tlvs: Tlvs::list(&tlvs), ..submit() }, 1, pair.now).unwrap();
    let frame = sent(&mut pair.esme).remove(0);
    assert!(frame.read::<SubmitSm<'_>>(pair.esme.profile()).unwrap().tlvs.is_empty());
    let refused = pair.esme.request(&DataSm::default(), 1, pair.now);
    assert!(matches!(refused, Err(RequestError::NotPermitted { .. })), "{refused:?}");
}

#[test]
fn an_mc_that_does_not_state_its_version_is_taken_for_what_the_configuration_says() {
    for silent_version in [Version::V3_3, Version::V3_4] {
        let mut esme: Session<u32> =
            Session::new(smpp_pdu::Side::Esme, Config { silent_version, ..Config::default() }, Time::ZERO);
        esme.bind(BindKind::Transmitter, &Credentials::new("me", ""), 0, Time::ZERO).unwrap();
        let answer = Frame::new(&BindTransmitterResp::default(), Stamp::new(1)).unwrap();
        feed(&mut esme, answer.octets(), Time::ZERO);
        assert_eq!(esme.version(), silent_version);
        // What it sends all the same is read.
        assert_eq!(esme.profile().version, Version::V3_4);
    }
}

#[test]
fn a_refused_bind_leaves_the_esme_open_and_the_mc_closes_a_moment_later() {
    let mut pair = Pair::new(Config::default(), Config::default());
    pair.esme.bind(BindKind::Transceiver, &Credentials::new("me", "wrong"), 7, pair.now).unwrap();
    pair.deliver();
    let Some(Event::Bind { responder, .. }) = pair.mc.poll_event() else { panic!("no bind") };
    pair.mc.refuse(responder, CommandStatus::RINVPASWD).unwrap();
    pair.deliver();
    assert_eq!(ended(&mut pair.esme), [(7, Ending::Answered(CommandStatus::RINVPASWD.0))]);
    assert_eq!((pair.esme.state(), pair.mc.state()), (State::Open, State::Open));
    pair.advance(Timeouts::default().linger / 2);
    assert!(pair.mc.closed().is_none());
    pair.advance(Timeouts::default().linger);
    assert_eq!(pair.mc.closed(), Some(CloseReason::BindRefused(CommandStatus::RINVPASWD)));
}

#[test]
fn guessing_passwords_gains_no_time() {
    let mut pair = Pair::new(Config::default(), Config::default());
    for _ in 0..4 {
        pair.esme.bind(BindKind::Transceiver, &Credentials::new("me", "guess"), 7, pair.now).unwrap();
        pair.deliver();
        let Some(Event::Bind { responder, .. }) = pair.mc.poll_event() else { panic!("no bind") };
        pair.mc.refuse(responder, CommandStatus::RINVPASWD).unwrap();
        pair.deliver();
        pair.advance(Timeouts::default().linger / 4);
    }
    pair.advance(Timeouts::default().linger / 4);
    assert_eq!(pair.mc.closed(), Some(CloseReason::BindRefused(CommandStatus::RINVPASWD)));
}

/// OsmoMSC 1.9 answers `bind_receiver` so.
#[test]
fn a_bind_may_be_answered_by_the_response_to_another_kind_of_bind() {
    for (status, state) in [(CommandStatus::ROK, State::BoundRx), (CommandStatus::RINVPASWD, State::Open)] {
        let mut pair = Pair::new(Config::default(), Config::default());
        let sequence_number = pair.esme.bind(BindKind::Receiver, &Credentials::new("me", "secret"), 7, pair.now).unwrap();
        let stamp = Stamp { command_status: status, ..Stamp::new(sequence_number) };
        let answer = Frame::new(&BindTransmitterResp::default(), stamp).unwrap();
        feed(&mut pair.esme, answer.octets(), pair.now);
        assert_eq!(ended(&mut pair.esme), [(7, Ending::Answered(status.0))]);
        assert_eq!(pair.esme.state(), state);
    }
}

#[test]
fn a_second_bind_is_refused_while_the_first_is_being_decided_and_after() {
    let mut pair = Pair::new(Config::default(), Config::default());
    let bind = Frame::new(&BindTransceiver::default(), Stamp::new(5)).unwrap();
    let status = |frames: Vec<Frame>| frames.iter().map(Frame::command_status).collect::<Vec<_>>();
    feed(&mut pair.mc, bind.octets(), pair.now);
    feed(&mut pair.mc, bind.octets(), pair.now);
    assert_eq!(status(sent(&mut pair.mc)), [CommandStatus::RALYBND]);
    let Some(Event::Bind { responder, .. }) = pair.mc.poll_event() else { panic!("no bind") };
    pair.mc.accept_bind(responder, CStr::default()).unwrap();
    feed(&mut pair.mc, bind.octets(), pair.now);
    assert_eq!(status(sent(&mut pair.mc)), [CommandStatus::ROK, CommandStatus::RALYBND]);
    assert_eq!(events(&mut pair.mc).len(), 1, "only one bind, only one Bound");
}

#[test]
fn nothing_but_a_bind_may_be_asked_before_the_bind_and_nothing_at_all_during_it() {
    let mut pair = Pair::new(Config::default(), Config::default());
    let refused = pair.esme.request(&submit(), 1, pair.now);
    assert_eq!(refused, Err(RequestError::NotPermitted { command_id: CommandId::SUBMIT_SM, state: State::Open }));
    let me = Credentials::new("me", "secret");
    pair.esme.bind(BindKind::Receiver, &me, 1, pair.now).unwrap();
    assert!(pair.esme.bind(BindKind::Receiver, &me, 2, pair.now).is_err());
    assert!(pair.mc.bind(BindKind::Receiver, &me, 2, pair.now).is_err());
}

#[test]
fn credentials_that_do_not_fit_are_named() {
    let mut pair = Pair::new(Config::default(), Config::default());
    for (credentials, field) in
        [(Credentials::new("sixteen_letters!", ""), "system_id"), (Credentials::new("", "nine_long"), "password")]
    {
        let error = pair.esme.bind(BindKind::Receiver, &credentials, 1, pair.now).unwrap_err();
        assert!(error.to_string().starts_with(field), "{error}");
        assert!(!error.to_string().contains("nine_long"));
    }
    assert!(sent(&mut pair.esme).is_empty());
}

#[test]
fn an_outbind_asks_the_esme_to_bind() {
    for version in [Version::V3_4, Version::V5_0] {
        let config = Config { version, ..Config::default() };
        let mut pair = Pair::new(config.clone(), config);
        pair.mc.notify(&Outbind::default(), pair.now).unwrap();
        pair.deliver();
        assert_eq!((pair.mc.state(), pair.esme.state()), (State::Outbound, State::Outbound));
        assert!(matches!(pair.esme.poll_event(), Some(Event::Notification(frame)) if frame.command_id() == CommandId::OUTBIND));
        pair.esme.bind(BindKind::Receiver, &Credentials::new("me", ""), 1, pair.now).unwrap();
        pair.deliver();
        let Some(Event::Bind { responder, .. }) = pair.mc.poll_event() else { panic!("no bind") };
        pair.mc.accept_bind(responder, CStr::default()).unwrap();
        pair.deliver();
        assert_eq!((pair.mc.state(), pair.esme.state()), (State::BoundRx, State::BoundRx));
    }
}

#[test]
fn alert_notification_has_no_answer() {
    let mut pair = quiet_pair(Config::default());
    pair.mc.notify(&AlertNotification::default(), pair.now).unwrap();
    pair.deliver();
    assert!(matches!(pair.esme.poll_event(), Some(Event::Notification(_))));
    assert!(sent(&mut pair.esme).is_empty());
    assert!(pair.esme.notify(&AlertNotification::default(), pair.now).is_err());
}

#[test]
fn either_side_unbinds() {
    for from_mc in [false, true] {
        let mut pair = quiet_pair(Config::default());
        if from_mc {
            pair.mc.unbind(pair.now)
        } else {
            pair.esme.unbind(pair.now)
        }
        pair.deliver();
        let (asker, asked) = if from_mc { (&mut pair.mc, &mut pair.esme) } else { (&mut pair.esme, &mut pair.mc) };
        assert_eq!(asker.closed(), Some(CloseReason::Unbound { by: End::Local }));
        assert_eq!(asked.state(), State::Unbound);
        asked.handle_disconnect();
        assert_eq!(asked.closed(), Some(CloseReason::Unbound { by: End::Peer }));
    }
}

#[test]
fn a_peer_that_unbinds_and_stays_is_closed_after_a_moment() {
    let mut pair = quiet_pair(Config::default());
    feed(&mut pair.mc, Frame::new(&Unbind::default(), Stamp::new(3)).unwrap().octets(), pair.now);
    assert_eq!(sent(&mut pair.mc)[0].command_id(), CommandId::UNBIND_RESP);
    assert!(pair.mc.closed().is_none());
    pair.advance(Timeouts::default().linger);
    assert_eq!(pair.mc.closed(), Some(CloseReason::Unbound { by: End::Peer }));
}

#[test]
fn unbinds_that_cross_are_both_answered() {
    let mut pair = quiet_pair(Config::default());
    for (session, number) in [(&mut pair.esme, 50), (&mut pair.mc, 60)] {
        session.unbind(pair.now);
        assert_eq!(session.state(), State::Unbound);
        let own = session.poll_transmit().unwrap().clone();
        feed(session, Frame::new(&Unbind::default(), Stamp::new(number)).unwrap().octets(), pair.now);
        let answer = sent(session).pop().unwrap();
        assert_eq!((answer.command_id(), answer.command_status()), (CommandId::UNBIND_RESP, CommandStatus::ROK));
        assert_eq!((answer.sequence_number(), session.closed()), (number, None));
        let asked = u32::from_be_bytes(own[12..16].try_into().unwrap());
        feed(session, Frame::new(&UnbindResp::default(), Stamp::new(asked)).unwrap().octets(), pair.now);
    }
    assert_eq!(pair.esme.closed(), Some(CloseReason::Unbound { by: End::Local }));
    assert_eq!(pair.mc.closed(), Some(CloseReason::Unbound { by: End::Local }));
}

#[test]
fn a_peer_that_unbinds_twice_is_answered_twice() {
    let mut pair = quiet_pair(Config::default());
    for number in [3, 4] {
        feed(&mut pair.mc, Frame::new(&Unbind::default(), Stamp::new(number)).unwrap().octets(), pair.now);
        let answer = sent(&mut pair.mc).pop().unwrap();
        assert_eq!((answer.sequence_number(), answer.command_status()), (number, CommandStatus::ROK));
    }
}

#[test]
fn our_unbind_waits_for_our_requests() {
    let mut pair = quiet_pair(Config::default());
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    pair.deliver();
    pair.esme.unbind(pair.now);
    assert!(sent(&mut pair.esme).is_empty());
    assert_eq!(pair.esme.request(&submit(), 2, pair.now), Err(RequestError::Unbinding));
    let (_, responder) = requests(&mut pair.mc).remove(0);
    pair.mc.refuse(responder, CommandStatus::RTHROTTLED).unwrap();
    pair.deliver();
    pair.advance(Duration::ZERO);
    assert_eq!(ended(&mut pair.esme), [(1, Ending::Answered(CommandStatus::RTHROTTLED.0))]);
    assert_eq!(pair.esme.closed(), Some(CloseReason::Unbound { by: End::Local }));
}

#[test]
fn answers_that_are_due_go_out_before_the_unbind_resp() {
    let mut pair = quiet_pair(Config::default());
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    feed_from(&mut pair, &Frame::new(&Unbind::default(), Stamp::new(900)).unwrap());
    let (_, responder) = requests(&mut pair.mc).remove(0);
    assert!(sent(&mut pair.mc).is_empty());
    pair.mc.refuse(responder, CommandStatus::RSYSERR).unwrap();
    assert_eq!(pair.mc.poll_timeout(), Some(Time::ZERO), "there is something to do at once");
    pair.mc.handle_timeout(pair.now);
    let ids: Vec<_> = sent(&mut pair.mc).iter().map(Frame::command_id).collect();
    assert_eq!(ids, [CommandId::SUBMIT_SM_RESP, CommandId::UNBIND_RESP]);
}

#[test]
fn answers_still_go_out_after_our_unbind_and_requests_are_refused() {
    let mut pair = quiet_pair(Config::default());
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    pair.deliver();
    let (_, responder) = requests(&mut pair.mc).remove(0);
    pair.mc.unbind(pair.now);
    feed(&mut pair.mc, Frame::new(&submit(), Stamp::new(77)).unwrap().octets(), pair.now);
    pair.mc.refuse(responder, CommandStatus::RSYSERR).unwrap();
    let shown: Vec<_> = sent(&mut pair.mc).iter().map(|frame| (frame.command_id(), frame.command_status())).collect();
    assert_eq!(
        shown,
        [
            (CommandId::UNBIND, CommandStatus::ROK),
            (CommandId::SUBMIT_SM_RESP, CommandStatus::RINVBNDSTS),
            (CommandId::SUBMIT_SM_RESP, CommandStatus::RSYSERR),
        ]
    );
}

#[test]
fn an_unbind_that_is_nacked_or_refused_ends_the_session_all_the_same() {
    for nack in [false, true] {
        let mut pair = quiet_pair(Config::default());
        pair.esme.unbind(pair.now);
        let stamp = Stamp { command_status: CommandStatus::RSYSERR, ..Stamp::new(sent(&mut pair.esme)[0].sequence_number()) };
        let answer = if nack { Frame::new(&GenericNack::default(), stamp) } else { Frame::new(&UnbindResp::default(), stamp) };
        feed(&mut pair.esme, answer.unwrap().octets(), pair.now);
        assert_eq!(pair.esme.closed(), Some(CloseReason::Unbound { by: End::Local }));
    }
}

#[test]
fn enquire_link_is_answered_in_every_state() {
    let enquiry = Frame::new(&EnquireLink::default(), Stamp::new(4)).unwrap();
    let ask = |session: &mut Session<u32>| {
        sent(session);
        feed(session, enquiry.octets(), Time::ZERO);
        sent(session).iter().map(Frame::command_id).collect::<Vec<_>>()
    };
    let mut pair = Pair::new(Config::default(), Config::default());
    assert_eq!(ask(&mut pair.mc), [CommandId::ENQUIRE_LINK_RESP]);
    assert_eq!(ask(&mut pair.esme), [CommandId::ENQUIRE_LINK_RESP]);
    let mut pair = quiet_pair(Config::default());
    assert_eq!(ask(&mut pair.mc), [CommandId::ENQUIRE_LINK_RESP]);
    pair.mc.unbind(pair.now);
    assert_eq!(ask(&mut pair.mc), [CommandId::ENQUIRE_LINK_RESP]);
}

#[test]
fn requests_beyond_the_limit_wait_or_are_throttled() {
    let limited = |overflow| Config { unanswered: 2, overflow, ..Config::default() };
    let mut pair = quiet_pair(limited(Overflow::StopReading));
    for tag in 0..3 {
        pair.esme.request(&submit(), tag, pair.now).unwrap();
    }
    pair.deliver();
    assert!(!pair.mc.wants_input());
    let (_, responder) = requests(&mut pair.mc).remove(1);
    pair.mc.refuse(responder, CommandStatus::RSYSERR).unwrap();
    assert!(pair.mc.wants_input());
    pair.deliver();
    assert_eq!(requests(&mut pair.mc).len(), 1);

    let mut pair = quiet_pair(limited(Overflow::Throttle));
    for tag in 0..3 {
        pair.esme.request(&submit(), tag, pair.now).unwrap();
    }
    pair.deliver();
    assert!(pair.mc.wants_input());
    assert_eq!(ended(&mut pair.esme), [(2, Ending::Answered(CommandStatus::RTHROTTLED.0))]);
    assert_eq!((pair.mc.counters().throttled, pair.mc.unanswered()), (1, 2));
}

#[test]
fn an_answer_of_the_wrong_kind_becomes_a_system_error() {
    let mut pair = quiet_pair(Config::default());
    pair.esme.request(&submit(), 1, pair.now).unwrap();
    pair.deliver();
    let (_, responder) = requests(&mut pair.mc).remove(0);
    let refused = pair.mc.respond(responder, CommandStatus::ROK, &DeliverSmResp::default());
    assert_eq!(refused, Err(RespondError::OtherCommand));
    pair.deliver();
    assert_eq!(ended(&mut pair.esme), [(1, Ending::Answered(CommandStatus::RSYSERR.0))]);
    assert_eq!(pair.mc.unanswered(), 0);
}

fn feed_from(pair: &mut Pair, frame: &Frame) {
    pair.deliver();
    feed(&mut pair.mc, frame.octets(), pair.now);
}
