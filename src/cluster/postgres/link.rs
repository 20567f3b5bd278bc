//! Connections to PostgreSQL: which hosts, with which TLS, dialled when they are needed and dropped when they do not answer.
//!
//! A statement is never cancelled at the server. One that waits for a synchronous standby would then be acknowledged
//! though the standby does not have it; so whoever waited too long goes away, and reads later what became of it.

use super::super::engine::EngineError;
use super::tls::{Secured, Tls};
use percent_encoding::percent_decode_str;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode, TargetSessionAttrs};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Connection, Socket};

/// From the first packet to a host until it is known whether it takes writes.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// Of several hosts the next one is dialled so much later.
const HEAD_START: Duration = Duration::from_millis(100);

/// Who only listens sends nothing: a host that is gone without a word is found out by this, three times.
const KEEPALIVE: Duration = Duration::from_secs(3);

/// Streams of a connection with TLS, and of one that will have none.
pub type Wire = Connection<Socket, Secured>;

/// Reads where the database is, and with which password: what is read may be another another time.
pub type Source = Box<dyn Fn() -> Result<String, String> + Send + Sync>;

/// How to get there.
pub struct Dialer {
    source: Source,
    address: std::sync::Mutex<Address>,
    /// Loading roots costs milliseconds, and not every link needs them.
    tls: OnceLock<Tls>,
}

/// What a source said when it was last read.
#[derive(Clone)]
struct Address {
    text: String,
    hosts: Vec<Config>,
    roots: Option<PathBuf>,
}

/// A connection that is used by one call after the other, or by several in a row.
#[derive(Default)]
pub struct Lane {
    link: Mutex<Option<Arc<Link>>>,
}

/// One connection. What drives it ends with it.
pub struct Link {
    pub client: Client,
    driver: AbortHandle,
}

impl Drop for Link {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Address {
    /// Of a `postgres://` address; of several hosts the first that takes writes is used.
    ///
    /// `sslmode` is `disable`, `prefer` (the default), `require`, `verify-ca` or `verify-full`. Wherever TLS is spoken the
    /// certificate is verified in full, which is stricter than libpq. `sslrootcert` names a file of roots to trust in the
    /// place of the system's.
    fn read(text: String) -> Result<Address, EngineError> {
        let (url, roots) = without_tls_keys(&text);
        let config: Config = url.parse().map_err(|error: tokio_postgres::Error| {
            EngineError::Refused(format!("its address cannot be read: {}", with_causes(&error)))
        })?;
        let n_hosts = config.get_hosts().len().max(config.get_hostaddrs().len());
        if n_hosts == 0 {
            return Err(EngineError::Refused("its address names no host".to_owned()));
        }
        if config.get_ports().len() > 1 && config.get_ports().len() != n_hosts {
            return Err(EngineError::Refused("its address has not as many ports as hosts".to_owned()));
        }
        let hosts = (0..n_hosts).map(|n| alone(&config, n)).collect();
        Ok(Address { text, hosts, roots })
    }
}

impl Dialer {
    pub fn new(source: Source) -> Result<Dialer, EngineError> {
        let address = Address::read(source().map_err(EngineError::Refused)?)?;
        Ok(Dialer { source, address: std::sync::Mutex::new(address), tls: OnceLock::new() })
    }

    /// As its source has it now: a password may have been changed. Where that cannot be read it is as before.
    fn address(&self) -> Address {
        let again = (self.source)();
        // It is set as a whole.
        let mut address = self.address.lock().unwrap_or_else(PoisonError::into_inner);
        match again {
            Ok(text) if text == address.text => {}
            Ok(text) => match Address::read(text) {
                Ok(new) => *address = new,
                Err(error) => tracing::warn!(%error, "the new address of the cluster's database is not used"),
            },
            Err(error) => tracing::debug!(error, "the address of the cluster's database cannot be read again"),
        }
        address.clone()
    }

    /// The first host that takes writes. Each is given a head start before the next; one that is refused at once delays
    /// nobody longer than that.
    pub async fn dial(&self) -> Result<(Client, Wire), EngineError> {
        let address = self.address();
        let tls = self.tls(&address)?;
        let mut dials = JoinSet::new();
        for (n, host) in (0..).zip(address.hosts) {
            let tls = tls.clone();
            dials.spawn(async move {
                tokio::time::sleep(HEAD_START * n).await;
                match timeout(CONNECT_TIMEOUT, host.connect(tls)).await {
                    Ok(Ok(link)) => Ok(link),
                    Ok(Err(error)) => Err(explain(&error)),
                    Err(_) => Err(EngineError::Unreachable(format!("no connection within {} s", CONNECT_TIMEOUT.as_secs()))),
                }
            });
        }
        let mut refused = Vec::new();
        while let Some(dialled) = dials.join_next().await {
            match dialled {
                Ok(Ok(link)) => return Ok(link),
                Ok(Err(error)) => refused.push(error),
                Err(panicked) => refused.push(EngineError::Unreachable(panicked.to_string())),
            }
        }
        // A host that may be back soon makes it worth while to ask again.
        let passing = refused.iter().position(|error| matches!(error, EngineError::Unreachable(_)));
        Err(refused.swap_remove(passing.unwrap_or(0)))
    }

