//! Replays the fuzz corpus: what was once found stays found.

use std::fs;
use std::path::Path;

use smpp_pdu::check;

#[test]
fn the_fuzz_corpus_gives_no_finding() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let targets: [(&str, Target); 4] =
        [("pdu_decode", check::decode), ("pdu_round_trip", check::round_trip), ("frames", check::frames), ("tlvs", check::tlvs)];
    for (name, target) in targets {
        let Ok(files) = fs::read_dir(corpus.join(name)) else {
            // A packaged crate comes without the corpus.
            eprintln!("SKIPPED: no corpus for {name}");
            continue;
        };
        for file in files {
            target(&fs::read(file.unwrap().path()).unwrap());
        }
    }
}

type Target = fn(&[u8]);
