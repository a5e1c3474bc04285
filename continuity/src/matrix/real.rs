//! Faults that no hop obeys, but that happen to it: processes killed and stopped, ports that swallow, a database locked, gone,
//! changed, or on a full disk. What can be mended is mended, and must work again without a restart.

use std::time::{Duration, Instant};

use throughline_testkit::{Blackhole, SAFETY, eventually};
use tonic::Code;

use super::ask::{ask, batch_is_there, path};
use super::play::Answered;
use super::{Call, time::Rival};
use crate::{Chain, Root};

/// What the caller waits for longer than a stopped process would.
const MORE: Duration = Duration::from_millis(100);

pub(super) async fn killed(chain: &mut Chain, rival: &Rival, root: &Root, hop: &str) -> Answered {
    let killed = chain.process(hop).take().expect("it runs").kill().await;
    let began = Instant::now();
    let code = ask(chain, root, Call::Read).await;
    let answered = Answered::new(code, rival.timed(began, true));
    answered.unless(!killed.status.success(), || "nothing was killed".to_owned())
}

pub(super) async fn blackholed(chain: &mut Chain, rival: &Rival, root: &Root) -> Answered {
    let graph = chain.graph.take().expect("it runs");
    let address = graph
        .addr()
        .parse()
        .expect("a service announces an address");
    graph.kill().await;
    let hole = Blackhole::at(address).await;
    let began = Instant::now();
    let (code, ()) = tokio::join!(
        ask(chain, root, Call::Read),
        eventually("the gateway connects in vain", || hole.swallows() > 0),
    );
    // It never accepts, as long as it is.
    let timed = rival.timed(began, true);
    drop(hole);
    Answered::new(code, timed)
}

/// A caller's deadline is kept by the first hop that runs; if none does, by the caller.
pub(super) async fn stopped(
    chain: &mut Chain,
    rival: &Rival,
    root: &Root,
    hop: &str,
    milliseconds: u64,
) -> Answered {
    let deadline = Duration::from_millis(milliseconds);
    let mut root = root.clone().with_fault(&format!("{hop}=stall"));
    root.timeout = Some(deadline);
    let client = chain.web_client();
    let began = Instant::now();
    let mut call = tokio::spawn(async move { path(client, &root).await });
    chain.wait_until_held(hop).await;
    signal(chain, hop, "STOP").await;
    let patience = if hop == "gateway" {
        deadline + MORE
    } else {
        SAFETY
    };
    let code = match tokio::time::timeout_at((began + patience).into(), &mut call).await {
        Ok(code) => code.expect("the call does not panic"),
        Err(_) => {
            call.abort();
            call.await.ok();
            Code::DeadlineExceeded
        }
    };
    let process = chain.process(hop).as_ref().expect("it runs");
    let timed = rival.timed(began, process.is_stopped());
    signal(chain, hop, "CONT").await;
    Answered::new(code, timed)
}

async fn signal(chain: &mut Chain, hop: &str, signal: &str) {
    let process = chain.process(hop).as_ref().expect("it runs");
    process.signal(signal).await;
}

/// Statements that another program runs.
pub(super) fn behind_its_back(chain: &Chain, statements: &str) {
    let database = rusqlite::Connection::open(chain.database()).expect("it can be opened");
    // A writer of ours may be at it.
    database.busy_timeout(SAFETY).expect("a timeout can be set");
    database
        .execute_batch(statements)
        .expect("the statements are right");
}

pub(super) async fn locked(chain: &Chain, rival: &Rival, root: &Root) -> Answered {
    let holder = rusqlite::Connection::open(chain.database()).expect("it can be opened");
    holder
        .execute_batch("BEGIN IMMEDIATE")
        .expect("nobody writes");
    let began = Instant::now();
    let code = ask(chain, root, Call::Batch).await;
    let timed = rival.timed(began, !holder.is_autocommit());
    let half = batch_is_there(chain, false).await;
    drop(holder);
    mended(chain, Answered::new(code, timed).and(half)).await
}

pub(super) async fn gone(chain: &Chain, rival: &Rival, root: &Root) -> Answered {
    let elsewhere = chain.database().with_extension("elsewhere");
    std::fs::rename(chain.database(), &elsewhere).expect("it can be moved");
    let began = Instant::now();
    let code = ask(chain, root, Call::Batch).await;
    let timed = rival.timed(began, true);
    let new = chain.database().exists();
    std::fs::rename(&elsewhere, chain.database()).expect("it can be moved back");
    let half = batch_is_there(chain, false).await;
    let answered = Answered::new(code, timed).and(half);
    mended(
        chain,
        answered.unless(!new, || "a new file was made".to_owned()),
    )
    .await
}

pub(super) async fn full(chain: &Chain, rival: &Rival, root: &Root) -> Answered {
    let disk = chain.disk.as_ref().expect("it was asked for");
    let graph = chain.graph.as_ref().expect("it runs");
    disk.fill(graph);
    let began = Instant::now();
    let code = ask(chain, root, Call::Batch).await;
    let timed = rival.timed(began, true);
    let half = batch_is_there(chain, false).await;
    disk.free(graph);
    mended(chain, Answered::new(code, timed).and(half)).await
}

/// The same call succeeds, in the same process.
async fn mended(chain: &Chain, answered: Answered) -> Answered {
    let again = Root::sampled(&mut rand::rng());
    let code = ask(chain, &again, Call::Batch).await;
    let answered = answered.unless(code == Code::Ok, || {
        format!("once it was mended, the caller saw {code:?}")
    });
    answered.and(batch_is_there(chain, true).await)
}
