//! Reads every figure where it is counted.

use std::collections::BTreeMap;
use std::time::Duration;

use super::api::CLASSES;
use super::bind::bind;
use super::table::{
    API_REQUESTS, API_TIME, BATCH_BATCHES, BATCH_ENQUEUED, BATCH_ERRORS, BATCH_FLUSHED, BATCH_LAST_AT, BATCH_LAST_COUNT,
    BATCH_LAST_TIME, BATCH_SIZE, BUILD, CERTIFICATE, CHARGING_ATTEMPTED, CHARGING_FAILED, CHARGING_SUCCEEDED, CHARGING_UP,
    CLUSTER, CLUSTER_WORKS, CPU, DEAD_LETTER, DELIVERY_ATTEMPTED, DELIVERY_ATTEMPTS, DELIVERY_FAILED, DELIVERY_QUEUED,
    DELIVERY_SUCCEEDED, DELIVERY_TIME, DISK_FREE, DISK_SIZE, DUPLICATE, ENUM_HIT, ENUM_MISS, ENUM_SIZE, ENUM_TIME, FRONTENDS,
    FRONTENDS_LOST, Family, LEASED, MATCHED, MAX_FILES, OLDEST, OPEN_FILES, PENDING, POOL_CONNECTED, POOL_QUERY, POOL_QUEUE,
    PROCESSING, RECEIPT_DELIVERED, RECEIPT_FAILED, RECEIVED, RECORDS_UP, RESIDENT, ROUTES, ROUTING, ROUTING_FAILED, SIZE,
    SMPP_SESSIONS, STARTED, STORE_UP, THROTTLED, UNRECORDED,
};
use super::writer::{Writer, millis};
use crate::cluster::MemberState;
use crate::control::Control;
use crate::core::charging::Circuit;
use crate::core::records::Statistics;
use crate::core::{MOST_NAMES, Named, OTHER};
use crate::frontend::{Binds, kind_word};
use crate::model::SourceType;
use crate::ops::System;
use crate::sql::{Database, Histogram};

pub(super) async fn all(control: &Control) -> Writer {
    let mut writer = Writer::default();
    let out = &mut writer;
    intake(out, control);
    routes(out, control);
    delivery(out, control);
    queue(out, control).await;
    frontends(out, control);
    for status in control.carriers.iter().flat_map(Binds::list) {
        bind(out, &status);
    }
    outside(out, control);
    databases(out, control);
    cluster(out, control);
    batches(out, control);
    api(out, control);
    process(out, control);
    writer
}

fn intake(out: &mut Writer, control: &Control) {
    let meters = control.handle.meters();
    for (source_smsc, counts) in meters.received.all() {
        let types = ["none"].into_iter().chain(SourceType::ALL.map(SourceType::name));
        for (source_type, count) in types.zip(counts).filter(|(_, count)| *count > 0) {
            out.put(&RECEIVED, &[("source_smsc", &source_smsc), ("source_type", &source_type)], count);
        }
    }
    out.put(&DUPLICATE, &[], meters.duplicates.get());
    out.times(&PROCESSING, &[], &meters.processing.snapshot());
    if let Some(smpp) = &control.smpp {
        for (denial, count) in smpp.accounts().denied() {
            out.put(&THROTTLED, &[("reason", &denial.name())], count);
        }
    }
}

fn routes(out: &mut Writer, control: &Control) {
    let meters = control.handle.meters();
    out.put(&ROUTING_FAILED, &[], meters.routing_failed.get());
    out.times(&ROUTING, &[], &meters.routing.snapshot());
    let Some(table) = control.handle.routes() else { return };
    out.put(&ROUTES, &[], table.len());
    let mut others = 0;
    for (place, (id, matched)) in table.matches().into_iter().enumerate() {
        match table.get(id).filter(|_| place < MOST_NAMES) {
            Some(route) => {
                let dest_smsc = route.dest_smsc.as_deref().unwrap_or("none");
                out.put(&MATCHED, &[("route_id", &id), ("dest_smsc", &dest_smsc), ("priority", &route.priority)], matched);
            }
            None => others += matched,
        }
    }
    if others > 0 {
        out.put(&MATCHED, &[("route_id", &OTHER), ("dest_smsc", &OTHER), ("priority", &OTHER)], others);
    }
}

