//! The suite's framing on stdin and stdout: four bytes of length, most significant first, then the message. It
//! blocks: it is done before anything is served.

use std::io::{Read, Write};

use anyhow::Context as _;
use prost::Message;

/// The longest message that is read: they carry certificates at most.
const MAX_BYTES: usize = 1 << 20;

/// Reads one message.
pub(crate) fn read<M: Message + Default>(mut from: impl Read) -> anyhow::Result<M> {
    let mut length = [0; 4];
    from.read_exact(&mut length)
        .context("no message on stdin")?;
    let length = u32::from_be_bytes(length) as usize;
    anyhow::ensure!(length <= MAX_BYTES, "a message of {length} bytes on stdin");
    let mut bytes = vec![0; length];
    from.read_exact(&mut bytes)?;
    Ok(M::decode(&*bytes)?)
}

/// Writes one message.
pub(crate) fn write(mut to: impl Write, message: &impl Message) -> anyhow::Result<()> {
    let bytes = message.encode_to_vec();
    to.write_all(&u32::try_from(bytes.len())?.to_be_bytes())?;
    to.write_all(&bytes)?;
    Ok(to.flush()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1::ServerCompatResponse;

    #[test]
    fn what_is_written_can_be_read() {
        let message = ServerCompatResponse {
            host: "::1".to_owned(),
            port: 4,
        };
        let mut bytes = Vec::new();
        write(&mut bytes, &message).unwrap();
        assert_eq!(bytes[..4], [0, 0, 0, 7]);
        let read: ServerCompatResponse = read(&*bytes).unwrap();
        assert_eq!(read, message);
    }

    #[test]
    fn a_length_beyond_the_bound_is_refused() {
        assert!(read::<ServerCompatResponse>(&[0xff; 8][..]).is_err());
    }
}
