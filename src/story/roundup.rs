//! Which entries report many things at once. Such an entry touches many stories and belongs to none: it never
//! joins one and never bridges two.

/// Phrases in a folded title that announce a round-up.
const TITLE_PHRASES: &[&str] = &[
    "早报",
    "晨报",
    "晚报",
    "午报",
    "日报:",
    "日报|",
    "周报",
    "周刊",
    "月报|",
    "早知道",
    "早餐",
    "晚间新闻",
    "一周",
    "本周要闻",
    "今日要闻",
    "要闻速览",
    "要闻精选",
    "新闻速递",
    "资讯汇总",
    "新闻汇总",
    "今日头条|",
    "最前线",
    "8点1氪",
    "9点1氪",
    "1氪",
    "氪星晚报",
    "早8点",
    "投融资日报",
    "快讯合集",
    "热点速览",
    "每日简报",
    "daily briefing",
    "morning briefing",
    "evening briefing",
    "news briefing",
    "the briefing",
    "daily digest",
    "weekly digest",
    "news digest",
    "news roundup",
    "news round-up",
    "weekly roundup",
    "daily roundup",
    "week in review",
    "this week in",
    "the week in",
    "weekly update",
    "morning brew",
    "daily crunch",
    "headlines for",
    "top stories",
    "in brief",
    "hackernews",
    "hacker news digest",
    "links for",
    "what we're reading",
    "open thread",
    "week ahead",
    "三大指数",
    "集体收跌",
    "集体收涨",
    "收盘播报",
    "market close",
    "markets wrap",
];

/// Phrases in a folded title of a page that advises, shows a thing of its own or asks, instead of reporting: two such pages on
/// one matter are not one story, however alike their words.
const ADVICE_PHRASES: &[&str] = &[
    "how to ",
    "checklist",
    " tips",
    "tips for",
    " guide",
    "guide to",
    "tutorial",
    "what is ",
    "what are ",
    "everything you need to know",
    " vs ",
    " vs. ",
    " versus ",
    " ideas for",
    "recipe",
    "ways to",
    "things to",
    "reasons to",
    "best practices",
    "cheat sheet",
    "courses",
    "certificat",
    "frequently asked",
    " faq",
    "explained",
    "should you ",
    "should i ",
    "do you need ",
    "worth it",
    "worth buying",
    "difference between",
    "coupon",
    "deals",
    "gift ideas",
    "show hn:",
    "launch hn:",
    "ask hn:",
    "tell hn:",
    "[show]",
    "怎么",
    "如何选",
    "是什么",
    "值得买",
    "值不值",
    "有什么区别",
    "攻略",
    "教程",
    "指南",
    "大全",
    "排行榜",
    "推荐",
    "技巧",
];

/// How a folded title begins that says what somebody thinks: two opinions on one question are two.
const OPINION_STARTS: &[&str] = &[
    "opinion:",
    "opinion |",
    "op-ed:",
    "editorial:",
    "the guardian view on",
    "letters:",
    "letter:",
    "letters to the editor",
    "the case for ",
    "the case against ",
    "in defence of ",
    "in defense of ",
    "in praise of ",
    "社论:",
    "社评:",
    "社评|",
    "观点:",
    "观点|",
    "评论:",
    "评论|",
    "锐评",
    "来论",
];

/// Whether a folded title is that of advice or of an opinion: a guide, a list of the best, a comparison, an editorial.
pub fn is_advice(title: &str) -> bool {
    if OPINION_STARTS.iter().any(|start| title.starts_with(start)) {
        return true;
    }
    if ADVICE_PHRASES.iter().any(|phrase| title.contains(phrase)) {
        return true;
    }
    if title.starts_with("how do") && title.trim_end_matches(['?', ' ']).ends_with(" work") {
        return true;
    }
    // "11 best …", "top 10 …", "best … in 2025".
    let mut words = title.split_whitespace();
    let (first, second) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let number = |word: &str| word.len() <= 3 && word.bytes().all(|b| b.is_ascii_digit());
    matches!((first, second), ("top" | "best", _) | ("the", "best" | "top")) || number(first) && matches!(second, "best" | "top")
}

/// Separators of which two make a title a list.
const LIST_MARKS: &[char] = &[';', '；'];

/// Whether a folded title is that of a round-up.
pub fn is_roundup(title: &str) -> bool {
    TITLE_PHRASES.iter().any(|phrase| title.contains(phrase))
        || title.chars().filter(|c| LIST_MARKS.contains(c)).count() >= 2
        || title.matches(" | ").count() >= 4
}
