//! What was answered 200 is there after a kill.

use throughline_inspector::{Inspector, Options};
use throughline_testkit::Process;

use crate::{connect, envelope, http, id, reference};

#[tokio::test(flavor = "multi_thread")]
async fn acknowledged_is_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let inspector = Process::builder("throughline")
        .arg("inspect")
        .env("INSPECTOR_LISTEN", "127.0.0.1:0")
        .env("INSPECTOR_DATA_DIR", dir.path())
        // The envelopes below are of the year 1970.
        .env("INSPECTOR_MAX_AGE", "36500d")
        .spawn()
        .await;
    for n in 1..=20 {
        let envelope = envelope(n, 1, 0, "task", 100, 101);
        let address = inspector.addr().parse().unwrap();
        let answer = http::post(address, "/api/web/envelope/", &[], envelope.as_bytes()).await;
        assert_eq!(answer.status, 200);
    }
    inspector.kill().await;

    let options = Options {
        listen: "127.0.0.1:0".parse().unwrap(),
        max_age: std::time::Duration::MAX,
        ..Options::in_dir(dir.path())
    };
    let again = Inspector::start(&options).await.unwrap();
    let mut client = connect(again.local_addr()).await;
    for n in 1..=20 {
        let request = throughline_api::inspector::v1::GetTraceRequest {
            trace: reference(&id(n)),
            wait: None,
        };
        client.get_trace(request).await.unwrap();
    }
    again.stop().await.unwrap();
}
