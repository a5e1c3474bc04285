//! A wire that breaks: passes a connection on until so much has come back, cuts it, and lets nobody through until told
//! where to.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A relay in front of a server. Its first connection is the one that breaks.
pub(crate) struct Relay {
    address: SocketAddr,
    is_cut: watch::Receiver<bool>,
    next: watch::Sender<Option<String>>,
}

impl Relay {
    /// In front of the server at `target`; cuts when `bytes` have come back.
    pub(crate) async fn start(target: &str, bytes: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (cut, is_cut) = watch::channel(false);
        let (next, mut goes_on) = watch::channel(None::<String>);
        let target = target.to_owned();
        throughline_service_kit::spawn(async move {
            let (first, _) = listener.accept().await.unwrap();
            break_off(first, &target, bytes).await;
            cut.send_replace(true);
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let target = goes_on.wait_for(Option::is_some).await.unwrap().clone();
                throughline_service_kit::spawn(async move {
                    let mut server = TcpStream::connect(target.unwrap()).await.unwrap();
                    // Either end may go as it likes.
                    copy_bidirectional(&mut client, &mut server).await.ok();
                });
            }
        });
        Self {
            address,
            is_cut,
            next,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Waits until it has cut.
    pub(crate) async fn cut(&mut self) {
        self.is_cut.wait_for(|is_cut| *is_cut).await.unwrap();
    }

    /// Lets the next ones through to `target`.
    pub(crate) fn go_on(&self, target: &str) {
        self.next.send_replace(Some(target.to_owned()));
    }
}

async fn break_off(client: TcpStream, target: &str, bytes: u64) {
    let server = TcpStream::connect(target).await.unwrap();
    let (mut from_client, mut to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mut back = from_server.take(bytes);
    tokio::select! {
        sent = copy(&mut from_client, &mut to_server) => drop(sent),
        came = copy(&mut back, &mut to_client) => drop(came),
    }
    to_client.shutdown().await.ok();
}
