//! Taking an address, and saying on stdout which one it became. It knows nothing of what is served there.

use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::Error;

/// Listens on `address`; port 0 takes a free one.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address)
        .await
        .map_err(|source| Error::Listen { address, source })
}

/// Prints the one line that says the service takes calls, and where: `graph listening on http://127.0.0.1:50051`.
///
/// It goes to stdout, which carries nothing else, so that whoever started the process can wait for it.
#[expect(
    clippy::print_stdout,
    reason = "this line is the contract with whoever started the process"
)]
pub fn announce(service: &str, address: SocketAddr) {
    println!("{service} listening on http://{address}");
}

/// [`announce`] for a service that speaks TLS.
#[expect(clippy::print_stdout, reason = "as above")]
pub fn announce_tls(service: &str, address: SocketAddr) {
    println!("{service} listening on https://{address}");
}
