//! The HTTP client: the only asynchronous code, and the only code that touches a network.
//!
//! octocrab makes the requests and carries the token; the connection under it is our own, because octocrab's knows no
//! proxies. Nothing below `send` tries anything twice.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Limited};
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as Hyper;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Matcher;
use hyper_util::rt::TokioExecutor;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::service::middleware::extra_headers::ExtraHeadersLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::Value;

use super::{Method, Refusal};

/// The longest time for one request.
const TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of an answer: a page of a hundred comments of the largest size has less.
const ANSWER: usize = 16 * 1024 * 1024;
/// Characters of an error's text.
const MESSAGE: usize = 300;

/// A client, and the runtime that it runs on.
pub(super) struct Client {
    runtime: tokio::runtime::Runtime,
    crab: Octocrab,
}

#[derive(Deserialize)]
struct Complaint {
    message: String,
}

impl Client {
    /// `base` is GITHUB_API_URL.
    pub(super) fn new(base: &str, token: &str) -> Result<Client, Refusal> {
        let unsent = |why: String| Refusal::Unsent(why);
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unsent("the token is none".to_owned()));
        }
        let base: http::Uri = base
            .parse()
            .map_err(|why| unsent(format!("GITHUB_API_URL is no URL: {why}")))?;
        guard(&base)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|why| unsent(format!("no runtime can be made: {why}")))?;
        // octocrab starts a task of its own as soon as it is made.
        let _inside = runtime.enter();
        let crab = octocrab(base, token)?;
        Ok(Client { runtime, crab })
    }

    /// Sends one request, once.
    pub(super) fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Value, Refusal> {
        let exchange = async {
            match tokio::time::timeout(TIMEOUT, exchange(&self.crab, method, path, body)).await {
                Ok(answer) => answer,
                Err(_) => {
                    let seconds = TIMEOUT.as_secs();
                    Err(Refusal::Uncertain(format!(
                        "GitHub does not answer within {seconds} s"
                    )))
                }
            }
        };
        self.runtime.block_on(exchange)
    }
}

/// A token travels encrypted, or not further than this machine.
fn guard(base: &http::Uri) -> Result<(), Refusal> {
    let host = base.host().unwrap_or_default();
    let local = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match base.scheme_str() {
        Some("https") => Ok(()),
        Some("http") if local => Ok(()),
        _ => Err(Refusal::Unsent("GITHUB_API_URL is no https URL".to_owned())),
    }
}

fn octocrab(base: http::Uri, token: &str) -> Result<Octocrab, Refusal> {
    let accept = (
        http::header::ACCEPT,
        http::HeaderValue::from_static("application/vnd.github+json"),
    );
    let agent = (
        http::header::USER_AGENT,
        http::HeaderValue::from_static("loadproof"),
    );
    let proxy = Matcher::from_env().intercept(&base);
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_connect_timeout(Some(TIMEOUT));
    let auth = AuthState::AccessToken {
        token: token.to_owned().into(),
    };
    let base = BaseUriLayer::new(base);
    let extra = ExtraHeadersLayer::new(Arc::new(vec![accept, agent]));
    let built = match proxy {
        None => {
            let client = hyper(https(tcp)?);
            let stack = OctocrabBuilder::new_empty()
                .with_service(client)
                .with_layer(&base);
            stack.with_layer(&extra).with_auth(auth).build()
        }
        Some(proxy) => {
            let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
            if let Some(login) = proxy.basic_auth() {
                tunnel = tunnel.with_auth(login.clone());
            }
            let client = hyper(https(tunnel)?);
            let stack = OctocrabBuilder::new_empty()
                .with_service(client)
                .with_layer(&base);
            stack.with_layer(&extra).with_auth(auth).build()
        }
    };
    Ok(built.unwrap_or_else(|never| match never {}))
}

/// A connection for each request: one that was kept open could be closed from afar while a request is on its way.
fn hyper<C>(connector: C) -> Hyper<C, OctoBody>
where
    C: hyper_util::client::legacy::connect::Connect + Clone,
{
    Hyper::builder(TokioExecutor::new())
        .pool_max_idle_per_host(0)
        .retry_canceled_requests(false)
        .build(connector)
}

