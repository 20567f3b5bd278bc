//! reqwest, made safe: which client dials, what it may dial, and what its errors mean.
//!
//! reqwest asks our resolver for names but dials literals without asking, and never tells the resolver the
//! port. So literals are judged with the URL before each hop, and as an exception may hold for one port only,
//! each port that an exception names has a client (and a resolver that knows the port) of its own.

use super::address::{Allowed, Refusal, classify};
use super::{BadCertificate, CertificateFault, FetchError, Settings, Unreached};
use crate::text::{clip, one_line};
use anyhow::Context;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::{HashMap, HashSet};
use std::error::Error;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

/// A kept connection serves the next request of a burst (articles of one site, feeds of one host); held
/// longer it would only pile up descriptors.
const IDLE: Duration = Duration::from_secs(5);

/// Connections to no more hosts than this are kept idle: each holds 40 KB of memory and a descriptor.
const MOST_KEPT: usize = 256;

/// A header block beyond this is an attack; it binds HTTP/2 (hyper's own limits bind HTTP/1).
const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// Clients by what they may dial, each built when it is first needed.
pub struct Transport {
    settings: Arc<Settings>,
    /// Loading TLS roots costs milliseconds: plain http must not pay for it, and nobody twice.
    plain: rustls::ClientConfig,
    tls: OnceLock<rustls::ClientConfig>,
    kept: Mutex<Kept>,
}

/// The clients in use, and the hosts that were asked through them. A client keeps its idle connections until it is
/// dropped, so that all are dropped when there were too many hosts: requests under way still hold theirs.
#[derive(Default)]
struct Kept {
    clients: HashMap<Dials, reqwest::Client>,
    hosts: HashSet<u64>,
}

/// What a client may dial: the port, where an exception names it, and with TLS or without.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Dials {
    port: Option<u16>,
    tls: bool,
}

impl Transport {
    /// Builds the plain client, so that a set-up that cannot work fails here.
    pub fn new(settings: Arc<Settings>) -> anyhow::Result<Transport> {
        let plain = tls_config(rustls::RootCertStore::empty())?;
        let transport = Transport { settings, plain, tls: OnceLock::new(), kept: Mutex::default() };
        let dials = Dials { port: None, tls: false };
        let client = transport.build(dials)?;
        transport.kept.lock().unwrap_or_else(PoisonError::into_inner).clients.insert(dials, client);
        Ok(transport)
    }

    /// The client that may dial this address.
    pub fn client(&self, url: &Url) -> Result<reqwest::Client, FetchError> {
        let port = url.port_or_known_default();
        let port = port.filter(|_| self.settings.allow_private.iter().any(|rule| rule.port == port));
        let dials = Dials { port, tls: url.scheme() == "https" };
        let host = xxh3_64(url.host_str().unwrap_or_default().as_bytes());
        // Maps that are whole between any two statements: a panic elsewhere spoils nothing.
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.hosts.contains(&host) {
            if kept.hosts.len() >= MOST_KEPT {
                *kept = Kept::default();
            }
            kept.hosts.insert(host);
        }
        if let Some(client) = kept.clients.get(&dials) {
            return Ok(client.clone());
        }
        let client = self.build(dials).map_err(|error| unreached(one_line(&format!("{error:#}"))))?;
        kept.clients.insert(dials, client.clone());
        Ok(client)
    }

    /// Behind a proxy we do not dial ourselves, so that a name is looked up and judged before it is handed over. The
    /// proxy looks it up again: all of its addresses must be public, because it may choose any.
    pub async fn check_target(&self, url: &Url) -> Result<(), FetchError> {
        // Literals were judged with the URL.
        let Some(url::Host::Domain(name)) = url.host().filter(|_| !self.settings.proxy.is_empty()) else { return Ok(()) };
        let port = url.port_or_known_default().unwrap_or(80);
        let found = tokio::net::lookup_host((name, port)).await.map_err(|error| {
            no_name(format!("the name was not found ({}); it is looked up before the proxy is asked", words(&error)))
        })?;
        for address in found {
            classify(address.ip(), port, &self.settings.allow_private)?;
        }
        Ok(())
    }

    fn build(&self, dials: Dials) -> anyhow::Result<reqwest::Client> {
        let tls = match dials.tls || self.settings.proxy.starts_with("https:") {
            false => self.plain.clone(),
            true => match self.tls.get() {
                Some(known) => known.clone(),
                None => {
                    let loaded = tls_config(roots())?;
                    self.tls.get_or_init(|| loaded).clone()
                }
            },
        };
        // The environment's proxies count for nothing.
        let builder = reqwest::Client::builder().no_proxy();
        let (builder, proxy_host) = match self.settings.proxy.as_str() {
            "" => (builder, None),
            proxy => {
                let host = Url::parse(proxy).ok().and_then(|url| url.host_str().map(str::to_owned));
                (builder.proxy(reqwest::Proxy::all(proxy).context("fetch.proxy")?), host)
            }
        };
        builder
            .tls_backend_preconfigured(tls)
            .dns_resolver(Resolver { settings: self.settings.clone(), port: dials.port, proxy_host })
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(self.settings.connect_timeout)
            .pool_idle_timeout(IDLE)
            // System calls for each connection, of no use to one that is idle for seconds at most.
            .tcp_keepalive(None)
            .pool_max_idle_per_host(self.settings.per_host.max(1))
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            // A line among the headers that is not one (`PHP Warning - …`) is dropped, as by browsers. Not behind a proxy,
            // whose connections serve many hosts: there both sides must agree on every byte.
            .http1_ignore_invalid_headers_in_responses(self.settings.proxy.is_empty())
            .build()
            .context("cannot set up the HTTP client")
    }
}

