//! What connects to a black hole neither arrives nor is refused.

use throughline_testkit::{Blackhole, eventually};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn who_connects_is_left_waiting() {
    let hole = Blackhole::at(([127, 0, 0, 1], 0).into()).await;
    assert_eq!(hole.swallows(), 0);
    let connects = tokio::spawn(TcpStream::connect(hole.addr()));
    eventually("it is swallowed", || hole.swallows() == 1).await;
    assert!(!connects.is_finished());
    connects.abort();
    drop(connects.await);
    eventually("it has given up", || hole.swallows() == 0).await;
}
