//! What Prometheus is told.

use super::{FREE, api, carrier, core, eventually, get, settings, start};

#[tokio::test]
async fn metrics_have_a_port_of_their_own_and_one_path() {
    let directory = tempfile::tempdir().unwrap();
    let core = core(&directory.path().join("core"), FREE).await;
    let gateway = start(&settings(api(&core), &directory.path().join("gateway"))).await;
    let address = gateway.metrics_address().unwrap();
    for path in ["/", "/metric", "/metrics/", "/api/status", "/login"] {
        assert_eq!(get(address, path).await.0, 404, "{path}");
    }
    let text = eventually("a heartbeat", async || {
        let (status, text) = get(address, "/metrics").await;
        assert_eq!(status, 200);
        text.contains("smpp_core_api_requests_total{operation=\"heartbeat\",result=\"ok\"} 1\n").then_some(text)
    })
    .await;
    assert!(text.contains("\nsmpp_core_api_up 1\n"), "{text}");
    assert!(text.contains("\nsmpp_core_api_request_duration_seconds_count{operation=\"heartbeat\"} 1\n"), "{text}");
    for family in smsc_engine::http::metrics::gateway::GATEWAY_FAMILIES {
        assert!(text.contains(&format!("# TYPE {} {}\n", family.name, family.kind.name())), "{}", family.name);
    }
    if let Some(output) = crate::metrics::promtool(&["check", "metrics"], &text) {
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }
    gateway.shutdown().await;
    core.shutdown().await;
}

#[tokio::test]
async fn a_bind_that_fails_is_counted_under_its_labels_and_no_password_is_there() {
    let directory = tempfile::tempdir().unwrap();
    let mut settings = settings("127.0.0.1:9".parse().unwrap(), directory.path());
    settings.binds = vec![carrier("uk")];
    let gateway = start(&settings).await;
    let address = gateway.metrics_address().unwrap();
    let labels = "{bind_name=\"uk\",mode=\"client\",system_id=\"shop\",host=\"127.0.0.1\",port=\"1\",bind_type=\"transceiver\"}";
    let text = eventually("an attempt", async || {
        let (_, text) = get(address, "/metrics").await;
        text.contains(&format!("smpp_connection_attempts_total{labels}")).then_some(text)
    })
    .await;
    for line in ["smpp_connection_status{labels} 0", "smpp_bind_success_total{labels} 0", "smpp_uptime_seconds{labels} 0"] {
        assert!(text.contains(&line.replace("{labels}", labels)), "{line} is not in\n{text}");
    }
    assert!(!text.contains("hunter2"));
    gateway.shutdown().await;
}
