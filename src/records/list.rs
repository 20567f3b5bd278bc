//! Changes of the list of subscriptions that a person commands from an app, on their way from the server to the daemon.

/// What is to be done with the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListEdit {
    /// The feed at an address, or of the page there. It is polled once before the answer comes.
    Add {
        url: String,
        title: Option<String>,
        tags: Vec<String>,
    },
    /// What is `None` stays.
    Change {
        url: String,
        title: Option<String>,
        tags: Option<Vec<String>>,
    },
    Remove {
        url: String,
    },
    /// A tag of every feed gets another name, or goes.
    Retag {
        from: String,
        to: Option<String>,
    },
    /// Everything in an OPML file that is not in the list yet.
    Import {
        opml: Vec<u8>,
    },
    /// Nothing: which feeds a page has.
    Discover {
        url: String,
    },
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ListReply {
    Done,
    /// Subscribed, at this address.
    Added {
        url: String,
    },
    /// Addresses and titles.
    Found(Vec<(String, String)>),
    /// The list belongs to the person alone, and why.
    ReadOnly(String),
    /// It means nothing, or what it names is not there, or is already; in a sentence.
    Refused(String),
}
