//! The life of one connection: it is greeted, it is served, and it is told to go when it is old or the server stops.

use std::convert::Infallible;
use std::error::Error as StdError;
use std::hash::{BuildHasher as _, RandomState};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::Service;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};

use super::closing::Closing;
use super::greeting::Greeted;
use super::{CallTasks, Terms};
use crate::{Shutdown, metrics};

/// What all connections of a server have in common.
#[derive(Debug)]
pub(super) struct Life {
    http: auto::Builder<CallTasks>,
    terms: Terms,
    shutdown: Shutdown,
    seed: RandomState,
}

impl Life {
    pub(super) fn new(http: auto::Builder<CallTasks>, terms: Terms, shutdown: Shutdown) -> Self {
        Self {
            http,
            terms,
            shutdown,
            seed: RandomState::new(),
        }
    }

    /// That of `stream`, to its end.
    pub(super) async fn of<T, S, B>(&self, stream: T, peer: SocketAddr, service: S)
    where
        T: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        S: Service<Request<Incoming>, Response = Response<B>, Error = Infallible> + Send + 'static,
        S::Future: Send + 'static,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn StdError + Send + Sync>>,
    {
        let stream = TokioIo::new(Greeted::new(
            Closing::new(stream, self.terms.close_wait),
            self.terms.greeting,
        ));
        let mut connection = pin!(self.http.serve_connection(stream, service));
        let age = about(self.terms.age, self.seed.hash_one(peer));
        let aged = tokio::select! {
            ended = connection.as_mut() => return report(peer, ended),
            () = self.shutdown.requested() => false,
            () = tokio::time::sleep(age) => true,
        };
        connection.as_mut().graceful_shutdown();
        if aged {
            tracing::debug!(%peer, "a connection is told to go: it is old");
            tokio::select! {
                ended = connection.as_mut() => return report(peer, ended),
                // From here on the server's own bound holds.
                () = self.shutdown.requested() => {}
                () = tokio::time::sleep(self.terms.grace) => {
                    metrics::refused("connection_grace");
                    tracing::debug!(%peer, "an old connection is closed: it did not go");
                    return;
                }
            }
        }
        report(peer, connection.await);
    }
}

/// A duration that is up to a tenth longer or shorter, by chance.
fn about(duration: Duration, chance: u64) -> Duration {
    let thousandths = 900 + u32::try_from(chance % 201).unwrap_or_default();
    duration.saturating_mul(thousandths) / 1000
}

fn report(peer: SocketAddr, ended: Result<(), Box<dyn StdError + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(%peer, error, "a connection ended badly");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_differ_by_a_tenth_at_most() {
        let hour = Duration::from_secs(3600);
        assert_eq!(about(hour, 0), Duration::from_secs(3240));
        assert_eq!(about(hour, 100), hour);
        assert_eq!(about(hour, 200), Duration::from_secs(3960));
        assert!((0..1000).all(|chance| about(hour, chance) <= about(hour, 200)));
    }
}
