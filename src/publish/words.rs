//! What the outputs say in their own voice, a row a language.

/// The sentences of one language.
pub(super) struct Words {
    pub from: &'static str,
    pub also_covered_by: &'static str,
    pub discussed_at: &'static str,
    pub between: &'static str,
    pub stop: &'static str,
    /// Between two sentences.
    pub gap: &'static str,
    /// Behind a one, and behind other numbers.
    pub n_feeds: (&'static str, &'static str),
    /// The heading of the list of outputs.
    pub feeds: &'static str,
    pub nothing_yet: &'static str,
    /// Of a search.
    pub nothing_found: &'static str,
    pub read_here: &'static str,
    pub at_publisher: &'static str,
    pub older: &'static str,
    pub newer: &'static str,
    pub skip: &'static str,
    pub home: &'static str,
    /// Before and behind a time.
    pub offline: (&'static str, &'static str),
    pub search: &'static str,
    pub newest: &'static str,
    pub most_covered: &'static str,
    pub front_page: &'static str,
    pub sources: &'static str,
    /// Before the formats of a feed with the stories that a page shows.
    pub of_this_view: &'static str,
    /// The heading of the evidence.
    pub why: &'static str,
    pub last_read: &'static str,
    /// So many feeds fail: behind a one, and behind other numbers.
    pub failing: (&'static str, &'static str),
    pub no_feed_works: &'static str,
    pub never: &'static str,
    pub next_poll: &'static str,
    pub status: &'static str,
    /// Before the first sample.
    pub no_samples: &'static str,
    /// Of the pictures, in their order.
    pub charts: [&'static str; 7],
    /// So many entries a feed has brought: the same.
    pub entries: (&'static str, &'static str),
    /// So many entries in so many days: between the numbers, and behind the second, of one or of many.
    pub in_days: &'static str,
    pub days: (&'static str, &'static str),
    /// Behind a number and a per cent sign: of entries with a whole text, of copies.
    pub whole: &'static str,
    pub copies: &'static str,
    /// What the keys do, where the script runs.
    pub keys: &'static str,
    /// What a headline opens, for the switch of the script.
    pub open_here: &'static str,
    pub open_away: &'static str,
    /// What the links to the stories before and after one are called.
    pub neighbours: &'static str,
    /// The heading of related stories.
    pub related: &'static str,
    /// What a person may do with a story.
    pub mark_read: &'static str,
    pub mark_unread: &'static str,
    pub star: &'static str,
    pub unstar: &'static str,
    pub log_in: &'static str,
    pub name: &'static str,
    pub password: &'static str,
    pub wrong_password: &'static str,
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
    discussed_at: "Discussed at ",
    between: ", ",
    stop: ".",
    gap: " ",
    n_feeds: (" feed", " feeds"),
    feeds: "Feeds",
    nothing_yet: "No stories yet. They appear here as soon as the first feeds have been read.",
    nothing_found: "No story is what you asked for.",
    read_here: "Read here",
    at_publisher: "Read at the publisher",
    older: "Older stories",
    newer: "Newer stories",
    skip: "Skip to the stories",
    home: "All stories",
    offline: ("The network has been down since ", ": nothing new can come."),
    search: "Search",
    newest: "Newest",
    most_covered: "Most covered",
    front_page: "Front page",
    sources: "Sources",
    of_this_view: "Feed of this view:",
    why: "Why these are one story",
    last_read: "last read ",
    failing: (" failing", " failing"),
    no_feed_works: "No feed can be read at the moment. `courant doctor` says what is wrong.",
    never: "never",
    next_poll: "next ",
    status: "Status",
    no_samples: "Nothing has been noted yet. The service notes how things stand every quarter of an hour.",
    charts: [
        "Polls in a quarter of an hour",
        "Failed polls",
        "New entries",
        "Stories",
        "Waiting pages and entries",
        "Database",
        "Memory",
    ],
    entries: (" entry", " entries"),
    in_days: " in ",
    days: (" day", " days"),
    whole: " with whole texts",
    copies: " copies",
    keys: "j, k: next and previous story; o: open; v: at the publisher; /: search",
    open_here: "Headlines open here",
    open_away: "Headlines open at the publisher",
    neighbours: "Newer and older",
    related: "Related",
    mark_read: "Mark as read",
    mark_unread: "Mark as unread",
    star: "Star",
    unstar: "Remove the star",
    log_in: "Log in",
    name: "Name",
    password: "Password",
    wrong_password: "Name or password is wrong.",
    script: Script::Latin,
};

const SIMPLIFIED: Words = Words {
    from: "来源：",
    also_covered_by: "其他报道：",
    discussed_at: "讨论：",
    between: "、",
    stop: "。",
    gap: "",
    n_feeds: (" 订阅", " 订阅"),
    feeds: "订阅",
    nothing_yet: "还没有报道。读取第一批订阅源之后，报道会出现在这里。",
    nothing_found: "没有符合条件的报道。",
    read_here: "在此阅读",
    at_publisher: "在原站阅读",
    older: "更早的报道",
    newer: "更新的报道",
    skip: "跳到报道",
    home: "全部报道",
    offline: ("自 ", " 起网络中断，暂无新内容。"),
    search: "搜索",
    newest: "最新",
    most_covered: "报道最多",
    front_page: "头版",
    sources: "来源",
    of_this_view: "订阅此页：",
    why: "为何视为同一报道",
    last_read: "最近读取 ",
    failing: (" 个失败", " 个失败"),
    no_feed_works: "目前所有订阅源都无法读取。运行 `courant doctor` 查看原因。",
    never: "从未",
    next_poll: "下次 ",
    status: "状态",
    no_samples: "还没有记录。服务每十五分钟记录一次状态。",
    charts: ["每十五分钟轮询次数", "失败的轮询", "新条目", "报道", "等待中的页面和条目", "数据库", "内存"],
    entries: (" 条", " 条"),
    in_days: " 条 / ",
    days: (" 天", " 天"),
    whole: " 有全文",
    copies: " 重复",
    keys: "j、k：下一条、上一条；o：打开；v：原站；/：搜索",
    open_here: "标题在此打开",
    open_away: "标题在原站打开",
    neighbours: "前后报道",
    related: "相关报道",
    mark_read: "标为已读",
    mark_unread: "标为未读",
    star: "加星标",
    unstar: "取消星标",
    log_in: "登录",
    name: "名称",
    password: "密码",
    wrong_password: "名称或密码错误。",
    script: Script::Chinese,
};

const TRADITIONAL: Words = Words {
    from: "來源：",
    also_covered_by: "其他報導：",
    discussed_at: "討論：",
    between: "、",
    stop: "。",
    gap: "",
    n_feeds: (" 訂閱", " 訂閱"),
    feeds: "訂閱",
    nothing_yet: "還沒有報導。讀取第一批訂閱來源之後，報導會出現在這裡。",
    nothing_found: "沒有符合條件的報導。",
    read_here: "在此閱讀",
    at_publisher: "在原站閱讀",
    older: "更早的報導",
    newer: "更新的報導",
    skip: "跳到報導",
    home: "全部報導",
    offline: ("自 ", " 起網路中斷，暫無新內容。"),
    search: "搜尋",
    newest: "最新",
    most_covered: "報導最多",
    front_page: "頭版",
    sources: "來源",
    of_this_view: "訂閱此頁：",
    why: "為何視為同一報導",
    last_read: "最近讀取 ",
    failing: (" 個失敗", " 個失敗"),
    no_feed_works: "目前所有訂閱來源都無法讀取。執行 `courant doctor` 查看原因。",
    never: "從未",
    next_poll: "下次 ",
    status: "狀態",
    no_samples: "還沒有記錄。服務每十五分鐘記錄一次狀態。",
    charts: ["每十五分鐘輪詢次數", "失敗的輪詢", "新條目", "報導", "等待中的頁面和條目", "資料庫", "記憶體"],
    entries: (" 則", " 則"),
    in_days: " 則 / ",
    days: (" 天", " 天"),
    whole: " 有全文",
    copies: " 重複",
    keys: "j、k：下一則、上一則；o：開啟；v：原站；/：搜尋",
    open_here: "標題在此開啟",
    open_away: "標題在原站開啟",
    neighbours: "前後報導",
    related: "相關報導",
    mark_read: "標為已讀",
    mark_unread: "標為未讀",
    star: "加星號",
    unstar: "移除星號",
    log_in: "登入",
    name: "名稱",
    password: "密碼",
    wrong_password: "名稱或密碼錯誤。",
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
