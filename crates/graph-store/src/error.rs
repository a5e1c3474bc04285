//! What can go wrong, told apart by what the caller can do about it.

/// Why a call on a store failed. Nothing was changed, whichever it is.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What the request names does not exist.
    #[error("there is no {kind} {name:?}")]
    NotFound {
        /// What kind of thing: `node`.
        kind: &'static str,
        /// Its id.
        name: String,
    },
    /// The request can never be right.
    #[error("{field}: {problem}")]
    Invalid {
        /// The path of the field at fault, as in the protocol: `mutations[3].put_node.id`.
        field: String,
        /// What is wrong with it, in a sentence that helps.
        problem: String,
    },
    /// The request does not fit the graph as it is.
    #[error("{subject}: {problem}")]
    FailedPrecondition {
        /// The mutation at fault, from 0.
        index: usize,
        /// Its path: `mutations[3]`.
        subject: String,
        /// What does not hold.
        problem: String,
    },
    /// Somebody else was faster: read again and retry.
    #[error("{subject}: {problem}")]
    Aborted {
        /// The mutation at fault, from 0.
        index: usize,
        /// Its path: `mutations[3]`.
        subject: String,
        /// What does not match.
        problem: String,
    },
    /// The batch of an import is not the one that is due: another call was faster, or it
    /// was begun and forgotten.
    #[error("it is batch {sequence}, and {due} is due")]
    OutOfTurn {
        /// The number that came.
        sequence: u64,
        /// The number to go on with.
        due: u64,
    },
    /// What a token names is no longer kept, and may not come back.
    #[error("{field}: {problem}")]
    Gone {
        /// The field with the token.
        field: &'static str,
        /// What to do instead.
        problem: String,
    },
    /// A token names a place in the change feed before what is kept.
    #[error("{field}: {problem}")]
    OutOfRange {
        /// The field with the token.
        field: &'static str,
        /// What to do instead.
        problem: String,
    },
    /// The graph as it is does not fit the schema that is to be put in force.
    #[error("the graph does not fit the schema: {}", listed(violations))]
    Unfit {
        /// What would break; a bounded part of it, at least one.
        violations: Vec<Violation>,
    },
    /// The call would take more than a bound allows.
    #[error("this would take more than {limit} = {allowed}")]
    Exhausted {
        /// The field of [`crate::Limits`].
        limit: &'static str,
        /// Its value.
        allowed: usize,
    },
    /// The caller's time was up before the database had answered. What was to be written may be, or not.
    #[error("the database did not answer in the caller's time")]
    Overdue,
    /// The store cannot be used now; the same call may succeed later.
    #[error("{reason}: {message}")]
    Unavailable {
        /// Which of the known causes it is.
        reason: Unavailable,
        /// What the engine said.
        message: String,
    },
    /// A defect of this program.
    #[error("the store failed: {0}")]
    Internal(String),
}

/// A node or an edge that does not fit a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which: `node "a"`.
    pub subject: String,
    /// Why it does not fit.
    pub problem: String,
}

/// The first violation, and how many more there are.
fn listed(violations: &[Violation]) -> String {
    let first = violations.first();
    let first = first.map_or_else(String::new, |it| format!("{}: {}", it.subject, it.problem));
    match violations.len() {
        0 | 1 => first,
        count => format!("{first}, and {} more", count - 1),
    }
}

/// Why a store cannot be used for the time being.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// Another process holds the database.
    #[error("the database is locked")]
    Locked,
    /// The disk or the database is full.
    #[error("the database is full")]
    Full,
    /// The file is damaged, or is no database.
    #[error("the database is damaged")]
    Corrupt,
    /// A later version of this program has taken the file over.
    #[error("the database is of a later version")]
    Newer,
    /// The file cannot be read or written.
    #[error("the database cannot be read or written")]
    Io,
    /// The database's server cannot be reached, or is not ready.
    #[error("the database cannot be reached or is not ready")]
    Away,
    /// The work was stopped: the caller left, or the process is about to end.
    #[error("the work was stopped")]
    Stopped,
}

impl Error {
    pub(crate) fn invalid(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            problem: problem.into(),
        }
    }

    pub(crate) fn no_node(id: &str) -> Self {
        Self::NotFound {
            kind: "node",
            name: id.to_owned(),
        }
    }
}
