//! `graph watch`: changes as they are committed, until Ctrl-C.

use throughline_api::graph::v1::{
    Change, Edge, WatchChangesRequest, WatchChangesResponse, change::Change as What,
};

use super::draw;
use super::service::Graph;
use crate::json;
use crate::options::WatchOptions;
use crate::output::Output;
use crate::render::Palette;
use crate::render::palette::paint;
use crate::render::text::clean;

pub(crate) async fn run(
    graph: &mut Graph,
    options: WatchOptions,
    output: &Output,
) -> anyhow::Result<()> {
    let mut token = options.from.unwrap_or_default();
    let request = WatchChangesRequest {
        resume_token: token.clone(),
        node_types: options.types,
    };
    // One for all rounds: a signal between two of them must not be lost.
    let mut interrupt = std::pin::pin!(tokio::signal::ctrl_c());
    let opened = tokio::select! {
        opened = graph.client.watch_changes(request) => opened,
        _ = &mut interrupt => return Ok(()),
    };
    let mut commits = graph.answer(opened)?;
    output.say("waiting for changes; Ctrl-C ends it");
    let mut left = options.limit;
    while left != Some(0) {
        let next = tokio::select! {
            next = graph.next(&mut commits) => next,
            _ = &mut interrupt => break,
        };
        let commit = match next {
            Ok(Some(commit)) => commit,
            Ok(None) => {
                go_on(output, &token);
                anyhow::bail!("the service ended the stream");
            }
            Err(failed) => {
                go_on(output, &token);
                return Err(failed.into());
            }
        };
        token.clone_from(&commit.resume_token);
        if commit.changes.is_empty() {
            continue;
        }
        left = left.map(|left| left - 1);
        if options.read.json {
            let name = "throughline.graph.v1.WatchChangesResponse";
            output.print(&json::line(name, &commit)?)?;
        } else {
            output.print(&lines(&commit, output.canvas().palette))?;
        }
    }
    go_on(output, &token);
    Ok(())
}

fn go_on(output: &Output, token: &str) {
    if !token.is_empty() {
        output.say(&format!("to go on here: --from {token}"));
    }
}

fn lines(commit: &WatchChangesResponse, palette: Palette) -> String {
    let at = commit
        .commit_time
        .map_or("-".to_owned(), |at| at.to_string());
    let at = paint(palette.faint(), at);
    let lines = commit
        .changes
        .iter()
        .map(|change| format!("{at}  {}\n", line(change, palette)));
    lines.collect()
}

fn line(change: &Change, palette: Palette) -> String {
    let key = |edge: &Edge| {
        format!(
            "{} ─ {} ─▶ {}",
            clean(&edge.from),
            clean(&edge.r#type),
            clean(&edge.to)
        )
    };
    let put = paint(palette.good(), "put   ");
    let deleted = paint(palette.bad(), "delete");
    match &change.change {
        Some(What::NodePut(node)) => {
            let about = draw::brief(&node.properties);
            let text = format!(
                "{put}  {}  {}  {about}",
                clean(&node.id),
                clean(&node.r#type)
            );
            text.trim_end().to_owned()
        }
        Some(What::NodeDeleted(id)) => format!("{deleted}  {}", clean(id)),
        Some(What::EdgePut(edge)) => format!("{put}  {}{}", key(edge), draw::about(edge)),
        Some(What::EdgeDeleted(edge)) => format!("{deleted}  {}", key(edge)),
        None => "a change of a kind that is not known here".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use throughline_api::graph::v1::Node;

    use super::*;

    #[test]
    fn each_change_is_a_line() {
        let node = Node {
            id: "a".into(),
            r#type: "T".into(),
            ..Default::default()
        };
        let edge = Edge {
            from: "a".into(),
            r#type: "E".into(),
            to: "b".into(),
            ..Default::default()
        };
        let changes = [
            What::NodePut(node),
            What::NodeDeleted("b".into()),
            What::EdgePut(edge.clone()),
            What::EdgeDeleted(edge),
        ];
        let commit = WatchChangesResponse {
            changes: changes.map(|it| Change { change: Some(it) }).to_vec(),
            resume_token: "t".into(),
            commit_time: Some(prost_types::Timestamp::default()),
        };
        let expected = "\
1970-01-01T00:00:00Z  put     a  T
1970-01-01T00:00:00Z  delete  b
1970-01-01T00:00:00Z  put     a ─ E ─▶ b
1970-01-01T00:00:00Z  delete  a ─ E ─▶ b
";
        assert_eq!(lines(&commit, Palette::plain()), expected);
    }
}
