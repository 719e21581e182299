use std::collections::BTreeMap;
use std::io::Read;

use smsc_engine::api::Submission;
use smsc_engine::ops::bundle;

use super::*;

/// The files of a bundle and their contents.
fn unpack(octets: &[u8]) -> BTreeMap<String, String> {
    let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(octets));
    let files = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_str().unwrap().to_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text).unwrap();
        (name, text)
    });
    files.collect()
}

#[tokio::test]
async fn a_support_bundle_tells_everything_but_texts_numbers_and_secrets() {
    let home = tempfile::tempdir().unwrap();
    let plant = Plant::new(home.path()).await;
    let routes = plant.core.handle();
    let own = Route { called_prefix: Some("447700900123".into()), dest_smsc: Some("uk".into()), ..Route::default() };
    routes.routes().unwrap().add(own).await.unwrap();
    plant.core.handle().submit(Submission::new(message("planted-text"))).await.unwrap();
    let mut octets = Vec::new();
    bundle::write(&plant.operations, "sms_c_queue_size_pending 12345678\n", &mut octets).unwrap();
    let files = unpack(&octets);
    let names: Vec<&str> = files.keys().map(|name| name.strip_prefix("support-bundle/").unwrap()).collect();
    assert_eq!(
        names,
        [
            "batch.json",
            "centre.json",
            "counts.json",
            "frontends.json",
            "log.txt",
            "metrics.txt",
            "records.json",
            "routes.json",
            "sessions.json",
            "settings.toml",
            "system.json",
            "version.txt"
        ]
    );
    for (name, text) in &files {
        for planted in ["planted", "447700900123"] {
            assert!(!text.contains(planted), "{planted} is in {name}");
        }
    }
    let file = |name: &str| files[&format!("support-bundle/{name}")].as_str();
    assert_eq!(file("version.txt"), "smsc 1.2.3\n");
    assert!(file("settings.toml").contains("listen") && file("settings.toml").contains("password = \"***\""));
    assert!(file("metrics.txt").contains("12345678"), "a figure is no number of a subscriber");
    assert!(file("log.txt").contains("message_id=7") && file("log.txt").contains("+44770090XXXX"));
    let counts: serde_json::Value = serde_json::from_str(file("counts.json")).unwrap();
    assert_eq!(counts["pending"], 1);
    let system: serde_json::Value = serde_json::from_str(file("system.json")).unwrap();
    assert!(system["disk_total"].as_u64() > Some(0));
}
