//! What the person wants.

use std::ffi::OsString;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use lexopt::prelude::{Long, Short};
use lexopt::{Parser, ValueExt};

/// Everything that can be asked for.
pub(crate) struct Args {
    pub(crate) host: String,
    pub(crate) system_id: String,
    pub(crate) password: String,
    pub(crate) binds: usize,
    pub(crate) window: usize,
    /// How long a connection looks for more before it sleeps.
    pub(crate) busy_poll: Duration,
    pub(crate) count: u64,
    /// Ends the run instead of `count`.
    pub(crate) duration: Option<Duration>,
    /// Messages per second in all; as fast as possible if none.
    pub(crate) rate: Option<f64>,
    pub(crate) text: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) receipts: bool,
    pub(crate) receipt_wait: Duration,
    pub(crate) tls: bool,
    pub(crate) ca: Option<PathBuf>,
    pub(crate) server_name: Option<String>,
}

impl Default for Args {
    fn default() -> Self {
        Args {
            host: "127.0.0.1:2775".into(),
            system_id: "test".into(),
            password: "test".into(),
            binds: 1,
            window: 100,
            busy_poll: Duration::ZERO,
            count: 10_000,
            duration: None,
            rate: None,
            text: "a message of about the usual length, neither very short nor long".into(),
            from: "447700900123".into(),
            to: "447700900456".into(),
            receipts: true,
            receipt_wait: Duration::from_secs(10),
            tls: false,
            ca: None,
            server_name: None,
        }
    }
}

impl Args {
    /// None if help is wanted.
    pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Option<Args>, lexopt::Error> {
        let mut parser = Parser::from_args(arguments);
        let mut args = Args::default();
        while let Some(argument) = parser.next()? {
            match argument {
                Long("host") => args.host = text(&mut parser)?,
                Long("system-id") => args.system_id = text(&mut parser)?,
                Long("password") => args.password = text(&mut parser)?,
                Long("binds") => args.binds = at_least_one(&mut parser)?,
                Long("window") => args.window = at_least_one(&mut parser)?,
                Long("busy-poll") => args.busy_poll = Duration::from_micros(number(&mut parser)?),
                Long("count") => args.count = number(&mut parser)?,
                Long("duration") => args.duration = Some(seconds(&mut parser)?),
                Long("rate") => args.rate = Some(number::<f64>(&mut parser)?).filter(|rate| *rate > 0.0),
                Long("text") => args.text = text(&mut parser)?,
                Long("from") => args.from = text(&mut parser)?,
                Long("to") => args.to = text(&mut parser)?,
                Long("no-receipts") => args.receipts = false,
                Long("receipt-wait") => args.receipt_wait = seconds(&mut parser)?,
                Long("tls") => args.tls = true,
                Long("ca") => args.ca = Some(parser.value()?.into()),
                Long("server-name") => args.server_name = Some(text(&mut parser)?),
                Long("help") | Short('h') => return Ok(None),
                other => return Err(other.unexpected()),
            }
        }
        Ok(Some(args))
    }
}

fn text(parser: &mut Parser) -> Result<String, lexopt::Error> {
    parser.value()?.string()
}

fn number<T: FromStr<Err: Into<Box<dyn std::error::Error + Send + Sync>>>>(parser: &mut Parser) -> Result<T, lexopt::Error> {
    parser.value()?.parse()
}

fn at_least_one(parser: &mut Parser) -> Result<usize, lexopt::Error> {
    number(parser).map(|number: usize| number.max(1))
}

fn seconds(parser: &mut Parser) -> Result<Duration, lexopt::Error> {
    let seconds = number(parser)?;
    Duration::try_from_secs_f64(seconds).map_err(|error| format!("{seconds} seconds: {error}").into())
}

pub(crate) const HELP: &str = "\
Sends messages to an MC and tells how it went: rate, response times, statuses, receipts.

  --host HOST:PORT     where the MC is                          [127.0.0.1:2775]
  --system-id NAME     the account                              [test]
  --password SECRET    its password                             [test]
  --binds N            sessions                                 [1]
  --window N           requests without an answer, per session  [100]
  --busy-poll MICROS   look for answers so long before sleeping [0]
  --count N            messages in all                          [10000]
  --duration SECONDS   send so long instead
  --rate N             messages per second in all               [as fast as possible]
  --text TEXT          what the messages say, up to 255 octets
  --from ADDRESS       international number they come from      [447700900123]
  --to ADDRESS         international number they go to          [447700900456]
  --no-receipts        ask for no receipts
  --receipt-wait SECS  how long none may come before it ends    [10]
  --tls                encrypted; needs --ca
  --ca FILE            certificates that are trusted, PEM
  --server-name NAME   the name in the MC's certificate         [HOST]

Exit code: 0 if every message was accepted and every receipt came once, 2 if not,
1 if there was no run.
";
