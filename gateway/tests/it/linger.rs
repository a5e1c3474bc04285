//! A caller of HTTP/1 that still writes when it is answered.

use throughline_gateway::Limits;
use throughline_testkit::SAFETY;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::stack::Gateway;
use crate::upstream::Upstream;

/// More than sockets hold, so that it is not gone before the answer is there.
const BODY: usize = 3 * 1024 * 1024;

async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    while !text.ends_with(b"grpc-web is spoken here, and gRPC over HTTP/2\n") {
        let byte = stream.read_u8().await;
        text.push(byte.unwrap_or_else(|error| panic!("{error} after {text:?}")));
    }
    String::from_utf8(text).expect("text")
}

#[tokio::test]
async fn a_caller_that_still_writes_gets_its_answer_and_keeps_its_connection() {
    let upstream = Upstream::start().await;
    let mut limits = Limits::default();
    // Bytes are what is looked at here; a slow machine may need its time for them.
    limits.linger = SAFETY;
    let gateway = Gateway::with(&upstream.url, limits).await;
    let mut stream = TcpStream::connect(gateway.addr).await.expect("open");
    let head = format!(
        "POST /throughline.graph.v1.GraphService/GetNode HTTP/1.1\r\nhost: x\r\n\
         content-type: text/plain\r\ncontent-length: {BODY}\r\n\r\n"
    );
    for round in 0..2 {
        stream.write_all(head.as_bytes()).await.expect("a head");
        let answer = answer(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 415"), "{round}: {answer}");
        stream.write_all(&vec![0; BODY]).await.expect("a body");
    }
}

#[tokio::test]
async fn a_rest_beyond_its_bound_is_not_read() {
    let upstream = Upstream::start().await;
    let gateway = Gateway::start(&upstream.url).await;
    let mut stream = TcpStream::connect(gateway.addr).await.expect("open");
    let head = "POST /throughline.graph.v1.GraphService/GetNode HTTP/1.1\r\nhost: x\r\n\
                content-type: text/plain\r\ncontent-length: 1000000000\r\n\r\n";
    stream.write_all(head.as_bytes()).await.expect("a head");
    answer(&mut stream).await;
    let chunk = vec![0; 64 * 1024];
    let mut written = 0;
    while stream.write_all(&chunk).await.is_ok() {
        written += chunk.len();
        assert!(written < 64 * 1024 * 1024, "it reads without end");
    }
}
