//! A collector on a real socket that answers as it is told.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot be set up has failed"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::net::TcpSocket;

/// How it answers.
#[derive(Clone)]
pub(super) enum Mode {
    /// With this status line and these headers, after this long.
    Answer(&'static str, &'static str, Duration),
    /// Never.
    Hang,
    /// One byte a second.
    Trickle,
    /// It closes the connection without an answer.
    Cut,
    /// It does so once, then answers.
    CutOnce,
}

pub(super) const OK: Mode = Mode::Answer("200 OK", "", Duration::ZERO);

/// What a collector took, as lines: header, then item header and item by turns.
pub(super) type Envelope = Vec<Vec<u8>>;

#[derive(Clone)]
pub(super) struct Collector {
    address: SocketAddr,
    mode: Arc<Mutex<Mode>>,
    envelopes: Arc<Mutex<Vec<Envelope>>>,
}

impl Collector {
    pub(super) fn new(mode: Mode) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap(), mode)
    }

    fn on(listener: TcpListener, mode: Mode) -> Self {
        let collector = Self {
            address: listener.local_addr().unwrap(),
            mode: Arc::new(Mutex::new(mode)),
            envelopes: Arc::default(),
        };
        let serving = collector.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let serving = serving.clone();
                std::thread::spawn(move || serving.serve(stream));
            }
        });
        collector
    }

    pub(super) fn dsn(&self) -> String {
        dsn(self.address)
    }

    pub(super) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    pub(super) fn envelopes(&self) -> Vec<Envelope> {
        self.envelopes.lock().unwrap().clone()
    }

    /// The payloads of all items of a type.
    pub(super) fn items(&self, of: &str) -> Vec<Value> {
        self.envelopes()
            .iter()
            .flat_map(|envelope| envelope[1..].chunks_exact(2))
            .filter(|item| json(&item[0])["type"] == of)
            .map(|item| json(&item[1]))
            .collect()
    }

    fn serve(&self, stream: TcpStream) {
        let mut writer = stream.try_clone().unwrap();
        let mut reader = BufReader::new(stream);
        while let Some(body) = request(&mut reader) {
            let mode = self.mode.lock().unwrap().clone();
            match mode {
                Mode::Answer(status, headers, after) => {
                    std::thread::sleep(after);
                    if status.starts_with('2') {
                        let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::to_vec);
                        self.envelopes.lock().unwrap().push(lines.collect());
                    }
                    let answer =
                        format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n{headers}\r\n{{}}");
                    if writer.write_all(answer.as_bytes()).is_err() {
                        return;
                    }
                }
                Mode::Hang => std::thread::sleep(Duration::from_secs(3600)),
                Mode::Trickle => {
                    for byte in b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n" {
                        if writer.write_all(&[*byte]).is_err() {
                            return;
                        }
                        std::thread::sleep(Duration::from_secs(1));
                    }
                }
                Mode::Cut => return,
                Mode::CutOnce => return self.set(OK),
            }
        }
    }
}

/// A port at which nobody listens, and which nobody else can take: bound, and not listening.
pub(super) struct Nowhere(TcpSocket);

impl Nowhere {
    pub(super) fn new() -> Self {
        let socket = TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        Self(socket)
    }

    pub(super) fn dsn(&self) -> String {
        dsn(self.0.local_addr().unwrap())
    }

    /// A collector at this port.
    pub(super) fn listen(self, mode: Mode) -> Collector {
        // Only a runtime's listener can be made of it.
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()
            .unwrap();
        let _entered = runtime.enter();
        let listener = self.0.listen(128).unwrap().into_std().unwrap();
        listener.set_nonblocking(false).unwrap();
        Collector::on(listener, mode)
    }
}

fn dsn(address: SocketAddr) -> String {
    format!("http://graph@{address}/3")
}

pub(super) fn json(line: &[u8]) -> Value {
    serde_json::from_slice(line).unwrap_or(Value::Null)
}

fn request(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
