//! A relay in front of the double, which can cut a connection in the middle of an answer, hold all bytes back, and go down.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
};

/// What the door does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Door {
    /// It lets bytes through.
    #[default]
    Open,
    /// It takes connections, and lets no byte through.
    Held,
    /// Nobody is let in, and who is in is put out.
    Closed,
}

/// What all connections share.
#[derive(Default)]
pub(super) struct Wire {
    /// The next bytes of an answer are cut in half, and the connection is closed.
    pub(super) cut: AtomicBool,
    pub(super) door: watch::Sender<Door>,
    pub(super) connections: AtomicUsize,
}

pub(super) async fn run(listener: TcpListener, to: SocketAddr, wire: Arc<Wire>) {
    while let Ok((client, _)) = listener.accept().await {
        let mut door = wire.door.subscribe();
        if *door.borrow_and_update() == Door::Closed {
            continue;
        }
        wire.connections.fetch_add(1, Ordering::SeqCst);
        let wire = Arc::clone(&wire);
        tokio::spawn(async move {
            // A connection that breaks is what this is for.
            tokio::select! {
                _ = door.wait_for(|door| *door == Door::Closed) => {}
                _ = pass(client, to, &wire) => {}
            }
        });
    }
}

async fn pass(client: TcpStream, to: SocketAddr, wire: &Wire) -> std::io::Result<()> {
    let server = TcpStream::connect(to).await?;
    // Else each answer waits for the other side's delayed acknowledgement.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let there = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = from_client.read(&mut buffer).await?;
            open(wire).await;
            if count == 0 {
                return Ok(());
            }
            to_server.write_all(&buffer[..count]).await?;
        }
    };
    let back = async {
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let count = from_server.read(&mut buffer).await?;
            open(wire).await;
            if count == 0 {
                return Ok(());
            }
            let cut = wire.cut.swap(false, Ordering::SeqCst);
            let count = if cut { count / 2 } else { count };
            to_client.write_all(&buffer[..count]).await?;
            if cut {
                return Ok(());
            }
        }
    };
    tokio::select! {
        ended = there => ended,
        ended = back => ended,
    }
}

async fn open(wire: &Wire) {
    // It has ended only where the double has.
    let _ = wire
        .door
        .subscribe()
        .wait_for(|door| *door == Door::Open)
        .await;
}
