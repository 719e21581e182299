//! Replays the fuzz corpus: what was once found stays found.

use std::fs;
use std::path::Path;

use sms_codec::check;

type Target = fn(&[u8]);

#[test]
fn the_fuzz_corpus_gives_no_finding() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus");
    let targets: &[(&str, Target)] = &[
        ("gsm7", check::gsm7),
        ("ucs2", check::ucs2),
        ("charset", check::charset),
        ("udh", check::udh),
        ("segment", check::segment),
        ("plan", check::plan),
        ("receipt", check::receipt),
        ("join", check::join),
        ("time", check::time),
        ("tpdu", check::tpdu),
    ];
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