fn delivery(out: &mut Writer, control: &Control) {
    let meters = control.handle.meters();
    named(out, &DELIVERY_QUEUED, &meters.queued);
    named(out, &DELIVERY_ATTEMPTED, &meters.attempted);
    named(out, &DELIVERY_SUCCEEDED, &meters.delivered);
    let (buckets, sum) = meters.attempts.read();
    let at_most = summed(&buckets);
    out.histogram(&DELIVERY_ATTEMPTS, &[], (&at_most, buckets.iter().sum(), sum as f64));
    out.times(&DELIVERY_TIME, &[], &meters.delivery.snapshot());
    for (family, counter) in [
        (&DELIVERY_FAILED, &meters.failed),
        (&DEAD_LETTER, &meters.dead_letter),
        (&RECEIPT_DELIVERED, &meters.receipts_delivered),
        (&RECEIPT_FAILED, &meters.receipts_failed),
    ] {
        out.put(family, &[], counter.get());
    }
}

fn named(out: &mut Writer, family: &Family, counts: &Named) {
    for (name, [count]) in counts.all() {
        let name = if name.is_empty() { "none" } else { &*name };
        out.put(family, &[("dest_smsc", &name)], count);
    }
}

async fn queue(out: &mut Writer, control: &Control) {
    let counts = control.handle.counts();
    out.put(&SIZE, &[], counts.pending + counts.delivered + counts.failed + counts.expired + counts.rejected);
    out.put(&PENDING, &[], counts.pending);
    out.put(&LEASED, &[], counts.lanes.iter().map(|lane| lane.leased).sum::<u64>());
    out.put(&UNRECORDED, &[], counts.unrecorded);
    out.put(&STORE_UP, &[], u8::from(control.handle.queue().health().is_ok()));
    match control.handle.oldest().await {
        Ok(oldest) => {
            let age = oldest.map_or(Duration::ZERO, |record| control.now().since(record.message.submitted));
            out.put(&OLDEST, &[], millis(age) / 1000.0);
        }
        // No figure is better than a wrong one; the store's own figure tells what is wrong.
        Err(error) => tracing::warn!(%error, "the age of the oldest message cannot be read"),
    }
}

fn frontends(out: &mut Writer, control: &Control) {
    let now = control.now();
    let stats = control.registry.stats(now);
    out.put(&FRONTENDS, &[("status", &"connected")], stats.active);
    // A frontend that is there again is not disconnected, whatever its earlier periods say.
    out.put(&FRONTENDS, &[("status", &"disconnected")], stats.unique_frontends - stats.active);
    out.put(&FRONTENDS_LOST, &[], control.registry.lost(now.before(LOST), now));
    let Some(smpp) = &control.smpp else { return };
    let mut sessions = BTreeMap::<(String, &str), u64>::new();
    for link in smpp.links() {
        let bind_type = link.kind().map_or("none", kind_word);
        *sessions.entry((link.system_id().to_owned(), bind_type)).or_default() += 1;
    }
    for ((system_id, bind_type), count) in sessions.into_iter().take(MOST_NAMES) {
        out.put(&SMPP_SESSIONS, &[("system_id", &system_id), ("bind_type", &bind_type)], count);
    }
}

/// ENUM and charging; without them the figures are there and nought, so that alerts and panels have something to read.
fn outside(out: &mut Writer, control: &Control) {
    let lookup = control.handle.enum_lookup().unwrap_or_default();
    out.times(&ENUM_TIME, &[("success", &true)], &lookup.succeeded);
    out.times(&ENUM_TIME, &[("success", &false)], &lookup.failed);
    out.put(&ENUM_HIT, &[], lookup.hits);
    out.put(&ENUM_MISS, &[], lookup.misses);
    out.put(&ENUM_SIZE, &[], lookup.size);
    let meters = control.handle.meters();
    out.put(&CHARGING_ATTEMPTED, &[], meters.charging_attempted.get());
    out.put(&CHARGING_FAILED, &[], meters.charging_failed.get());
    out.times(&CHARGING_SUCCEEDED, &[], &meters.charging_succeeded.snapshot());
    if let Some(charging) = control.handle.charging() {
        out.put(&CHARGING_UP, &[], u8::from(charging.circuit != Circuit::Open));
    }
}

