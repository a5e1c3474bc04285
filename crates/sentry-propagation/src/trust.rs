//! Whose word on traces is taken at the edge. Pure: the gateway hands in what it knows of the request.

use std::net::IpAddr;

/// The verdict on a caller, left in a request's extensions for the server layer. Absent is trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Ids, parent, flag and sampling context are all kept.
    Trusted,
    /// All of them are dropped: a new trace, with the old ids as a link.
    Untrusted,
}

/// What becomes of a request at the edge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It goes on, with its trace or without.
    Admitted(Trust),
    /// It names an origin that is not ours.
    Refused,
}

/// Whom the edge trusts. Admission does not depend on it: a wrong origin is refused under each of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TrustPolicy {
    /// Nobody.
    None,
    /// Pages of the listed origins, callers on this machine, and holders of the token.
    #[default]
    Origins,
    /// Everybody who is admitted.
    All,
}

/// Rule 6 of the design, as a function of what is known of a request.
///
/// ```
/// use sentry_propagation::{Admission, EdgeTrust, Trust, TrustPolicy};
///
/// let edge = EdgeTrust::new(TrustPolicy::Origins).origin("https://shop.example");
/// assert_eq!(
///     edge.decide(Some(b"https://shop.example"), None, None),
///     Admission::Admitted(Trust::Trusted),
/// );
/// assert_eq!(edge.decide(Some(b"https://evil.example"), None, None), Admission::Refused);
/// assert_eq!(edge.decide(None, None, None), Admission::Admitted(Trust::Untrusted));
/// ```
#[derive(Debug, Clone, Default)]
pub struct EdgeTrust {
    policy: TrustPolicy,
    origins: Vec<String>,
    token: Option<Secret>,
}

impl EdgeTrust {
    /// A policy with no origins and no token yet.
    pub fn new(policy: TrustPolicy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// Adds an origin, as browsers write it (`https://shop.example`, without a path).
    #[must_use]
    pub fn origin(mut self, origin: &str) -> Self {
        let origin = origin.trim().trim_end_matches('/').to_ascii_lowercase();
        self.origins.push(origin);
        self
    }

    /// Sets the token by which a caller without an origin is trusted. An empty one is none.
    #[must_use]
    pub fn token(mut self, token: &str) -> Self {
        self.token = (!token.is_empty()).then(|| Secret(token.into()));
        self
    }

    /// Decides on a request by its `Origin`, the address of its peer and the token it presents.
    pub fn decide(
        &self,
        origin: Option<&[u8]>,
        peer: Option<IpAddr>,
        token: Option<&[u8]>,
    ) -> Admission {
        let known = match origin {
            Some(origin) if !self.lists(origin) => return Admission::Refused,
            Some(_) => true,
            None => {
                peer.is_some_and(|peer| peer.to_canonical().is_loopback()) || self.accepts(token)
            }
        };
        Admission::Admitted(match self.policy {
            TrustPolicy::All => Trust::Trusted,
            TrustPolicy::Origins if known => Trust::Trusted,
            TrustPolicy::Origins | TrustPolicy::None => Trust::Untrusted,
        })
    }

    fn lists(&self, origin: &[u8]) -> bool {
        self.origins
            .iter()
            .any(|listed| listed.as_bytes() == origin)
    }

    fn accepts(&self, token: Option<&[u8]>) -> bool {
        match (&self.token, token) {
            (Some(secret), Some(token)) => secret.equals(token),
            _ => false,
        }
    }
}

/// A token that does not show itself.
#[derive(Clone)]
struct Secret(Box<str>);

impl Secret {
    /// Takes as long for a token that is wrong at its first byte as for one that is wrong at its last.
    fn equals(&self, other: &[u8]) -> bool {
        let own = self.0.as_bytes();
        let differing = own
            .iter()
            .zip(other)
            .fold(0, |seen, (a, b)| std::hint::black_box(seen | (a ^ b)));
        own.len() == other.len() && std::hint::black_box(differing) == 0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret")
    }
}
