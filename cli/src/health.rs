//! `health`: whether a service takes calls, for a container's health check, which has no other program at hand. Makes no
//! trace, and knows no service but the one protocol of gRPC's own.

use anyhow::{Context as _, bail};
use http::{Request, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use throughline_service_kit::{self as service_kit, Telemetry, TelemetryOptions};
use tonic::body::Body;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::exit::Exit;
use crate::options::HealthOptions;

/// Asks once; a failure says why.
pub(crate) async fn run(options: HealthOptions) -> anyhow::Result<Exit> {
    let mut quiet = TelemetryOptions::none();
    quiet.log_filter = "off".to_owned();
    let telemetry = Telemetry::init("throughline", &quiet);
    let asked = async {
        match options.grpc {
            true => grpc(&options.url, &telemetry).await,
            false => http(&options.url, &telemetry).await,
        }
    };
    let answered = tokio::time::timeout(options.within, asked).await;
    answered.with_context(|| format!("{} did not answer in time", options.url))??;
    Ok(Exit::Success)
}

/// As the gateway, the inspector and the site answer: `GET /health`.
async fn http(url: &Uri, telemetry: &Telemetry) -> anyhow::Result<()> {
    let connector = service_kit::connector(telemetry, false)?;
    let client: Client<_, Body> = Client::builder(TokioExecutor::new()).build(connector);
    let path = format!("{}/health", url.to_string().trim_end_matches('/'));
    let request = Request::get(&path).body(Body::empty())?;
    let answer = client.request(request).await;
    let status = answer
        .with_context(|| format!("{path} cannot be reached"))?
        .status();
    if !status.is_success() {
        bail!("{path} answers {status}");
    }
    Ok(())
}

/// As every gRPC service answers: `grpc.health.v1`.
async fn grpc(url: &Uri, telemetry: &Telemetry) -> anyhow::Result<()> {
    let url = url.to_string();
    let channel = service_kit::channel(url.trim_end_matches('/'), telemetry)?;
    let request = HealthCheckRequest::default();
    let answer = HealthClient::new(channel).check(request).await;
    let answer = answer.with_context(|| format!("{url} cannot be asked"))?;
    let status = answer.into_inner().status();
    if status != ServingStatus::Serving {
        bail!("{url} says {}", status.as_str_name());
    }
    Ok(())
}