fn cluster(out: &mut Writer, control: &Control) {
    let Some(view) = control.cluster_view() else { return };
    for state in MemberState::ALL {
        out.put(&CLUSTER, &[("state", &state.name())], view.count(state));
    }
    out.put(&CLUSTER_WORKS, &[], u8::from(view.works));
}

fn databases(out: &mut Writer, control: &Control) {
    let records = control.records.as_ref().map(|records| ("records", records.database()));
    let tables = control.figures.database.as_ref().map(|database| ("tables", database));
    for (name, database) in records.into_iter().chain(tables) {
        pool(out, name, database);
    }
}

fn pool(out: &mut Writer, name: &str, database: &Database) {
    let measures = database.measures();
    let labels: [(&'static str, &dyn std::fmt::Display); 1] = [("database", &name)];
    for (family, Histogram { buckets, sum }) in [(&POOL_QUEUE, measures.queue_time), (&POOL_QUERY, measures.query_time)] {
        out.histogram(family, &labels, (&summed(&buckets), buckets.iter().sum(), millis(sum)));
    }
    out.put(&POOL_CONNECTED, &labels, measures.connected);
}

/// How many fell into each bucket or one before.
fn summed(buckets: &[u64]) -> Vec<u64> {
    let mut sum = 0;
    let add = |count: &u64| {
        sum += count;
        sum
    };
    buckets.iter().map(add).collect()
}

fn batches(out: &mut Writer, control: &Control) {
    batch(out, "messages", &control.batch.statistics());
    if let Some(statistics) = control.handle.recording() {
        batch(out, "records", &statistics);
        out.put(&RECORDS_UP, &[], u8::from(!statistics.is_failing));
    }
}

fn batch(out: &mut Writer, worker: &str, statistics: &Statistics) {
    let at = statistics.last_flush_at.map_or(0, |at| at.0 / 1000);
    for (family, value) in [
        (&BATCH_ENQUEUED, statistics.total_enqueued),
        (&BATCH_FLUSHED, statistics.total_flushed),
        (&BATCH_BATCHES, statistics.total_batches),
        (&BATCH_ERRORS, statistics.flush_errors),
        (&BATCH_SIZE, statistics.current_queue_size),
        (&BATCH_LAST_COUNT, statistics.last_flush_count),
        (&BATCH_LAST_TIME, statistics.last_flush_duration_ms),
        (&BATCH_LAST_AT, at),
    ] {
        out.put(family, &[("worker", &worker)], value);
    }
}

fn api(out: &mut Writer, control: &Control) {
    for stats in control.figures.api.read() {
        let resource = stats.resource.name();
        for (status, count) in CLASSES.iter().zip(stats.classes) {
            out.put(&API_REQUESTS, &[("resource", &resource), ("status", status)], count);
        }
        out.times(&API_TIME, &[("resource", &resource)], &stats.took);
    }
}

fn process(out: &mut Writer, control: &Control) {
    out.put(&BUILD, &[("version", &env!("CARGO_PKG_VERSION"))], 1);
    let now = control.now();
    for (used_for, expires) in control.figures.certificates.all() {
        let left = millis(expires.since(now)) - millis(now.since(expires));
        out.put(&CERTIFICATE, &[("certificate", &used_for)], left / 1000.0);
    }
    // Without a directory nothing is known of its disk.
    let system = System::new(control.figures.directory.clone().unwrap_or_default()).read();
    for (family, value) in [
        (&DISK_FREE, system.disk_available),
        (&DISK_SIZE, system.disk_total),
        (&RESIDENT, system.process_memory),
        (&OPEN_FILES, system.open_files),
        (&MAX_FILES, system.open_files_limit),
    ] {
        if let Some(value) = value {
            out.put(family, &[], value);
        }
    }
    if let Some(seconds) = system.process_cpu_seconds {
        out.put(&CPU, &[], seconds);
    }
    out.put(&STARTED, &[], control.started.0 as f64 / 1000.0);
}

/// How long a frontend that went away is worth an alarm.
const LOST: Duration = Duration::from_secs(3600);
