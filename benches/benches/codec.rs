//! The same contests under criterion, for its history and statistics.
//!
//! `cargo bench -p smsc-benches --bench codec -- 'decode/submit_sm'`. For ratios use `codec_ratios`:
//! criterion runs contestants one after the other, minutes apart.

mod contest;

use criterion::{Criterion, Throughput};

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    for contest in contest::all() {
        let mut group = criterion.benchmark_group(format!("{}/{}", contest.way, contest.case));
        group.throughput(Throughput::Elements(contest.works as u64));
        for mut contestant in contest.contestants {
            group.bench_function(contestant.name, |bencher| {
                bencher.iter_custom(|batches| contestant.time(batches));
            });
        }
        group.finish();
    }
    criterion.final_summary();
}
