//! What was answered 200 is there after a kill.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use throughline_inspector::{Inspector, Options};
use throughline_service_kit::Shutdown;

use crate::{connect, envelope, http, id, reference};

const DIR: &str = "INSPECTOR_TEST_DATA_DIR";

fn options(dir: &std::path::Path) -> Options {
    let listen = "127.0.0.1:0".parse().unwrap();
    Options {
        listen,
        max_age: std::time::Duration::MAX,
        ..Options::in_dir(dir)
    }
}

/// The process that is killed: this test binary, run for this test alone.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs as a child of the test below"]
async fn child() {
    let dir = std::env::var_os(DIR).unwrap();
    throughline_inspector::run(options(dir.as_ref()), Shutdown::new())
        .await
        .unwrap();
}

#[tokio::test]
async fn acknowledged_is_there_after_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "durability::child", "--ignored", "--nocapture"])
        .env(DIR, dir.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| {
            Some(
                line.split_once("inspector listening on http://")?
                    .1
                    .to_owned(),
            )
        })
        .unwrap();
    for n in 1..=20 {
        let envelope = envelope(n, 1, 0, "task", 100, 101);
        let address = address.parse().unwrap();
        let answer = http::post(address, "/api/web/envelope/", &[], envelope.as_bytes()).await;
        assert_eq!(answer.status, 200);
    }
    child.kill().unwrap();
    child.wait().unwrap();

    let again = Inspector::start(&options(dir.path())).await.unwrap();
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
