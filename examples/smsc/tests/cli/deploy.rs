//! What the program is installed with: service files and the Debian package.

use std::path::Path;

use sms_harness::deploy::Deploy;

fn deploy() -> Deploy {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    Deploy { directory, name: "smsc", program: env!("CARGO_BIN_EXE_smsc") }
}

#[test]
fn service_files_are_sound_and_leave_the_program_few_rights() {
    deploy().units_are_sound(&["smsc.service", "smsc-backup.service", "smsc-backup.timer"]);
    assert!(deploy().unit_text("smsc.service").contains("\nRestart=on-failure\n"));
    assert!(deploy().unit_text("smsc-backup.timer").contains("\nOnCalendar=*-*-* 02:00:00\n"));
}

#[test]
fn a_debian_package_holds_what_a_service_needs() {
    deploy().package_holds(&[
        ("-rwxr-xr-x", "./usr/bin/smsc"),
        ("-rw-r--r--", "./usr/lib/systemd/system/smsc.service"),
        ("-rw-r--r--", "./usr/lib/systemd/system/smsc-backup.timer"),
        ("-rw-r-----", "./etc/smsc/smsc.toml"),
        ("-rw-r--r--", "./usr/share/doc/smsc/copyright"),
    ]);
}

#[test]
fn scripts_of_the_package_are_sound() {
    deploy().scripts_are_sound();
}
