//! A codec that encodes a message which may be sent again: it is shared, not copied.

use std::{marker::PhantomData, sync::Arc};

use prost::Message;
use tonic::{
    Status,
    codec::{BufferSettings, Codec, EncodeBuf, Encoder},
};
use tonic_prost::{ProstCodec, ProstDecoder};

pub(crate) struct Shared<Q, A>(PhantomData<(Q, A)>);

impl<Q, A> Default for Shared<Q, A> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

pub(crate) struct SharedEncoder<Q>(PhantomData<Q>);

impl<Q, A> Codec for Shared<Q, A>
where
    Q: Message + 'static,
    A: Message + Default + 'static,
{
    type Encode = Arc<Q>;
    type Decode = A;
    type Encoder = SharedEncoder<Q>;
    type Decoder = ProstDecoder<A>;

    fn encoder(&mut self) -> Self::Encoder {
        SharedEncoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstCodec::<A, A>::raw_decoder(BufferSettings::default())
    }
}

impl<Q: Message> Encoder for SharedEncoder<Q> {
    type Item = Arc<Q>;
    type Error = Status;

    fn encode(&mut self, message: Arc<Q>, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        let full = |_| Status::internal("the message has no room");
        message.as_ref().encode(to).map_err(full)
    }
}
