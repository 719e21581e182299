//! A keeper in virtual time, against MCs that do with each connection what the test says.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::Mutex;

use smpp_pdu::{CStr, CommandStatus, Side, SubmitSm, SubmitSmResp};
use tokio::time::{Instant, sleep};

use super::task::Connecting;
use super::*;
use crate::net::driver::Driver;
use crate::net::shared::Shared;
use crate::net::{Client, ConnectError, Incoming, IncomingBind, Unanswered};
use crate::{CloseReason, Config, End, Timeouts};

/// What becomes of one connection.
#[derive(Clone, Copy)]
enum Answer {
    Nobody,
    Refuse(CommandStatus),
    /// Also what happens when the script is over.
    Accept,
}
use Answer::{Accept, Nobody, Refuse};

/// An MC at the other end of pipes in memory.
struct Mc {
    script: Mutex<VecDeque<Answer>>,
    attempts: Mutex<Vec<Instant>>,
    links: Mutex<Vec<Link>>,
    asked: Mutex<Vec<Incoming>>,
}

struct Connection {
    mc: Arc<Mc>,
    answer: Answer,
}

impl Mc {
    fn gaps(&self) -> Vec<Duration> {
        let attempts = self.attempts.lock().unwrap();
        attempts.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    fn link(&self) -> Link {
        self.links.lock().unwrap().last().unwrap().clone()
    }

    fn answer_all(&self) {
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        asked.into_iter().for_each(|incoming| incoming.answer(&SubmitSmResp::default()).unwrap());
    }
}

impl Service for Connection {
    fn bind(&self, bind: IncomingBind) {
        match self.answer {
            Refuse(status) => bind.refuse(status),
            _ => bind.accept(CStr::new("mc").unwrap()).unwrap(),
        }
    }

    fn bound(&self, link: &Link) {
        self.mc.links.lock().unwrap().push(link.clone());
    }

    fn request(&self, request: Incoming) {
        self.mc.asked.lock().unwrap().push(request);
    }
}

struct Host(Arc<Mc>);

fn mc(script: &[Answer]) -> Arc<Host> {
    let script = Mutex::new(script.iter().copied().collect());
    Arc::new(Host(Arc::new(Mc { script, attempts: Mutex::default(), links: Mutex::default(), asked: Mutex::default() })))
}

impl std::ops::Deref for Host {
    type Target = Mc;

    fn deref(&self) -> &Mc {
        &self.0
    }
}

impl Connect for Host {
    fn address(&self) -> &str {
        "memory"
    }

    fn connect(&self, service: Arc<dyn Service>) -> Connecting<'_> {
        self.attempts.lock().unwrap().push(Instant::now());
        let answer = self.script.lock().unwrap().pop_front().unwrap_or(Accept);
        let peer = SocketAddr::from(([127, 0, 0, 1], 2775));
        if matches!(answer, Nobody) {
            return std::boxed::Box::pin(async move { Err(ConnectError::Refused { peer }) });
        }
        let config = Config { timers: Timeouts { enquire_link: None, ..Timeouts::default() }, ..Config::default() };
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let shared = Arc::new(Shared::new(Side::Mc, config.clone(), peer));
        let connection = Arc::new(Connection { mc: self.0.clone(), answer });
        tokio::spawn(Driver::new(theirs, shared, connection).run());
        std::boxed::Box::pin(async move { Ok(Client::over(ours, peer, config, service)) })
    }
}

fn config() -> KeeperConfig {
    KeeperConfig::new(Endpoint::new("memory"), BindKind::Transceiver, Credentials::new("me", "secret"))
}

fn keep(hosts: &[&Arc<Host>]) -> Keeper {
    keep_with(hosts, config())
}

fn keep_with(hosts: &[&Arc<Host>], config: KeeperConfig) -> Keeper {
    let hosts = hosts.iter().map(|host| (*host).clone() as Arc<dyn Connect>).collect();
    Keeper::over(hosts, config, Arc::new(drop::<Incoming>))
}

async fn bound(keeper: &Keeper) -> Link {
    keeper.clone().with_patience(LONG).link().await.unwrap()
}

async fn until(keeper: &Keeper, is: impl Fn(&KeeperState) -> bool) -> KeeperState {
    timeout(LONG, keeper.watch().wait_for(is)).await.expect("it does not happen").unwrap().clone()
}

/// Passes at once when nothing else happens.
const LONG: Duration = Duration::from_secs(86_400);

fn is_within(gap: Duration, seconds: u64) -> bool {
    let full = Duration::from_secs(seconds);
    // The clock of the runtime counts whole milliseconds.
    gap >= full / 2 && gap <= full + Duration::from_millis(2)
}

