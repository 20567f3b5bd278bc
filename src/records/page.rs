//! A page on its way out to be fetched, and what came back.

use crate::model::{ArticleId, Timestamp};
use serde::{Deserialize, Serialize};

/// A page that was handed out to be fetched.
#[derive(Clone, Debug)]
pub struct DuePage {
    pub id: ArticleId,
    pub url: String,
    pub n_tries: u32,
    /// The headline and the summary (as HTML) of the first entry that asked for it.
    pub title: String,
    pub summary: String,
    /// What a person said of that entry's feed: `select` and `strip`.
    pub select: Vec<String>,
    pub strip: Vec<String>,
}

/// How the fetch of a page ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PageOutcome {
    Found(Box<FoundPage>),
    /// There is none and never will be; why.
    Never(String),
    /// Again later; why.
    Later(String, Timestamp),
}

/// What was found on a page, as it is kept.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoundPage {
    pub title: Option<String>,
    pub author: Option<String>,
    pub published: Option<Timestamp>,
    pub language: Option<String>,
    pub site_name: Option<String>,
    pub final_url: String,
    pub canonical_url: Option<String>,
    pub og_url: Option<String>,
    pub lead_image: Option<String>,
    /// Sanitised.
    pub html: String,
    /// Hashes of the lines at the ends of the body, for the memory of its host.
    pub lines: Vec<u64>,
}
