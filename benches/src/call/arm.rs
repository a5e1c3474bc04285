//! One arm: calls one after the other, the server on a thread of its own. What
//! is sampled goes to a transport that drops it: sending is a thread's own work.

use std::sync::Arc;

use anyhow::ensure;
use clap::ValueEnum;
use sentry_core::{Client, ClientOptions, Envelope, Hub, Transport};
use sentry_propagation::{IncomingTrace, sdk};
use sentry_tonic::{ClientLayer, ServerLayer};
use tokio_stream::wrappers::TcpListenerStream;
use tonic::Request;
use tonic::transport::{Endpoint, Server};
use tower::Layer as _;

use super::echo::{Echo, Note, say};
use super::fresh;

/// What is around a call. In the bare arms each call has the head that it has
/// in ours, and the headers that ours sends; only the layers are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Arm {
    /// No layers, under a head that is sampled.
    BareSampled,
    /// Our layers, sampled.
    Sampled,
    /// No layers, under a head that is not sampled.
    BareUnsampled,
    /// Our layers, not sampled.
    Unsampled,
    /// No layers, no client.
    BareNoClient,
    /// Our layers, with no client bound.
    NoClient,
}

impl std::fmt::Display for Arm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}

impl Arm {
    fn is_bare(self) -> bool {
        matches!(
            self,
            Self::BareSampled | Self::BareUnsampled | Self::BareNoClient
        )
    }

    fn rate(self) -> Option<f32> {
        match self {
            Self::BareSampled | Self::Sampled => Some(1.0),
            Self::BareUnsampled | Self::Unsampled => Some(0.0),
            Self::BareNoClient | Self::NoClient => None,
        }
    }

    fn hub(self, key: &str) -> Arc<Hub> {
        let client = self.rate().map(|rate| {
            let options = ClientOptions::new()
                .dsn(&format!("http://{key}@sentry.invalid/1"))
                .release("bench@1")
                .environment("bench")
                .transport(Arc::new(Dropped))
                .traces_sample_rate(rate);
            Arc::new(Client::from(options))
        });
        Arc::new(Hub::new(client, Arc::default()))
    }
}

struct Dropped;

impl Transport for Dropped {
    fn send_envelope(&self, envelope: Envelope) {
        drop(envelope);
    }
}

/// Makes so many calls.
pub(crate) fn run(arm: Arm, calls: u32) -> anyhow::Result<()> {
    let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let url = format!("http://{}", listener.local_addr()?);
    std::thread::spawn(move || Hub::run(arm.hub("server"), || serve(arm, listener)));
    let hub = arm.hub("client");
    Hub::run(Arc::clone(&hub), || {
        runtime()?.block_on(async {
            let channel = Endpoint::from_shared(url)?
                .tcp_nodelay(true)
                .connect()
                .await?;
            if arm.is_bare() {
                let mut caller = tonic::client::Grpc::new(channel);
                for n in 0..calls {
                    call(arm, n, &hub, &mut caller).await?;
                }
            } else {
                let mut caller = tonic::client::Grpc::new(ClientLayer::new().layer(channel));
                for n in 0..calls {
                    call(arm, n, &hub, &mut caller).await?;
                }
            }
            Ok(())
        })
    })
}

fn serve(arm: Arm, listener: std::net::TcpListener) -> anyhow::Result<()> {
    runtime()?.block_on(async {
        let incoming = TcpListenerStream::new(tokio::net::TcpListener::from_std(listener)?);
        let mut server = Server::builder().tcp_nodelay(true);
        if arm.is_bare() {
            let server = server.add_service(Echo);
            server.serve_with_incoming(incoming).await?;
        } else {
            let server = server.layer(ServerLayer::new()).add_service(Echo);
            server.serve_with_incoming(incoming).await?;
        }
        Ok(())
    })
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    Ok(builder.enable_all().build()?)
}

async fn call<S>(
    arm: Arm,
    n: u32,
    hub: &Arc<Hub>,
    caller: &mut tonic::client::Grpc<S>,
) -> anyhow::Result<()>
where
    S: tonic::client::GrpcService<tonic::body::Body>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    S::ResponseBody: http_body::Body<Data = bytes::Bytes> + Send + 'static,
    <S::ResponseBody as http_body::Body>::Error:
        Into<Box<dyn std::error::Error + Send + Sync>> + Send,
{
    let mut request = Request::new(Note {
        text: "hello".to_owned(),
    });
    // Without a client there is no head: the application passes headers on.
    if arm.is_bare() || arm == Arm::NoClient {
        let sampled = arm.rate() != Some(0.0);
        fresh::put(request.metadata_mut().as_mut(), n, sampled);
    }
    let answer = if arm.rate().is_some() {
        let head = sdk::start_transaction(hub, &IncomingTrace::none(), "bench", "bench");
        hub.configure_scope(|scope| head.apply_to_scope(scope));
        let answer = head.context.clone().bind(say(caller, request)).await;
        hub.configure_scope(|scope| scope.set_span(None));
        head.transaction.finish();
        answer?
    } else {
        say(caller, request).await?
    };
    ensure!(answer.text == "hello", "{answer:?}");
    Ok(())
}
