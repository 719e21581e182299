//! A server of PostgreSQL in a directory of its own, as a process: what every test that starts one needs, and nothing of
//! ours, so that the programs' tests have it too.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Makes the files of a server in `directory/data`, with the database `sms_c_prod` for the user `sms_user`.
pub(crate) fn prepare(directory: &Path, password: &str) {
    fs::write(directory.join("password"), password).unwrap();
    give_away(directory);
    let mut initdb = unprivileged("initdb");
    initdb.args(["-U", "sms_user", "--auth=scram-sha-256", "-E", "UTF8", "--no-locale", "-N"]);
    run(initdb.arg(format!("--pwfile={}", directory.join("password").display())).arg("-D").arg(directory.join("data")));
    let mut single = unprivileged("postgres");
    single.args(["--single", "-D"]).arg(directory.join("data")).arg("postgres").stdin(Stdio::piped());
    let mut child = single.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"CREATE DATABASE sms_c_prod;\n").unwrap();
    assert!(child.wait().unwrap().success());
}

/// The server over these files, not started yet.
pub(crate) fn server(directory: &Path, port: u16) -> Command {
    let mut command = unprivileged("postgres");
    command.arg("-D").arg(directory.join("data")).args(["-p", &port.to_string(), "-k"]).arg(directory);
    command
}

/// Gives a directory to whom servers run as: they refuse to run as root.
pub(crate) fn give_away(directory: &Path) {
    if is_root() {
        run(Command::new("chown").args(["-R", USER]).arg(directory));
    }
}

/// A command of a server's package, as somebody else if we are root: it replaces `setpriv`, so its id is known.
pub(crate) fn unprivileged(name: &str) -> Command {
    let program = program(name).unwrap();
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([format!("--reuid={USER}"), format!("--regid={GROUP}"), "--clear-groups".into(), "--".into()]).arg(program);
    command
}

/// Where a program is; Debian keeps those of PostgreSQL out of everybody's way.
pub(crate) fn program(name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let places = std::env::split_paths(&path).chain(["/usr/sbin".into()]).chain(debian);
    places.map(|place| place.join(name)).find(|program| program.is_file())
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout == b"0\n"
}

const USER: &str = "nobody";
const GROUP: &str = "nogroup";