    fn tls(&self, address: &Address) -> Result<Tls, EngineError> {
        if let Some(tls) = self.tls.get() {
            return Ok(tls.clone());
        }
        let needed = address.hosts.iter().any(|host| host.get_ssl_mode() != SslMode::Disable);
        let roots = if needed { roots(address.roots.as_deref())? } else { rustls::RootCertStore::empty() };
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| EngineError::Refused(format!("TLS cannot be set up: {error}")))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(self.tls.get_or_init(|| Tls(Arc::new(config))).clone())
    }
}

impl Lane {
    /// The link in use, or a new one.
    pub async fn link(&self, dialer: &Dialer) -> Result<Arc<Link>, EngineError> {
        let mut link = self.link.lock().await;
        if let Some(link) = link.as_ref().filter(|link| !link.client.is_closed()) {
            return Ok(link.clone());
        }
        let (client, wire) = dialer.dial().await?;
        // How it ended is told by the calls that it was to carry.
        let driver: JoinHandle<_> = tokio::spawn(wire);
        let new = Arc::new(Link { client, driver: driver.abort_handle() });
        *link = Some(new.clone());
        Ok(new)
    }

    /// The next call dials anew, if this is still the link in use.
    pub async fn drop_link(&self, broken: &Arc<Link>) {
        let mut link = self.link.lock().await;
        if link.as_ref().is_some_and(|link| Arc::ptr_eq(link, broken)) {
            *link = None;
        }
    }
}

/// What went wrong, for who asked.
pub fn explain(error: &tokio_postgres::Error) -> EngineError {
    let Some(sql) = error.as_db_error() else { return EngineError::Unreachable(with_causes(error)) };
    let code = sql.code();
    if *code == SqlState::UNDEFINED_TABLE {
        return EngineError::NotACluster;
    }
    if is_passing(code) {
        EngineError::Unreachable(sql.message().to_owned())
    } else {
        EngineError::Refused(sql.message().to_owned())
    }
}

/// Whether it may be otherwise soon, at this server or at the one that follows it: lost connections (class 08),
/// conflicts (40), no room (53), shutting down or starting (57), a primary that has become a standby.
fn is_passing(code: &SqlState) -> bool {
    *code == SqlState::READ_ONLY_SQL_TRANSACTION || ["08", "40", "53", "57"].contains(&&code.code()[..2])
}

/// An error with its causes; tokio-postgres gives only the first.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = error.source();
    }
    text
}

/// One host of several, so that each has its own time. What is not copied here is not used.
fn alone(config: &Config, n: usize) -> Config {
    let mut one = Config::new();
    if let Some(user) = config.get_user() {
        one.user(user);
    }
    if let Some(password) = config.get_password() {
        one.password(password);
    }
    if let Some(dbname) = config.get_dbname() {
        one.dbname(dbname);
    }
    if let Some(options) = config.get_options() {
        one.options(options);
    }
    match config.get_hosts().get(n) {
        Some(Host::Tcp(host)) => {
            one.host(host);
        }
        Some(Host::Unix(path)) => {
            one.host_path(path);
        }
        None => {}
    }
    if let Some(address) = config.get_hostaddrs().get(n) {
        one.hostaddr(*address);
    }
    if let Some(port) = config.get_ports().get(n).or(config.get_ports().first()) {
        one.port(*port);
    }
    one.application_name(config.get_application_name().unwrap_or("courant"))
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .keepalives_idle(KEEPALIVE)
        .keepalives_interval(KEEPALIVE)
        .keepalives_retries(2)
        .target_session_attrs(TargetSessionAttrs::ReadWrite);
    one
}

/// Takes `sslrootcert` out of an address and puts `require` for the modes that tokio-postgres does not know; all that use
/// TLS verify.
fn without_tls_keys(url: &str) -> (String, Option<PathBuf>) {
    let Some((base, query)) = url.split_once('?') else { return (url.to_owned(), None) };
    let mut roots = None;
    let kept = query.split('&').filter_map(|pair| match pair.split_once('=') {
        Some(("sslrootcert", path)) => {
            roots = Some(PathBuf::from(percent_decode_str(path).decode_utf8_lossy().into_owned()));
            None
        }
        Some(("sslmode", "verify-ca" | "verify-full")) => Some("sslmode=require"),
        _ => Some(pair),
    });
    let kept: Vec<&str> = kept.collect();
    (if kept.is_empty() { base.to_owned() } else { format!("{base}?{}", kept.join("&")) }, roots)
}

/// The file's roots; without one the system's, or the bundled ones where it has none.
fn roots(file: Option<&Path>) -> Result<rustls::RootCertStore, EngineError> {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(file) = file {
        let unusable = |why: String| EngineError::Refused(format!("sslrootcert {}: {why}", file.display()));
        let certificates = CertificateDer::pem_file_iter(file).map_err(|error| unusable(error.to_string()))?;
        for certificate in certificates {
            let certificate = certificate.map_err(|error| unusable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unusable(error.to_string()))?;
        }
        return Ok(roots);
    }
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    Ok(roots)
}
