//! What a program is installed with: service files and a Debian package.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::require::{note, skip};
use crate::scratch::{Scratch, run};

/// The directory `deploy` of a program, and what is in it.
pub struct Deploy {
    pub directory: PathBuf,
    /// What the program is called once it is installed.
    pub name: &'static str,
    /// The program as it was built.
    pub program: &'static str,
}

impl Deploy {
    /// Service files are in order by what systemd says, and leave the program few rights.
    pub fn units_are_sound(&self, names: &[&str]) {
        if !is_installed("systemd-analyze") {
            return skip("systemd-analyze", "apt-get install systemd");
        }
        let scratch = Scratch::new("units");
        let units: Vec<PathBuf> = names.iter().map(|name| self.unit(&scratch, name)).collect();
        let (_, _, errors) = run(Command::new("systemd-analyze").arg("verify").args(&units));
        let ours: Vec<&str> = errors.lines().filter(|line| names.iter().any(|name| line.contains(name))).collect();
        assert!(ours.is_empty(), "{ours:#?}");
        for unit in units.iter().filter(|unit| unit.extension().is_some_and(|kind| kind == "service")) {
            // Tenths: below 2.0 of 10.
            let security = ["security", "--offline=true", "--threshold=20", "--no-pager"];
            let (code, output, errors) = run(Command::new("systemd-analyze").args(security).arg(unit));
            let verdict = output.lines().last().unwrap_or_default().to_owned();
            assert_eq!(code, Some(0), "{}: {verdict} {errors}", unit.display());
        }
    }

    /// The text of a service file.
    pub fn unit_text(&self, name: &str) -> String {
        fs::read_to_string(self.directory.join("systemd").join(name)).unwrap()
    }

    /// A copy of a service file that starts the program as it was built: the installed one is not there.
    fn unit(&self, scratch: &Scratch, name: &str) -> PathBuf {
        let copy = scratch.0.join(name);
        fs::write(&copy, self.unit_text(name).replace(&format!("/usr/bin/{}", self.name), self.program)).unwrap();
        copy
    }

    /// The package can be built and holds these files with these rights.
    pub fn package_holds(&self, files: &[(&str, &str)]) {
        if !is_installed("dpkg-deb") {
            return skip("dpkg-deb", "apt-get install dpkg");
        }
        let scratch = Scratch::new("debian");
        let binary = scratch.0.join("binary");
        fs::write(&binary, "#!/bin/sh\n").unwrap();
        let build = self.directory.join("debian/build");
        let mut command = Command::new(&build);
        command.arg(&binary).args(["1.2.3", "out"]).current_dir(&scratch.0);
        let (code, _, errors) = run(command.env("DEBFULLNAME", "An Operator").env("DEBEMAIL", "operator@sms.example"));
        assert_eq!(code, Some(0), "{errors}");
        let package = fs::read_dir(scratch.0.join("out")).unwrap().next().unwrap().unwrap().path();
        let (_, contents, _) = run(Command::new("dpkg-deb").arg("--contents").arg(&package));
        for (mode, file) in files {
            let line = contents.lines().find(|line| line.ends_with(&format!(" {file}")));
            assert!(line.is_some_and(|line| line.starts_with(mode) && line.contains("root/root")), "{file} in\n{contents}");
        }
        self.package_is_sound(&package);
        let (code, _, errors) = run(Command::new(&build).arg("nowhere"));
        assert!(code == Some(2) && errors.starts_with("usage: "), "{errors}");
    }

    fn package_is_sound(&self, package: &Path) {
        let (_, info, _) = run(Command::new("dpkg-deb").arg("--info").arg(package));
        let own = format!("Package: {}", self.name);
        for word in [
            &*own,
            "Version: 1.2.3",
            "Maintainer: An Operator <operator@sms.example>",
            "Depends: libc6, adduser",
            "conffiles",
            "postinst",
            "prerm",
            "postrm",
        ] {
            assert!(info.contains(word), "{word} is not in\n{info}");
        }
        if !is_installed("lintian") {
            return note("lintian", "apt-get install lintian");
        }
        let (code, output, _) = run(Command::new("lintian").args(["--fail-on", "error"]).arg(package));
        assert_eq!(code, Some(0), "{output}");
    }

    /// The scripts of the package can be run and read.
    pub fn scripts_are_sound(&self) {
        for script in ["build", "postinst", "prerm", "postrm"] {
            let script = self.directory.join("debian").join(script);
            assert_eq!(fs::metadata(&script).unwrap().permissions().mode() & 0o111, 0o111, "{}", script.display());
            let (code, _, errors) = run(Command::new("sh").arg("-n").arg(&script));
            assert_eq!(code, Some(0), "{errors}");
        }
    }
}

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}
