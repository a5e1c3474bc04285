//! Ports for zeros and alphas. Dgraph takes one offset to all of its ports, and listens on them only seconds after its start:
//! until then somebody else could find them free. It knows nothing of who listens.

use std::net::TcpListener;

/// Where a zero and an alpha without an offset listen.
pub(super) const ZERO: u16 = 5080;
pub(super) const ZERO_HTTP: u16 = 6080;
pub(super) const ALPHA: u16 = 7080;
pub(super) const ALPHA_HTTP: u16 = 8080;
pub(super) const ALPHA_GRPC: u16 = 9080;
const ALL: [u16; 5] = [ZERO, ZERO_HTTP, ALPHA, ALPHA_HTTP, ALPHA_GRPC];

/// Whoever listens there has the offset; no Dgraph does.
const CLAIM: u16 = 4080;

/// So that all ports are below those that Linux gives to connections, and no port of one offset is another port of another.
const FIRST: u16 = 10_000;
const COUNT: u16 = 1_000;

/// Offsets in a row. No other process of this machine is given them as long as this is there.
pub(super) struct Offsets {
    pub(super) first: u16,
    _claims: Vec<TcpListener>,
}

impl Offsets {
    /// So many whose ports are free.
    pub(super) fn claim(count: u16) -> Self {
        let begin = u16::try_from(std::process::id() % u32::from(COUNT)).unwrap_or(0);
        let mut firsts = (0..COUNT).map(|step| FIRST + (begin + step) % (COUNT - count));
        let found = firsts.find_map(|first| Self::at(first, count));
        found.expect("ports for a Dgraph")
    }

    fn at(first: u16, count: u16) -> Option<Self> {
        let listen = |port: u16| TcpListener::bind(("127.0.0.1", port)).ok();
        let offsets = first..first + count;
        let claims = offsets.clone().map(|offset| listen(CLAIM + offset));
        // First: what is looked at is taken for that moment, and may be another's.
        let claims = claims.collect::<Option<Vec<_>>>()?;
        let mut ports = offsets.flat_map(|offset| ALL.map(|port| port + offset));
        ports.all(|port| listen(port).is_some()).then_some(Self {
            first,
            _claims: claims,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_claimed_is_given_to_nobody_else() {
        let three = Offsets::claim(3);
        let mut offsets = three.first..three.first + 3;
        let more: Vec<_> = (0..5).map(|_| Offsets::claim(1)).collect();
        assert!(more.iter().all(|one| !offsets.contains(&one.first)));
        assert!(offsets.all(|offset| Offsets::at(offset, 1).is_none()));
    }

    #[test]
    fn a_port_that_somebody_has_is_not_given() {
        let one = Offsets::claim(1);
        let _taken = TcpListener::bind(("127.0.0.1", ALPHA_HTTP + one.first)).expect("it is free");
        let first = one.first;
        drop(one);
        assert!(Offsets::at(first, 1).is_none());
    }
}
