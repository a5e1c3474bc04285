//! The options of `graph` beyond the simplest questions.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use http::Uri;
use throughline_api::graph::v1::Direction;

use super::{ReadOptions, url};
use crate::export::Format;
use crate::import::bearer;

#[derive(Args, Debug)]
pub(crate) struct ListNodesOptions {
    /// Only nodes of these types
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// Only nodes that match, for example `edition = "2021" AND proc_macro = true`
    #[arg(long, value_name = "FILTER")]
    pub(crate) filter: Option<String>,
    /// Fields to order by, for example `name desc, id`
    #[arg(long, value_name = "FIELDS")]
    pub(crate) order: Option<String>,
    /// At most so many nodes
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(crate) limit: i32,
    /// Go on where the page before ended
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page: Option<String>,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

/// Which way edges are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Follow {
    /// As they point
    Out,
    /// Against
    In,
    /// Either way
    Both,
}

impl From<Follow> for Direction {
    fn from(follow: Follow) -> Self {
        match follow {
            Follow::Out => Self::Out,
            Follow::In => Self::In,
            Follow::Both => Self::Both,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct TraverseOptions {
    /// Where to start: ids, or crates' names
    #[arg(required = true)]
    pub(crate) start: Vec<String>,
    /// Only edges of these types
    #[arg(long = "edge", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) edges: Vec<String>,
    /// Only nodes of these types, the start aside
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// Which way edges are followed
    #[arg(long, value_name = "WAY", value_enum, default_value = "out")]
    pub(crate) direction: Follow,
    /// How many levels
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(i32).range(1..=16))]
    pub(crate) depth: i32,
    /// At most so many edges from one node
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) fan_out: i32,
    /// At most so many nodes in all
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(i32).range(1..))]
    pub(crate) nodes: i32,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

/// Where to write to.
#[derive(Args, Debug)]
pub(crate) struct WriteOptions {
    /// The graph service, in plain gRPC
    #[arg(long, env = "THROUGHLINE_GRAPH", value_name = "URL", global = true,
          default_value = "http://127.0.0.1:50051", value_parser = url)]
    pub(crate) graph: Uri,
    /// The token that the service asks writers for
    #[arg(
        long,
        env = "THROUGHLINE_WRITE_TOKEN",
        hide_env_values = true,
        global = true,
        value_name = "TOKEN"
    )]
    pub(crate) token: Option<String>,
    /// Print the answer as JSON
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

impl WriteOptions {
    /// `message` with what a writer shows.
    pub(crate) fn authorized<T>(&self, message: T) -> anyhow::Result<tonic::Request<T>> {
        let mut request = tonic::Request::new(message);
        if let Some(token) = &self.token {
            let bearer = bearer(token)?;
            request.metadata_mut().insert("authorization", bearer);
        }
        Ok(request)
    }
}

#[derive(Args, Debug)]
pub(crate) struct MutateOptions {
    #[command(subcommand)]
    pub(crate) what: MutateWhat,
    /// Applied with this key before, it is not applied again
    #[arg(long, value_name = "KEY", global = true)]
    pub(crate) key: Option<String>,
    /// Only if what it names exists, or does not
    #[arg(
        long,
        value_name = "TRUE|FALSE",
        global = true,
        conflicts_with = "if_etag"
    )]
    pub(crate) if_exists: Option<bool>,
    /// Only if the node has this etag
    #[arg(long, value_name = "ETAG", global = true)]
    pub(crate) if_etag: Option<String>,
    #[command(flatten)]
    pub(crate) write: WriteOptions,
}

#[derive(Debug, Subcommand)]
pub(crate) enum MutateWhat {
    /// Create a node, or replace its type and properties
    PutNode {
        /// The node's id
        id: String,
        /// Its type
        #[arg(value_name = "TYPE")]
        node_type: String,
        /// `name=text`, or `name:int=7`; also double, bool, time
        #[arg(value_name = "NAME=VALUE")]
        properties: Vec<String>,
    },
    /// Remove a node and its edges
    DeleteNode {
        /// The node's id
        id: String,
    },
    /// Create an edge, or replace its properties
    PutEdge {
        /// The node that it leaves
        from: String,
        /// Its type
        #[arg(value_name = "TYPE")]
        edge_type: String,
        /// The node that it enters
        to: String,
        /// `name=text`, or `name:int=7`; also double, bool, time
        #[arg(value_name = "NAME=VALUE")]
        properties: Vec<String>,
    },
    /// Remove an edge
    DeleteEdge {
        /// The node that it leaves
        from: String,
        /// Its type
        #[arg(value_name = "TYPE")]
        edge_type: String,
        /// The node that it enters
        to: String,
    },
    /// All mutations of a file, one as JSON on each line: all of them or none
    Apply {
        /// The file; `-` is the standard input
        file: PathBuf,
    },
}

#[derive(Args, Debug)]
pub(crate) struct SchemaOptions {
    /// Replace the schema by the one in this file, as `--json` prints it
    #[arg(long, value_name = "FILE")]
    pub(crate) update: Option<PathBuf>,
    /// With --update: say what would break, and change nothing
    #[arg(long, requires = "update")]
    pub(crate) validate_only: bool,
    #[command(flatten)]
    pub(crate) write: WriteOptions,
}

#[derive(Args, Debug)]
pub(crate) struct WatchOptions {
    /// Go on after this token, which the watch before said at its end
    #[arg(long, value_name = "TOKEN")]
    pub(crate) from: Option<String>,
    /// Only nodes of these types, and edges that touch them
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// End after so many commits
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: Option<u64>,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct ExportOptions {
    /// The form of the file
    #[arg(long, value_name = "FORM", value_enum, default_value = "json")]
    pub(crate) format: Format,
    /// Write to this file, which appears when it is whole; to stdout if absent
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Only nodes of these types, and edges between them
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// Only edges of these types
    #[arg(long = "edge", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) edges: Vec<String>,
    #[command(flatten)]
    pub(crate) read: SourceOptions,
}

/// Where to read from.
#[derive(Args, Debug)]
pub(crate) struct SourceOptions {
    /// The gateway, spoken to as a browser does: in grpc-web
    #[arg(long, env = "THROUGHLINE_GATEWAY", value_name = "URL",
          default_value = "http://127.0.0.1:8080", value_parser = url)]
    pub(crate) gateway: Uri,
    /// Pass the gateway by and ask this graph service, in plain gRPC
    #[arg(long, value_name = "URL", value_parser = url)]
    pub(crate) graph: Option<Uri>,
}

#[derive(Args, Debug)]
pub(crate) struct WhyOptions {
    /// A crate's or package's name, or its name and version
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct LicencesOptions {
    /// Also what is only built or tested with
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct DuplicatesOptions {
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}
