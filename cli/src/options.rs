//! The command line: every command, flag and variable. Knows nothing of what
//! they do.

mod graph;
mod import;

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use http::Uri;
use throughline_service_kit::{LogFormat, TelemetryOptions};

pub(crate) use self::graph::{
    DuplicatesOptions, ExportOptions, Follow, LicencesOptions, ListNodesOptions, MutateOptions,
    MutateWhat, SchemaOptions, SourceOptions, TraverseOptions, WatchOptions, WhyOptions,
};
pub(crate) use self::import::ImportOptions;
use crate::render::duration;

/// One trace, from the click to the query and back.
#[derive(Debug, Parser)]
#[command(name = "throughline", version, about, arg_required_else_help = true)]
#[command(after_help = "\
Exit codes: 0 done, or what was asserted holds; 1 failed, or it does not hold;
2 it cannot be judged; 64 wrong use.

Colour follows the terminal, NO_COLOR and CLICOLOR_FORCE.")]
pub struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the inspector: takes traces from Sentry clients, and answers `trace`
    Inspect(InspectCommand),
    /// Ask the graph service, or load a graph into it
    Graph(Box<GraphCommand>),
    /// Look at traces, or hold one against expectations
    Trace(TraceCommand),
    /// Print a script that completes this command's lines in a shell
    Completions(CompletionsOptions),
}

#[derive(Args, Debug)]
pub(crate) struct CompletionsOptions {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// Run the inspector: takes traces from Sentry clients, and answers `trace`
///
/// It sends no telemetry of its own.
#[derive(Args, Debug)]
pub(crate) struct InspectCommand {
    #[command(flatten)]
    pub(crate) inspector: throughline_inspector::Options,
    /// The form of the log on stderr
    #[arg(
        long,
        env = "LOG_FORMAT",
        value_name = "FORM",
        value_enum,
        default_value_t
    )]
    pub(crate) log_format: LogFormat,
    /// Which log lines are written, as `tracing-subscriber` filters are
    #[arg(long, env = "RUST_LOG", value_name = "FILTER", default_value = "info")]
    pub(crate) log_filter: String,
}

/// Ask the graph service, or load a graph into it
///
/// Each command is the head of a trace of its own, if SENTRY_DSN says where to
/// send it; its id is said on stderr at the end.
#[derive(Args, Debug)]
pub(crate) struct GraphCommand {
    /// Write the id of the command's trace to this file
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) trace_id_file: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) telemetry: TelemetryOptions,
    #[command(subcommand)]
    pub(crate) action: GraphAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum GraphAction {
    /// Load a cargo workspace, an npm lock file, N-Quads, tables or JSON lines
    Import(ImportOptions),
    /// Show a node and the edges that touch it
    Get(GetOptions),
    /// Find nodes by words in their ids and properties
    Search(SearchOptions),
    /// Find the shortest path from one node to another
    Path(PathOptions),
    /// Count nodes and edges by type
    Stats(StatsOptions),
    /// List nodes, filtered and ordered, in pages
    List(ListNodesOptions),
    /// Walk from some nodes, level by level, and draw the way as a tree
    Traverse(TraverseOptions),
    /// Why a crate or package is here: who needs it, up to the workspace
    Why(WhyOptions),
    /// Under which licences stands what is shipped
    Licences(LicencesOptions),
    /// What is there in more than one version, and who needs each
    Duplicates(DuplicatesOptions),
    /// Change nodes and edges
    Mutate(MutateOptions),
    /// Show the schema, or replace it
    Schema(SchemaOptions),
    /// Print changes as they are committed, until Ctrl-C
    Watch(WatchOptions),
    /// Write the graph as N-Quads, JSON lines, GraphML or for Graphviz
    Export(ExportOptions),
}

/// Where to read from, and how to print it.
#[derive(Args, Debug)]
pub(crate) struct ReadOptions {
    /// The gateway, spoken to as a browser does: in grpc-web
    #[arg(long, env = "THROUGHLINE_GATEWAY", value_name = "URL",
          default_value = "http://127.0.0.1:8080", value_parser = server_url)]
    pub(crate) gateway: Uri,
    /// Pass the gateway by and ask this graph service, in plain gRPC
    #[arg(long, value_name = "URL", value_parser = server_url)]
    pub(crate) graph: Option<Uri>,
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct GetOptions {
    /// The node's id, or a crate's name, for example `serde` or `serde@1.0.228`
    pub(crate) id: String,
    /// At most so many edges in each direction
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(crate) edges: i32,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct SearchOptions {
    /// Words that must all be found; the last one also as a prefix
    #[arg(required = true)]
    pub(crate) words: Vec<String>,
    /// Only nodes of these types
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) types: Vec<String>,
    /// At most so many hits
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(crate) limit: i32,
    /// Go on where the page before ended
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page: Option<String>,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct PathOptions {
    /// Where to start: an id, or a crate's name, for example `throughline`
    pub(crate) from: String,
    /// What to reach: an id, or a crate's name, for example `libc`
    pub(crate) to: String,
    /// Only edges of these types
    #[arg(long = "edge", value_name = "TYPE", value_delimiter = ',')]
    pub(crate) edges: Vec<String>,
    /// At most so many edges
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(i32).range(1..=64))]
    pub(crate) max_depth: i32,
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

#[derive(Args, Debug)]
pub(crate) struct StatsOptions {
    #[command(flatten)]
    pub(crate) read: ReadOptions,
}

