//! Callers: one HTTP/2 connection, calls of bytes that are made once, and an
//! eye on every answer. It knows gRPC's framing and no message.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, ensure};
use bytes::{BufMut as _, Bytes, BytesMut};
use http::{HeaderValue, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use tokio::net::TcpStream;

/// How a call is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// gRPC, its status in HTTP trailers.
    Grpc,
    /// grpc-web, its status in the body.
    GrpcWeb,
}

/// A connection to one server.
#[derive(Clone)]
pub(crate) struct Caller {
    sender: SendRequest<Full<Bytes>>,
    uri: http::Uri,
    framing: Framing,
    message: Bytes,
}

/// What a call is answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) message: Bytes,
    pub(crate) status: i32,
}

impl Caller {
    pub(crate) async fn connect(
        to: SocketAddr,
        path: &str,
        framing: Framing,
        message: &impl Message,
    ) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        let (sender, connection) =
            http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await?;
        tokio::spawn(connection);
        Ok(Self {
            sender,
            uri: format!("http://{to}{path}").parse()?,
            framing,
            message: frame(&message.encode_to_vec()),
        })
    }

    /// One call; `fault` is what it asks for by `x-throughline-fault`.
    pub(crate) async fn call(&mut self, fault: Option<&'static str>) -> anyhow::Result<Answer> {
        let content_type = match self.framing {
            Framing::Grpc => "application/grpc",
            Framing::GrpcWeb => "application/grpc-web+proto",
        };
        let mut request = Request::post(self.uri.clone())
            .header(header::CONTENT_TYPE, content_type)
            .header(header::TE, "trailers")
            .body(Full::new(self.message.clone()))?;
        if let Some(fault) = fault {
            let fault = HeaderValue::from_static(fault);
            request.headers_mut().insert("x-throughline-fault", fault);
        }
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        ensure!(response.status() == StatusCode::OK, response.status());
        let in_head = status(response.headers().get("grpc-status"));
        let body = response.into_body().collect().await?;
        let in_trailers = body.trailers().and_then(|it| status(it.get("grpc-status")));
        let (message, in_body) = unframe(body.to_bytes());
        let status = in_head.or(in_trailers).or(in_body);
        let status = status.context("an answer without a status")?;
        Ok(Answer { message, status })
    }

    /// So many calls, `at_once` of them in flight, each of which must be
    /// answered as `expected` says; `fault` names the fault of the nth.
    pub(crate) async fn calls(
        &self,
        calls: u32,
        at_once: u32,
        fault: fn(u32) -> Option<&'static str>,
        expected: &Answer,
    ) -> anyhow::Result<()> {
        let next = Arc::new(AtomicU32::new(0));
        let mut callers = tokio::task::JoinSet::<anyhow::Result<()>>::new();
        for _ in 0..at_once {
            let (mut caller, next) = (self.clone(), Arc::clone(&next));
            let expected = expected.clone();
            callers.spawn(async move {
                loop {
                    let call = next.fetch_add(1, Ordering::Relaxed);
                    if call >= calls {
                        return Ok(());
                    }
                    let fault = fault(call);
                    let answer = caller.call(fault).await?;
                    match fault {
                        None => ensure!(answer == expected, "{answer:?}, not {expected:?}"),
                        Some(fault) => ensure!(answer.status == 13, "{fault}: {answer:?}"),
                    }
                }
            });
        }
        while let Some(done) = callers.join_next().await {
            done??;
        }
        Ok(())
    }
}

fn status(value: Option<&HeaderValue>) -> Option<i32> {
    value?.to_str().ok()?.parse().ok()
}

fn frame(message: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(message.len() + 5);
    framed.put_u8(0);
    framed.put_u32(u32::try_from(message.len()).unwrap_or(u32::MAX));
    framed.put_slice(message);
    framed.freeze()
}

/// The first message of a body, and the status of grpc-web's last frame.
fn unframe(mut body: Bytes) -> (Bytes, Option<i32>) {
    let (mut message, mut status) = (Bytes::new(), None);
    while body.len() >= 5 {
        let head = body.split_to(5);
        let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let content = body.split_to(length.min(body.len()));
        if head[0] & 0x80 == 0 {
            message = content;
        } else {
            let text = String::from_utf8_lossy(&content).into_owned();
            let mut lines = text.lines().filter_map(|line| line.split_once(':'));
            status = lines
                .find(|(name, _)| name.eq_ignore_ascii_case("grpc-status"))
                .and_then(|(_, value)| value.trim().parse().ok());
        }
    }
    (message, status)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_and_the_status_after_it() {
        let mut body = frame(b"abc").to_vec();
        assert_eq!(unframe(body.clone().into()), ("abc".into(), None));
        body.extend(b"\x80\0\0\0\x10grpc-status: 7\r\n");
        assert_eq!(unframe(body.into()), ("abc".into(), Some(7)));
        assert_eq!(unframe(Bytes::from_static(b"\0\0")), (Bytes::new(), None));
    }
}
