//! What one peer may use, and what all may together: connections, calls in flight, requests a second. It knows nothing of
//! what is asked.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parking_lot::Mutex;

use crate::Limits;

/// The account of all peers.
#[derive(Clone, Debug)]
pub struct Peers(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    limits: Limits,
    rates: DefaultKeyedRateLimiter<u64>,
    seed: RandomState,
    clock: DefaultClock,
    connections: Mutex<Held>,
    calls: Mutex<Held>,
}

/// What is held now, in all and by each.
#[derive(Debug, Default)]
struct Held {
    all: usize,
    of: HashMap<IpAddr, usize>,
}

/// Why one more is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// All peers together hold what there is.
    All,
    /// This peer holds what one may.
    Peer,
}

impl Peers {
    /// Nobody holds anything yet.
    pub fn new(limits: &Limits) -> Self {
        let quota = Quota::per_second(limits.peer_rate).allow_burst(limits.peer_burst);
        Self(Arc::new(Inner {
            limits: limits.clone(),
            rates: RateLimiter::keyed(quota),
            seed: RandomState::new(),
            clock: DefaultClock::default(),
            connections: Mutex::default(),
            calls: Mutex::default(),
        }))
    }

    /// Takes note of a request, or says how long the peer has to wait before its next.
    pub fn request(&self, peer: IpAddr) -> Result<(), Duration> {
        let inner = &*self.0;
        let Some(key) = inner.key(peer) else {
            return Ok(());
        };
        // So many accounts and no more, however many peers come: two that meet in one share it.
        let account = inner.seed.hash_one(key) % inner.limits.peer_accounts.max(1);
        let checked = inner.rates.check_key(&account);
        checked.map_err(|until| until.wait_time_from(inner.clock.now()))
    }

    /// Takes a connection, for as long as the guard lives.
    pub fn connection(&self, peer: IpAddr) -> Result<Taken, Full> {
        let limits = &self.0.limits;
        let bounds = (limits.connections, limits.peer_connections);
        self.take(|inner| &inner.connections, peer, bounds)
    }

    /// Takes a call in flight, for as long as the guard lives.
    pub fn call(&self, peer: IpAddr) -> Result<Taken, Full> {
        let limits = &self.0.limits;
        let bounds = (limits.calls, limits.peer_calls);
        self.take(|inner| &inner.calls, peer, bounds)
    }

    fn take(
        &self,
        kind: fn(&Inner) -> &Mutex<Held>,
        peer: IpAddr,
        (all, each): (usize, usize),
    ) -> Result<Taken, Full> {
        let key = self.0.key(peer);
        let mut held = kind(&self.0).lock();
        if held.all >= all {
            return Err(Full::All);
        }
        if let Some(key) = key {
            let own = held.of.entry(key).or_default();
            // One beyond holds something already, so that no entry stays behind.
            if *own >= each {
                return Err(Full::Peer);
            }
            *own += 1;
        }
        held.all += 1;
        Ok(Taken {
            peers: self.clone(),
            kind,
            key,
        })
    }
}

impl Inner {
    /// Under which name a peer is known; none where it is held to nothing of its own. Who has an IPv6 address has 2^64.
    fn key(&self, peer: IpAddr) -> Option<IpAddr> {
        let peer = peer.to_canonical();
        if peer.is_loopback() && !self.limits.loopback {
            return None;
        }
        Some(match peer {
            IpAddr::V4(_) => peer,
            IpAddr::V6(address) => {
                let network = u128::from(address) >> 64 << 64;
                Ipv6Addr::from(network).into()
            }
        })
    }
}

/// Something that a peer holds until this goes.
#[derive(Debug)]
#[must_use = "it is given back when this goes"]
pub struct Taken {
    peers: Peers,
    kind: fn(&Inner) -> &Mutex<Held>,
    key: Option<IpAddr>,
}

impl Drop for Taken {
    fn drop(&mut self) {
        let mut held = (self.kind)(&self.peers.0).lock();
        held.all -= 1;
        let Some(key) = self.key else { return };
        if let Some(own) = held.of.get_mut(&key) {
            *own -= 1;
            if *own == 0 {
                held.of.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn peers() -> Peers {
        Peers::new(&Limits {
            connections: 3,
            peer_connections: 2,
            peer_rate: NonZeroU32::MIN,
            peer_burst: NonZeroU32::new(2).expect("two"),
            ..Limits::default()
        })
    }

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn what_is_held_is_given_back() {
        let peers = peers();
        let first = peers.connection(ip("192.0.2.1")).expect("the first");
        let second = peers
            .connection(ip("::ffff:192.0.2.1"))
            .expect("the second");
        assert_eq!(peers.connection(ip("192.0.2.1")).err(), Some(Full::Peer));
        let other = peers.connection(ip("192.0.2.2")).expect("of another");
        assert_eq!(peers.connection(ip("192.0.2.3")).err(), Some(Full::All));
        drop(first);
        let again = peers.connection(ip("192.0.2.1")).expect("room again");
        drop((second, other, again));
        let held = peers.0.connections.lock();
        assert_eq!((held.all, held.of.len()), (0, 0), "nothing stays behind");
    }

    #[test]
    fn this_machine_is_held_to_what_there_is_alone() {
        let peers = peers();
        let _held: Vec<_> = (0..3).map(|_| peers.connection(ip("127.0.0.1"))).collect();
        assert_eq!(peers.connection(ip("::1")).err(), Some(Full::All));
        assert!((0..100).all(|_| peers.request(ip("127.0.0.1")).is_ok()));
    }

    #[test]
    fn each_has_a_rate_of_its_own() {
        let peers = peers();
        let burst = |peer: &str| (0..3).filter(|_| peers.request(ip(peer)).is_ok()).count();
        assert_eq!(burst("192.0.2.1"), 2);
        assert_eq!(burst("2001:db8::1"), 2);
        assert_eq!(burst("2001:db8::2"), 0, "of the same network");
        let crowd = (0..=255).filter(|last| burst(&format!("198.51.100.{last}")) == 2);
        assert!(crowd.count() > 200, "few share an account");
        let accounts = peers.0.rates.len();
        assert!(accounts <= 258, "{accounts}");
        let wait = peers.request(ip("192.0.2.1")).expect_err("too many");
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
    }
}