/// Look at traces, or hold one against expectations
#[derive(Args, Debug)]
pub(crate) struct TraceCommand {
    /// The inspector
    #[arg(long, env = "THROUGHLINE_INSPECTOR", value_name = "URL", global = true,
          default_value = "http://127.0.0.1:8969", value_parser = url)]
    pub(crate) inspector: Uri,
    #[command(subcommand)]
    pub(crate) action: TraceAction,
}

#[derive(Debug, Subcommand)]
pub(crate) enum TraceAction {
    /// List the traces that have arrived, the newest first
    List(ListOptions),
    /// Draw a trace as a tree, and say why it is not whole if it is not
    Show(ShowOptions),
    /// Print a line each time a trace has grown, until Ctrl-C
    Tail(TailOptions),
    /// Hold a trace against expectations: exit 0 holds, 1 does not, 2 cannot be judged
    Assert(AssertOptions),
    /// Count what has come in, what could not be read, and what clients lost
    Intake(IntakeOptions),
}

#[derive(Args, Debug)]
pub(crate) struct ListOptions {
    /// Only traces that this service took part in
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(i32).range(1..=1000))]
    pub(crate) limit: i32,
    /// Go on where the page before ended
    #[arg(long, value_name = "TOKEN")]
    pub(crate) page: Option<String>,
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct ShowOptions {
    /// The trace's id, the first 4 or more of its digits, or `latest`
    #[arg(value_name = "ID|latest", value_parser = trace_or_latest)]
    pub(crate) trace: String,
    /// How long to wait for the trace to arrive and become quiet, at most 60s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = wait)]
    pub(crate) wait: Duration,
    /// Print the tree as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct TailOptions {
    /// Only traces that this service took part in
    #[arg(long, value_name = "NAME")]
    pub(crate) service: Option<String>,
    /// Print each summary as a line of JSON
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Args, Debug)]
pub(crate) struct IntakeOptions {
    /// Print the answer as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// Hold a trace against expectations: exit 0 holds, 1 does not, 2 cannot be judged
///
/// Without an expectation, the trace must have one root and no orphans.
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("which").required(true))]
pub(crate) struct AssertOptions {
    /// The trace's id, or the first 4 or more of its digits
    #[arg(long, value_name = "ID", group = "which", value_parser = trace_id)]
    pub(crate) trace: Option<String>,
    /// The trace that began last
    #[arg(long, group = "which")]
    pub(crate) latest: bool,
    /// These services have a span in it; a database counts as its `db.system`
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(crate) services: Vec<String>,
    /// No span names a parent that did not arrive
    #[arg(long)]
    pub(crate) no_orphans: bool,
    /// Exactly one span has no parent
    #[arg(long)]
    pub(crate) one_root: bool,
    /// Exactly so many error events
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(0..))]
    pub(crate) errors: Option<i32>,
    /// Each hop has its caller's sampling context
    #[arg(long)]
    pub(crate) same_baggage: bool,
    /// How long to wait until all of it holds, at most 60s
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = wait)]
    pub(crate) wait: Duration,
    /// Also write the outcome to this file, as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// One that may speak TLS.
fn server_url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) || uri.authority().is_none() {
        return Err("expected an address like http://127.0.0.1:8080".to_owned());
    }
    Ok(uri)
}

fn url(text: &str) -> Result<Uri, String> {
    let uri: Uri = text.parse().map_err(|error| format!("{error}"))?;
    if uri.scheme_str() != Some("http") || uri.authority().is_none() {
        return Err("expected an address like http://127.0.0.1:8080".to_owned());
    }
    Ok(uri)
}

fn wait(text: &str) -> Result<Duration, String> {
    let wait = duration::parse(text)?;
    if wait > Duration::from_secs(60) {
        return Err("at most 60s".to_owned());
    }
    Ok(wait)
}

fn trace_id(text: &str) -> Result<String, String> {
    let hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hex && (4..=32).contains(&text.len()) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("expected 32 hex digits, or the first 4 or more of them".to_owned())
}

fn trace_or_latest(text: &str) -> Result<String, String> {
    if text == "latest" {
        Ok(text.to_owned())
    } else {
        trace_id(text)
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    fn check(line: &str, expected: Result<(), &str>) {
        let parsed = Cli::try_parse_from(line.split(' '));
        match (parsed, expected) {
            (Ok(_), Ok(())) => {}
            (Err(error), Err(expected)) => {
                let said = error.to_string();
                assert!(said.contains(expected), "{line}: {said}");
            }
            (parsed, expected) => panic!("{line}: {parsed:?}, not {expected:?}"),
        }
    }

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lines_are_read_or_refused() {
        check("throughline graph path a b --gateway http://h:1", Ok(()));
        check("throughline graph path a", Err("<TO>"));
        check(
            "throughline graph path a b --gateway ftp://h",
            Err("--gateway"),
        );
        check("throughline graph path a b --max-depth 65", Err("65"));
        check("throughline graph import", Err("--cargo"));
        check("throughline graph search", Err("<WORDS>"));
        check("throughline trace show LATEST", Err("hex digits"));
        check("throughline trace show abcd --wait 2s", Ok(()));
        check("throughline trace assert --no-orphans", Err("--latest"));
        check(
            "throughline trace assert --latest --trace abcd",
            Err("cannot be used"),
        );
        check(
            "throughline trace assert --latest --services a,,b",
            Err("--services"),
        );
        check("throughline trace assert --latest --errors -1", Err("-1"));
        check("throughline trace assert --latest --wait 10", Err("unit"));
        check("throughline trace assert --latest --wait 61s", Err("60s"));
        check(
            "throughline trace assert --trace abcd --inspector http://h:1",
            Ok(()),
        );
    }
}
