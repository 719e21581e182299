//! What a text takes on its way to and from the air, against every crate that does the same.
//!
//! `cargo bench -p smsc-benches --bench text`; with `-- --test` every case runs once only. A last
//! argument that is no option keeps only the cases whose name contains it.
//!
//! The peers are the crates of crates.io that do any of this and build: gsm7, gsm7-alt, sms-pdu,
//! sms-pdu-decoder, sms_splitter, rusmpp-extra and smpp-codec. Each is there where it does the job
//! of the row, gives the same result, and nothing else; what it cannot help, such as a text that it
//! wants as a `String` of its own, it is timed with.

mod count;
mod entry;
mod gsm7;
mod receipt;
mod sample;
mod split;
mod ucs2;

use smsc_benches::allocation::Counting;
use smsc_benches::report::Bar;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    let contests = [gsm7::all(), ucs2::all(), count::all(), split::all(), receipt::all()];
    smsc_benches::contest::hold(contests.into_iter().flatten().collect(), "text", &[]);
}

/// What every job must reach: buffers are the caller's, and the fastest crate is three times slower.
const BARS: [Bar; 2] = [Bar::NoAllocation, Bar::Multiple(3.0)];
