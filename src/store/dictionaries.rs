//! What a reader needs to read packed bodies; how they are read is in `bodies`.

use std::cell::RefCell;
use std::collections::HashMap;
use zstd::bulk::Decompressor;

/// The body of an entry (its row of `entry_bodies` is `b`), for `Reader::body`: its text, or the number of the packed one.
pub const OWN_BODY: &str = "coalesce(b.body, b.html)";
/// The same of its article (`ab` of `article_bodies`), else its own.
pub const BEST_BODY: &str = "iif(ab.article_id IS NULL, coalesce(b.body, b.html), coalesce(ab.body, ab.html))";

/// What unpacks with each dictionary that was needed (`None`: with none), kept for the next body: to make one costs as much as
/// to unpack a body.
#[derive(Default)]
pub struct Dictionaries {
    pub known: RefCell<HashMap<Option<i64>, Decompressor<'static>>>,
}
