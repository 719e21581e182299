//! Callers that keep one connection each and send the next request when the answer to the last is there.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use smsc_benches::cpu::cpu_time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// What the callers of one round saw.
pub(crate) struct Outcome {
    /// Good answers a second.
    pub(crate) rate: f64,
    /// How long they took, shortest first.
    pub(crate) latencies: Vec<Duration>,
    /// Processor time of this process for one answer, callers included, in microseconds.
    pub(crate) cpu: f64,
    /// Octets of the shortest body.
    pub(crate) shortest: usize,
}

impl Outcome {
    /// The latency that this share of the answers did not exceed.
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let place = (self.latencies.len() as f64 * share) as usize;
        self.latencies[place.min(self.latencies.len() - 1)]
    }
}

/// Runs `connections` callers for a time on one thread; every answer must have the status `expected`.
pub(crate) fn run(
    address: SocketAddr,
    (connections, time): (usize, Duration),
    expected: u16,
    request: impl Fn(u64) -> String + Clone + 'static,
) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async move {
        let (start, cpu) = (Instant::now(), cpu_time());
        let callers: Vec<_> = (0..connections)
            .map(|caller| {
                let request = request.clone();
                tokio::task::spawn_local(async move {
                    let number = move |count: u64| request(caller as u64 * 1_000_000 + count);
                    call(address, start + time, expected, number).await.unwrap()
                })
            })
            .collect();
        let (mut latencies, mut shortest) = (Vec::new(), usize::MAX);
        for caller in callers {
            let (seen, length) = caller.await.unwrap();
            latencies.extend(seen);
            shortest = shortest.min(length);
        }
        let rate = latencies.len() as f64 / start.elapsed().as_secs_f64();
        let cpu = (cpu_time() - cpu) * 1e6 / latencies.len() as f64;
        latencies.sort();
        Outcome { rate, latencies, cpu, shortest }
    })
}

/// Calls until then; gives how long each answer took, and the octets of the shortest body.
async fn call(
    address: SocketAddr,
    until: Instant,
    expected: u16,
    request: impl Fn(u64) -> String,
) -> io::Result<(Vec<Duration>, usize)> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (mut latencies, mut shortest, mut buffer) = (Vec::new(), usize::MAX, Vec::with_capacity(16 << 10));
    for count in 0.. {
        let start = Instant::now();
        if start >= until {
            break;
        }
        stream.write_all(request(count).as_bytes()).await?;
        let (status, length) = answer(&mut stream, &mut buffer).await?;
        assert_eq!(status, expected, "{}", String::from_utf8_lossy(&buffer));
        latencies.push(start.elapsed());
        shortest = shortest.min(length);
    }
    Ok((latencies, shortest))
}

/// Reads one answer with a known length; gives its status and that length.
pub(crate) async fn answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> io::Result<(u16, usize)> {
    buffer.clear();
    let end = loop {
        if let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
    let length = head.split_once("content-length: ").and_then(|(_, rest)| rest.split("\r\n").next()?.parse().ok()).unwrap_or(0);
    while buffer.len() < end + length {
        if stream.read_buf(buffer).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok((head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0), length))
}
