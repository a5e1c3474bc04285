//! A call by a client that knows no deadlines, so that what is seen is the server's doing; and a server that ends nothing.

use bytes::Bytes;
use http::{HeaderMap, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::service::service_fn;
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio_stream::StreamExt as _;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    /// HTTP's status.
    pub(crate) http: u16,
    /// The head's metadata.
    pub(crate) headers: HeaderMap,
    /// The status in the head, of an answer that is nothing else.
    pub(crate) head: Option<String>,
    /// How many bytes of messages.
    pub(crate) bytes: usize,
    /// The status in trailers; `reset` where the stream was.
    pub(crate) trailers: Option<String>,
}

/// An empty message, framed.
const EMPTY: [u8; 5] = [0; 5];

pub(crate) async fn call(url: &str, method: &str, headers: &[(&str, &str)]) -> Answer {
    call_of(url, method, headers, Bytes::from_static(&EMPTY)).await
}

/// A message of a field that nobody knows, framed: `bytes` of them, five at the least.
pub(crate) fn message(bytes: usize) -> Bytes {
    // Field 1000, of bytes, their length in three bytes whatever it is.
    let rest = bytes.checked_sub(5).expect("room for the field's head");
    let length = [
        (rest & 0x7f) as u8 | 0x80,
        (rest >> 7 & 0x7f) as u8 | 0x80,
        (rest >> 14 & 0x7f) as u8,
    ];
    let head = u32::try_from(bytes).expect("a short message").to_be_bytes();
    let payload = vec![b'x'; rest];
    [&[0][..], &head, &[0xc2, 0x3e], &length, &payload]
        .concat()
        .into()
}

pub(crate) async fn call_of(
    url: &str,
    method: &str,
    headers: &[(&str, &str)],
    body: Bytes,
) -> Answer {
    let client = Client::builder(TokioExecutor::new())
        .http2_only(true)
        .build_http();
    let mut request = Request::post(format!("{url}{method}"))
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body)).expect("a request");
    let response = client.request(request).await.expect("an answer");
    let (http, headers) = (response.status().as_u16(), response.headers().clone());
    let head = status(&headers);
    let mut body = response.into_body();
    let (mut bytes, mut trailers) = (0, None);
    while let Some(frame) = body.frame().await {
        match frame {
            Ok(frame) => match frame.into_data() {
                Ok(data) => bytes += data.len(),
                Err(frame) => trailers = frame.trailers_ref().and_then(status),
            },
            Err(_) => {
                trailers = Some("reset".to_owned());
                break;
            }
        }
    }
    Answer {
        http,
        headers,
        head,
        bytes,
        trailers,
    }
}

fn status(headers: &HeaderMap) -> Option<String> {
    let status = headers.get("grpc-status")?;
    status.to_str().ok().map(str::to_owned)
}

/// A server that sends a head and a message, if `head`, and then nothing for ever. It ends with the test.
pub(crate) async fn endless(head: bool) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
    let listener = listener.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("bound"));
    let answer = move |_| async move {
        if !head {
            std::future::pending::<()>().await;
        }
        let first = tokio_stream::once(Ok::<_, hyper::Error>(Frame::data(Bytes::from_static(
            &EMPTY,
        ))));
        let body = StreamBody::new(first.chain(tokio_stream::pending()));
        let answer = Response::builder().header("content-type", "application/grpc");
        answer.body(body)
    };
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                .serve_connection(TokioIo::new(stream), service_fn(answer));
            tokio::spawn(connection);
        }
    });
    url
}
