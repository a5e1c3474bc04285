//! Callers who take their time.

use tokio::io::AsyncWriteExt as _;

use super::{PATH, Stage, WEB, rest, scaled};

/// Good callers are held to it too, on a slow machine.
const PATIENCE: (&str, &str) = ("GATEWAY_PATIENCE", "3");
/// Room for a flood of them, so that it is their time that ends and not their number.
const ROOM: (&str, &str) = ("GATEWAY_PEER_CONNECTIONS", "4000");

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    let stage = Stage::start(&[PATIENCE, ROOM]).await;
    let mut open = Vec::new();
    let number = scaled(40);
    for index in 0..number {
        let mut stream = stage.intruder().await;
        // Half of what could still be either HTTP.
        stream
            .write_all(&b"PRI * HTTP"[..index % 10])
            .await
            .expect("open");
        open.push(stream);
    }
    stage.serves_good_callers().await;
    for stream in open {
        rest(stream).await;
    }
    stage.until_refused("greeting_slow", number).await;
    stage.is_unharmed().await;
}

#[tokio::test]
async fn slowloris_is_not_waited_for() {
    let stage = Stage::start(&[ROOM]).await;
    let mut open = Vec::new();
    for _ in 0..scaled(40) {
        let mut stream = stage.intruder().await;
        let half = format!("POST {PATH} HTTP/1.1\r\nhost: x\r\nx-slow: ");
        stream.write_all(half.as_bytes()).await.expect("open");
        open.push(stream);
    }
    stage.serves_good_callers().await;
    for stream in open {
        rest(stream).await;
    }
    stage.is_unharmed().await;
}

#[tokio::test]
async fn a_body_that_stops_is_not_waited_for() {
    let stage = Stage::start(&[PATIENCE]).await;
    let mut stream = stage.intruder().await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: {WEB}\r\ncontent-length: 100\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("open");
    stream.write_all(&[0, 0, 0]).await.expect("open");
    let answer = rest(stream).await;
    assert!(answer.contains("grpc-status: 8"), "{answer}");
    assert_eq!(stage.refused("body_slow").await, 1);
    stage.is_unharmed().await;
}

#[tokio::test]
async fn a_body_that_trickles_is_not_waited_for() {
    let stage = Stage::start(&[PATIENCE]).await;
    let mut stream = stage.intruder().await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: {WEB}\r\ncontent-length: 100000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("open");
    stream.write_all(&[0, 0, 1, 0, 0]).await.expect("open");
    let mut pieces = 0;
    while stage.refused("body_slow").await == 0 {
        // Never silent for as long as one piece may take.
        stream.write_all(b"x").await.ok();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        pieces += 1;
        assert!(pieces < 200, "it is waited for");
    }
    stage.is_unharmed().await;
}
