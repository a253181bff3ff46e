//! Connections: plain ones to this machine, encrypted ones to everybody else.
//!
//! Entry point: [`Connector`].
//!
//! Invariant: a certificate that the system does not trust is never accepted, and there is no
//! switch for it. Who needs an authority of his own names it in `SSL_CERT_FILE`.

use crate::settings::Endpoint;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Longest time until a connection stands.
pub const CONNECT: Duration = Duration::from_secs(4);

/// Both directions of a connection.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Makes connections to one server. `tests/tls.rs` attacks it.
#[derive(Clone)]
pub struct Connector {
    endpoint: Endpoint,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

impl Connector {
    /// For this server.
    ///
    /// # Errors
    /// A sentence when the certificates of the system cannot be used.
    pub fn new(endpoint: Endpoint) -> Result<Self, String> {
        let tls = if endpoint.tls { Some(encrypted(&endpoint.host)?) } else { None };
        Ok(Self { endpoint, tls })
    }

    /// The server.
    pub const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// A new connection.
    ///
    /// # Errors
    /// When none stands in time.
    pub async fn open(&self) -> io::Result<Box<dyn Duplex>> {
        let opened = tokio::time::timeout(CONNECT, self.dial()).await;
        opened.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
    }

    async fn dial(&self) -> io::Result<Box<dyn Duplex>> {
        let host = self.endpoint.host.trim_matches(['[', ']']);
        let stream = TcpStream::connect((host, self.endpoint.port)).await?;
        // An order is a small packet that must not wait for a second one; where that fails it does.
        let _ = stream.set_nodelay(true);
        match &self.tls {
            Some((tls, name)) => Ok(Box::new(tls.connect(name.clone(), stream).await?)),
            None => Ok(Box::new(stream)),
        }
    }
}

fn encrypted(host: &str) -> Result<(TlsConnector, ServerName<'static>), String> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (good, _) = roots.add_parsable_certificates(found.certs);
    if good == 0 {
        return Err(format!(
            "no certificate authority is known to this system ({}), so nobody's identity can be \
             checked; nothing was started; install the package ca-certificates, or name a file in \
             SSL_CERT_FILE",
            found.errors.first().map_or_else(|| "none found".to_owned(), ToString::to_string)
        ));
    }
    let config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| format!("`{host}` cannot be the name of a server; check the address"))?;
    Ok((TlsConnector::from(Arc::new(config)), name))
}
