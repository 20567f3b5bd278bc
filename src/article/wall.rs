//! Pages that are not the article but stand before it: consent, robot checks, paywalls.

use super::{NoArticle, tree::weight};
use crate::text::fold;

/// A wall has few words; an article that quotes one of these phrases has many.
const MAX_WALL_CHARS: usize = 1200;

/// A page that is not free and has less text than this shows only the teaser, which the feed has as well.
const MIN_PAID_WEIGHT: u32 = 200;

const CHECKS: &[&str] = &[
    "checking your browser",
    "verify you are human",
    "verifying you are human",
    "are you a robot",
    "you are not a robot",
    "unusual traffic",
    "access denied",
    "please enable cookies",
    "enable javascript and cookies to continue",
    "just a moment",
    "attention required",
    "ddos protection by",
    "please complete the captcha",
    "complete the security check",
    "before you continue to",
    "wir benötigen ihre zustimmung",
    "bitte bestätigen sie, dass sie kein roboter",
    "vérifiez que vous êtes",
    "请完成安全验证",
    "请输入验证码",
    "访问过于频繁",
    "安全验证",
    "人机验证",
    "滑動驗證",
    "ロボットではありません",
    "로봇이 아닙니다",
];

const PAYWALLS: &[&str] = &[
    "subscribe to continue reading",
    "subscribe to read the full",
    "to continue reading, subscribe",
    "this article is for subscribers",
    "this content is for subscribers",
    "already a subscriber? log in to continue",
    "subscribers only",
    "log in to read the full",
    "become a member to read",
    "sign in to read the full",
    "weiterlesen mit",
    "diesen artikel weiterlesen mit",
    "jetzt weiterlesen mit",
    "cet article est réservé aux abonnés",
    "contenido exclusivo para suscriptores",
    "订阅后阅读全文",
    "本文为付费",
    "登录后阅读全文",
    "訂閱後閱讀全文",
    "この記事は有料会員限定",
    "会員限定記事",
];

/// What stands before the article, where the page is that and nothing else.
/// `text` is that of the body; `says_paid`: the page's own data says that the article is not free.
pub fn wall(text: &str, title: Option<&str>, says_paid: bool) -> Option<NoArticle> {
    if text.chars().count() > MAX_WALL_CHARS {
        return None;
    }
    let folded = fold(text);
    let title = fold(title.unwrap_or_default());
    let short = text.chars().count() < 600;
    if CHECKS.iter().any(|phrase| title.starts_with(phrase) || (short && folded.contains(phrase))) {
        return Some(NoArticle::Wall);
    }
    let paid = PAYWALLS.iter().any(|phrase| folded.contains(phrase)) || (says_paid && weight(text) < MIN_PAID_WEIGHT);
    paid.then_some(NoArticle::Paywall)
}
