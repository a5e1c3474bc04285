//! Follows the frames of a request as its bytes go by, without keeping any. Pure.

use tonic::Status;

/// One byte of flags, four of length.
const HEADER: usize = 5;

/// How many messages a method takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Messages {
    /// One: a unary call, or a stream of answers.
    One,
    /// Any number: the caller streams.
    Any,
}

/// How a request breaks the rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// A message is longer than is taken.
    #[error("a message of {length} bytes, where {limit} are the limit")]
    TooLong {
        /// What its header says.
        length: usize,
        /// What is taken.
        limit: usize,
    },
    /// A second message where one is taken.
    #[error("more than one message, where the method takes one")]
    Several,
    /// A compressed message, where no compression was announced.
    #[error("a compressed message, where no compression was announced")]
    Compressed,
    /// A frame that is no message: trailers, which a caller does not send, or flags that mean nothing.
    #[error("a frame that is no message")]
    Flags,
    /// No message where one is taken.
    #[error("no message, where the method takes one")]
    None,
}

impl From<Violation> for Status {
    fn from(violation: Violation) -> Self {
        match violation {
            Violation::TooLong { .. } => Self::resource_exhausted(violation.to_string()),
            // The code that gRPC's text on compression has for it.
            Violation::Compressed => Self::internal(violation.to_string()),
            Violation::Flags => Self::invalid_argument(violation.to_string()),
            // The code that gRPC's list of codes has for a cardinality violation.
            Violation::Several | Violation::None => Self::unimplemented(violation.to_string()),
        }
    }
}

/// The frames of one request.
///
/// ```
/// use throughline_service_kit::framing::{FrameReader, Messages, Violation};
///
/// let mut reader = FrameReader::new(Messages::One, 1024);
/// reader.read(&[0, 0, 0, 0, 2, 8])?;
/// reader.read(&[1])?;
/// assert_eq!(reader.read(&[0, 0, 0, 0, 0]), Err(Violation::Several));
/// # Ok::<(), Violation>(())
/// ```
#[derive(Clone, Debug)]
pub struct FrameReader {
    messages: Messages,
    limit: usize,
    /// Whether a message may be compressed, where flags are held at all.
    flags: Option<bool>,
    header: [u8; HEADER],
    /// How much of a header has come.
    filled: usize,
    /// How much of a message is still to come.
    left: usize,
    seen: bool,
}

impl FrameReader {
    /// A reader of a request of so many `messages`, each of up to `limit` bytes.
    pub fn new(messages: Messages, limit: usize) -> Self {
        Self {
            messages,
            limit,
            flags: None,
            header: [0; HEADER],
            filled: 0,
            left: 0,
            seen: false,
        }
    }

    /// Holds the flags of frames too, which whoever decodes a message does otherwise. `compressed`: whether compression was
    /// announced.
    #[must_use]
    pub fn flags(mut self, compressed: bool) -> Self {
        self.flags = Some(compressed);
        self
    }

    /// Whether more has to come: the rest of a message, or of a request that is one message.
    pub fn expects_more(&self) -> bool {
        self.filled > 0 || self.left > 0 || self.messages == Messages::One
    }

    /// Takes note of the next bytes.
    pub fn read(&mut self, mut bytes: &[u8]) -> Result<(), Violation> {
        while !bytes.is_empty() {
            if self.left > 0 {
                let part = self.left.min(bytes.len());
                self.left -= part;
                bytes = &bytes[part..];
                continue;
            }
            if self.seen && self.messages == Messages::One {
                return Err(Violation::Several);
            }
            let part = bytes.len().min(HEADER - self.filled);
            let (head, rest) = bytes.split_at(part);
            self.header[self.filled..self.filled + part].copy_from_slice(head);
            self.filled += part;
            bytes = rest;
            if self.filled == HEADER {
                self.begin()?;
            }
        }
        Ok(())
    }

