//! Doing one thing many times at once.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::Barrier;

/// Starts `count` tasks at the same moment and returns what each came to, in order.
pub(super) async fn run<F, T>(count: usize, mut task: impl FnMut(usize) -> F) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
    T: Send + 'static,
{
    let barrier = Arc::new(Barrier::new(count));
    let running: Vec<_> = (0..count)
        .map(|index| {
            let (barrier, task) = (Arc::clone(&barrier), task(index));
            tokio::spawn(async move {
                barrier.wait().await;
                task.await
            })
        })
        .collect();
    let mut results = Vec::with_capacity(count);
    for handle in running {
        results.push(handle.await.unwrap());
    }
    results
}
