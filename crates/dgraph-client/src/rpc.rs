//! The methods of `api.Dgraph`, each with the message it takes and the one it answers.

use http::uri::PathAndQuery;

use crate::{
    Error, api,
    transport::{Answered, Asked},
};

/// A method.
pub(crate) trait Rpc: prost::Message + Clone + Default + 'static {
    type Answer: prost::Message + Default + 'static;
    const PATH: &'static str;

    fn path() -> PathAndQuery {
        PathAndQuery::from_static(Self::PATH)
    }

    /// For a transport of others.
    fn into_asked(self) -> Asked;

    /// From a transport of others; an answer to something else is none.
    fn answer(answered: Answered) -> Result<Self::Answer, Error>;
}

impl Rpc for api::Request {
    type Answer = api::Response;
    const PATH: &'static str = "/api.Dgraph/Query";

    fn into_asked(self) -> Asked {
        Asked::Query(self)
    }

    fn answer(answered: Answered) -> Result<Self::Answer, Error> {
        match answered {
            Answered::Response(answer) => Ok(answer),
            _ => Err(Error::Malformed),
        }
    }
}

impl Rpc for api::TxnContext {
    type Answer = api::TxnContext;
    const PATH: &'static str = "/api.Dgraph/CommitOrAbort";

    fn into_asked(self) -> Asked {
        Asked::End(self)
    }

    fn answer(answered: Answered) -> Result<Self::Answer, Error> {
        match answered {
            Answered::Ended(answer) => Ok(answer),
            _ => Err(Error::Malformed),
        }
    }
}

impl Rpc for api::Operation {
    type Answer = api::Payload;
    const PATH: &'static str = "/api.Dgraph/Alter";

    fn into_asked(self) -> Asked {
        Asked::Alter(self)
    }

    fn answer(answered: Answered) -> Result<Self::Answer, Error> {
        match answered {
            Answered::Altered(answer) => Ok(answer),
            _ => Err(Error::Malformed),
        }
    }
}

impl Rpc for api::LoginRequest {
    type Answer = api::Response;
    const PATH: &'static str = "/api.Dgraph/Login";

    fn into_asked(self) -> Asked {
        Asked::Login(self)
    }

    fn answer(answered: Answered) -> Result<Self::Answer, Error> {
        match answered {
            Answered::Response(answer) => Ok(answer),
            _ => Err(Error::Malformed),
        }
    }
}

impl Rpc for api::Check {
    type Answer = api::Version;
    const PATH: &'static str = "/api.Dgraph/CheckVersion";

    fn into_asked(self) -> Asked {
        Asked::Version(self)
    }

    fn answer(answered: Answered) -> Result<Self::Answer, Error> {
        match answered {
            Answered::Version(answer) => Ok(answer),
            _ => Err(Error::Malformed),
        }
    }
}
