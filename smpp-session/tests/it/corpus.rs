//! Replays the fuzz corpus: what was once found stays found.

use std::fs;
use std::path::Path;

use smpp_session::check;

#[test]
fn the_fuzz_corpus_gives_no_finding() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/session");
    let Ok(files) = fs::read_dir(&corpus) else {
        // A packaged crate comes without the corpus.
        eprintln!("SKIPPED: no corpus");
        return;
    };
    for file in files {
        check::session(&fs::read(file.unwrap().path()).unwrap());
    }
}
