//! Which trace layer is taken out, to see the break found.

use std::str::FromStr;

/// `gateway:server`: the service, and the side that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LayersOut {
    service: String,
    side: Side,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Server,
    Client,
}

impl LayersOut {
    /// What `TRACE_LAYERS` says for `service`: the sides that stay.
    pub(crate) fn left_to(&self, service: &str) -> Option<&'static str> {
        (self.service == service).then_some(match self.side {
            Side::Server => "client",
            Side::Client => "server",
        })
    }
}

impl FromStr for LayersOut {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (service, side) = text.split_once(':').ok_or("expected SERVICE:SIDE")?;
        if !["throughline", "gateway", "graph"].contains(&service) {
            return Err("the service is throughline, gateway or graph".to_owned());
        }
        let side = match side {
            "server" => Side::Server,
            "client" => Side::Client,
            _ => return Err("the side is server or client".to_owned()),
        };
        Ok(Self {
            service: service.to_owned(),
            side,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_leaves_the_other_side() {
        let out: LayersOut = "gateway:server".parse().unwrap();
        assert_eq!(out.left_to("gateway"), Some("client"));
        assert_eq!(out.left_to("graph"), None);
        let out: LayersOut = "graph:client".parse().unwrap();
        assert_eq!(out.left_to("graph"), Some("server"));
        for wrong in ["gateway", "gateway:both", "inspector:server", ""] {
            assert!(wrong.parse::<LayersOut>().is_err(), "{wrong}");
        }
    }
}
