//! What can be set from outside, by flag or variable.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, Parser as _};

use crate::otlp::{DEFAULT_GRPC, DEFAULT_HTTP, Listen};

/// Options of the inspector.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct Options {
    /// Where to take envelopes and calls; port 0 takes a free one.
    #[arg(long, env = "INSPECTOR_LISTEN", default_value = "127.0.0.1:8969")]
    pub listen: SocketAddr,
    /// Where traces are kept.
    #[arg(
        long,
        env = "INSPECTOR_DATA_DIR",
        default_value = ".throughline/inspector"
    )]
    pub data_dir: PathBuf,
    /// How much is kept, for example `500MB`; the oldest traces go first.
    #[arg(long, env = "INSPECTOR_MAX_BYTES", default_value = "1GiB")]
    pub max_bytes: bytesize::ByteSize,
    /// How long a trace is kept, for example `12h` or `7d`.
    #[arg(long, env = "INSPECTOR_MAX_AGE", default_value = "7d", value_parser = humantime::parse_duration)]
    pub max_age: Duration,
    /// A further host name under which traces may be read, besides those of this machine.
    #[arg(
        long = "allow-host",
        env = "INSPECTOR_ALLOW_HOSTS",
        value_delimiter = ','
    )]
    pub allow_hosts: Vec<String>,
    /// Where to take OTLP besides, for exporters of gRPC: an address or `none`; a busy default is left alone.
    #[arg(
        long = "otlp-grpc-listen",
        env = "INSPECTOR_OTLP_GRPC_LISTEN",
        default_value = DEFAULT_GRPC
    )]
    pub otlp_grpc: Listen,
    /// Where to take OTLP besides, for exporters of HTTP: an address or `none`; a busy default is left alone.
    #[arg(
        long = "otlp-http-listen",
        env = "INSPECTOR_OTLP_HTTP_LISTEN",
        default_value = DEFAULT_HTTP
    )]
    pub otlp_http: Listen,
    /// Services whose OTLP spans are kept only in traces that another hop reported; `a` stands for `a.b` too.
    #[arg(
        long = "otlp-noisy",
        env = "INSPECTOR_OTLP_NOISY",
        value_delimiter = ',',
        default_value = "dgraph"
    )]
    pub noisy: Vec<String>,
}

impl Options {
    /// The defaults, whatever the environment says, with another data directory.
    #[must_use]
    pub fn in_dir(data_dir: &Path) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8969)),
            data_dir: data_dir.to_owned(),
            max_bytes: bytesize::ByteSize::gib(1),
            max_age: Duration::from_secs(7 * 24 * 3600),
            allow_hosts: Vec::new(),
            otlp_grpc: Listen::None,
            otlp_http: Listen::None,
            noisy: vec!["dgraph".to_owned()],
        }
    }
}

/// So that the crate's own tests see the options as a program does.
#[derive(clap::Parser)]
struct Program {
    #[command(flatten)]
    options: Options,
}

impl Options {
    /// Out of arguments, the program's name first.
    ///
    /// # Errors
    /// As `clap` words it.
    pub fn from_arguments<'a>(
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, clap::Error> {
        Ok(Program::try_parse_from(arguments)?.options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_ages_are_written_as_people_write_them() {
        let options = Options::from_arguments(["i", "--max-bytes", "2MB", "--max-age", "12h"]);
        let options = options.unwrap();
        assert_eq!(options.max_bytes.as_u64(), 2_000_000);
        assert_eq!(options.max_age, Duration::from_secs(12 * 3600));
        assert!(Options::from_arguments(["i", "--max-age", "soon"]).is_err());
    }
}
