//! Pages of the dashboard that are open in browsers while messages are handed in.
//!
//! What a browser asks the server for is asked for here as well: the page and what belongs to it, the channel of ticks,
//! and with every tick, which is the quickest pace a page offers, the page again for its regions that renew themselves.
//! Nothing is drawn.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

use smsc_engine::core::BatchOptions;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle};
use tokio::task::{LocalSet, spawn_local};

use crate::figures::with_node;
use crate::load::{self, Outcome};
use crate::node::{PASSWORD, USER};
use crate::{median, submission, verdict};

/// Durable submissions while ten browsers look on, and while none does, in turns.
pub(crate) fn onlookers(root: &Path, smoke: bool) -> bool {
    let (rounds, time) = if smoke { (1, Duration::from_millis(200)) } else { (12, Duration::from_millis(1_500)) };
    with_node(root, BatchOptions::default(), |address, node| {
        let handle = Handle::current();
        handle.block_on(node.fill("carrier", 1_000));
        let site = handle.block_on(node.serve_dashboard());
        let browser = handle.block_on(Browser::log_in(site));
        std::thread::sleep(rest());
        let page = dearest(&browser, smoke);
        let load = || load::run(address, (CALLERS, time), 201, submission);
        let mut ratios = Vec::new();
        for round in 0..rounds {
            // In turns, each first as often as the other: what grows on the way meets both.
            let (without, with) = match round % 2 {
                0 => (load(), browser.watching(page, load)),
                _ => swap(browser.watching(page, load), load()),
            };
            println!("dashboard: {:>8.0}/s without, {:>8.0}/s with {BROWSERS} browsers", without.rate, with.rate);
            ratios.push(with.rate / without.rate);
        }
        let share = alone(&browser, page, if smoke { time } else { Duration::from_secs(5) });
        let (median, least, most) = (median(&mut ratios), ratios[0], ratios[ratios.len() - 1]);
        println!("dashboard: median ratio {median:.3}, from {least:.3} to {most:.3}");
        // Two runs of the same differ by more than the bar; what browsers take of the processors does not.
        let told = format!("{BROWSERS} browsers on {page}, renewed every second, take {share:.2} % of the processors");
        verdict(smoke, share < 2.0, &format!("{told}, themselves included; less than 2 % is the bar"))
    })
}

/// How long the pages have been there before they are looked at: curves are full after 300 seconds.
fn rest() -> Duration {
    let seconds = std::env::var("BENCH_REST_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(seconds.unwrap_or(0))
}

/// The page that takes longest, of those that renew themselves here.
fn dearest(browser: &Browser, smoke: bool) -> &'static str {
    let time = Duration::from_millis(if smoke { 20 } else { 300 });
    let mut dearest = (Duration::ZERO, "/");
    for page in PAGES {
        let request = browser.request(page, true);
        let outcome = load::run(browser.site, (1, time), 200, move |_| request.clone());
        let took = outcome.percentile(0.5);
        println!("dashboard: {page:<20} p50 {took:>7.1?} {:>7} octets", outcome.shortest);
        dearest = dearest.max((took, page));
    }
    dearest.1
}

/// The share of the machine's processors that browsers take, and this process for them, in per cent; nothing else goes on.
fn alone(browser: &Browser, page: &'static str, time: Duration) -> f64 {
    let busy = || {
        let (start, before) = (Instant::now(), worked());
        std::thread::sleep(time);
        (worked() - before).as_secs_f64() / start.elapsed().as_secs_f64()
    };
    let idle = busy();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    (browser.watching(page, busy) - idle) * 100.0 / processors as f64
}

/// How long the threads of this process have worked that live.
fn worked() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let times = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("schedstat")).ok());
    Duration::from_nanos(times.filter_map(|text| text.split(' ').next()?.parse::<u64>().ok()).sum())
}

/// A browser in which somebody has logged in.
struct Browser {
    site: SocketAddr,
    cookie: String,
}

impl Browser {
    async fn log_in(site: SocketAddr) -> Browser {
        let form = format!("name={USER}&password={PASSWORD}");
        let length = form.len();
        let request = format!(
            "POST /login HTTP/1.1\r\nhost: {site}\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: {length}\r\nconnection: close\r\n\r\n{form}"
        );
        let mut stream = TcpStream::connect(site).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let cookie = answer.split("set-cookie: ").nth(1).and_then(|rest| rest.split(';').next());
        Browser { site, cookie: cookie.unwrap_or_else(|| panic!("{answer}")).to_owned() }
    }

