//! Every PDU, both ways, against the yardstick and the peers, in one run and one table.
//!
//! `cargo bench -p smsc-benches --bench codec_ratios`; with `-- --test` every case runs once only.
//! A last argument that is no option keeps only the cases whose name contains it.

mod contest;

use smsc_benches::allocation::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    smsc_benches::contest::hold(contest::all(), "PDU", &COLUMNS);
}

const COLUMNS: [&str; 6] = ["yardstick", "yardstick lazy", "rusmpp", "rusmpp borrowed", "smpp34", "smpp-codec"];
