//! Numbers that apps are given, in every spelling in which they come back.

use crate::model::StoryId;

/// What stands before the 16 hexadecimal digits of an item's long id.
const LONG: &str = "tag:google.com,2005:reader/item/";

/// The item that an id means: decimal; 16 hexadecimal digits; or the long form, padded or not. Ours are below 10^15, so that
/// no spelling is another number in another.
pub fn item_number(id: &str) -> Option<StoryId> {
    let id = id.trim();
    let hexadecimal = |digits: &str| u64::from_str_radix(digits, 16).ok().map(u64::cast_signed);
    let is_hexadecimal = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = match id.strip_prefix(LONG) {
        Some(digits) if is_hexadecimal(digits) => hexadecimal(digits),
        Some(_) => None,
        None if id.len() == 16 && is_hexadecimal(id) => hexadecimal(id),
        None => id.parse().ok(),
    };
    number.map(StoryId)
}

/// The long form.
pub(super) fn long_id(story: StoryId) -> String {
    format!("{LONG}{:016x}", story.0)
}

/// A folder's number, where a protocol wants one: of its name, so that it is the same for ever. 31 bits, never zero.
pub fn folder_number(name: &str) -> i64 {
    let hash = xxhash_rust::xxh3::xxh3_64(name.as_bytes()) & 0x7fff_ffff;
    hash.max(1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_one_number() {
        let long = long_id(StoryId(4711));
        for id in ["4711", "0000000000001267", long.as_str(), "tag:google.com,2005:reader/item/1267"] {
            assert_eq!(item_number(id), Some(StoryId(4711)), "{id}");
        }
        assert_eq!(item_number("-3"), Some(StoryId(-3)));
        for wrong in [
            "",
            "zzz",
            "tag:google.com,2005:reader/item/",
            "tag:google.com,2005:reader/item/xyz",
            "1267x",
            "99999999999999999999",
        ] {
            assert_eq!(item_number(wrong), None, "{wrong}");
        }
    }
}
