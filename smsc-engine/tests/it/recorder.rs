//! The worker that writes records in batches, in virtual time.

use std::sync::Arc;
use std::time::Duration;

use smsc_engine::core::records::{Privacy, RecordSink, Recorder, RecorderOptions};
use smsc_engine::model::Status;
use tokio::time::{Instant, sleep};

use crate::records::{MemoryLedger, MemorySink, delivered};

const LONG: Duration = Duration::from_secs(3600);

fn start(options: RecorderOptions, sinks: &[&Arc<MemorySink>]) -> (Recorder, Arc<MemoryLedger>) {
    let ledger = Arc::new(MemoryLedger::default());
    let sinks = sinks.iter().map(|sink| Arc::clone(sink) as Arc<dyn RecordSink>).collect();
    (Recorder::start(options, sinks, ledger.clone()), ledger)
}

/// A message ends and its record is offered.
fn end(id: u64, (recorder, ledger): (&Recorder, &MemoryLedger)) -> bool {
    ledger.end(&delivered(id));
    recorder.offer(delivered(id))
}

#[tokio::test(start_paused = true)]
async fn a_batch_is_written_when_it_is_full_or_old() {
    let sink = MemorySink::failing(0, false);
    let (recorder, ledger) = start(RecorderOptions { batch_size: 3, ..RecorderOptions::default() }, &[&sink]);
    let begin = Instant::now();
    for id in 0..3 {
        assert!(end(id, (&recorder, &ledger)));
    }
    sleep(Duration::from_millis(1)).await;
    assert_eq!(sink.look(|memory| memory.batches.clone()), [[0, 1, 2]], "full at once");
    assert!(end(3, (&recorder, &ledger)));
    sleep(Duration::from_millis(99)).await;
    assert_eq!(sink.look(|memory| memory.batches.len()), 1, "{:?}", begin.elapsed());
    sleep(Duration::from_millis(2)).await;
    assert_eq!(sink.look(|memory| memory.batches.clone()), [vec![0, 1, 2], vec![3]], "old after a hundred milliseconds");
    assert!(ledger.left().is_empty(), "the queue may forget what was written");
    let statistics = recorder.statistics();
    assert_eq!((statistics.total_enqueued, statistics.total_flushed, statistics.total_batches), (4, 4, 2));
    assert_eq!((statistics.current_queue_size, statistics.flush_errors, statistics.last_flush_count), (0, 0, 1));
    assert!(statistics.last_flush_at.is_some() && statistics.last_flush_duration_ms == 0);
}

#[tokio::test(start_paused = true)]
async fn the_default_batch_is_a_hundred_records_or_a_hundred_milliseconds() {
    let sink = MemorySink::failing(0, false);
    let (recorder, ledger) = start(RecorderOptions::default(), &[&sink]);
    for id in 0..99 {
        end(id, (&recorder, &ledger));
    }
    sleep(Duration::from_millis(50)).await;
    assert_eq!(sink.look(|memory| memory.batches.len()), 0);
    end(99, (&recorder, &ledger));
    sleep(Duration::from_millis(1)).await;
    assert_eq!(sink.look(|memory| memory.batches[0].len()), 100);
}

#[tokio::test(start_paused = true)]
async fn an_outage_raises_errors_and_loses_nothing() {
    let (broken, whole) = (MemorySink::failing(5, true), MemorySink::failing(0, false));
    let (recorder, ledger) = start(RecorderOptions::default(), &[&broken, &whole]);
    for id in 0..250 {
        assert!(end(id, (&recorder, &ledger)));
    }
    sleep(Duration::from_millis(350)).await;
    let during = recorder.statistics();
    assert!(during.flush_errors >= 2 && during.total_flushed == 0, "{during:?}");
    assert_eq!(during.total_enqueued, during.total_flushed + during.current_queue_size + during.being_written);
    assert_eq!(ledger.left().len(), 250, "nothing is forgotten before it is written everywhere");
    recorder.close(LONG).await;
    assert!(ledger.left().is_empty());
    for sink in [&broken, &whole] {
        // The broken one wrote each time and failed afterwards; the whole one was asked once.
        assert!(sink.look(|memory| memory.records.len() == 250 && memory.records.values().all(|count| *count == 1)));
    }
    assert_eq!(broken.look(|memory| memory.doubtful.iter().filter(|doubtful| **doubtful).count()), 5);
    assert_eq!(whole.look(|memory| memory.doubtful.iter().filter(|doubtful| **doubtful).count()), 0);
    let statistics = recorder.statistics();
    assert_eq!((statistics.flush_errors, statistics.total_flushed), (5, 250));
    assert!(statistics.total_batches < 3, "under pressure many are written at once: {statistics:?}");
}

