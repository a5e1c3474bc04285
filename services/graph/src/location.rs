//! Where a graph is kept, as it is written in `GRAPH_STORE`.

use std::{path::PathBuf, str::FromStr};

/// Where a graph is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreLocation {
    /// In a SQLite file.
    Sqlite(PathBuf),
    /// In a Dgraph.
    Dgraph {
        /// Its alphas, each `host:port`.
        alphas: Vec<String>,
        /// The namespace; 0 is the first.
        namespace: u64,
    },
}

const NO_STORE: &str = "it is no store; write sqlite:PATH, for example sqlite:graph.db, or dgraph://HOST:PORT, for \
     example dgraph://localhost:9080";

/// What is wrong is said without what was written: it may hold a password.
impl FromStr for StoreLocation {
    type Err = String;

    fn from_str(location: &str) -> Result<Self, Self::Err> {
        match location.split_once(':') {
            Some(("sqlite", path)) if !path.is_empty() => Ok(Self::Sqlite(path.into())),
            Some(("dgraph", rest)) => dgraph(rest),
            _ => Err(NO_STORE.to_owned()),
        }
    }
}

fn dgraph(rest: &str) -> Result<StoreLocation, String> {
    let problem = |problem: &str| Err(format!("a dgraph:// address {problem}"));
    let Some(rest) = rest.strip_prefix("//") else {
        return problem("has two slashes: dgraph://HOST:PORT[,HOST:PORT…][?namespace=N]");
    };
    let (hosts, query) = rest.split_once('?').unwrap_or((rest, ""));
    if hosts.contains('@') {
        return problem(
            "holds no user and password; set GRAPH_DGRAPH_USER and GRAPH_DGRAPH_PASSWORD",
        );
    }
    let mut namespace = 0;
    for option in query.split('&').filter(|it| !it.is_empty()) {
        match option
            .split_once('=')
            .map(|(name, value)| (name, value.parse()))
        {
            Some(("namespace", Ok(number))) => namespace = number,
            Some(("namespace", Err(_))) => return problem("has a number as its namespace"),
            _ => return problem("has no option but namespace=N"),
        }
    }
    let alphas: Vec<_> = hosts
        .trim_end_matches('/')
        .split(',')
        .map(str::to_owned)
        .collect();
    let named = |it: &String| {
        let port = it
            .rsplit_once(':')
            .map(|(host, port)| (host.is_empty(), port.parse::<u16>()));
        matches!(port, Some((false, Ok(_))))
    };
    match alphas.iter().all(named) {
        true => Ok(StoreLocation::Dgraph { alphas, namespace }),
        false => problem("names each alpha as HOST:PORT, for example dgraph://localhost:9080"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stores_are_named_by_kind_and_place() {
        let sqlite = |path: &str| Ok(StoreLocation::Sqlite(path.into()));
        assert_eq!("sqlite:graph.db".parse(), sqlite("graph.db"));
        assert_eq!("sqlite:/a:b".parse(), sqlite("/a:b"));
        let dgraph = |alphas: &[&str], namespace| {
            let alphas = alphas.iter().map(|it| (*it).to_owned()).collect();
            Ok(StoreLocation::Dgraph { alphas, namespace })
        };
        assert_eq!("dgraph://a:9080".parse(), dgraph(&["a:9080"], 0));
        assert_eq!(
            "dgraph://a:1,[::1]:2/?namespace=7".parse(),
            dgraph(&["a:1", "[::1]:2"], 7)
        );
        for bad in [
            "",
            "graph.db",
            "sqlite:",
            "mysql:x",
            "dgraph:",
            "dgraph://",
            "dgraph://a",
            "dgraph://a:b",
            "dgraph:a:1",
            "dgraph://a:1,",
            "dgraph://a:1?namespace=x",
            "dgraph://a:1?user=x",
        ] {
            assert!(bad.parse::<StoreLocation>().is_err(), "{bad:?}");
        }
        for secret in ["dgraph://groot:s3cret@a:1", "dgraf://groot:s3cret@a:1"] {
            let error = secret.parse::<StoreLocation>().unwrap_err();
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}
