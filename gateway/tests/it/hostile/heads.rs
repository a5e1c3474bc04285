//! Heads that are too much, and metadata that is none.

use super::{PATH, Stage, WEB};
use crate::stack::frame;

/// The lines of a head of grpc-web, with these.
fn with(lines: &str) -> String {
    format!("content-type: {WEB}\r\n{lines}")
}

#[tokio::test]
async fn a_head_is_bounded_in_bytes_and_lines() {
    let stage = Stage::start(&[]).await;
    let check = async |lines: String, expected: &str| {
        let answer = stage.answer(&with(&lines), &frame("serde")).await;
        let start: String = lines.chars().take(40).collect();
        assert!(answer.contains(expected), "{start}: {answer}");
    };
    let served = "grpc-status:0";
    check(format!("x-long: {}\r\n", "x".repeat(8 * 1024)), served).await;
    check(
        format!("x-long: {}\r\n", "x".repeat(20 * 1024)),
        "grpc-status: 8",
    )
    .await;
    check(
        format!("x-long: {}\r\n", "x".repeat(1024 * 1024)),
        "HTTP/1.1 431",
    )
    .await;
    check("x-many: 1\r\n".repeat(40), served).await;
    check("x-many: 1\r\n".repeat(70), "grpc-status: 8").await;
    check("x-many: 1\r\n".repeat(200), "HTTP/1.1 431").await;
    let members = |number: usize| (0..number).map(|n| format!("k{n}=v,")).collect::<String>();
    check(format!("baggage: {}\r\n", members(64)), served).await;
    check(format!("baggage: {}\r\n", members(10_000)), "HTTP/1.1 431").await;
    stage.is_unharmed().await;
}

#[tokio::test]
async fn a_head_of_http_2_is_bounded_too() {
    let stage = Stage::start(&[]).await;
    for (bytes, served) in [(8 * 1024, true), (1024 * 1024, false)] {
        let mut client = stage.intruder_h2().await.ready().await.expect("ready");
        let request = http::Request::post(format!("http://x{PATH}"))
            .header("content-type", WEB)
            .header("x-long", "x".repeat(bytes));
        let sent = client.send_request(request.body(()).expect("a request"), false);
        let status = match sent {
            Ok((answer, mut body)) => {
                body.send_data(frame("serde").into(), true).ok();
                answer.await.map(|answer| answer.status().as_u16()).ok()
            }
            Err(_) => None,
        };
        assert_eq!(status == Some(200), served, "{bytes}: {status:?}");
    }
    stage.is_unharmed().await;
}

#[tokio::test]
async fn metadata_that_is_none_is_refused() {
    let stage = Stage::start(&[]).await;
    for (lines, code, reason) in [
        ("key-bin: !!\r\n", 3, "metadata_binary"),
        ("grpc-timeout: soon\r\n", 3, "timeout_malformed"),
        (
            "grpc-timeout: 1S\r\ngrpc-timeout: 2S\r\n",
            3,
            "timeout_malformed",
        ),
        ("origin: https://evil.example\r\n", 7, "origin"),
    ] {
        let before = stage.refused(reason).await;
        let answer = stage.answer(&with(lines), &frame("serde")).await;
        assert!(
            answer.contains(&format!("grpc-status: {code}\r")),
            "{lines}: {answer}"
        );
        assert_eq!(stage.refused(reason).await, before + 1, "{lines}");
    }
    stage.is_unharmed().await;
}
