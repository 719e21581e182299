//! Schemathesis, which nobody here wrote, asks everything the description promises, and much that it does not.

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use super::Api;
use crate::control::route;
use crate::require::skip;

/// Enough that every rule of every field is tried, and done in about a minute on two slow processors.
const EXAMPLES: &str = "8";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn schemathesis_finds_no_difference_between_the_description_and_the_api() {
    let Some(program) = installed() else { return skip("schemathesis", "./test") };
    let api = Api::with(vec![route("44", "uk")], |_| {}).await;
    let listener = tokio::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("http://{}/api/openapi.json", listener.local_addr().unwrap());
    let service = api.router.clone().into_make_service_with_connect_info::<SocketAddr>();
    let server = tokio::spawn(async move { axum::serve(listener, service).await });
    let output = tokio::task::spawn_blocking(move || run(&program, &url)).await.unwrap();
    server.abort();
    assert!(output.status.success(), "{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
}

/// What a schema cannot say is refused with 422 all the same: rules between fields, keys that are taken, moments before
/// 1970, whole numbers written as `1.0`, lengths in octets.
/// And nobody refuses a header for being unknown.
const SETTINGS: &str = r#"
[generation]
allow-extra-parameters = false

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422", "5xx"]
"#;

fn run(program: &str, url: &str) -> Output {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("schemathesis.toml"), SETTINGS).unwrap();
    let arguments = ["--checks", "all", "--seed", "1", "--max-examples", EXAMPLES, "--generation-database", "none", "--no-color"];
    let mut command = Command::new(program);
    command.args(["run", url]).args(arguments).args(["--continue-on-failure", "--workers", "2"]);
    // The same collection as the other path of multimedia messages: what goes there is gone here, to its surprise.
    command.args(["--exclude-path-regex", "^/api/mms_message_queues"]);
    // It leaves files where it runs.
    command.current_dir(directory.path()).stdin(Stdio::null()).output().unwrap()
}

/// As `./test` set it up, or else the system's.
fn installed() -> Option<String> {
    let own = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("interop").join("python/bin/schemathesis");
    let names = [own.to_string_lossy().into_owned(), "schemathesis".to_owned()];
    let runs = |name: &String| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    names.into_iter().find(runs)
}