#[tokio::test(start_paused = true)]
async fn a_full_recorder_refuses_and_reads_the_rest_from_the_queue() {
    let sink = MemorySink::failing(3, false);
    let options = RecorderOptions { capacity: 10, batch_size: 5, ..RecorderOptions::default() };
    let (recorder, ledger) = start(options, &[&sink]);
    let taken = (0..5_000).filter(|id| end(*id, (&recorder, &ledger))).count();
    assert_eq!(taken, 10);
    assert_eq!(recorder.statistics().current_queue_size, 10, "offering does not block, and memory is bounded");
    sleep(Duration::from_secs(60)).await;
    assert!(ledger.left().is_empty());
    assert!(sink.look(|memory| memory.records.len() == 5_000 && memory.records.values().all(|count| *count == 1)));
    let statistics = recorder.statistics();
    assert_eq!((statistics.total_enqueued, statistics.total_flushed), (5_000, 5_000));
}

#[tokio::test(start_paused = true)]
async fn texts_are_bounded_too() {
    let sink = MemorySink::failing(usize::MAX, false);
    let (recorder, ledger) = start(RecorderOptions { capacity_octets: 100, ..RecorderOptions::default() }, &[&sink]);
    let taken = (0..100).filter(|id| end(*id, (&recorder, &ledger))).count();
    assert!((4..10).contains(&taken), "{taken}");
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_life_left_is_written_at_the_start_and_only_once() {
    let sink = MemorySink::failing(0, false);
    let ledger = Arc::new(MemoryLedger::default());
    for id in 0..2_500 {
        ledger.end(&delivered(id));
    }
    // The earlier life had written these before it died.
    sink.look(|memory| memory.records.extend((0..1_200).map(|id| (id, 1))));
    let recorder = Recorder::start(RecorderOptions::default(), vec![sink.clone()], ledger.clone());
    // A report that comes twice offers its record twice.
    for _ in 0..2 {
        assert!(end(9_999, (&recorder, &ledger)));
    }
    sleep(Duration::from_secs(1)).await;
    assert!(ledger.left().is_empty());
    assert!(sink.look(|memory| memory.records.len() == 2_501 && memory.records.values().all(|count| *count == 1)));
    assert_eq!(recorder.statistics().total_enqueued, 2_501);
}

#[tokio::test(start_paused = true)]
async fn without_a_sink_every_record_counts_as_written() {
    let (recorder, ledger) = start(RecorderOptions::default(), &[]);
    assert!(end(1, (&recorder, &ledger)));
    sleep(Duration::from_millis(101)).await;
    assert!(ledger.left().is_empty());
}

#[tokio::test(start_paused = true)]
async fn closing_writes_what_is_there_and_does_not_wait_for_ever() {
    let sink = MemorySink::failing(0, false);
    let (recorder, ledger) = start(RecorderOptions::default(), &[&sink]);
    end(1, (&recorder, &ledger));
    recorder.close(LONG).await;
    assert!(ledger.left().is_empty());
    assert!(!end(2, (&recorder, &ledger)), "a closed recorder takes nothing");
    let sink = MemorySink::failing(usize::MAX, false);
    let (recorder, ledger) = start(RecorderOptions::default(), &[&sink]);
    end(3, (&recorder, &ledger));
    recorder.close(Duration::from_secs(5)).await;
    assert_eq!(ledger.left().len(), 1, "it is still in the queue");
}

#[tokio::test(start_paused = true)]
async fn records_of_delivered_messages_have_no_text_where_it_must_be_deleted() {
    let sink = MemorySink::failing(0, false);
    let privacy = Privacy { delete_message_body_after_delivery: true, ..Privacy::default() };
    let (recorder, ledger) = start(RecorderOptions { privacy, ..RecorderOptions::default() }, &[&sink]);
    end(1, (&recorder, &ledger));
    let mut failed = delivered(2);
    failed.status = Status::Failed;
    recorder.offer(failed);
    recorder.close(LONG).await;
    assert_eq!(sink.look(|memory| (memory.records.len(), memory.bodies)), (2, 1));
}
