//! One alpha: its channel, and whether it is left alone for a while because it failed.

use std::{pin::pin, sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;
use tonic::{client::Grpc, metadata::MetadataMap, transport::Channel};

use crate::{Error, Limits, api, rpc::Rpc, shared::Shared, transport::Transport, version};

pub(crate) struct Alpha {
    pub(crate) address: String,
    channel: Channel,
    transport: Option<Arc<dyn Transport>>,
    answer_bytes: usize,
    rests_until: Mutex<Option<Instant>>,
}

/// How an alpha stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Health {
    Good,
    /// It failed, and has rested: it is to be asked whether it is ready.
    Rested,
    /// It failed a moment ago.
    Rests,
}

impl Alpha {
    pub(crate) fn new(
        address: String,
        channel: Channel,
        transport: Option<Arc<dyn Transport>>,
        limits: &Limits,
    ) -> Self {
        Self {
            address,
            channel,
            transport,
            answer_bytes: limits.answer_bytes,
            rests_until: Mutex::new(None),
        }
    }

    pub(crate) fn health(&self) -> Health {
        match *self.rests_until.lock() {
            None => Health::Good,
            Some(until) if until <= Instant::now() => Health::Rested,
            Some(_) => Health::Rests,
        }
    }

    pub(crate) fn rest(&self, time: Duration) {
        *self.rests_until.lock() = Some(Instant::now() + time);
    }

    /// It is to be asked whether it is ready before it is used again.
    pub(crate) fn doubt(&self) {
        self.rests_until.lock().get_or_insert_with(Instant::now);
    }

    /// Asks whether it is ready, and its version; others pass it by meanwhile.
    pub(crate) async fn check(
        &self,
        limits: &Limits,
        metadata: MetadataMap,
    ) -> Result<String, Error> {
        if self.health() == Health::Rested {
            self.rest(limits.probe);
        }
        let until = Instant::now() + limits.probe;
        let asked = self.call(Arc::new(api::Check {}), metadata, until);
        let checked = match asked.await {
            // A probe's own time being up is no deadline of the caller's.
            Err(Error::Deadline) => Err(Error::NotReady),
            Err(error) => Err(error),
            Ok(version) => version::check(&version.tag).map(|()| version.tag),
        };
        match &checked {
            Ok(_) => *self.rests_until.lock() = None,
            Err(_) => self.rest(limits.rest),
        }
        checked
    }

    /// Sends one request; gives up then.
    pub(crate) async fn call<Q: Rpc>(
        &self,
        message: Arc<Q>,
        metadata: MetadataMap,
        until: Instant,
    ) -> Result<Q::Answer, Error> {
        let time = until.saturating_duration_since(Instant::now());
        if time.is_zero() {
            return Err(Error::Deadline);
        }
        if let Some(transport) = &self.transport {
            let headers = metadata.into_headers();
            let asked = Arc::unwrap_or_clone(message).into_asked();
            let carried = transport.carry(&self.address, asked, headers, time);
            return match tokio::time::timeout_at(until, carried).await {
                Err(_) => Err(Error::Deadline),
                Ok(answered) => Q::answer(answered?),
            };
        }
        let mut grpc = Grpc::new(self.channel.clone())
            .max_decoding_message_size(self.answer_bytes)
            .max_encoding_message_size(usize::MAX);
        let mut request = tonic::Request::new(message);
        *request.metadata_mut() = metadata;
        request.set_timeout(coarse(time));
        // In its place: it is large, and would be moved.
        let call = pin!(async {
            let ready = grpc.ready().await;
            ready.map_err(|_| Error::Unreachable)?;
            let codec = Shared::<Q, Q::Answer>::default();
            let answer = grpc.unary(request, Q::path(), codec).await;
            Ok(answer.map_err(Error::from)?.into_inner())
        });
        // The channel's own timer says CANCELLED; this one fires first, or the map below does.
        match tokio::time::timeout_at(until, call).await {
            Err(_) => Err(Error::Deadline),
            Ok(Err(Error::Cancelled)) => Err(Error::Deadline),
            Ok(answer) => answer,
        }
    }
}

/// At most a sixteenth longer: what is said to Dgraph, which hears of it when the caller leaves. So the calls of a while say
/// the same, and HTTP/2's table of headers is not filled with times.
fn coarse(time: Duration) -> Duration {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX >> 1);
    let dropped = (u64::BITS - nanos.leading_zeros()).saturating_sub(5);
    Duration::from_nanos(((nanos >> dropped) + 1) << dropped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coarse_time_is_a_little_longer() {
        for millis in [1, 2, 3, 999, 1_000, 4_983, 29_999, 30_000, 86_400_000] {
            let time = Duration::from_millis(millis);
            let said = coarse(time);
            assert!(
                said > time && said <= time.mul_f64(1.0 + 1.0 / 16.0),
                "{time:?}: {said:?}"
            );
        }
        let (one, other) = (
            Duration::from_micros(29_999_900),
            Duration::from_micros(29_999_100),
        );
        assert_eq!(coarse(one), coarse(other));
        assert!(coarse(Duration::MAX) > Duration::from_secs(1 << 30));
    }
}
