//! What one session may do and how long it waits.

use core::time::Duration;

use smpp_pdu::{Profile, Version};

use crate::{Rate, ThrottlePause};

/// Limits, timers and habits of one session.
///
/// ```
/// use smpp_session::Config;
///
/// let config = Config { window: 100, ..Config::default() };
/// assert!(config.timers.enquire_link.is_some());
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The highest version this side speaks; the lower of both sides' is used.
    pub version: Version,
    /// What an ESME takes an MC for that does not state its version when it accepts a bind.
    ///
    /// SMPP 3.4 §2.2 forbids TLVs to such an MC, which `V3_3` does; many of them understand TLVs
    /// all the same.
    pub silent_version: Version,
    /// How the peer is read. Its version is replaced by the one agreed upon.
    pub profile: Profile,
    /// Requests this side may have unanswered, at least 1 and at most [`MAX_WINDOW`].
    pub window: usize,
    /// Messages this side sends in a second; `None` for as many as the window lets through.
    ///
    /// Counted are `submit_sm`, `data_sm`, `deliver_sm` and `broadcast_sm`, and every address of a
    /// `submit_multi`: one is sent as soon as a single message might be, and its other addresses
    /// delay what comes after it.
    pub rate: Option<Rate>,
    /// The pause in sending messages after `ESME_RTHROTTLED` or `ESME_RMSGQFUL`; `None` for none.
    pub pause_on_throttle: Option<ThrottlePause>,
    /// Tasks that may wait until they can send; one more is turned away. For the tokio shell.
    pub max_waiting: usize,
    /// Messages taken from the peer in a second, counted as for `rate`; what comes beyond is
    /// answered `ESME_RTHROTTLED`. `None` for as many as come.
    pub inbound_rate: Option<Rate>,
    /// Requests of the peer this side may owe an answer, at least 1.
    pub unanswered: usize,
    /// What happens to requests beyond `unanswered`.
    pub overflow: Overflow,
    /// The largest PDU taken from the peer, in octets.
    pub max_pdu: u32,
    /// Octets waiting to be written above which nothing is read and no request taken.
    pub max_unwritten: usize,
    /// How long the task of a connection that has just read or written something keeps looking for more before it
    /// sleeps; zero, the default, sleeps at once. For the tokio shell.
    ///
    /// To be woken costs a thread some microseconds, on a virtual machine whose processors rest some ten times as
    /// many; a task that is awake needs none. Worth it between neighbours that exchange few messages at a time and
    /// where there are processors to spare: up to this long of a processor is spent each time a connection falls
    /// silent. It gives way to every other task and thread meanwhile. Twice the usual time between request and answer
    /// is a good value, and more than 200 µs rarely is.
    pub busy_poll: Duration,
    /// How long things may take.
    pub timers: Timeouts,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            version: Version::V3_4,
            silent_version: Version::V3_3,
            profile: Profile::DEFAULT,
            window: DEFAULT_WINDOW,
            rate: None,
            pause_on_throttle: Some(ThrottlePause::default()),
            max_waiting: DEFAULT_MAX_WAITING,
            inbound_rate: None,
            unanswered: DEFAULT_UNANSWERED,
            overflow: Overflow::StopReading,
            max_pdu: DEFAULT_MAX_PDU,
            max_unwritten: DEFAULT_MAX_UNWRITTEN,
            busy_poll: Duration::ZERO,
            timers: Timeouts::default(),
        }
    }
}

impl Config {
    /// The window as it can be.
    pub(crate) fn window(&self) -> usize {
        self.window.clamp(1, MAX_WINDOW)
    }
}

/// What to do with a peer that sends more requests than this side is willing to owe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Overflow {
    /// Read nothing more until answers have gone out; TCP slows the peer down.
    #[default]
    StopReading,
    /// Read on, and answer `ESME_RTHROTTLED` at once: the peer sends too fast.
    Throttle,
    /// Read on, and answer `ESME_RMSGQFUL` at once: this side has too much to do.
    QueueFull,
}

/// The timers of SMPP 3.4 §7.2 and one of our own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// How long a connection may stay without a bind (or outbind); `None` waits for ever.
    pub session_init: Option<Duration>,
    /// Silence of the peer after which it is asked whether it is there; `None` never asks.
    pub enquire_link: Option<Duration>,
    /// Time without application PDUs after which the session unbinds; `None` never does.
    pub inactivity: Option<Duration>,
    /// How long a request waits for its response.
    pub response: Duration,
    /// How long the peer is given to close the connection after the last PDU.
    pub linger: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Timeouts {
            session_init: Some(Duration::from_secs(30)),
            enquire_link: Some(Duration::from_secs(30)),
            inactivity: None,
            response: Duration::from_secs(30),
            linger: Duration::from_secs(1),
        }
    }
}

/// The largest window; a table of twice that many slots takes a few megabytes.
pub const MAX_WINDOW: usize = 65_535;

// The common default among MCs (see also SMPP 5.0 §2.6).
const DEFAULT_WINDOW: usize = 10;
// A task that waits takes some hundred octets; more of them are a caller without a limit.
const DEFAULT_MAX_WAITING: usize = 10_000;
// Enough that one durable write can answer for many requests.
const DEFAULT_UNANSWERED: usize = 10_000;
// Lets every legal PDU with one full message_payload through.
const DEFAULT_MAX_PDU: u32 = 131_072;
// About five thousand PDUs; more than a healthy peer ever leaves unread.
const DEFAULT_MAX_UNWRITTEN: usize = 1 << 20;
