//! What the program is installed with: the service file and the Debian package.

use std::path::Path;

use sms_harness::deploy::Deploy;

fn deploy() -> Deploy {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    Deploy { directory, name: "smpp-gateway", program: env!("CARGO_BIN_EXE_gateway") }
}

#[test]
fn the_service_file_is_sound_and_leaves_the_program_few_rights() {
    deploy().units_are_sound(&["smpp-gateway.service"]);
    assert!(deploy().unit_text("smpp-gateway.service").contains("\nRestart=on-failure\n"));
}

#[test]
fn a_debian_package_holds_what_a_service_needs() {
    deploy().package_holds(&[
        ("-rwxr-xr-x", "./usr/bin/smpp-gateway"),
        ("-rw-r--r--", "./usr/lib/systemd/system/smpp-gateway.service"),
        ("-rw-------", "./etc/smpp-gateway/gateway.toml"),
        ("-rw-r--r--", "./usr/share/doc/smpp-gateway/copyright"),
    ]);
}

#[test]
fn scripts_of_the_package_are_sound() {
    deploy().scripts_are_sound();
}
