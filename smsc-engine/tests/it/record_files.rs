//! Records in files, on disks that fail.

use std::collections::BTreeMap;
use std::sync::Arc;

use smsc_engine::core::queue::io::Io;
use smsc_engine::core::records::{FileFormat, FileOptions, FileSink, RecordSink, SinkError};
use smsc_engine::model::{Cdr, Timestamp};
use smsc_engine::testing::{Dice, FaultyIo};

use crate::records::delivered;

fn formats() -> Vec<FileFormat> {
    vec![
        FileFormat::Csv,
        #[cfg(feature = "json")]
        FileFormat::JsonLines,
    ]
}

fn options(format: FileFormat, largest_file: u64) -> FileOptions {
    FileOptions { largest_file, ..FileOptions::new(format) }
}

/// A record of just now, as they are.
fn recent(id: u64) -> Cdr {
    Cdr { submission_time: Timestamp::now(), ..delivered(id) }
}

fn names(io: &FaultyIo) -> Vec<String> {
    let mut names: Vec<_> = io.list().unwrap().into_iter().filter(|name| name.starts_with("cdrs-")).collect();
    names.sort();
    names
}

/// How often each message is there; panics at a line that is none.
fn count(io: &FaultyIo, format: FileFormat) -> BTreeMap<u64, usize> {
    let mut counts = BTreeMap::new();
    for name in names(io) {
        let text = String::from_utf8(io.content(&name).unwrap()).unwrap();
        let mut rest = text.as_str();
        if format == FileFormat::Csv && !rest.is_empty() {
            rest = rest.strip_prefix(HEADER).expect("a header");
        }
        while !rest.is_empty() {
            let end = if format == FileFormat::Csv { csv_end(rest) } else { rest.find('\n').unwrap() + 1 };
            let (line, behind) = rest.split_at(end);
            let digits = line.strip_prefix("{\"message_id\":").unwrap_or(line);
            let id = digits.split(|character: char| !character.is_ascii_digit()).next().unwrap().parse().unwrap();
            *counts.entry(id).or_default() += 1;
            rest = behind;
        }
    }
    counts
}

/// A record of CSV ends at the first line feed outside of quotes.
fn csv_end(text: &str) -> usize {
    let mut quoted = false;
    let end = text.find(|character| {
        quoted ^= character == '"';
        character == '\n' && !quoted
    });
    end.expect("a whole record") + 1
}

const HEADER: &str = "message_id,calling_number,called_number,source_smsc,dest_smsc,origin_node,destination_node,submission_time,\
    delivery_time,expiry_time,status,delivery_attempts,message_parts,deadletter,message_body,inserted_at\n";

#[tokio::test]
async fn lines_have_all_columns_and_files_are_followed_by_new_ones() {
    for format in formats() {
        let io = FaultyIo::new(1);
        let sink = FileSink::open_on(Arc::new(io.clone()), options(format, 1_000)).unwrap();
        for id in 0..10 {
            sink.write(&[recent(2 * id), recent(2 * id + 1)], false).await.unwrap();
        }
        assert!(names(&io).len() >= 5, "{:?}", names(&io));
        for name in names(&io) {
            assert!(io.content(&name).unwrap().len() <= 1_000);
        }
        assert_eq!(count(&io, format), (0..20).map(|id| (id, 1)).collect());
        drop(sink);
        // The next life goes on with the last file.
        let before = names(&io).len();
        let sink = FileSink::open_on(Arc::new(io.clone()), options(format, 1 << 20)).unwrap();
        sink.write(&[recent(20)], false).await.unwrap();
        assert_eq!(names(&io).len(), before);
        assert!(
            matches!(FileSink::open_on(Arc::new(io.clone()), options(format, 1)), Err(SinkError::Disk { .. })),
            "one at a time"
        );
    }
}

#[cfg(feature = "json")]
#[tokio::test]
async fn a_line_of_json_says_everything() {
    let io = FaultyIo::new(1);
    let sink = FileSink::open_on(Arc::new(io.clone()), options(FileFormat::JsonLines, 1_000)).unwrap();
    let mut cdr = delivered(7);
    cdr.expiry_time = None;
    cdr.origin_node = None;
    sink.write(&[cdr], false).await.unwrap();
    let line: serde_json::Value = serde_json::from_slice(&io.content(&names(&io)[0]).unwrap()).unwrap();
    assert_eq!(line["message_id"], 7);
    assert_eq!(line["submission_time"], "2026-11-28T12:00:00.789Z");
    assert_eq!(line["message_body"], "text 7, \"Grüße\"\n👋");
    assert_eq!(line["deadletter"], false);
    assert!(line["origin_node"].is_null() && line["expiry_time"].is_null());
    assert_eq!(line.as_object().unwrap().len(), 16);
}

#[tokio::test]
async fn a_full_disk_is_an_error_and_the_next_attempt_leaves_nothing_twice() {
    for format in formats() {
        let io = FaultyIo::new(1);
        let sink = FileSink::open_on(Arc::new(io.clone()), options(format, 1 << 20)).unwrap();
        sink.write(&[recent(1)], false).await.unwrap();
        io.limit(io.content(&names(&io)[0]).unwrap().len() as u64 + 100);
        let batch: Vec<_> = (2..20).map(recent).collect();
        for _ in 0..3 {
            let error = sink.write(&batch, true).await.unwrap_err().to_string();
            assert!(error.starts_with("cdrs-"), "it names the file: {error}");
        }
        io.limit(u64::MAX);
        sink.write(&batch, true).await.unwrap();
        io.fail_next_sync("cdrs-");
        assert!(sink.write(&[recent(20)], false).await.is_err());
        sink.write(&[recent(20)], true).await.unwrap();
        assert_eq!(count(&io.crash(), format), (1..=20).map(|id| (id, 1)).collect());
    }
}

/// Writes batches until the power fails, and again with what the message queue still has, as often as it takes.
async fn live(format: FileFormat, seed: u64) {
    let mut dice = Dice::new(seed);
    let mut io = FaultyIo::new(seed);
    let all: Vec<_> = (0..60).map(recent).collect();
    let (mut told, mut lives) = (0, 0);
    while told < all.len() {
        lives += 1;
        assert!(lives < 1_000);
        io.fail_after(3 + dice.throw(12));
        // What the queue still has is doubtful in every life but the first.
        let mut doubtful = lives > 1;
        if let Ok(sink) = FileSink::open_on(Arc::new(io.clone()), options(format, 2_000)) {
            while told < all.len() {
                let end = all.len().min(told + 1 + dice.throw(7) as usize);
                if sink.write(&all[told..end], doubtful).await.is_err() {
                    break;
                }
                // Between the write and the note that it was written, the program may die, too.
                if dice.throw(4) == 0 {
                    break;
                }
                told = end;
                // In this life it is sure that later ones were not written, once the first was answered.
                doubtful = doubtful && dice.throw(2) == 0 || lives > 1;
            }
        }
        io = io.crash();
    }
    assert_eq!(count(&io, format), (0..60).map(|id| (id, 1)).collect(), "seed {seed}");
}

#[tokio::test]
async fn no_record_is_lost_or_there_twice_after_any_crash() {
    for format in formats() {
        for seed in 0..60 {
            live(format, seed).await;
        }
    }
}
