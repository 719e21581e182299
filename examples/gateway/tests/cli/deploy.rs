//! What the program is installed with: the service file and the Debian package.

use super::require::{note, skip};
use super::*;

fn deploy() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy")
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

#[test]
fn the_service_file_is_sound_and_leaves_the_program_few_rights() {
    if !is_installed("systemd-analyze") {
        return skip("systemd-analyze", "apt-get install systemd");
    }
    let scratch = Scratch::new("units");
    let text = fs::read_to_string(deploy().join("systemd/smpp-gateway.service")).unwrap();
    assert!(text.contains("\nRestart=on-failure\n"));
    let unit = scratch.0.join("smpp-gateway.service");
    // The installed program is not there.
    fs::write(&unit, text.replace("/usr/bin/smpp-gateway", env!("CARGO_BIN_EXE_gateway"))).unwrap();
    let (_, _, errors) = run(Command::new("systemd-analyze").arg("verify").arg(&unit));
    let ours: Vec<&str> = errors.lines().filter(|line| line.contains("gateway")).collect();
    assert!(ours.is_empty(), "{ours:#?}");
    // Tenths: below 2.0 of 10.
    let security = ["security", "--offline=true", "--threshold=20", "--no-pager"];
    let (code, output, errors) = run(Command::new("systemd-analyze").args(security).arg(&unit));
    assert_eq!(code, Some(0), "{} {errors}", output.lines().last().unwrap_or_default());
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
        ("-rwxr-xr-x", "./usr/bin/smpp-gateway"),
        ("-rw-r--r--", "./usr/lib/systemd/system/smpp-gateway.service"),
        ("-rw-------", "./etc/smpp-gateway/gateway.toml"),
        ("-rw-r--r--", "./usr/share/doc/smpp-gateway/copyright"),
    ] {
        let line = contents.lines().find(|line| line.ends_with(&format!(" {file}")));
        assert!(line.is_some_and(|line| line.starts_with(mode) && line.contains("root/root")), "{file} in\n{contents}");
    }
    let (_, info, _) = run(Command::new("dpkg-deb").arg("--info").arg(&package));
    for word in ["Package: smpp-gateway", "Version: 1.2.3", "Depends: libc6, adduser", "conffiles", "postinst", "prerm", "postrm"]
    {
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
