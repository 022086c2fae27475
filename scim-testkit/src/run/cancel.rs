//! Stopping a run from outside, as Ctrl-C does.

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    task::{Poll, Waker},
};

/// A switch that stops a run; clones share it. Cleanup still happens.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    set: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Cancel {
    /// Stops the run at its current request.
    pub fn cancel(&self) {
        self.0.set.store(true, Ordering::SeqCst);
        if let Ok(mut waker) = self.0.waker.lock()
            && let Some(waker) = waker.take()
        {
            waker.wake();
        }
    }

    /// Whether the run was stopped.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.0.set.load(Ordering::SeqCst)
    }

    /// Arms the switch again, for the cleanup after a stop.
    pub(super) fn fresh(&self) -> Self {
        Self::default()
    }

    /// The future's output, or `None` when the switch was thrown first.
    pub(super) async fn race<F: Future>(&self, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        std::future::poll_fn(|context| {
            if let Poll::Ready(output) = future.as_mut().poll(context) {
                return Poll::Ready(Some(output));
            }
            if let Ok(mut waker) = self.0.waker.lock() {
                *waker = Some(context.waker().clone());
            }
            if self.is_set() { Poll::Ready(None) } else { Poll::Pending }
        })
        .await
    }
}
