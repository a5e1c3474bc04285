//! The bounds of connections: how many, how soon they speak, how old they get, and whether anybody is there.

use bytes::Bytes;
use throughline_testkit::{Process, SAFETY};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::probe::{call, measured, metric, probe, until, until_metric};

type Client = h2::client::SendRequest<Bytes>;

async fn tcp(process: &Process) -> TcpStream {
    let address = process.url().trim_start_matches("http://");
    TcpStream::connect(address).await.expect("it listens")
}

async fn http2(process: &Process) -> Client {
    let connected = h2::client::handshake(tcp(process).await).await;
    let (client, connection) = connected.expect("a handshake");
    tokio::spawn(connection);
    client
}

/// Starts a call that the probe never answers.
async fn stall(client: &Client) -> h2::client::ResponseFuture {
    let request = http::Request::post("http://x/test.v1.Probe/Stall")
        .header("content-type", "application/grpc");
    let mut client = client.clone().ready().await.expect("ready");
    let sent = client.send_request(request.body(()).expect("a request"), false);
    let (answer, mut body) = sent.expect("sent");
    body.send_data(Bytes::from_static(&[0; 5]), true)
        .expect("sent");
    answer
}

/// All that comes, to the end that has to come.
async fn end(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = tokio::time::timeout(SAFETY, stream.read_to_end(&mut bytes)).await;
    // Closed or reset.
    read.expect("it ends").ok();
    bytes
}

#[tokio::test]
async fn so_many_connections_and_no_more() {
    let (process, metrics) = measured(probe().args(["--connections", "2"])).await;
    let (first, second) = (http2(&process).await, http2(&process).await);
    until_metric(&metrics, "throughline_connections", 2).await;
    end(&mut tcp(&process).await).await;
    let refused = "throughline_refused_total{reason=\"connections\"}";
    assert_eq!(metric(&metrics, refused).await, 1);
    // Those that are open are not harmed, and a place comes back.
    drop(first);
    until("a place is given back", async || {
        call(process.url(), "/test.v1.Probe/Ok").await.is_ok()
    })
    .await;
    second.ready().await.expect("it is still open");
}

#[tokio::test]
async fn who_says_nothing_is_not_waited_for() {
    // Long enough for those who do speak, on a slow machine.
    let (process, metrics) = measured(probe().args(["--greeting", "2000"])).await;
    let (mut silent, mut slow) = (tcp(&process).await, tcp(&process).await);
    let half = b"PRI * HTTP/2.0\r\n\r\nSM";
    slow.write_all(half).await.expect("open");
    end(&mut silent).await;
    end(&mut slow).await;
    let refused = "throughline_refused_total{reason=\"greeting_slow\"}";
    assert_eq!(metric(&metrics, refused).await, 2);
    call(process.url(), "/test.v1.Probe/Ok")
        .await
        .expect("others are served");
}

#[tokio::test]
async fn an_old_connection_goes_when_its_calls_have_ended() {
    // Old enough for the call to have begun, which lasts beyond that.
    let process = probe()
        .args(["--age", "2000"])
        .env("THROUGHLINE_FAULTS", "1")
        .spawn()
        .await;
    let client = http2(&process).await;
    let request = http::Request::post("http://x/test.v1.Probe/Ok")
        .header("content-type", "application/grpc")
        .header("x-throughline-fault", "probe=delay:3000");
    let mut ready = client.clone().ready().await.expect("ready");
    let sent = ready.send_request(request.body(()).expect("a request"), false);
    let (answer, mut body) = sent.expect("sent");
    body.send_data(Bytes::from_static(&[0; 5]), true)
        .expect("sent");
    // No new call is taken, and the one that began is answered.
    until("it is told to go", async || {
        client.clone().ready().await.is_err()
    })
    .await;
    let mut answer = answer.await.expect("an answer").into_body();
    while answer.data().await.is_some() {}
    let trailers = answer.trailers().await.expect("the end");
    assert_eq!(trailers.expect("trailers")["grpc-status"], "0");
}

#[tokio::test]
async fn an_old_connection_that_does_not_go_is_closed() {
    // Old enough for the call to have begun.
    let (process, metrics) = measured(probe().args(["--age", "2000", "--grace", "100"])).await;
    let client = http2(&process).await;
    let answer = stall(&client).await;
    let ended = tokio::time::timeout(SAFETY, answer).await.expect("it ends");
    ended.expect_err("it was not answered");
    let refused = "throughline_refused_total{reason=\"connection_grace\"}";
    until_metric(&metrics, refused, 1).await;
}

#[tokio::test]
async fn who_does_not_answer_a_probe_is_gone() {
    let process = probe().args(["--keepalive", "100"]).spawn().await;
    let mut stream = tcp(&process).await;
    // The preface, and settings without any. What comes is not answered.
    let greeting = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    stream.write_all(greeting).await.expect("open");
    let bytes = end(&mut stream).await;
    let ping = [0, 0, 8, 6, 0, 0, 0, 0, 0];
    assert!(
        bytes.windows(ping.len()).any(|frame| frame == ping),
        "it was asked before: {bytes:?}"
    );
}

#[tokio::test]
async fn so_many_streams_on_a_connection() {
    let process = probe().spawn().await;
    let client = http2(&process).await;
    let answer = stall(&client).await;
    until("the server has said so", async || {
        client.current_max_send_streams() == 200
    })
    .await;
    drop(answer);
}

#[tokio::test]
async fn rapid_reset_ends_the_connection() {
    let process = probe().spawn().await;
    let mut stream = tcp(&process).await;
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec();
    for index in 0..2000_u32 {
        let id = (index * 2 + 1).to_be_bytes();
        // POST, http, a path of the static table, and no more: and taken back in the same breath.
        bytes.extend([0, 0, 3, 1, 4]);
        bytes.extend(id);
        bytes.extend([0x83, 0x86, 0x84]);
        bytes.extend([0, 0, 4, 3, 0]);
        bytes.extend(id);
        bytes.extend([0, 0, 0, 8]);
    }
    stream.write_all(&bytes).await.ok();
    let bytes = end(&mut stream).await;
    // GOAWAY, ENHANCE_YOUR_CALM.
    let calm = bytes
        .windows(17)
        .any(|frame| frame[3] == 7 && frame[13..17] == [0, 0, 0, 11]);
    assert!(calm, "{bytes:?}");
    call(process.url(), "/test.v1.Probe/Ok")
        .await
        .expect("others are served");
}