/// Mozilla's roots, and those of SSL_CERT_FILE for servers and proxies of a company.
fn https<C>(inner: C) -> Result<HttpsConnector<C>, Refusal> {
    let unsent = |why: String| Refusal::Unsent(why);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| unsent(format!("TLS cannot be set up: {why}")))?;
    let config = match std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
        None => builder.with_webpki_roots().with_no_client_auth(),
        Some(path) => {
            let mut roots = rustls::RootCertStore::empty();
            roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
            let certificates = CertificateDer::pem_file_iter(&path)
                .map_err(|why| unsent(format!("SSL_CERT_FILE cannot be read: {why}")))?;
            roots.add_parsable_certificates(certificates.flatten());
            builder.with_root_certificates(roots).with_no_client_auth()
        }
    };
    Ok(HttpsConnectorBuilder::new()
        .with_tls_config(config)
        .https_or_http()
        .enable_http1()
        .wrap_connector(inner))
}

async fn exchange(
    crab: &Octocrab,
    method: Method,
    path: &str,
    body: Option<&Value>,
) -> Result<Value, Refusal> {
    let sent = match method {
        Method::Get => crab._get(path).await,
        Method::Post => crab._post(path, body).await,
        Method::Patch => crab._patch(path, body).await,
    };
    let response = sent
        .map_err(|why| Refusal::Uncertain(format!("GitHub cannot be reached: {}", root(&why))))?;
    let (head, body) = response.into_parts();
    let read = Limited::new(body, ANSWER).collect().await;
    let bytes = match read {
        Ok(collected) => collected.to_bytes(),
        Err(_) if !head.status.is_success() => Default::default(),
        Err(why) => {
            return Err(Refusal::Uncertain(format!(
                "GitHub's answer breaks off: {why}"
            )));
        }
    };
    judged(head.status, &head.headers, &bytes)
}

/// What an answer means.
fn judged(
    status: http::StatusCode,
    headers: &http::HeaderMap,
    body: &[u8],
) -> Result<Value, Refusal> {
    if status.is_success() {
        return serde_json::from_slice(body).map_err(|_| {
            Refusal::Uncertain(format!("GitHub's answer to {} is no JSON", status.as_u16()))
        });
    }
    let complaint: Option<Complaint> = serde_json::from_slice(body).ok();
    let message = complaint.map_or_else(
        || {
            status
                .canonical_reason()
                .unwrap_or("no reason given")
                .to_owned()
        },
        |complaint| complaint.message.chars().take(MESSAGE).collect(),
    );
    let status = status.as_u16();
    if status >= 500 || status == 408 {
        return Err(Refusal::Uncertain(format!(
            "GitHub answers {status}: {message}"
        )));
    }
    match wait(status, headers, &message) {
        Some(seconds) => Err(Refusal::Later {
            status,
            message,
            seconds,
        }),
        None => Err(Refusal::Refused { status, message }),
    }
}

/// How long GitHub asks to wait, in seconds: <https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api>.
fn wait(status: u16, headers: &http::HeaderMap, message: &str) -> Option<u64> {
    if !matches!(status, 403 | 429) {
        return None;
    }
    let number = |name: &str| headers.get(name)?.to_str().ok()?.trim().parse::<u64>().ok();
    if let Some(seconds) = number("retry-after") {
        return Some(seconds);
    }
    if number("x-ratelimit-remaining") == Some(0) {
        let reset = number("x-ratelimit-reset").unwrap_or(u64::MAX);
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        return Some(
            reset
                .saturating_sub(now.map_or(0, |now| now.as_secs()))
                .max(1),
        );
    }
    // "If you exceed a secondary rate limit", without a header: a minute at least.
    let limited = status == 429 || message.contains("secondary rate limit");
    limited.then_some(60)
}

/// The innermost reason: the outer ones say only that a service failed.
fn root(why: &octocrab::Error) -> String {
    let mut inner: &dyn std::error::Error = why;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner
        .to_string()
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(MESSAGE)
        .collect()
}
