//! Bodies that are not one message of gRPC.

use std::io::Write as _;

use base64::Engine as _;
use tokio::io::AsyncWriteExt as _;

use super::{PATH, Stage, WEB, rest, scaled};
use crate::stack::frame;

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let stage = Stage::start(&[]).await;
    let web = format!("content-type: {WEB}\r\n");
    let text = "content-type: application/grpc-web-text\r\n".to_owned();
    let base64 = |bytes: &[u8]| base64::prelude::BASE64_STANDARD.encode(bytes).into_bytes();
    let bomb = [1, 0, 0, 0, 4, 1, 2, 3, 4];
    let trailers = [&frame("serde")[..], &[0x80, 0, 0, 0, 3], b"a:b"].concat();
    let twice = [frame("serde"), frame("serde")].concat();
    let long = [0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3];
    for (lines, body, code, reason) in [
        (&web, long.to_vec(), 8, "message_bytes"),
        (&text, base64(&long), 8, "message_bytes"),
        (&web, bomb.to_vec(), 13, "message_compressed"),
        (
            &web,
            [&[0x80, 0, 0, 0, 3][..], b"a:b"].concat(),
            3,
            "message_flags",
        ),
        (&web, trailers, 12, "message_several"),
        (&web, twice, 12, "message_several"),
        (&web, Vec::new(), 12, "message_none"),
        (&text, b"!!!! no base64".to_vec(), 3, "message_base64"),
        (&text, b"AAAAA".to_vec(), 3, "message_base64"),
    ] {
        let before = stage.refused(reason).await;
        let answer = stage.answer(lines, &body).await;
        let expected = format!("grpc-status: {code}\r");
        assert!(
            answer.contains(&expected),
            "{reason}: {answer} {}",
            stage.gateway.stderr()
        );
        assert_eq!(stage.refused(reason).await, before + 1, "{reason}");
    }
    stage.is_unharmed().await;
}

#[tokio::test]
async fn base64_that_never_ends_is_not_read_on() {
    let stage = Stage::start(&[]).await;
    let mut stream = stage.intruder().await;
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-type: application/grpc-web-text\r\n\
         content-length: 100000000000\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("open");
    let chunk = vec![b'A'; 64 * 1024];
    let mut written = 0;
    while stream.write_all(&chunk).await.is_ok() {
        written += chunk.len();
        assert!(written < scaled(64) * 1024 * 1024, "it reads without end");
    }
    stage.until_refused("message_several", 1).await;
    stage.is_unharmed().await;
}

#[tokio::test]
async fn a_compressed_bomb_is_not_unpacked_here() {
    let stage = Stage::start(&[]).await;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let megabyte = vec![0; 1024 * 1024];
    for _ in 0..200 {
        gzip.write_all(&megabyte).expect("in memory");
    }
    let packed = gzip.finish().expect("in memory");
    let length = u32::try_from(packed.len()).expect("short");
    let body = [&[1][..], &length.to_be_bytes(), &packed].concat();
    let lines = format!("content-type: {WEB}\r\ngrpc-encoding: gzip\r\n");
    let answer = stage.answer(&lines, &body).await;
    assert!(
        !answer.contains("grpc-status:0") && answer.contains("grpc-status"),
        "{answer}"
    );
    stage.is_unharmed().await;
    let mut stream = stage.intruder().await;
    stream.write_all(b"\0\0\0\0").await.ok();
    stream.shutdown().await.ok();
    rest(stream).await;
}
