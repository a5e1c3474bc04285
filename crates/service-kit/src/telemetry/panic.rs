//! A panic hook that captures the event and goes on. The SDK's own flushes in the panicking thread, which a
//! collector that does not answer turns into seconds for the call.

use std::panic::PanicHookInfo;
use std::sync::Once;

use sentry_core::Hub;
use sentry_core::protocol::{Addr, Event, Exception, Frame, Level, Mechanism, Stacktrace};

/// Frames of a stack that are sent.
const FRAMES: usize = 128;

/// Installs the hook, once in a process, before the one that is there: that one still prints its message.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            Hub::with_active(|hub| hub.capture_event(event(info)));
            previous(info);
        }));
    });
}

/// The event of a panic. It is fatal: by that `sentry-tonic` knows that the hook has reported it.
fn event(info: &PanicHookInfo<'_>) -> Event<'static> {
    let resolved = cfg!(debug_assertions);
    Event {
        level: Level::Fatal,
        exception: vec![Exception {
            ty: "panic".to_owned(),
            value: Some(sentry_panic::message_from_panic_info(info).to_owned()),
            mechanism: Some(Mechanism {
                ty: "panic".to_owned(),
                handled: Some(false),
                ..Mechanism::default()
            }),
            stacktrace: match resolved {
                true => sentry::integrations::backtrace::current_stacktrace(),
                false => raw_stacktrace(),
            },
            ..Exception::default()
        }]
        .into(),
        ..Event::default()
    }
}

/// Addresses only: to resolve them here would take a release build a quarter of a gigabyte for good. Names are found
/// later, by the ids of the images that the SDK attaches.
fn raw_stacktrace() -> Option<Stacktrace> {
    let mut frames = Vec::new();
    backtrace::trace(|frame| {
        frames.push(Frame {
            instruction_addr: Some(Addr(frame.ip() as u64)),
            ..Frame::default()
        });
        frames.len() < FRAMES
    });
    // The SDK has the outermost first.
    frames.reverse();
    (!frames.is_empty()).then(|| Stacktrace {
        frames,
        ..Stacktrace::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_frames_are_addresses_within_bounds() {
        let frames = raw_stacktrace().expect("a test has a stack").frames;
        assert!(frames.len() <= FRAMES);
        assert!(
            frames
                .iter()
                .all(|frame| frame.instruction_addr.is_some() && frame.function.is_none())
        );
    }
}
