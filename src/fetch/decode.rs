//! Content encodings: bytes as they came over the wire → the body. Pure.
//!
//! Whole or not at all: a stream that ends early is an error, so that half a feed is never taken for a feed.
//! Work and memory are bounded by the limit on the decoded size and by the ratio, never by what a header claims.

use super::FetchError;
use flate2::{Decompress, FlushDecompress, Status};
use std::io::Read;

/// Below this decoded size a ratio says nothing.
const RATIO_FROM: usize = 1_000_000;

/// RFC 9659: a zstd window over 8 MB is not for content encoding.
const MAX_ZSTD_WINDOW: u64 = 8 * 1024 * 1024;

/// Members of a gzip, frames of a zstd: a block compressor makes some hundred of 10 MB. Each costs a fresh
/// decoder, so that a body of empty ones would cost seconds.
const MAX_PARTS: usize = 1_000;

/// Encoded twice happens by mistake; more is an attack.
const MAX_LAYERS: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Gzip,
    Deflate,
    Brotli,
    Zstd,
}

/// What `Accept-Encoding` asks for.
pub const ACCEPTED: &str = "gzip, br, zstd, deflate";

/// The encodings that `Content-Encoding` headers name, in the order in which they were applied.
pub fn encodings<'a>(headers: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Encoding>, FetchError> {
    let mut found = Vec::new();
    for header in headers {
        for name in header.split(|&b| b == b',') {
            let name = name.trim_ascii();
            let is = |known: &[&str]| known.iter().any(|k| name.eq_ignore_ascii_case(k.as_bytes()));
            if name.is_empty() || is(&["identity", "none", "utf-8"]) {
                continue;
            }
            found.push(match () {
                () if is(&["gzip", "x-gzip"]) => Encoding::Gzip,
                () if is(&["deflate"]) => Encoding::Deflate,
                () if is(&["br"]) => Encoding::Brotli,
                () if is(&["zstd"]) => Encoding::Zstd,
                () => {
                    let name = crate::text::one_line(crate::text::clip(&String::from_utf8_lossy(name), 40));
                    return Err(FetchError::Broken(format!("unknown content encoding {name}")));
                }
            });
            if found.len() > MAX_LAYERS {
                return Err(FetchError::Broken(format!("more than {MAX_LAYERS} content encodings, one in the other")));
            }
        }
    }
    Ok(found)
}

/// Undoes the encodings. `limit` is the most bytes that the body may have, and `max_ratio` the most that it may have for
/// each byte of the wire: a feed or page compresses 3 to 15 times; a bomb, a thousand times.
pub fn decode(wire: &[u8], encodings: &[Encoding], limit: usize, max_ratio: usize) -> Result<Vec<u8>, FetchError> {
    let by_ratio = RATIO_FROM.max(wire.len().saturating_mul(max_ratio));
    let mut body: Option<Vec<u8>> = None;
    for &encoding in encodings.iter().rev() {
        let input = body.as_deref().unwrap_or(wire);
        let mut output = Output { bytes: Vec::with_capacity(expected(input, encoding).min(limit)), limit: limit.min(by_ratio) };
        match layer(input, encoding, &mut output) {
            Ok(()) => {}
            Err(Trouble::Broken(what)) => return Err(FetchError::Broken(what)),
            Err(Trouble::Full) if by_ratio < limit => {
                return Err(FetchError::Ratio(max_ratio));
            }
            Err(Trouble::Full) => return Err(FetchError::TooLarge { limit, key: "" }),
        }
        body = Some(output.bytes);
    }
    Ok(body.unwrap_or_else(|| wire.to_vec()))
}

/// How long a layer will be when it is undone: gzip says it in its last four bytes, which are believed up to the ratio that
/// feeds reach.
fn expected(input: &[u8], encoding: Encoding) -> usize {
    const USUAL: usize = 4;
    const MOST: usize = 16;
    match (encoding, input.last_chunk()) {
        // One byte more: that it stays empty tells that the end is reached.
        (Encoding::Gzip, Some(length)) => {
            (u32::from_le_bytes(*length) as usize).saturating_add(1).min(input.len().saturating_mul(MOST))
        }
        _ => input.len().saturating_mul(USUAL),
    }
}

enum Trouble {
    Full,
    Broken(String),
}

fn broken(encoding: &str, what: impl std::fmt::Display) -> Trouble {
    Trouble::Broken(format!("{encoding}: {}", crate::text::one_line(&what.to_string())))
}

/// Grows up to its limit.
struct Output {
    bytes: Vec<u8>,
    limit: usize,
}

