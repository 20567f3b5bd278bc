//! TLS of the connections to PostgreSQL: rustls, as everywhere in the house, behind the door that tokio-postgres has for it.

use ring::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use rustls::ClientConfig;
use rustls::pki_types::{InvalidDnsNameError, ServerName};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::Socket;
use tokio_postgres::tls::{ChannelBinding, MakeTlsConnect, TlsConnect, TlsStream};
use tokio_rustls::TlsConnector;

/// How TLS is spoken, to whichever server. Cheap to clone.
#[derive(Clone)]
pub struct Tls(pub Arc<ClientConfig>);

/// The same to one server, whose certificate has to name it.
pub struct TlsTo {
    config: Arc<ClientConfig>,
    /// A path of a local socket is no name; nothing is spoken there.
    name: Result<ServerName<'static>, InvalidDnsNameError>,
}

/// A connection under TLS.
pub struct Secured(tokio_rustls::client::TlsStream<Socket>);

impl MakeTlsConnect<Socket> for Tls {
    type Stream = Secured;
    type TlsConnect = TlsTo;
    type Error = std::convert::Infallible;

    fn make_tls_connect(&mut self, host: &str) -> Result<TlsTo, Self::Error> {
        Ok(TlsTo { config: self.0.clone(), name: ServerName::try_from(host.to_owned()) })
    }
}

impl TlsConnect<Socket> for TlsTo {
    type Stream = Secured;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Secured>> + Send>>;

    fn connect(self, socket: Socket) -> Self::Future {
        Box::pin(async move {
            let name = self.name.map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
            Ok(Secured(TlsConnector::from(self.config).connect(name, socket).await?))
        })
    }
}

impl TlsStream for Secured {
    fn channel_binding(&self) -> ChannelBinding {
        let certificates = self.0.get_ref().1.peer_certificates();
        match certificates.and_then(<[_]>::first).and_then(|certificate| end_point(certificate)) {
            Some(hash) => ChannelBinding::tls_server_end_point(hash),
            None => ChannelBinding::none(),
        }
    }
}

impl AsyncRead for Secured {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(context, into)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(context)
    }
}

/// By what a login is bound to the server's certificate (RFC 5929 4, `tls-server-end-point`): a hash of it, by the function that
/// it was signed with; MD5 and SHA-1 count as SHA-256. `None`: it was signed in a way that names no such function.
fn end_point(certificate: &[u8]) -> Option<Vec<u8>> {
    // Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm SEQUENCE { algorithm, … }, signature } (RFC 5280 4.1)
    let (parts, _) = element(certificate)?;
    let (_, behind_what_is_signed) = element(parts)?;
    let (algorithm, _) = element(behind_what_is_signed)?;
    let (name, _) = element(algorithm)?;
    let (_, function) = HASH_OF.iter().find(|(of, _)| *of == name)?;
    Some(digest(function, certificate).as_ref().to_vec())
}

/// Signatures (RFC 8017 A.2.4, RFC 5758 3.2: object identifiers as DER has them) and the hash in each.
const HASH_OF: [(&[u8], &Algorithm); 8] = [
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4], &SHA256),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5], &SHA256),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11], &SHA256),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 12], &SHA384),
    (&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 13], &SHA512),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2], &SHA256),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 3], &SHA384),
    (&[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 4], &SHA512),
];