    /// The request is over. That a message may be torn is left to whoever decodes it.
    pub fn end(&self) -> Result<(), Violation> {
        if self.messages == Messages::One && !self.seen && self.filled == 0 {
            return Err(Violation::None);
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Violation> {
        let [flags, length @ ..] = self.header;
        match (self.flags, flags) {
            (None, _) | (_, 0) | (Some(true), 1) => {}
            (Some(false), 1) => return Err(Violation::Compressed),
            _ => return Err(Violation::Flags),
        }
        let length = u32::from_be_bytes(length) as usize;
        if length > self.limit {
            return Err(Violation::TooLong {
                length,
                limit: self.limit,
            });
        }
        self.filled = 0;
        self.left = length;
        self.seen = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIMIT: usize = 8;

    /// The outcome of a whole request, however it is cut.
    fn outcome(messages: Messages, chunks: &[&[u8]]) -> Result<(), Violation> {
        let mut reader = FrameReader::new(messages, LIMIT);
        for chunk in chunks {
            reader.read(chunk)?;
        }
        reader.end()
    }

    fn frame(length: u8) -> Vec<u8> {
        let mut frame = vec![0, 0, 0, 0, length];
        frame.resize(5 + usize::from(length), 7);
        frame
    }

    #[test]
    fn each_rule_has_its_violation() {
        use Messages::{Any, One};
        use Violation::{None, Several, TooLong};
        let (empty, small, full, long) = (frame(0), frame(3), frame(8), frame(9));
        let long_error = TooLong {
            length: 9,
            limit: LIMIT,
        };
        let check = |messages, chunks: &[&[u8]], expected| {
            assert_eq!(
                outcome(messages, chunks),
                expected,
                "{messages:?} {chunks:?}"
            );
        };
        check(One, &[&small], Ok(()));
        check(One, &[&empty], Ok(()));
        check(One, &[&full], Ok(()));
        check(One, &[&long], Err(long_error));
        check(Any, &[&small, &long], Err(long_error));
        check(Any, &[&small, &empty, &full], Ok(()));
        check(One, &[&small, &small], Err(Several));
        check(One, &[&empty, &[0]], Err(Several));
        check(One, &[], Err(None));
        check(One, &[&[]], Err(None));
        check(Any, &[], Ok(()));
        // Torn: whoever decodes it says so.
        check(One, &[&[0, 0]], Ok(()));
        check(One, &[&small[..6]], Ok(()));
    }

    #[test]
    fn flags_are_held_where_that_is_asked() {
        let check = |flags, compressed: Option<bool>, expected| {
            let mut reader = FrameReader::new(Messages::Any, LIMIT);
            if let Some(compressed) = compressed {
                reader = reader.flags(compressed);
            }
            assert_eq!(
                reader.read(&[flags, 0, 0, 0, 0]),
                expected,
                "{flags} {compressed:?}"
            );
        };
        check(0, Some(false), Ok(()));
        check(1, Some(true), Ok(()));
        check(1, Some(false), Err(Violation::Compressed));
        for compressed in [false, true] {
            check(0x80, Some(compressed), Err(Violation::Flags));
            check(2, Some(compressed), Err(Violation::Flags));
        }
        check(0x80, None, Ok(()));
    }

    #[test]
    fn it_knows_whether_more_has_to_come() {
        let check = |messages, bytes: &[u8], expected| {
            let mut reader = FrameReader::new(messages, LIMIT);
            reader.read(bytes).expect("within the rules");
            assert_eq!(reader.expects_more(), expected, "{messages:?} {bytes:?}");
        };
        check(Messages::Any, &[], false);
        check(Messages::Any, &[0], true);
        check(Messages::Any, &[0, 0, 0, 0, 1], true);
        check(Messages::Any, &frame(3), false);
        check(Messages::One, &[], true);
        check(Messages::One, &frame(3), true);
    }

    #[test]
    fn the_codes_are_those_of_grpc() {
        let long = Violation::TooLong {
            length: 2,
            limit: 1,
        };
        assert_eq!(Status::from(long).code(), tonic::Code::ResourceExhausted);
        for other in [Violation::Several, Violation::None] {
            assert_eq!(Status::from(other).code(), tonic::Code::Unimplemented);
        }
    }

    proptest! {
        #[test]
        fn cuts_make_no_difference(
            bytes in proptest::collection::vec(prop_oneof![Just(0_u8), 0..12_u8], 0..64),
            cuts in proptest::collection::vec(0..64_usize, 0..6),
            one in any::<bool>(),
        ) {
            let messages = if one { Messages::One } else { Messages::Any };
            let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let chunks: Vec<_> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(outcome(messages, &chunks), outcome(messages, &[&bytes]));
        }
    }
}