impl Output {
    /// Reads to the end, a room at a time, so that memory never doubles beyond the limit.
    fn read_all(&mut self, mut reader: impl Read, encoding: &str) -> Result<(), Trouble> {
        loop {
            self.reserve()?;
            let room = self.bytes.capacity() - self.bytes.len();
            let part = (&mut reader).take(room as u64).read_to_end(&mut self.bytes);
            if part.map_err(|error| broken(encoding, error))? < room {
                return self.check();
            }
        }
    }

    /// Makes room for at least one more byte; the one beyond the limit tells that there are more.
    fn reserve(&mut self) -> Result<(), Trouble> {
        self.check()?;
        if self.bytes.len() == self.bytes.capacity() {
            let more = self.bytes.len().clamp(16 * 1024, 1024 * 1024);
            self.bytes.reserve_exact(more.min(self.limit + 1 - self.bytes.len()));
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Trouble> {
        if self.bytes.len() > self.limit { Err(Trouble::Full) } else { Ok(()) }
    }
}

fn layer(input: &[u8], encoding: Encoding, output: &mut Output) -> Result<(), Trouble> {
    match encoding {
        // Servers that say gzip and send plain text exist; a feed or a page cannot be taken for gzip.
        Encoding::Gzip if looks_plain(input) => output.read_all(input, "plain"),
        Encoding::Gzip => gzip(input, output),
        Encoding::Deflate if looks_plain(input) => output.read_all(input, "plain"),
        Encoding::Deflate => deflate(input, output),
        Encoding::Brotli => output.read_all(brotli_decompressor::Decompressor::new(input, 16 * 1024), "brotli"),
        Encoding::Zstd => zstd(input, output),
    }
}

fn looks_plain(input: &[u8]) -> bool {
    let text = input.strip_prefix(b"\xef\xbb\xbf").unwrap_or(input).trim_ascii_start();
    matches!(text.first(), Some(b'<' | b'{'))
}

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// All members; what follows the last one and is no member (padding, a stray line feed) is ignored.
fn gzip(mut input: &[u8], output: &mut Output) -> Result<(), Trouble> {
    for _ in 0..MAX_PARTS {
        let mut member = flate2::bufread::GzDecoder::new(input);
        output.read_all(&mut member, "gzip")?;
        input = member.into_inner();
        if !input.starts_with(&GZIP_MAGIC) {
            return Ok(());
        }
    }
    Err(broken("gzip", "too many members"))
}

/// The standard says zlib, some servers send the bare stream.
fn deflate(input: &[u8], output: &mut Output) -> Result<(), Trouble> {
    let zlib = matches!(input, [cmf, flags, ..] if cmf & 15 == 8 && u16::from_be_bytes([*cmf, *flags]) % 31 == 0);
    let mut stream = Decompress::new(zlib);
    loop {
        output.reserve()?;
        let (read, written) = (stream.total_in(), stream.total_out());
        let rest = &input[read as usize..];
        let status = stream.decompress_vec(rest, &mut output.bytes, FlushDecompress::None);
        match status.map_err(|error| broken("deflate", error))? {
            Status::StreamEnd => return output.check(),
            Status::Ok | Status::BufError if stream.total_in() == read && stream.total_out() == written => {
                return Err(broken("deflate", "the stream ends early"));
            }
            Status::Ok | Status::BufError => {}
        }
    }
}

/// All frames; skippable ones are skipped.
fn zstd(mut input: &[u8], output: &mut Output) -> Result<(), Trouble> {
    let max_window = MAX_ZSTD_WINDOW.max(output.limit as u64); // a single segment's window is its size
    for _ in 0..MAX_PARTS {
        if input.is_empty() {
            return Ok(());
        }
        if let [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, rest @ ..] = input {
            let length = u32::from_le_bytes([*a, *b, *c, *d]) as usize;
            input = rest.get(length..).ok_or_else(|| broken("zstd", "the stream ends early"))?;
            continue;
        }
        let mut frame = ruzstd::decoding::StreamingDecoder::new_with_max_window_size(input, max_window)
            .map_err(|error| broken("zstd", error))?;
        output.read_all(&mut frame, "zstd")?;
        let (rest, decoder) = frame.into_parts();
        if let (Some(said), Some(found)) = (decoder.get_checksum_from_data(), decoder.get_calculated_checksum())
            && said != found
        {
            return Err(broken("zstd", "wrong checksum"));
        }
        input = rest;
    }
    Err(broken("zstd", "too many frames"))
}
