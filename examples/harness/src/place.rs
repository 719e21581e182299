//! Where things are: programs beside the test, directories for what they write.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Once;
use std::sync::atomic::{AtomicU32, Ordering};

/// A new empty directory below the target directory.
pub fn fresh_directory(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let directory = temporary().join(format!("interop-{name}-{}-{number}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    directory
}

/// A program of this workspace as it was built together with the test, or as `SMSC_TEST_PROGRAM` or
/// `GATEWAY_TEST_PROGRAM` says. Built now if the test was built alone.
pub fn program(name: &str) -> PathBuf {
    if let Some(given) = env::var_os(format!("{}_TEST_PROGRAM", name.to_uppercase())) {
        return given.into();
    }
    static BUILT: Once = Once::new();
    let file = profile().join(name);
    if !file.exists() {
        BUILT.call_once(|| {
            let release = profile().ends_with("release");
            let mut build = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
            build.current_dir(env!("CARGO_MANIFEST_DIR")).args(["build", "--bin", name]).args(release.then_some("--release"));
            assert!(build.status().unwrap().success(), "{name} is not there and cannot be built");
        });
    }
    file
}

/// Where tests write.
pub(crate) fn temporary() -> PathBuf {
    target().join("tmp")
}

/// What `./test` has installed for the tests alone.
pub(crate) fn installed() -> PathBuf {
    target().join("interop")
}

/// A file of this package.
pub(crate) fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// `target/debug` or its like: tests lie in `deps` below it.
fn profile() -> PathBuf {
    env::current_exe().unwrap().parent().and_then(Path::parent).unwrap().to_owned()
}

fn target() -> PathBuf {
    profile().parent().unwrap().to_owned()
}