#[tokio::test(start_paused = true)]
async fn pauses_grow_until_the_mc_is_back() {
    let mc = mc(&[Nobody; 7]);
    let keeper = keep(&[&mc]);
    let state = until(&keeper, |state| matches!(state, KeeperState::Waiting { attempt: 3, .. })).await;
    let KeeperState::Waiting { why, until, .. } = state else { unreachable!() };
    assert!(matches!(*why, Setback::Connect(ConnectError::Refused { .. })), "{why}");
    assert!(until > Instant::now() && until <= Instant::now() + Duration::from_secs(4));
    bound(&keeper).await;
    let gaps = mc.gaps();
    assert_eq!(gaps.len(), 7);
    for (gap, full) in gaps.into_iter().zip([1, 2, 4, 8, 16, 30, 30]) {
        assert!(is_within(gap, full), "{gap:?} of {full} s");
    }
    let state = keeper.state();
    assert!(matches!(&state, KeeperState::Bound { mc, .. } if mc.system_id == "mc"), "{state:?}");
    assert_eq!(keeper.sessions(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_not_tried_often() {
    for status in [CommandStatus::RINVPASWD, CommandStatus::RINVSYSID, CommandStatus::RBINDFAIL] {
        let mc = mc(&[Refuse(status), Refuse(status)]);
        let keeper = keep(&[&mc]);
        bound(&keeper).await;
        let gaps = mc.gaps();
        assert!(is_within(gaps[0], 60) && is_within(gaps[1], 120), "{gaps:?}");
    }
    let busy = mc(&[Refuse(CommandStatus::RSYSERR)]);
    bound(&keep(&[&busy])).await;
    assert!(is_within(busy.gaps()[0], 1));
}

#[tokio::test(start_paused = true)]
async fn the_next_host_is_tried_at_once_and_a_pause_follows_the_last() {
    let (first, second) = (mc(&[Nobody, Nobody, Nobody]), mc(&[Nobody, Accept]));
    let keeper = keep(&[&first, &second]);
    bound(&keeper).await;
    let times = |mc: &Host| mc.attempts.lock().unwrap().clone();
    assert_eq!(times(&first), times(&second), "both hosts at the same moment");
    assert!(is_within(first.gaps()[0], 1));
    sleep(Duration::from_secs(100)).await;
    // A session that was steady: the other host is next, without a pause, and then this one.
    let lost = Instant::now();
    second.link().close();
    until(&keeper, |state| !state.is_bound()).await;
    bound(&keeper).await;
    assert!(times(&first)[2] - lost < Duration::from_millis(10), "the other host at once");
    assert!(times(&second)[2] - lost < Duration::from_secs(2));
    assert!(matches!(*keeper.last_setback().unwrap(), Setback::Connect(_)));
}

#[tokio::test(start_paused = true)]
async fn an_mc_that_accepts_and_hangs_up_does_not_make_the_keeper_hurry() {
    let mc = mc(&[]);
    let keeper = keep(&[&mc]);
    for _ in 0..5 {
        bound(&keeper).await;
        mc.link().close();
        until(&keeper, |state| !state.is_bound()).await;
    }
    bound(&keeper).await;
    let gaps = mc.gaps();
    assert!(is_within(gaps[4], 16), "{gaps:?}");
    sleep(Duration::from_secs(31)).await;
    mc.link().close();
    let state = until(&keeper, |state| matches!(state, KeeperState::Waiting { .. })).await;
    let KeeperState::Waiting { until, attempt, why } = state else { unreachable!() };
    assert!(until <= Instant::now() + Duration::from_secs(1) && attempt == 1);
    assert!(matches!(*why, Setback::Lost(CloseReason::Disconnected)));
}

#[tokio::test(start_paused = true)]
async fn a_reconnect_cuts_the_pause_short_and_replaces_a_session() {
    let mc = mc(&[Refuse(CommandStatus::RINVPASWD)]);
    let keeper = keep(&[&mc]);
    until(&keeper, |state| matches!(state, KeeperState::Waiting { .. })).await;
    keeper.reconnect();
    let first = bound(&keeper).await;
    assert!(mc.gaps()[0] < Duration::from_millis(10));
    keeper.reconnect();
    assert_eq!(first.closed().await, CloseReason::Unbound { by: End::Local });
    until(&keeper, |state| state.link().is_some_and(|link| !link.is_same(&first))).await;
    let second = bound(&keeper).await;
    assert!(!first.is_same(&second) && keeper.sessions() == 2);
}

#[tokio::test(start_paused = true)]
async fn a_paused_keeper_is_unbound_until_it_may_resume() {
    let mc = mc(&[]);
    let keeper = keep(&[&mc]);
    bound(&keeper).await;
    keeper.pause();
    until(&keeper, |state| matches!(state, KeeperState::Paused)).await;
    assert_eq!(keeper.link().await.unwrap_err(), NotBound::TimedOut(Duration::from_secs(30)));
    keeper.reconnect();
    sleep(Duration::from_secs(60)).await;
    assert!(matches!(keeper.state(), KeeperState::Paused), "only a resume ends a pause");
    assert_eq!(mc.attempts.lock().unwrap().len(), 1);
    keeper.resume();
    bound(&keeper).await;
    // Nothing new: the session stays.
    keeper.resume();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(keeper.sessions(), 2);
}

#[tokio::test(start_paused = true)]
async fn stopping_waits_for_the_answers_that_are_due() {
    let mc = mc(&[]);
    let keeper = keep(&[&mc]);
    bound(&keeper).await;
    let pending = keeper.request(&SubmitSm::default()).unwrap();
    let stopping = tokio::spawn({
        let keeper = keeper.clone();
        async move { keeper.stop().await }
    });
    sleep(Duration::from_secs(5)).await;
    assert!(!stopping.is_finished() && keeper.request(&SubmitSm::default()).is_err());
    mc.answer_all();
    assert!(pending.await.unwrap().status().is_ok());
    stopping.await.unwrap();
    assert!(matches!(keeper.state(), KeeperState::Stopped));
    assert_eq!(keeper.call(&SubmitSm::default()).await.unwrap_err(), CallError::NotBound(NotBound::Stopped));
    keeper.resume();
    keeper.stop().await;
    assert_eq!(mc.attempts.lock().unwrap().len(), 1, "what was stopped stays so");
}

#[tokio::test(start_paused = true)]
async fn a_keeper_gives_up_only_if_it_was_told_to() {
    let mc = mc(&[Nobody; 9]);
    let keeper = keep_with(&[&mc], KeeperConfig { give_up_after: Some(3), ..config() });
    until(&keeper, |state| matches!(state, KeeperState::Stopped)).await;
    assert_eq!(mc.attempts.lock().unwrap().len(), 3);
    assert!(matches!(*keeper.last_setback().unwrap(), Setback::Connect(_)));
}

#[tokio::test(start_paused = true)]
async fn a_request_waits_for_a_session_and_a_lost_one_is_not_sent_again() {
    let mc = mc(&[Nobody, Nobody]);
    let keeper = keep(&[&mc]);
    assert!(matches!(keeper.request(&SubmitSm::default()), Err(CallError::NotBound(_))));
    let pending = keeper.send(&SubmitSm::default()).await.unwrap();
    sleep(Duration::from_millis(10)).await;
    assert_eq!(mc.asked.lock().unwrap().len(), 1);
    mc.link().close();
    let lost = CallError::from(pending.await.unwrap_err());
    assert_eq!(lost, CallError::Unanswered(Unanswered::Lost(CloseReason::Disconnected)));
    assert!(lost.was_sent());
    bound(&keeper).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(mc.asked.lock().unwrap().len(), 1, "the second session was asked nothing");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_waits_for_room_moves_on_to_the_next_session() {
    let mc = mc(&[]);
    let keeper = keep(&[&mc]);
    let link = bound(&keeper).await;
    let full: Vec<_> = (0..10).map(|_| link.request(&SubmitSm::default()).unwrap()).collect();
    let waiting = tokio::spawn({
        let keeper = keeper.clone();
        async move { keeper.send(&SubmitSm::default()).await.map(|pending| pending.sequence_number()) }
    });
    sleep(Duration::from_secs(1)).await;
    assert!(!waiting.is_finished());
    mc.link().close();
    assert_eq!(waiting.await.unwrap(), Ok(2), "the first request after the bind of the second session");
    for pending in full {
        assert!(CallError::from(pending.await.unwrap_err()).was_sent());
    }
}

#[tokio::test(start_paused = true)]
async fn patience_ends() {
    let mc = mc(&[]);
    let keeper = keep(&[&mc]).with_patience(Duration::from_secs(3));
    let link = bound(&keeper).await;
    let full: Vec<_> = (0..10).map(|_| link.request(&SubmitSm::default()).unwrap()).collect();
    let start = Instant::now();
    let error = keeper.send(&SubmitSm::default()).await.unwrap_err();
    assert_eq!(error, CallError::NotSent(RequestError::WindowFull));
    assert!(!error.was_sent() && start.elapsed() >= Duration::from_secs(3));
    drop(full);
    let dead = self::mc(&[Nobody; 9]);
    let nobody = keep(&[&dead]).with_patience(Duration::from_secs(3));
    let error = nobody.send(&SubmitSm::default()).await.unwrap_err();
    assert_eq!(error, CallError::NotBound(NotBound::TimedOut(Duration::from_secs(3))));
}

#[tokio::test(start_paused = true)]
async fn the_last_handle_that_is_dropped_unbinds() {
    let mc = mc(&[]);
    let keeper = keep(&[&mc]);
    let link = bound(&keeper).await;
    let other = keeper.clone();
    drop(keeper);
    sleep(Duration::from_secs(1)).await;
    assert_eq!(link.close_reason(), None);
    drop(other);
    assert_eq!(link.closed().await, CloseReason::Unbound { by: End::Local });
}

#[tokio::test(start_paused = true)]
async fn what_can_never_succeed_is_not_begun() {
    let service = || Arc::new(drop::<Incoming>);
    let nowhere = KeeperConfig { endpoints: Vec::new(), ..config() };
    assert_eq!(Keeper::start(nowhere, service()).unwrap_err(), KeeperError::NoEndpoint);
    let long = KeeperConfig { credentials: Credentials::new("me", "much too long"), ..config() };
    let error = Keeper::start(long, service()).unwrap_err();
    assert!(matches!(error, KeeperError::Credentials(RequestError::Value { field: "password", .. })), "{error}");
}
