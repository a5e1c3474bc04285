//! A panic hook that captures the event and goes on. The SDK's own flushes in the panicking thread, which a
//! collector that does not answer turns into seconds for the call.
//!
//! A release build resolves no name: neither the SDK's hook nor std's runs there. With `RUST_BACKTRACE` set, std's reads
//! all line tables into the process to print a stack, and keeps them.

use std::io::Write as _;
use std::panic::PanicHookInfo;
use std::sync::Once;

use sentry_core::Hub;
use sentry_core::protocol::{Addr, Event, Exception, Frame, Level, Mechanism, Stacktrace};

/// Frames of a stack that are sent.
const FRAMES: usize = 128;

/// Whether names are found in place: not in what is run for long.
const RESOLVES: bool = cfg!(debug_assertions);

/// Installs the hook, once in a process. In a debug build the one that is there still prints; in a release build a line
/// of ours takes its place.
pub(super) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let previous = RESOLVES.then(std::panic::take_hook);
        std::panic::set_hook(Box::new(move |info| {
            Hub::with_active(|hub| hub.capture_event(event(info)));
            match &previous {
                Some(previous) => previous(info),
                // Nobody can be told that stderr is gone.
                None => drop(writeln!(std::io::stderr().lock(), "{}", line(info))),
            }
        }));
    });
}

/// What a panic says on stderr.
fn line(info: &PanicHookInfo<'_>) -> String {
    let thread = std::thread::current();
    let thread = thread.name().unwrap_or("<unnamed>");
    let message = sentry_panic::message_from_panic_info(info);
    match info.location() {
        Some(place) => format!("thread '{thread}' panicked at {place}: {message}"),
        None => format!("thread '{thread}' panicked: {message}"),
    }
}

/// The event of a panic. It is fatal: by that `sentry-tonic` knows that the hook has reported it.
fn event(info: &PanicHookInfo<'_>) -> Event<'static> {
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
            stacktrace: if RESOLVES {
                sentry::integrations::backtrace::current_stacktrace()
            } else {
                raw_stacktrace()
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
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use sentry_core::{Client, ClientOptions, Envelope, Transport};

    use super::*;

    /// Counts what it is asked.
    #[derive(Default)]
    struct Asked {
        sent: AtomicUsize,
        flushed: AtomicUsize,
    }

    impl Transport for Asked {
        fn send_envelope(&self, _: Envelope) {
            self.sent.fetch_add(1, Ordering::Relaxed);
        }

        fn flush(&self, _: Duration) -> bool {
            self.flushed.fetch_add(1, Ordering::Relaxed);
            true
        }
    }

    #[test]
    fn a_panic_is_captured_and_nothing_is_flushed() {
        let asked = Arc::new(Asked::default());
        let mut options = ClientOptions::default();
        options.dsn = Some("http://probe@127.0.0.1:9/1".parse().unwrap());
        options.transport = Some(Arc::new(asked.clone()));
        let client = Arc::new(Client::from(options));
        let hub = Arc::new(Hub::new(Some(client), Arc::default()));
        install();
        Hub::run(hub, || {
            std::panic::catch_unwind(|| panic!("as asked")).unwrap_err();
        });
        assert_eq!(asked.sent.load(Ordering::Relaxed), 1);
        assert_eq!(asked.flushed.load(Ordering::Relaxed), 0);
    }

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