fn tls_config(roots: rustls::RootCertStore) -> anyhow::Result<rustls::ClientConfig> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .context("cannot set up TLS")?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

/// The system's roots, or the bundled ones where it has none.
fn roots() -> rustls::RootCertStore {
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    }
    roots
}

/// Gives out only addresses that may be dialled: what was checked is what is dialled.
struct Resolver {
    settings: Arc<Settings>,
    port: Option<u16>,
    /// A person named it, wherever it is. A target of the same name was judged by [`Transport::check_target`].
    proxy_host: Option<String>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let settings = self.settings.clone();
        let port = self.port;
        let is_proxy = self.proxy_host.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            if is_proxy {
                return Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs);
            }
            let mut refusal = None;
            let mut passed: Vec<SocketAddr> = Vec::new();
            for address in found {
                match judge(address, port, &settings.allow_private) {
                    Ok(()) => passed.push(address),
                    Err(refused) => refusal = Some(refused),
                }
            }
            match refusal {
                Some(refused) if passed.is_empty() => Err(refused.into()),
                _ => Ok(Box::new(passed.into_iter()) as Addrs),
            }
        })
    }
}

/// The common client serves the ports that no exception names; the URL was held to the usual ones, of which 80
/// stands for all here.
fn judge(address: SocketAddr, port: Option<u16>, allowed: &[Allowed]) -> Result<(), Refusal> {
    classify(address.ip(), port.unwrap_or(80), allowed)
}

/// What went wrong, in words that hold nothing of the address.
pub fn explain(error: reqwest::Error) -> FetchError {
    let error = error.without_url();
    let mut innermost: &dyn Error = &error;
    let mut timed_out = error.is_timeout();
    loop {
        if let Some(refusal) = innermost.downcast_ref::<Refusal>() {
            return FetchError::Address(refusal.clone());
        }
        if let Some(tls) = innermost.downcast_ref::<rustls::Error>() {
            return match tls {
                rustls::Error::InvalidCertificate(why) => FetchError::Tls(BadCertificate { fault: fault(why), text: words(tls) }),
                _ => unreached(format!("TLS: {}", words(tls))),
            };
        }
        // An io::Error shows its inner error as its own text and hides it from `source`.
        let inner = innermost.downcast_ref::<std::io::Error>().and_then(|io| io.get_ref()).map(|inner| inner as &dyn Error);
        timed_out |= innermost.downcast_ref::<std::io::Error>().is_some_and(|io| io.kind() == std::io::ErrorKind::TimedOut);
        match inner.or_else(|| innermost.source()) {
            Some(next) => innermost = next,
            None => break,
        }
    }
    if error.is_dns() {
        no_name(format!("the name was not found ({})", words(innermost)))
    } else if error.is_connect() {
        unreached(if timed_out { "no connection in time".into() } else { words(innermost) })
    } else {
        FetchError::Broken(words(innermost))
    }
}

fn unreached(text: String) -> FetchError {
    FetchError::Connect(Unreached { no_name: false, text })
}

fn no_name(text: String) -> FetchError {
    FetchError::Connect(Unreached { no_name: true, text })
}

fn fault(why: &rustls::CertificateError) -> CertificateFault {
    use rustls::CertificateError::{Expired, ExpiredContext, NotValidYet, NotValidYetContext};
    match why {
        NotValidYet | NotValidYetContext { .. } => CertificateFault::NotYetValid,
        Expired | ExpiredContext { .. } => CertificateFault::Expired,
        _ => CertificateFault::Other,
    }
}

fn words(error: &dyn Error) -> String {
    one_line(clip(&error.to_string(), 200))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn connections_to_many_hosts_are_let_go() {
        let second = Duration::from_secs(1);
        let settings = Settings {
            user_agent: "courant".into(),
            timeout: second,
            connect_timeout: second,
            header_timeout: second,
            max_feed_bytes: 1,
            max_page_bytes: 1,
            max_wire_bytes: 1,
            max_ratio: 1,
            max_redirects: 1,
            proxy: String::new(),
            allow_private: Vec::new(),
            concurrency: 1,
            per_host: 1,
            host_spacing: second,
        };
        let transport = Transport::new(Arc::new(settings)).unwrap();
        for n in 0..3 * MOST_KEPT {
            transport.client(&Url::parse(&format!("http://host-{n}.example/")).unwrap()).unwrap();
            assert!(transport.kept.lock().unwrap().hosts.len() <= MOST_KEPT);
        }
        assert_eq!(transport.kept.lock().unwrap().clients.len(), 1);
    }
}
