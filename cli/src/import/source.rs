//! What an import reads, and how it becomes a graph.

use std::path::{Path, PathBuf};

use anyhow::anyhow;

use super::assembly::Fault;
use super::csv::Table;
use super::graph::Graph;
use super::{Limits, bytes, cargo, csv, json, metadata, npm, rdf};

/// Where a graph is read from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Cargo(PathBuf),
    Npm(PathBuf),
    Rdf(PathBuf),
    Json(PathBuf),
    Csv { nodes: PathBuf, edges: PathBuf },
}

impl Source {
    /// What is being read, for whoever waits.
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Cargo(path) | Self::Npm(path) | Self::Rdf(path) | Self::Json(path) => path,
            Self::Csv { nodes, .. } => nodes,
        }
    }

    /// All of it, fit to be sent; a fault names its file and line.
    pub(crate) fn read(&self, limits: &Limits) -> anyhow::Result<Graph> {
        match self {
            Self::Cargo(path) => {
                let metadata = metadata::read(path)?;
                let graph = cargo::map(&metadata, &metadata::name(&metadata));
                let checked = graph.check(limits);
                checked.map_err(|why| anyhow!("{} cannot be imported: {why}", path.display()))?;
                Ok(graph)
            }
            Self::Npm(path) => {
                let text = bytes::whole(bytes::open(path)?, limits);
                let folder = folder_of(path);
                text.and_then(|text| npm::read(&text, &folder, limits))
                    .map_err(|fault| at(path, &fault))
            }
            Self::Rdf(path) => {
                rdf::read(bytes::open(path)?, limits).map_err(|fault| at(path, &fault))
            }
            Self::Json(path) => {
                json::read(bytes::open(path)?, limits).map_err(|fault| at(path, &fault))
            }
            Self::Csv { nodes, edges } => {
                let read = csv::read(bytes::open(nodes)?, bytes::open(edges)?, limits);
                read.map_err(|(table, fault)| match table {
                    Table::Nodes => at(nodes, &fault),
                    Table::Edges => at(edges, &fault),
                })
            }
        }
    }
}

fn at(path: &Path, fault: &Fault) -> anyhow::Error {
    anyhow!("{}: {fault}", path.display())
}

/// The name of the folder that a file lies in.
fn folder_of(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let folder = whole.parent().and_then(Path::file_name);
    let name = folder.map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_else(|| "project".to_owned());
    name.chars().filter(|c| !c.is_control()).collect()
}

/// A form of files that `graph import` reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An npm lock file.
    Npm,
    /// Dgraph's N-Quads.
    Rdf,
    /// JSON lines.
    Json,
    /// A table of nodes; its edges are empty.
    Csv,
}

/// How many nodes and edges `bytes` hold, or what is wrong with them. Does no
/// IO: this is the way in for tests that feed it anything.
///
/// ```
/// use throughline::{Format, read_bytes};
///
/// assert_eq!(read_bytes(Format::Rdf, b"<a> <knows> <b> ."), Ok((2, 1)));
/// let why = read_bytes(Format::Rdf, b"\n<a> <knows>").unwrap_err();
/// assert!(why.starts_with("line 2: "), "{why}");
/// ```
pub fn read_bytes(format: Format, bytes: &[u8]) -> Result<(usize, usize), String> {
    let graph = read_graph(format, bytes)?;
    Ok((graph.nodes.len(), graph.edges.len()))
}

/// The graph that `bytes` hold.
pub(crate) fn read_graph(format: Format, bytes: &[u8]) -> Result<Graph, String> {
    let limits = Limits::default();
    let graph = match format {
        Format::Npm => {
            bytes::whole(bytes, &limits).and_then(|text| npm::read(&text, "folder", &limits))
        }
        Format::Rdf => rdf::read(bytes, &limits),
        Format::Json => json::read(bytes, &limits),
        Format::Csv => {
            csv::read(bytes, &b"from,type,to\n"[..], &limits).map_err(|(_, fault)| fault)
        }
    };
    graph.map_err(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TOKENS: &[&str] = &[
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\n",
        "\r",
        " ",
        "\0",
        "é",
        "7",
        "-1e9",
        "null",
        "true",
        "\"node\"",
        "\"edge\"",
        "\"id\"",
        "\"type\"",
        "\"a\"",
        "id,type,n:int",
        "id",
        "type",
        "lockfileVersion",
        "\"packages\"",
        "\"node_modules/a\"",
        "<a>",
        "<b>",
        ".",
    ];

    proptest! {
        #[test]
        fn any_file_of_any_form_is_a_graph_or_a_fault_with_its_line(
            tokens in prop::collection::vec(prop::sample::select(TOKENS), 0..60),
            bytes in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let text = tokens.concat();
            for format in [Format::Npm, Format::Rdf, Format::Json, Format::Csv] {
                for input in [text.as_bytes(), &bytes] {
                    match read_graph(format, input) {
                        Ok(graph) => prop_assert_eq!(graph.check(&Limits::default()), Ok(())),
                        Err(why) => prop_assert!(!why.is_empty()),
                    }
                }
            }
        }
    }
}
