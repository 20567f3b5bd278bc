//! What the outputs say in their own voice, a row a language.

/// The sentences of one language.
pub(super) struct Words {
    pub from: &'static str,
    pub also_covered_by: &'static str,
    pub between: &'static str,
    pub stop: &'static str,
    /// Between two sentences.
    pub gap: &'static str,
    /// "Also covered by N", before and behind the number.
    pub also_count: (&'static str, &'static str),
    /// The heading of the list of outputs.
    pub feeds: &'static str,
    pub latest: &'static str,
    pub nothing_yet: &'static str,
    pub read_here: &'static str,
    pub older: &'static str,
    pub skip: &'static str,
    pub times: &'static str,
    pub home: &'static str,
    /// The heading of related stories.
    pub related: &'static str,
    pub script: Script,
}

/// How dates are written.
#[derive(Clone, Copy)]
pub(super) enum Script {
    Latin,
    Chinese,
}

const ENGLISH: Words = Words {
    from: "From ",
    also_covered_by: "Also covered by ",
    between: ", ",
    stop: ".",
    gap: " ",
    also_count: ("Also covered by ", ""),
    feeds: "Feeds",
    latest: "Latest stories",
    nothing_yet: "No stories yet. They appear here as soon as the first feeds have been read.",
    read_here: "Read here",
    older: "Older stories",
    skip: "Skip to the stories",
    times: "All times are UTC.",
    home: "All stories",
    related: "Related",
    script: Script::Latin,
};

const SIMPLIFIED: Words = Words {
    from: "来源：",
    also_covered_by: "其他报道：",
    between: "、",
    stop: "。",
    gap: "",
    also_count: ("另有 ", " 家报道"),
    feeds: "订阅",
    latest: "最新报道",
    nothing_yet: "还没有报道。读取第一批订阅源之后，报道会出现在这里。",
    read_here: "在此阅读",
    older: "更早的报道",
    skip: "跳到报道",
    times: "所有时间均为 UTC。",
    home: "全部报道",
    related: "相关报道",
    script: Script::Chinese,
};

const TRADITIONAL: Words = Words {
    from: "來源：",
    also_covered_by: "其他報導：",
    between: "、",
    stop: "。",
    gap: "",
    also_count: ("另有 ", " 家報導"),
    feeds: "訂閱",
    latest: "最新報導",
    nothing_yet: "還沒有報導。讀取第一批訂閱來源之後，報導會出現在這裡。",
    read_here: "在此閱讀",
    older: "更早的報導",
    skip: "跳到報導",
    times: "所有時間均為 UTC。",
    home: "全部報導",
    related: "相關報導",
    script: Script::Chinese,
};

/// The words of a language; English where there are none.
pub(super) fn of(language: Option<&str>) -> &'static Words {
    let tag = language.unwrap_or_default().to_ascii_lowercase().replace('_', "-");
    let mut parts = tag.split('-');
    match parts.next() {
        Some("zh") => {
            if parts.any(|part| matches!(part, "hant" | "tw" | "hk" | "mo")) && !tag.contains("hans") {
                &TRADITIONAL
            } else {
                &SIMPLIFIED
            }
        }
        Some("yue") => &TRADITIONAL,
        _ => &ENGLISH,
    }
}
