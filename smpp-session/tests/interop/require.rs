//! What to do about a client that is not installed: say so, or fail where it was promised.

use std::env;
use std::fs::OpenOptions;
use std::io::Write;

/// Notes that `name` is missing. Fails if `SMSC_TEST_REQUIRE` promised it.
pub(crate) fn skip(name: &str, how_to_install: &str) {
    let required = env::var("SMSC_TEST_REQUIRE").unwrap_or_default();
    let promised = required == "1" || required.split(',').any(|item| item == name);
    assert!(!promised, "{name} is required and not installed ({how_to_install})");
    eprintln!("SKIPPED: {name} not installed ({how_to_install})");
    note(name, how_to_install);
}

/// Notes that `name` was not tested with, promised or not.
pub(crate) fn note(name: &str, why: &str) {
    // Test runners swallow what a passing test prints; whoever asks gets it in a file.
    if let Some(path) = env::var_os("SMSC_TEST_SKIPPED") {
        let mut notes = OpenOptions::new().create(true).append(true).open(path).unwrap();
        // One write: tests of other processes append to the same file.
        notes.write_all(format!("{name} ({why})\n").as_bytes()).unwrap();
    }
}