/// The first element of DER: what is in it, and what follows it.
fn element(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let [_, length, rest @ ..] = der else { return None };
    let (length, rest) = match *length {
        short @ 0..0x80 => (usize::from(short), rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long & 0x7f))?;
            if bytes.is_empty() || bytes.len() > 4 {
                return None;
            }
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;

    // By `openssl req -x509 -nodes -subj /CN=a -outform DER` with, in this order: -newkey rsa:1024 -sha256; an elliptic curve and
    // -sha384; the first key and -sigopt rsa_padding_mode:pss; -newkey ed25519.
    const RSA_SHA256: &str = "\
        MIIB9DCCAV2gAwIBAgIUYry6SiQYHwUQyBXjqHGsWYfrg1YwDQYJKoZIhvcNAQELBQAwDDEKMAgGA1UEAwwBYTAeFw0yNjExMjcwNzIzMTRaFw\
        0zNjExMjQwNzIzMTRaMAwxCjAIBgNVBAMMAWEwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAL6m1gvVyXqJFOTy25H9qsx3IeuITo7ohArO\
        5Y0Hkf1vK8wKpJlz3Fb81ekWZLEsB9QFXDbwao4Dn8eAXzb/E9gFXly7YJNJQGJMaUytKM8AUW0SensowT2H0COOc8VypFma+jGw2nlVo0LLWj\
        5gjbS4gtp66Ja0s10S0M2Q6JWNAgMBAAGjUzBRMB0GA1UdDgQWBBShKtRXwk1Sqz4TiAXbtbjQdGkr4zAfBgNVHSMEGDAWgBShKtRXwk1Sqz4T\
        iAXbtbjQdGkr4zAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4GBALnvXGC3fSCAc0KkjOAFEM0TLI4hHpecK9MHvYyf0lzAldUvhz\
        v++QPHKib2yNiaB6vOUQiaarFJ1VYhnD7ajPwdKIjZUJTHXs/DqesgwJDx0bzWuM0+fGYTzq4yUtyxaXn1v+Jn/voa524r8dil+J+0Mf6lAoEd\
        a3L+Rd7as9sk";
    const ECDSA_SHA384: &str = "\
        MIIBbTCCAROgAwIBAgIUEiAagPqBX0SQddoUDJwulfmI79MwCgYIKoZIzj0EAwMwDDEKMAgGA1UEAwwBYTAeFw0yNjExMjcwNzIzMTRaFw0zNj\
        ExMjQwNzIzMTRaMAwxCjAIBgNVBAMMAWEwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQrDrO8jGSFDEieVugUkogMArqT6ERVXdEnM4VRnR5m\
        1WehIY0oStkO13I5iBr84PhZ+IK9WHam14Pex6EIs0Hro1MwUTAdBgNVHQ4EFgQUbEaS4c3ASCAG9WshJWNKTtQvsTYwHwYDVR0jBBgwFoAUbE\
        aS4c3ASCAG9WshJWNKTtQvsTYwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAwNIADBFAiAnX16TzaOu7Lmrn0D4ev38MeVp2Zwrk0skU8rN\
        o9NA+AIhAOzu/DIt5QlHbamGA1KcyH74A66+8dDqntmqNqNjKqD2";
    const RSA_PSS: &str = "\
        MIICXDCCAZGgAwIBAgIUcM3PEdRDjizAAMYEYeTk+EEljAgwQQYJKoZIhvcNAQEKMDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCD\
        ANBglghkgBZQMEAgEFAKIDAgFeMAwxCjAIBgNVBAMMAWEwHhcNMjYxMTI3MDcyMzE0WhcNMzYxMTI0MDcyMzE0WjAMMQowCAYDVQQDDAFhMIGf\
        MA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC+ptYL1cl6iRTk8tuR/arMdyHriE6O6IQKzuWNB5H9byvMCqSZc9xW/NXpFmSxLAfUBVw28GqOA5\
        /HgF82/xPYBV5cu2CTSUBiTGlMrSjPAFFtEnp7KME9h9AjjnPFcqRZmvoxsNp5VaNCy1o+YI20uILaeuiWtLNdEtDNkOiVjQIDAQABo1MwUTAd\
        BgNVHQ4EFgQUoSrUV8JNUqs+E4gF27W40HRpK+MwHwYDVR0jBBgwFoAUoSrUV8JNUqs+E4gF27W40HRpK+MwDwYDVR0TAQH/BAUwAwEB/zBBBg\
        kqhkiG9w0BAQowNKAPMA0GCWCGSAFlAwQCAQUAoRwwGgYJKoZIhvcNAQEIMA0GCWCGSAFlAwQCAQUAogMCAV4DgYEARf0WuohIN5ZE1nPHcRwJ\
        0d9mxHrxkBaDsGpID6oxy1wqjNgdaf6OECYew5/zD3T86Fm0Q0ixLNw2p+CGlPQHDIoW8mEhpAVltUP68OKfpjRQ17dn0c6q2AXLKFpHt62MOj\
        5WfGcvpl5nPfT4+3tXXa3nBGK1JgWpA015VqrMB3k=";
    const ED25519: &str = "\
        MIIBLDCB36ADAgECAhRVtzZmAOxVfOVr3g41V1+iKlkH3DAFBgMrZXAwDDEKMAgGA1UEAwwBYTAeFw0yNjExMjcwNzIzMTRaFw0zNjExMjQwNz\
        IzMTRaMAwxCjAIBgNVBAMMAWEwKjAFBgMrZXADIQBGADYnxB23UR8URwz/jchklMqyVHEyAU0FyQaaAYQ+nqNTMFEwHQYDVR0OBBYEFKRfuRl5\
        b8ew2Iu4UyyHUvpI+63QMB8GA1UdIwQYMBaAFKRfuRl5b8ew2Iu4UyyHUvpI+63QMA8GA1UdEwEB/wQFMAMBAf8wBQYDK2VwA0EAlXqX/MAcqB\
        lV7MkFFG1ErHVSac5n/iq/xm1NYMSMDcluAliG2x7kwVrjWbw4eXwhFka1G7efa93+jDp1YidaCA==";

    fn der(text: &str) -> Vec<u8> {
        base64::engine::general_purpose::STANDARD.decode(text).unwrap()
    }

    #[test]
    fn a_login_is_bound_by_the_hash_that_signed_the_certificate() {
        for (text, function) in [(RSA_SHA256, &SHA256), (ECDSA_SHA384, &SHA384)] {
            let certificate = der(text);
            assert_eq!(end_point(&certificate), Some(digest(function, &certificate).as_ref().to_vec()));
        }
        // These name no hash of their own: nothing is bound.
        assert_eq!(end_point(&der(RSA_PSS)), None);
        assert_eq!(end_point(&der(ED25519)), None);
    }

    #[test]
    fn a_certificate_that_is_cut_short_names_no_hash() {
        for certificate in [der(RSA_SHA256), der(ECDSA_SHA384)] {
            for n in 0..certificate.len() {
                assert_eq!(end_point(&certificate[..n]), None, "{n} bytes");
            }
        }
    }

    #[test]
    fn lengths_are_read_as_der_has_them() {
        assert_eq!(element(&[0x30, 1, 7, 8]), Some((&[7][..], &[8][..])));
        assert_eq!(element(&[0x30, 0x81, 1, 7, 8]), Some((&[7][..], &[8][..])));
        assert_eq!(element(&[0x30, 0x82, 0, 1, 7]), Some((&[7][..], &[][..])));
        // No length, one of no bytes, one that is missing, too large ones.
        for wrong in [
            &[0x30][..],
            &[0x30, 0x80, 0, 0],
            &[0x30, 0x82, 1],
            &[0x30, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x30, 0x85, 0, 0, 0, 0, 0],
        ] {
            assert_eq!(element(wrong), None, "{wrong:x?}");
        }
    }
}
