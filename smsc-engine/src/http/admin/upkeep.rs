//! The centre as a whole: how it does, its log, its settings, backups, its end.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, Body, By, Data, Fault};
use crate::calendar;
use crate::ops::backup::{self, BackupReport};
use crate::ops::{Operations, Program, bundle};

/// A level of the log.
#[derive(Serialize, Deserialize)]
pub(super) struct Level {
    pub(super) level: String,
}

impl Level {
    /// Logs from this level on, and tells from which.
    pub(super) fn set(&self, program: &dyn Program) -> Result<Level, Fault> {
        program.set_log_level(&self.level).map_err(Fault::wrong)?;
        tracing::info!(level = self.level, "the operator changed the log level");
        Ok(Level { level: program.log_level() })
    }
}

/// Where a backup goes.
#[derive(Deserialize)]
pub(super) struct Target {
    directory: PathBuf,
    keep_days: Option<u32>,
}

/// What became of a backup.
#[derive(Serialize)]
pub(super) struct Kept {
    #[serde(flatten)]
    report: BackupReport,
    removed: Vec<PathBuf>,
}

pub(super) async fn status(State(operations): State<Arc<Operations>>) -> Data<Value> {
    let control = &operations.control;
    let now = control.now();
    Data(json!({
        "version": operations.program.version(),
        "application": control.application,
        "now": calendar::text(now),
        "started": calendar::text(control.started),
        "uptime_seconds": now.since(control.started).as_secs(),
        "log_level": operations.program.log_level(),
        "messages": bundle::counts(&operations),
        "routes": control.handle.routes().map(|routes| routes.len()),
        "frontends": control.registry.stats(now),
        "sessions": control.smpp.as_deref().map(|smpp| smpp.links().len()),
        "batch": bundle::statistics(&control.batch.statistics()),
        "records": control.handle.recording().as_ref().map(bundle::statistics),
        "cluster": control.cluster_view(),
        "system": operations.system.read(),
    }))
}

pub(super) async fn log_level(State(operations): State<Arc<Operations>>) -> Data<Level> {
    Data(Level { level: operations.program.log_level() })
}

pub(super) async fn set_log_level(State(operations): State<Arc<Operations>>, by: By, Body(wanted): Body<Level>) -> Answer<Level> {
    let level = wanted.set(&*operations.program)?;
    by.audit("set log level", &level.level);
    Ok(Data(level))
}

pub(super) async fn reload(State(operations): State<Arc<Operations>>, by: By) -> Answer<String> {
    let told = operations.program.reload().await.map_err(Fault::wrong)?;
    by.audit("reload settings", &told);
    Ok(Data(told))
}

pub(super) async fn backup(State(operations): State<Arc<Operations>>, by: By, Body(target): Body<Target>) -> Answer<Kept> {
    // The directory of whoever asks is not ours.
    if !target.directory.is_absolute() {
        return Err(Fault::wrong("the directory must be given from the root on"));
    }
    let report = backup::backup(&operations.sources(), &target.directory).await.map_err(Fault::failed)?;
    by.audit("make backup", format_args!("{}, {} octets", report.directory.display(), report.octets));
    let mut removed = Vec::new();
    if let Some(days) = target.keep_days {
        let age = Duration::from_secs(u64::from(days) * 86_400);
        removed = backup::remove_older(&target.directory, age, operations.control.now()).map_err(Fault::failed)?;
    }
    Ok(Data(Kept { report, removed }))
}

pub(super) async fn support_bundle(State(operations): State<Arc<Operations>>) -> Result<impl IntoResponse, Fault> {
    let metrics = crate::http::metrics::text(&operations.control).await;
    let writing = tokio::task::spawn_blocking(move || {
        let mut octets = Vec::new();
        bundle::write(&operations, &metrics, &mut octets).map(|()| octets)
    });
    let octets = writing.await.map_err(Fault::failed)?.map_err(Fault::failed)?;
    Ok(([(CONTENT_TYPE, "application/gzip")], octets))
}

pub(super) async fn stop(State(operations): State<Arc<Operations>>, by: By) -> Answer<&'static str> {
    if operations.program.stop() {
        by.audit("stop", "the centre");
        Ok(Data("the centre stops"))
    } else {
        Err(Fault::wrong("this program cannot be stopped from here"))
    }
}