    /// Does something while ten browsers have a page open.
    fn watching<T>(&self, page: &'static str, run: impl FnOnce() -> T) -> T {
        let (over, opened) = (Arc::new(AtomicBool::new(false)), Barrier::new(2));
        std::thread::scope(|scope| {
            let browsers = scope.spawn(|| {
                let runtime = Builder::new_current_thread().enable_all().build().unwrap();
                LocalSet::new().block_on(&runtime, async {
                    let mut tabs = Vec::new();
                    for _ in 0..BROWSERS {
                        tabs.push(Tab::open(self, page).await);
                    }
                    opened.wait();
                    let looks: Vec<_> = tabs.into_iter().map(|tab| spawn_local(tab.look(over.clone()))).collect();
                    for look in looks {
                        assert!(look.await.unwrap() > 0, "a page was not renewed");
                    }
                });
            });
            opened.wait();
            let done = run();
            over.store(true, Ordering::Relaxed);
            browsers.join().unwrap();
            done
        })
    }

    /// What a browser asks for; `again` if it is the page that asks.
    fn request(&self, path: &str, again: bool) -> String {
        let Browser { site, cookie } = self;
        let asks = if again { "HX-Request: true\r\nHX-Current-URL: /\r\nSec-Fetch-Dest: empty\r\n" } else { "" };
        format!(
            "GET {path} HTTP/1.1\r\nHost: {site}\r\nConnection: keep-alive\r\n{asks}User-Agent: Mozilla/5.0 (X11; Linux x86_64) \
             AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\nAccept: */*\r\nSec-Fetch-Site: same-origin\r\n\
             Sec-Fetch-Mode: cors\r\nReferer: http://{site}{path}\r\nAccept-Encoding: gzip, deflate, br\r\n\
             Accept-Language: en\r\nCookie: {cookie}; pace=1\r\n\r\n"
        )
    }
}

/// A page that is open.
struct Tab {
    again: String,
    connection: TcpStream,
    channel: TcpStream,
    buffer: Vec<u8>,
}

impl Tab {
    async fn open(browser: &Browser, page: &str) -> Tab {
        let mut tab = Tab {
            again: browser.request(page, true),
            connection: TcpStream::connect(browser.site).await.unwrap(),
            channel: TcpStream::connect(browser.site).await.unwrap(),
            buffer: Vec::with_capacity(128 << 10),
        };
        for path in std::iter::once(page).chain(ASSETS) {
            tab.fetch(&browser.request(path, false)).await;
        }
        tab.channel.write_all(browser.request("/live", false).as_bytes()).await.unwrap();
        tab
    }

    /// Renews the page with every tick; tells how often.
    async fn look(mut self, over: Arc<AtomicBool>) -> usize {
        let again = self.again.clone();
        let mut pages = 0;
        while !over.load(Ordering::Relaxed) {
            self.tick().await;
            self.fetch(&again).await;
            pages += 1;
        }
        pages
    }

    async fn tick(&mut self) {
        self.buffer.clear();
        while !self.buffer.windows(TICK.len()).any(|window| window == TICK) {
            assert!(self.channel.read_buf(&mut self.buffer).await.unwrap() > 0, "the channel is closed");
        }
    }

    async fn fetch(&mut self, request: &str) {
        self.connection.write_all(request.as_bytes()).await.unwrap();
        let (status, length) = load::answer(&mut self.connection, &mut self.buffer).await.unwrap();
        assert!(status == 200 && length > 0, "{}", String::from_utf8_lossy(&self.buffer));
    }
}

fn swap(with: Outcome, without: Outcome) -> (Outcome, Outcome) {
    (without, with)
}

const BROWSERS: usize = 10;
const CALLERS: usize = 256;
const TICK: &[u8] = b"event: tick";
/// Those of a centre without SMPP, locations and records.
const PAGES: [&str; 9] = [
    "/",
    "/message_queue",
    "/message/1",
    "/charts",
    "/sms_routing",
    "/frontend_status",
    "/services",
    "/batch_workers",
    "/system",
];
const ASSETS: [&str; 6] = [
    "/assets/icon.svg",
    "/assets/uplot.css",
    "/assets/dashboard.css",
    "/assets/htmx.min.js",
    "/assets/uplot.min.js",
    "/assets/dashboard.js",
];
