//! One HTTP GET, bounded in time and size.
//!
//! ureq with rustls on aws-lc-rs; certificates are checked against Mozilla's roots, or against one
//! given CA (a PCCS inside a cluster seldom has a public certificate).

use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};

/// The longest body that is read. Intel's longest list has some hundred KiB.
pub const MAX_BODY_BYTES: usize = 4 * 1024 * 1024;
/// The longest issuer chain that is read from a header.
const MAX_HEADER_BYTES: usize = 64 * 1024;

/// Asks a server for one document.
pub trait Transport: Send + Sync {
    /// What the server answered, whatever it was.
    ///
    /// # Errors
    ///
    /// Where there is no answer, or none that fits.
    fn get(&self, url: &str) -> Result<Response, TransportError>;
}

/// An answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// What `Retry-After` says: seconds or a date.
    pub retry_after: Option<String>,
    /// The value of the header whose name ends in `Issuer-Chain`, percent-encoded PEM.
    pub issuer_chain: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

/// No answer.
#[derive(Debug, Error)]
pub enum TransportError {
    /// Nothing came, or not in time.
    #[error("{0}")]
    Unreachable(String),
    /// More came than is read.
    #[error("the answer is longer than {MAX_BODY_BYTES} bytes")]
    TooLong,
}

/// HTTP and HTTPS.
pub struct Http {
    agent: Agent,
}

impl Http {
    /// A client that gives up after `timeout`, however the time is spent: name, connection, headers,
    /// body. `ca` is PEM of the only CA that is trusted, in place of Mozilla's.
    ///
    /// # Errors
    ///
    /// Where `ca` is no certificate.
    pub fn new(timeout: Duration, ca: Option<&[u8]>) -> Result<Self, TransportError> {
        let roots = match ca {
            None => RootCerts::WebPki,
            Some(pem) => {
                let certificate = Certificate::from_pem(pem)
                    .map_err(|error| TransportError::Unreachable(error.to_string()))?;
                RootCerts::new_with_certs(&[certificate])
            }
        };
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .root_certs(roots)
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build();
        let agent = Agent::config_builder()
            .timeout_global(Some(timeout))
            .http_status_as_error(false)
            .max_redirects(3)
            .max_response_header_size(MAX_HEADER_BYTES)
            .user_agent(concat!("casemate/", env!("CARGO_PKG_VERSION")))
            // A proxy of the environment would be asked in place of the server that was named.
            .proxy(None)
            .tls_config(tls)
            .build()
            .new_agent();
        Ok(Self { agent })
    }
}

impl Transport for Http {
    fn get(&self, url: &str) -> Result<Response, TransportError> {
        let unreachable = |error: ureq::Error| TransportError::Unreachable(error.to_string());
        let mut answer = self.agent.get(url).call().map_err(unreachable)?;
        let header = |name: &str| {
            let mut names = answer.headers().iter().filter(|(it, _)| it.as_str().ends_with(name));
            names.next().and_then(|(_, value)| value.to_str().ok()).map(str::to_owned)
        };
        let (retry_after, issuer_chain) = (header("retry-after"), header("issuer-chain"));
        let status = answer.status().as_u16();
        let mut body = Vec::new();
        let limit = u64::try_from(MAX_BODY_BYTES).unwrap_or(u64::MAX).saturating_add(1);
        let read = answer.body_mut().as_reader().take(limit).read_to_end(&mut body);
        read.map_err(|error| TransportError::Unreachable(error.to_string()))?;
        if body.len() > MAX_BODY_BYTES {
            return Err(TransportError::TooLong);
        }
        Ok(Response { status, retry_after, issuer_chain, body })
    }
}
