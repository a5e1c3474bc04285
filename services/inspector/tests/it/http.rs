//! HTTP/1 to the byte, so that requests are as a client of another language sends them.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Lower-case.
    pub(crate) headers: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) async fn post(
    address: SocketAddr,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    request(address, "POST", path, headers, body).await
}

/// With `Transfer-Encoding: chunked` among the headers the body is sent in two chunks.
pub(crate) async fn request(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let has = |wanted: &str| {
        headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case(wanted))
    };
    let mut head = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
    if !has("host") {
        head += &format!("host: {address}\r\n");
    }
    let chunked = has("transfer-encoding");
    if !chunked {
        head += &format!("content-length: {}\r\n", body.len());
    }
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    let mut bytes = (head + "\r\n").into_bytes();
    if chunked {
        let (a, b) = body.split_at(body.len() / 2);
        for part in [a, b] {
            bytes.extend(format!("{:x}\r\n", part.len()).bytes());
            bytes.extend(part);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
    } else {
        bytes.extend(body);
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A refusal may come, and the connection end, before all is written.
    drop(stream.write_all(&bytes).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let end = answer
        .windows(4)
        .position(|part| part == b"\r\n\r\n")
        .expect("an answer");
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        headers: head.to_lowercase(),
        body: answer[end + 4..].to_vec(),
    }
}
