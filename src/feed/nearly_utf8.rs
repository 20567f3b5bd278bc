//! UTF-8 with damage in it, read so that only the damaged places are lost, and weighed against other encodings.
//!
//! Bytes are weighed with bytes. In text of another encoding whole UTF-8 characters come about by chance, but by far not
//! as often as bytes that cannot be UTF-8: of random pairs of GBK one in seven, of Latin and Cyrillic ones hardly any.

/// What a reading as UTF-8 gave.
#[derive(Default)]
pub(super) struct NearlyUtf8 {
    /// U+FFFD where bytes were damaged.
    pub text: String,
    /// Bytes of characters beyond ASCII that are whole, or that were cut but began as only UTF-8 does.
    pub n_good_bytes: usize,
    /// Bytes that are no such beginning.
    n_odd_bytes: usize,
    /// All bytes that were replaced.
    pub n_bad_bytes: usize,
    /// Characters that were written as two surrogates of three bytes each (CESU-8, of old databases and Java).
    pub n_surrogates: usize,
}

impl NearlyUtf8 {
    pub fn read(bytes: &[u8]) -> NearlyUtf8 {
        let mut read = NearlyUtf8 { text: String::with_capacity(bytes.len()), ..NearlyUtf8::default() };
        let mut rest = bytes;
        while !rest.is_empty() {
            let error = match std::str::from_utf8(rest) {
                Ok(text) => {
                    read.take(text);
                    break;
                }
                Err(error) => error,
            };
            let (valid, damaged) = rest.split_at(error.valid_up_to());
            // Valid by the error's word.
            read.take(std::str::from_utf8(valid).unwrap_or_default());
            if let Some(c) = surrogates(damaged) {
                read.text.push(c);
                read.n_surrogates += 1;
                read.n_good_bytes += 6;
                rest = &damaged[6..];
                continue;
            }
            let n_bytes = error.error_len().unwrap_or(damaged.len()).clamp(1, damaged.len());
            read.text.push('\u{fffd}');
            read.n_bad_bytes += n_bytes;
            // A lead byte with some of its followers is a character that was cut; alone it may be a letter of Latin-1.
            if n_bytes > 1 {
                read.n_good_bytes += n_bytes;
            } else {
                read.n_odd_bytes += 1;
            }
            rest = &damaged[n_bytes..];
        }
        read
    }

    /// Whether the bytes are UTF-8 that was damaged. With a label that says so as many good bytes as odd ones will do.
    pub fn is_proven(&self, says_utf8: bool) -> bool {
        let needed = if says_utf8 { self.n_odd_bytes } else { self.n_odd_bytes.saturating_mul(4) };
        self.n_good_bytes > 0 && self.n_good_bytes >= needed
    }

    fn take(&mut self, text: &str) {
        self.n_good_bytes += text.bytes().filter(|b| !b.is_ascii()).count();
        self.text.push_str(text);
    }
}

/// The character of two surrogates at the start.
fn surrogates(bytes: &[u8]) -> Option<char> {
    let &[0xed, a @ 0xa0..=0xaf, b @ 0x80..=0xbf, 0xed, c @ 0xb0..=0xbf, d @ 0x80..=0xbf, ..] = bytes else { return None };
    let bits = |byte: u8, mask: u8| u32::from(byte & mask);
    char::from_u32(0x10000 + (bits(a, 0x0f) << 16 | bits(b, 0x3f) << 10 | bits(c, 0x0f) << 6 | bits(d, 0x3f)))
}
