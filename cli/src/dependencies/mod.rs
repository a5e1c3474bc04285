//! What a person asks of their dependencies: why is it here, under which
//! licences, and what is there twice. Each is answered from one snapshot of the
//! part of the graph that `graph import --cargo` or `--npm` made.

mod duplicates;
mod licences;
mod snapshot;
mod why;

pub(crate) use snapshot::Snapshot;

use serde_json::Value;
use throughline_api::graph::v1::ExportGraphRequest;

use crate::exit::Exit;
use crate::graph::{Graph, each_part};
use crate::options::{DuplicatesOptions, LicencesOptions, WhyOptions};
use crate::output::Output;
use crate::render::text::{clean, plural};

/// `graph why`.
pub(crate) async fn why(
    graph: &mut Graph,
    options: WhyOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let snapshot = read(graph).await?;
    let named = snapshot.named(&options.name);
    if named.is_empty() {
        anyhow::bail!(
            "nothing here is called `{}`\nnext: `throughline graph search WORDS` finds names",
            clean(&options.name)
        );
    }
    let reasons: Vec<_> = named.iter().map(|id| why::reason(&snapshot, id)).collect();
    if options.read.json {
        let json: Vec<_> = reasons.iter().map(why::Reason::json).collect();
        output.print(&pretty(&Value::from(json))?)?;
    } else {
        let trees = reasons.iter().map(|reason| reason.draw(output.canvas()));
        output.print(&trees.collect::<Vec<_>>().join("\n"))?;
    }
    Ok(Exit::Success)
}

/// `graph licences`.
pub(crate) async fn licences(
    graph: &mut Graph,
    options: LicencesOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let snapshot = read(graph).await?;
    let shipped = snapshot.reached(!options.all);
    let found = licences::of(&snapshot, &shipped);
    if options.read.json {
        output.print(&pretty(&licences::json(&found))?)?;
        return Ok(Exit::Success);
    }
    output.print(&licences::draw(&found, output.canvas()))?;
    let counted = plural(shipped.len() as i64, "version");
    output.say(&match options.all {
        true => format!("{counted}, all there are"),
        false => format!("{counted} that are shipped; --all adds those only built or tested with"),
    });
    Ok(Exit::Success)
}

/// `graph duplicates`.
pub(crate) async fn duplicates(
    graph: &mut Graph,
    options: DuplicatesOptions,
    output: &Output,
) -> anyhow::Result<Exit> {
    let snapshot = read(graph).await?;
    let found = duplicates::of(&snapshot);
    if options.read.json {
        output.print(&pretty(&duplicates::json(&found))?)?;
        return Ok(Exit::Success);
    }
    if found.is_empty() {
        output.say("nothing is there in more than one version");
        return Ok(Exit::Success);
    }
    output.print(&duplicates::draw(&found, output.canvas()))?;
    output.say(&format!(
        "{} in more than one version",
        plural(found.len() as i64, "name")
    ));
    Ok(Exit::Success)
}

fn pretty(value: &Value) -> serde_json::Result<String> {
    serde_json::to_string_pretty(value)
}

async fn read(graph: &mut Graph) -> anyhow::Result<Snapshot> {
    let request = ExportGraphRequest {
        node_types: ["Version", "Workspace"].map(str::to_owned).to_vec(),
        edge_types: ["DEPENDS_ON", "MEMBER_OF"].map(str::to_owned).to_vec(),
        resume_token: String::new(),
    };
    let mut snapshot = Snapshot::default();
    each_part(graph, request, |part| {
        snapshot.add(part);
        Ok(())
    })
    .await?;
    if snapshot.is_empty() {
        anyhow::bail!(
            "there are no dependencies here\nnext: `throughline graph import --cargo .` or `--npm package-lock.json` brings them in"
        );
    }
    Ok(snapshot)
}
