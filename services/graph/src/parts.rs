//! A server stream that is worked for on the call's own task: what runs is inside
//! of the call's trace and deadline, waits for a slow reader, and is dropped with
//! the stream when the caller leaves.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::sync::mpsc;
use tokio_stream::Stream;
use tonic::Status;

type Work<T> = Pin<Box<dyn Future<Output = Result<Option<T>, Status>> + Send>>;

/// The parts that some work sends, and the last one that it ends with.
pub struct Parts<P, T> {
    parts: mpsc::Receiver<P>,
    convert: fn(P) -> T,
    work: Option<Work<T>>,
    end: Option<Result<T, Status>>,
}

impl<P, T> Parts<P, T> {
    /// `work` sends parts to the sender whose other end is `parts`.
    pub(crate) fn new(
        parts: mpsc::Receiver<P>,
        convert: fn(P) -> T,
        work: impl Future<Output = Result<Option<T>, Status>> + Send + 'static,
    ) -> Self {
        Self {
            parts,
            convert,
            work: Some(Box::pin(work)),
            end: None,
        }
    }
}

impl<P, T: Unpin> Stream for Parts<P, T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        // First what is there, so that the work goes on only when it was taken.
        if let Poll::Ready(Some(part)) = this.parts.poll_recv(context) {
            return Poll::Ready(Some(Ok((this.convert)(part))));
        }
        if let Some(work) = &mut this.work
            && let Poll::Ready(end) = work.as_mut().poll(context)
        {
            this.work = None;
            this.end = end.transpose();
        }
        match this.parts.poll_recv(context) {
            Poll::Ready(Some(part)) => Poll::Ready(Some(Ok((this.convert)(part)))),
            Poll::Pending if this.work.is_some() => Poll::Pending,
            _ => Poll::Ready(this.end.take()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_stream::StreamExt as _;

    use super::*;

    #[tokio::test]
    async fn parts_come_before_the_end_and_the_work_waits_for_the_reader() {
        let (sender, receiver) = mpsc::channel(1);
        let (told, mut progress) = mpsc::unbounded_channel();
        let work = async move {
            for part in 0..4 {
                sender.send(part).await.unwrap();
                told.send(part).unwrap();
            }
            Ok(Some(99))
        };
        let mut parts = Parts::new(receiver, |part| part * 10, work);
        assert_eq!(parts.next().await.unwrap().unwrap(), 0);
        assert_eq!(progress.try_recv().ok(), Some(0));
        assert_eq!(progress.try_recv().ok(), None);
        let rest: Vec<_> = parts.map(Result::unwrap).collect().await;
        assert_eq!(rest, [10, 20, 30, 99]);
    }

    #[tokio::test]
    async fn an_error_comes_last() {
        let (sender, receiver) = mpsc::channel(1);
        let work = async move {
            sender.send(1).await.unwrap();
            Err(Status::not_found("gone"))
        };
        let mut parts = Parts::new(receiver, |part| part, work);
        assert_eq!(parts.next().await.unwrap().unwrap(), 1);
        let code = parts.next().await.unwrap().unwrap_err().code();
        assert_eq!(code, tonic::Code::NotFound);
        assert!(parts.next().await.is_none());
    }
}
