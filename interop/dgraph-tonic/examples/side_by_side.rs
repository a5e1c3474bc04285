//! The same reads by our client, by our client over dgraph-tonic, and by dgraph-tonic alone, on one Dgraph: connections,
//! processor time and median, for `docs/performance.md`. `cargo run --release --features dgraph-tonic --example side_by_side --
//! HOST:PORT [COUNT]`
#![allow(clippy::print_stdout, reason = "it is what it is for")]
#![allow(clippy::disallowed_methods, reason = "no call's trace is lost here")]

use std::error::Error;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use dgraph_tonic::Query as _;
use throughline_dgraph_client::{Dgraph, Dql, Options};
use throughline_dgraph_tonic::{DgraphTonic, TonicOptions};
use tokio::net::{TcpListener, TcpStream};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Calls before those that are measured.
const WARM: usize = 50;

enum Way {
    Ours(Dgraph),
    Theirs(dgraph_tonic::Client),
}

impl Way {
    fn ours(alpha: &str) -> Outcome<Self> {
        Ok(Self::Ours(Dgraph::new(Options::new([alpha]))?))
    }

    fn carried(alpha: &str) -> Outcome<Self> {
        let carried = DgraphTonic::new(TonicOptions::default())?;
        let options = Options {
            transport: Some(Arc::new(carried)),
            ..Options::new([alpha])
        };
        Ok(Self::Ours(Dgraph::new(options)?))
    }

    fn theirs(alpha: &str) -> Outcome<Self> {
        Ok(Self::Theirs(dgraph_tonic::Client::new(format!(
            "http://{alpha}"
        ))?))
    }

    /// One transaction: a read of one node by its value.
    async fn transaction(&self) -> Outcome<()> {
        match self {
            Self::Ours(dgraph) => {
                let mut dql = Dql::new("q(func: eq(side.name, ");
                dql.value("x").push(")) { uid }");
                dgraph.read().query(dql).await?;
            }
            Self::Theirs(client) => {
                let query = "query q($v: string) { q(func: eq(side.name, $v)) { uid } }";
                let vars = [("$v", "x")].into_iter().collect();
                client
                    .new_read_only_txn()
                    .query_with_vars(query, vars)
                    .await?;
            }
        }
        Ok(())
    }
}

/// Passes connections on, and counts them.
async fn counter(to: SocketAddr) -> Outcome<(SocketAddr, Arc<AtomicUsize>)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    tokio::spawn(async move {
        while let Ok((mut from, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut to = TcpStream::connect(to).await?;
                tokio::io::copy_bidirectional(&mut from, &mut to).await
            });
        }
    });
    Ok((address, count))
}

/// The processor time of this process so far, in hundredths of a second.
fn ticks() -> Outcome<u64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').ok_or("a stat")?;
    let mut fields = fields.split_whitespace().skip(11);
    let mut next = || -> Outcome<u64> { Ok(fields.next().ok_or("a field")?.parse()?) };
    Ok(next()? + next()?)
}

#[tokio::main]
async fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let alpha = arguments.next().ok_or("HOST:PORT of an alpha")?;
    let count: usize = arguments.next().map_or(Ok(1_000), |it| it.parse())?;
    let address = tokio::net::lookup_host(&alpha)
        .await?
        .next()
        .ok_or("an address")?;
    Dgraph::new(Options::new([alpha.as_str()]))?
        .alter("side.name: string @index(exact) .")
        .await?;
    println!("{count} transactions of one read | connections | CPU ms | p50 µs | p99 µs");
    type Make = fn(&str) -> Outcome<Way>;
    let ways: [(&str, Make); 3] = [
        ("dgraph-client", Way::ours),
        ("dgraph-client over dgraph-tonic", Way::carried),
        ("dgraph-tonic alone", Way::theirs),
    ];
    for (name, make) in ways {
        let (counted, connections) = counter(address).await?;
        let way = make(&counted.to_string())?;
        for _ in 0..count {
            way.transaction().await?;
        }
        let connections = connections.load(Ordering::SeqCst);

        let way = make(&alpha)?;
        for _ in 0..WARM {
            way.transaction().await?;
        }
        let before = ticks()?;
        let mut taken = Vec::with_capacity(count);
        for _ in 0..count {
            let begun = Instant::now();
            way.transaction().await?;
            taken.push(begun.elapsed());
        }
        let spent = (ticks()? - before) * 10;
        taken.sort();
        let at = |share: f64| -> Duration {
            #[allow(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss
            )]
            let index = (share * (count - 1) as f64) as usize;
            taken[index]
        };
        let (half, most) = (at(0.5).as_micros(), at(0.99).as_micros());
        println!("{name} | {connections} | {spent} | {half} | {most}");
    }
    Ok(())
}
