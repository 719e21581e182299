//! What the program is installed with: service files and the Debian package.

use std::os::unix::fs::PermissionsExt;

use super::require::{note, skip};
use super::*;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Copies of the service files that start the program of this test, for the installed one is not there.
fn units(scratch: &Scratch) -> Vec<PathBuf> {
    ["smsc.service", "smsc-backup.service", "smsc-backup.timer"]
        .map(|name| {
            let unit = fs::read_to_string(deploy().join("systemd").join(name)).unwrap();
            let copy = scratch.0.join(name);
            fs::write(&copy, unit.replace("/usr/bin/smsc", env!("CARGO_BIN_EXE_smsc"))).unwrap();
            copy
        })
        .into()
}

#[test]
fn service_files_are_sound_and_leave_the_program_few_rights() {
    if !is_installed("systemd-analyze") {
        return skip("systemd-analyze", "apt-get install systemd");
    }
    let scratch = Scratch::new("units");
    let units = units(&scratch);
    let (_, _, errors) = run(Command::new("systemd-analyze").arg("verify").args(&units));
    let ours: Vec<&str> = errors.lines().filter(|line| line.contains("smsc")).collect();
    assert!(ours.is_empty(), "{ours:#?}");
    for unit in units.iter().filter(|unit| unit.extension().is_some_and(|kind| kind == "service")) {
        // Tenths: below 2.0 of 10.
        let security = ["security", "--offline=true", "--threshold=20", "--no-pager"];
        let (code, output, errors) = run(Command::new("systemd-analyze").args(security).arg(unit));
        let verdict = output.lines().last().unwrap_or_default().to_owned();
        assert_eq!(code, Some(0), "{}: {verdict} {errors}", unit.display());
    }
    let unit = fs::read_to_string(deploy().join("systemd/smsc.service")).unwrap();
    assert!(unit.contains("\nRestart=on-failure\n"));
    let timer = fs::read_to_string(deploy().join("systemd/smsc-backup.timer")).unwrap();
    assert!(timer.contains("\nOnCalendar=*-*-* 02:00:00\n"));
}

#[test]
fn a_debian_package_holds_what_a_service_needs() {
    if !is_installed("dpkg-deb") {
        return skip("dpkg-deb", "apt-get install dpkg");
    }
    let scratch = Scratch::new("debian");
    let binary = scratch.0.join("binary");
    fs::write(&binary, "#!/bin/sh\n").unwrap();
    let build = deploy().join("debian/build");
    let (code, _, errors) = run(Command::new(&build).arg(&binary).args(["1.2.3", "out"]).current_dir(&scratch.0));
    assert_eq!(code, Some(0), "{errors}");
    let package = fs::read_dir(scratch.0.join("out")).unwrap().next().unwrap().unwrap().path();
    let (_, contents, _) = run(Command::new("dpkg-deb").arg("--contents").arg(&package));
    for (mode, file) in [
        ("-rwxr-xr-x", "./usr/bin/smsc"),
        ("-rw-r--r--", "./usr/lib/systemd/system/smsc.service"),
        ("-rw-r--r--", "./usr/lib/systemd/system/smsc-backup.timer"),
        ("-rw-r-----", "./etc/smsc/smsc.toml"),
        ("-rw-r--r--", "./usr/share/doc/smsc/copyright"),
    ] {
        let line = contents.lines().find(|line| line.ends_with(&format!(" {file}")));
        assert!(line.is_some_and(|line| line.starts_with(mode) && line.contains("root/root")), "{file} in\n{contents}");
    }
    let (_, info, _) = run(Command::new("dpkg-deb").arg("--info").arg(&package));
    for word in ["Package: smsc", "Version: 1.2.3", "Depends: libc6, adduser", "conffiles", "postinst", "prerm", "postrm"] {
        assert!(info.contains(word), "{word} is not in\n{info}");
    }
    if is_installed("lintian") {
        let (code, output, _) = run(Command::new("lintian").args(["--fail-on", "error"]).arg(&package));
        assert_eq!(code, Some(0), "{output}");
    } else {
        note("lintian", "apt-get install lintian");
    }
    let (code, _, errors) = run(Command::new(&build).arg("nowhere"));
    assert!(code == Some(2) && errors.starts_with("usage: "), "{errors}");
}

#[test]
fn scripts_of_the_package_are_sound() {
    for script in ["build", "postinst", "prerm", "postrm"] {
        let script = deploy().join("debian").join(script);
        assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o111, 0o111, "{}", script.display());
        let (code, _, errors) = run(Command::new("sh").arg("-n").arg(&script));
        assert_eq!(code, Some(0), "{errors}");
    }
}
