//! The frames of a request, however they are cut: the first byte says what is held, the second where the rest is cut.
#![no_main]

use libfuzzer_sys::fuzz_target;
use throughline_service_kit::framing::{FrameReader, Messages, Violation};

/// Small, so that a length above it is easily met.
const LIMIT: usize = 300;

fuzz_target!(|input: &[u8]| {
    let [kind, cut, bytes @ ..] = input else { return };
    let messages = if kind & 1 == 0 { Messages::One } else { Messages::Any };
    let reader = || {
        let reader = FrameReader::new(messages, LIMIT);
        if kind & 2 == 0 { reader } else { reader.flags(kind & 4 == 0) }
    };
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| -> (Result<(), Violation>, bool) {
        let mut reader = reader();
        let mut outcome = Ok(());
        for piece in pieces {
            outcome = outcome.and_then(|()| reader.read(piece));
        }
        (outcome.and_then(|()| reader.end()), reader.expects_more())
    };
    let whole = read(&mut std::iter::once(bytes));
    let pieces = read(&mut bytes.chunks(usize::from(*cut).max(1)));
    assert_eq!(whole.0, pieces.0, "where it is cut makes no difference");
    if whole.0.is_ok() {
        assert_eq!(whole.1, pieces.1);
    }
    if let Err(Violation::TooLong { length, limit }) = whole.0 {
        assert!(length > limit && limit == LIMIT);
    }
});
