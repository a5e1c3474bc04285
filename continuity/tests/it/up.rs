//! `cargo xtask up`, as someone who has just cloned this runs it.

use std::time::Duration;

use throughline_testkit::{Finished, Process, SAFETY};

/// How long a whole stack may take: it is built, if it is not, started, asked and judged.
pub(crate) const ONCE: Duration = SAFETY.saturating_mul(5);

/// Ports of its own: those that a stack takes by default may be in use.
const ANY_PORTS: [(&str, &str); 3] = [
    ("GATEWAY_LISTEN", "127.0.0.1:0"),
    ("GRAPH_LISTEN", "127.0.0.1:0"),
    ("INSPECTOR_LISTEN", "127.0.0.1:0"),
];

async fn up(arguments: &[&str]) -> Finished {
    let process = Process::builder("xtask").arg("up").args(arguments);
    ANY_PORTS
        .iter()
        .fold(process, |process, (name, value)| process.env(name, value))
        .output_within(ONCE)
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn once_prints_one_tree_and_ends_well() {
    let ended = up(&["--once"]).await;
    assert_eq!(
        ended.status.code(),
        Some(0),
        "{}{}",
        ended.stdout,
        ended.stderr
    );
    let printed = format!("{}{}", ended.stdout, ended.stderr);
    let imported = printed
        .lines()
        .find_map(|line| {
            line.strip_prefix("imported ")?
                .split(' ')
                .next()?
                .parse::<u32>()
                .ok()
        })
        .expect("it says how many nodes it imported");
    assert!(
        imported > 300,
        "several hundred crates and what they say: {imported}"
    );
    // CLI → gateway → graph → SQLite, each under the one before.
    let indent = |what: &str| {
        let line = printed
            .lines()
            .find(|line| line.contains("─ ") && line.contains(what));
        line.and_then(|line| line.find('─'))
            .unwrap_or_else(|| panic!("no {what} in {printed}"))
    };
    let head = printed
        .lines()
        .any(|line| line.starts_with("throughline  cli.command"));
    assert!(head, "{printed}");
    let hops = [
        "throughline  rpc.client",
        "gateway  rpc.server",
        "graph  rpc.server",
        "sqlite  db.query",
    ];
    let indents = hops.map(indent);
    assert!(
        indents.is_sorted_by(|outer, inner| outer < inner),
        "{indents:?} in {printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn once_fails_and_names_the_hop_whose_layer_is_out() {
    let ended = up(&["--once", "--layers-out", "gateway:client"]).await;
    let printed = format!("{}{}", ended.stdout, ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("gateway") && printed.contains("client side"),
        "{printed}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_it_when_it_is_killed() {
    let process = ANY_PORTS
        .iter()
        .fold(
            // The site is the browser tests' affair.
            Process::builder("xtask").arg("up").arg("--no-site"),
            |process, (name, value)| process.env(name, value),
        )
        .spawn_until(|stdout| stdout.contains("running; Ctrl-C stops all of it"))
        .await;
    let children = children_of(process.id().expect("it runs"));
    assert_eq!(
        children.len(),
        3,
        "inspector, graph and gateway: {children:?}"
    );
    process.kill().await;
    throughline_testkit::eventually("the children end", || {
        children.iter().all(|child| !runs(*child))
    })
    .await;
}

/// The processes whose parent is `parent`.
fn children_of(parent: u32) -> Vec<u32> {
    let processes = std::fs::read_dir("/proc").expect("this is Linux");
    let ids = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter(|id| stat(*id).is_some_and(|(_, of)| of == parent))
        .collect()
}

/// The state of a process, and its parent.
fn stat(id: u32) -> Option<(char, u32)> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name, in brackets, may hold anything.
    let mut fields = stat.rsplit_once(") ")?.1.split(' ');
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

/// Whether a process is there and has not ended.
fn runs(id: u32) -> bool {
    stat(id).is_some_and(|(state, _)| state != 'Z')
}
