//! A connection that has to say something. What decides between HTTP/1 and HTTP/2 reads the first bytes without a timer; this
//! ends a connection whose peer keeps them back.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use crate::metrics;

/// What HTTP/2 begins with. Whatever differs from it is HTTP/1, and has a timer of its own.
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A connection with so long for its first bytes.
#[derive(Debug)]
pub(super) struct Greeted<T> {
    inner: T,
    seen: usize,
    // None once it is known what is spoken.
    patience: Option<Pin<Box<Sleep>>>,
}

impl<T> Greeted<T> {
    pub(super) fn new(inner: T, patience: Duration) -> Self {
        Self {
            inner,
            seen: 0,
            patience: Some(Box::pin(tokio::time::sleep(patience))),
        }
    }

    fn hear(&mut self, bytes: &[u8]) {
        let rest = &PREFACE[self.seen..];
        let decided = bytes.len() >= rest.len() || !rest.starts_with(bytes);
        if decided {
            self.patience = None;
        } else {
            self.seen += bytes.len();
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Greeted<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        let Some(patience) = &mut self.patience else {
            return read;
        };
        if read.is_pending() {
            if patience.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            metrics::refused("greeting_slow");
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        self.hear(&buffer.filled()[before..]);
        read
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Greeted<T> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.inner).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    /// Whether a peer that says `pieces` and then nothing is still bound to our patience.
    async fn bound(pieces: &[&[u8]]) -> bool {
        let (mut far, near) = tokio::io::duplex(64);
        let mut near = Greeted::new(near, Duration::from_secs(3600));
        for piece in pieces {
            far.write_all(piece).await.expect("written");
            let mut heard = vec![0; piece.len()];
            near.read_exact(&mut heard).await.expect("read");
        }
        near.patience.is_some()
    }

    #[tokio::test]
    async fn it_is_bound_until_it_is_known_what_is_spoken() {
        assert!(bound(&[]).await);
        assert!(bound(&[b"P"]).await);
        assert!(bound(&[&PREFACE[..10], &PREFACE[10..23]]).await);
        assert!(!bound(&[PREFACE]).await);
        assert!(!bound(&[&PREFACE[..10], &PREFACE[10..]]).await);
        assert!(!bound(&[b"G"]).await, "HTTP/1 has a timer of its own");
        assert!(!bound(&[b"P", b"OST"]).await);
    }

    #[tokio::test]
    async fn patience_ends() {
        let (_far, near) = tokio::io::duplex(64);
        let mut near = Greeted::new(near, Duration::from_millis(1));
        let read = near.read(&mut [0; 8]).await;
        assert_eq!(read.expect_err("the end").kind(), io::ErrorKind::TimedOut);
    }
}
