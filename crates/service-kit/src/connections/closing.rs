//! A connection that waits for its peer to close too. What a peer sends to a socket that is closed comes back as a reset, and a
//! reset takes away what the peer has not read yet: the last answer, or why a call was ended.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

/// Bytes that are read and dropped meanwhile; a peer that sends more than what may be under way is not about to close.
const MOST_BYTES: usize = 256 * 1024;

/// A connection that waits so long, when all is said, for the end of what its peer says.
#[derive(Debug)]
pub(super) struct Closing<T> {
    inner: T,
    wait: Duration,
    state: State,
}

#[derive(Debug)]
enum State {
    Open,
    Waiting { timer: Pin<Box<Sleep>>, left: usize },
    Closed,
}

impl<T> Closing<T> {
    pub(super) fn new(inner: T, wait: Duration) -> Self {
        Self {
            inner,
            wait,
            state: State::Open,
        }
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Closing<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_read(context, buffer)
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Closing<T> {
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
        let this = &mut *self;
        loop {
            match &mut this.state {
                State::Open => {
                    ready!(Pin::new(&mut this.inner).poll_shutdown(context))?;
                    this.state = State::Waiting {
                        timer: Box::pin(tokio::time::sleep(this.wait)),
                        left: MOST_BYTES,
                    };
                }
                State::Waiting { timer, left } => {
                    let mut bytes = [0; 4096];
                    let mut buffer = ReadBuf::new(&mut bytes);
                    let over = match Pin::new(&mut this.inner).poll_read(context, &mut buffer) {
                        Poll::Pending => {
                            ready!(timer.as_mut().poll(context));
                            true
                        }
                        Poll::Ready(read) => {
                            let count = buffer.filled().len();
                            *left = left.saturating_sub(count);
                            read.is_err() || count == 0 || *left == 0
                        }
                    };
                    if over {
                        this.state = State::Closed;
                    }
                }
                State::Closed => return Poll::Ready(Ok(())),
            }
        }
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
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let far = TcpStream::connect(listener.local_addr().expect("bound")).await;
        (
            far.expect("it listens"),
            listener.accept().await.expect("it came").0,
        )
    }

    #[tokio::test]
    async fn who_speaks_late_still_reads_what_was_said_last() {
        let (mut far, near) = pair().await;
        let closing = tokio::spawn(async move {
            let mut near = Closing::new(near, Duration::from_secs(3600));
            near.write_all(b"the last word").await?;
            near.shutdown().await
        });
        // The end is known to have arrived, so a closed socket would answer both of these with a reset.
        far.readable().await.expect("it said something");
        for _ in 0..2 {
            far.write_all(b"one thing more").await.expect("it is read");
        }
        let mut heard = String::new();
        far.read_to_string(&mut heard).await.expect("no reset");
        assert_eq!(heard, "the last word");
        assert!(!closing.is_finished(), "it waits for us");
        drop(far);
        closing.await.expect("no panic").expect("it closes");
    }

    #[tokio::test]
    async fn it_waits_no_longer_than_it_should() {
        let (_far, near) = pair().await;
        let mut near = Closing::new(near, Duration::from_millis(1));
        near.shutdown().await.expect("it closes");
    }

    #[tokio::test]
    async fn who_never_stops_is_not_listened_to() {
        let (mut far, near) = pair().await;
        let mut near = Closing::new(near, Duration::from_secs(3600));
        let talking = tokio::spawn(async move { while far.write_all(&[0; 4096]).await.is_ok() {} });
        near.shutdown().await.expect("it closes");
        drop(near);
        talking.await.expect("it was told by a reset");
    }
}
