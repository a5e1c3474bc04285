//! A port that swallows connections: who connects gets neither an answer nor a refusal, as behind a firewall that drops.

use std::net::SocketAddr;

use tokio::net::{TcpListener, TcpSocket, TcpStream};

/// `SYN_SENT`, as the kernel's table has it.
const CONNECTING: &str = "02";

/// A port whose queue of connections is full and stays so. Dropping it closes the port.
pub struct Blackhole {
    addr: SocketAddr,
    _listener: TcpListener,
    _queued: TcpStream,
}

impl Blackhole {
    /// Swallows what connects to `addr`, which is on loopback, where nobody listens.
    ///
    /// # Panics
    ///
    /// When somebody does.
    pub async fn at(addr: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        // Connections of who listened before may linger on the port.
        socket
            .set_reuseaddr(true)
            .expect("a socket option that every Unix has");
        socket
            .bind(addr)
            .unwrap_or_else(|error| panic!("a black hole at {addr}: {error}"));
        // Room for one that nobody accepts, and it is taken here.
        let listener = socket.listen(0).expect("a bound socket can listen");
        let addr = listener.local_addr().expect("a bound port has an address");
        let queued = TcpStream::connect(addr)
            .await
            .expect("the first connection is queued");
        Self {
            addr,
            _listener: listener,
            _queued: queued,
        }
    }

    /// Where it is.
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// How many connections it swallows at this moment.
    ///
    /// # Panics
    ///
    /// Where the kernel has no table of connections to look at.
    pub fn swallows(&self) -> usize {
        let table = std::fs::read_to_string("/proc/net/tcp").expect("this is Linux");
        let port = format!(":{:04X}", self.addr.port());
        let connecting = table.lines().filter(|line| {
            let mut columns = line.split_whitespace().skip(2);
            let to = columns.next().is_some_and(|to| to.ends_with(&port));
            to && columns.next() == Some(CONNECTING)
        });
        connecting.count()
    }
}
