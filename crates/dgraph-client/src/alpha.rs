//! One alpha: its channel, and whether it is left alone for a while because it failed.

use std::{sync::Arc, time::Duration};

use parking_lot::Mutex;
use tokio::time::Instant;
use tonic::{client::Grpc, metadata::MetadataMap, transport::Channel};
use tonic_prost::ProstCodec;

use crate::{Error, Limits, api, rpc::Rpc, transport::Transport, version};

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

    /// Asks whether it is ready, and its version.
    pub(crate) async fn check(
        &self,
        limits: &Limits,
        metadata: MetadataMap,
    ) -> Result<String, Error> {
        let asked = self.call(api::Check {}, metadata, limits.probe);
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

    /// Sends one request; gives up after `time`.
    pub(crate) async fn call<Q: Rpc>(
        &self,
        message: Q,
        metadata: MetadataMap,
        time: Duration,
    ) -> Result<Q::Answer, Error> {
        if let Some(transport) = &self.transport {
            let headers = metadata.into_headers();
            let carried = transport.carry(&self.address, message.into_asked(), headers, time);
            return match tokio::time::timeout(time, carried).await {
                Err(_) => Err(Error::Deadline),
                Ok(answered) => Q::answer(answered?),
            };
        }
        let mut grpc = Grpc::new(self.channel.clone())
            .max_decoding_message_size(self.answer_bytes)
            .max_encoding_message_size(usize::MAX);
        let mut request = tonic::Request::new(message);
        *request.metadata_mut() = metadata;
        request.set_timeout(time);
        let call = async {
            let ready = grpc.ready().await;
            ready.map_err(|_| Error::Unreachable)?;
            let codec = ProstCodec::<Q, Q::Answer>::default();
            let answer = grpc.unary(request, Q::path(), codec).await;
            Ok(answer.map_err(Error::from)?.into_inner())
        };
        // The channel's own timer says CANCELLED; this one fires first, or the map below does.
        match tokio::time::timeout(time, call).await {
            Err(_) => Err(Error::Deadline),
            Ok(Err(Error::Cancelled)) => Err(Error::Deadline),
            Ok(answer) => answer,
        }
    }
}
