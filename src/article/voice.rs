//! What sites say to their readers and of themselves in whole sentences, wherever in a line: requests, rights, who wrote.
//!
//! Words of a line's start are in [`super::cues`]. Any text may speak of a newsletter; who says "we", "you" or an address is the site.

use super::cues::word_ends;
use super::tree::weight;
use crate::text::fold;

/// What stands in lines after the end of a text, anywhere in the line, and in no sentence of a text.
#[rustfmt::skip]
const BOILERPLATE: &[&str] = &[
    "contributed to this report", "contributed to this story", "contributed to this article", "contributed reporting", "all rights reserved",
    "appeared first on", "this material may not be published",
    "let us know in the comments", "copyright ©", "to view the full story", "for the full story", "email us",
    "preferred source", "for ios and android", "follow us on", "follow @", "like this story",
    "folgen sie uns", "síguenos", "suivez-nous", "扫描二维码", "关注我们", "關注我們",
    "版权归", "转载请", "轉載請", "请勿转载", "不得转载", "禁止转载", "联系我们", "不代表本", "無断", "무단",
    "все права защищены", "при использовании материалов", "wszelkie prawa zastrzeżone", "με επιφύλαξη παντός",
];

/// The same, but a statement of some length may have them too.
#[rustfmt::skip]
const MENTIONED: &[&str] = &[
    "in the comments below", "on google news", "download the app", "mehr zum thema", "in den kommentaren", "扫码", "公众号", "公眾號", "微信号", "侵权",
    "更多精彩", "粉絲團", "フォローし", "敬请关注", "originally appeared", "originally published", "first appeared on",
];

/// Of things that sites ask their readers for, which a text may speak of too: they say something beside a link, two of them, or
/// in a line that speaks to the reader.
#[rustfmt::skip]
const ASKED: &[&str] = &[
    "follow him on", "follow her on", "follow them on", "follow me on", "on twitter", "on facebook", "on instagram", "newsletter", "sign up",
    "subscribe", "click here", "our app", "whatsapp", "telegram", "have a tip", "send us", "get in touch", "contact us", "affiliate",
    "our journalism", "what do you think", "read more", "abonnieren", "suscríb", "abonnez", "扫描", "二维码", "二維碼", "客户端", "转载", "轉載",
    "投稿", "구독", "подпис", "вконтакте", "в telegram", "subskry", "zapisz się", "na facebooku", "na twitterze", "στο twitter", "στο facebook",
    "napisz do nas", "пишите нам", "schreiben sie uns", "écrivez-nous", "escríbenos", "unserer app", "unsere app", "notre application", "nuestra app",
];

/// Where people write too, so that only a request says it.
#[rustfmt::skip]
const SOCIAL: [&str; 6] = [
    "в социальных сетях", "в соцсетях", "в соціальних мережах", "w mediach społecznościowych", "redes sociales", "réseaux sociaux",
];

/// Words that begin what is said to readers.
#[rustfmt::skip]
const REQUESTS: &[&str] = &[
    "follow", "subscribe", "sign up", "join", "download", "get", "click", "send", "email", "contact", "like", "read", "let us", "visit", "want",
    "have", "do you", "what do you", "please", "if you", "for more", "check out", "share", "support", "you can", "find", "listen", "watch", "see",
    "don't", "stay", "to", "got", "folgen", "abonnieren", "melden", "sie", "wenn", "suscríbete", "sigue", "abonnez", "retrouvez",
    "подпис", "читайте", "zapisz", "dołącz", "śledź", "mehr dazu", "chcesz", "masz", "хотите", "следите", "关注", "扫码", "扫描", "扫一扫", "欢迎", "更多", "請", "请",
];

/// How a site speaks of itself and to its readers. No words that, folded, are others too: "us" is the US, "ihre" also "her" and
/// "their", "te" and "tu" are "these" and "here" in Polish, "państwo" is a state.
#[rustfmt::skip]
const SPEAKING: &[&str] = &[
    "you", "your", "our", "we", "me", "uns", "unser", "unsere", "unserem", "unseren", "unserer", "wir", "dein", "deine", "dich", "dir", "euch", "eure",
    "vous", "votre", "vos", "nous", "notre", "nos", "nosotros", "nuestro", "nuestra", "nuestros", "nuestras", "usted", "вы", "вас", "вам",
    "ваш", "ваше", "ваши", "наш", "наше", "нашего", "нашем", "нашей", "нашу", "наши", "наших", "нас", "нам", "мы", "nas", "nam", "nasz", "nasza",
    "naszą", "nasze", "naszego", "naszej", "naszym", "naszych", "twój", "twoja", "μας", "σας",
];
/// The same in scripts without spaces, and addresses.
#[rustfmt::skip]
const SPEAKING_INSIDE: &[&str] = &[
    "我们", "我們", "您", "敬请", "敬請", "请关注", "請關注", "本站", "本网", "本網", "本报", "本報", "点击", "點擊", "扫码", "掃碼", "扫一扫", "掃一掃", "扫描二维码",
    "掃描二維碼", "扫描下方", "下载", "下載", "当サイト", "ください", "http", "www.", "@", ".com", "저희", "바랍니다",
];
/// Requests where they begin a clause; elsewhere the letters are parts of other words: `申请`, `邀请`, `受欢迎`.
const SPEAKING_FIRST: [&str; 4] = ["请", "請", "欢迎", "歡迎"];
/// What makes another word of the first two: to request, to take leave, to resign, a petition.
const NO_REQUEST: &str = "求假愿願示教辞辭客柬帖罪";

/// Whether a folded line speaks to readers, or of the site as "us", or names an address.
pub fn speaks_to_readers(folded: &str) -> bool {
    SPEAKING_INSIDE.iter().any(|word| folded.contains(word))
        || SPEAKING_FIRST.iter().any(|word| folded.match_indices(word).any(|(at, _)| is_request(folded, at, word)))
        || folded.split(|c: char| !c.is_alphanumeric()).any(|word| SPEAKING.contains(&word))
}

fn is_request(folded: &str, at: usize, word: &str) -> bool {
    let before = folded[..at].chars().next_back();
    let after = folded[at + word.len()..].chars().next();
    before.is_none_or(|c| !c.is_alphanumeric()) && !after.is_some_and(|c| NO_REQUEST.contains(c))
}

/// A line that says this much and does not speak to readers tells something.
pub const MIN_STATEMENT: u32 = 60;

/// Words for what is wrong in a text.
const ERRORS: [&str; 14] = [
    "ошибк",
    "опечатк",
    "неточност",
    "помилк",
    "памылк",
    "błąd",
    "błęd",
    "literówk",
    "typo",
    "mistake",
    "error",
    "chyb",
    "грешк",
    "λάθος",
];

/// Words for marking it. A text about a program may tell of keys and of errors.
const MARKING: [&str; 12] = [
    "выдел",
    "виділ",
    "вылуч",
    "zaznacz",
    "označ",
    "маркир",
    "markier",
    "select",
    "highlight",
    "sélectionn",
    "seleccion",
    "επιλέξ",
];

/// Whether a folded line tells readers which keys report a mistake that they marked.
pub fn reports_errors(folded: &str) -> bool {
    let has = |key: &str| folded.split(|c: char| !c.is_alphanumeric()).any(|word| word == key);
    let speaks = |of: &[&str]| of.iter().any(|word| folded.contains(word));
    has("ctrl") && has("enter") && !has("shift") && speaks(&ERRORS) && speaks(&MARKING)
}

/// Whether a folded line begins as what is said to readers.
pub fn begins_request(folded: &str) -> bool {
    let line = folded.trim_start_matches(|c: char| !c.is_alphanumeric());
    REQUESTS.iter().any(|word| line.strip_prefix(word).is_some_and(|rest| word_ends(word, rest)))
}

/// Whether a folded line has words that no sentence of a text has.
pub fn is_never_text(folded: &str) -> bool {
    BOILERPLATE.iter().any(|phrase| folded.contains(phrase))
}

/// Whether a folded line after the last sentence is what sites put there; `links`: whether a part of it is a link.
pub fn is_boilerplate(folded: &str, links: bool) -> bool {
    let tells = |phrase: &str| {
        let rest = folded.replacen(phrase, " ", 1);
        !links && weight(&rest) >= MIN_STATEMENT && !speaks_to_readers(&rest)
    };
    if is_never_text(folded) || reports_errors(folded) {
        return true;
    }
    if MENTIONED.iter().any(|phrase| folded.contains(phrase) && !tells(phrase)) {
        return true;
    }
    if SOCIAL.iter().any(|phrase| folded.contains(phrase) && !tells(phrase)) && begins_request(folded) && weight(folded) < 160 {
        return true;
    }
    if ASKED.iter().find(|phrase| folded.contains(**phrase)).is_some_and(|phrase| tells(phrase)) {
        return false;
    }
    let n_asked = ASKED.iter().filter(|phrase| folded.contains(**phrase)).take(2).count();
    let asks = || begins_request(folded);
    n_asked > 0 && (links && (asks() || n_asked > 1 || weight(folded) < 120) || asks() && (n_asked > 1 || weight(folded) < 160))
}

/// What sites say in their own name: rights, liability, consent. One at the start of a line, or two in it, and it is no article.
#[rustfmt::skip]
const LEGAL: &[&str] = &[
    "all rights reserved", "this website uses cookies", "this site uses cookies", "we use cookies", "terms of use", "terms of service",
    "privacy policy", "personal data", "are not responsible for", "do not necessarily reflect", "copyrighted property", "written permission", "may not be published, broadcast",
    "alle rechte vorbehalten", "diese website verwendet cookies", "wir verwenden cookies", "datenschutzerklärung", "tous droits réservés",
    "todos los derechos reservados", "правовые ограничения", "все права", "охраняются в соответствии", "не несет ответственности",
    "не несёт ответственности", "перепечатка", "при использовании материалов", "использование материалов", "при цитировании", "цитирование материалов",
    "мнение редакции может", "wyrażam zgodę", "oświadczam, że", "danych osobowych", "prawa zastrzeżone", "materiał chroniony prawem", "regulamin",
    "με επιφύλαξη παντός", "απαγορεύεται η αναδημοσίευση", "凡本网注明", "凡本站注明", "凡注明", "版权声明", "版權聲明", "免责声明", "免責聲明", "未经授权",
    "未經授權", "不代表本网", "不代表本站", "版权均属", "转载自其他媒体", "违反上述声明", "与本网联系", "与本站联系", "本网站所刊登", "本網站所刊登",
];

/// How much of it is in a folded line: 2 is enough, 1 (it begins so) is where no text goes on after it.
pub fn legal(folded: &str) -> usize {
    let line = folded.trim_start_matches(|c: char| !c.is_alphanumeric());
    let n_found = LEGAL.iter().filter(|phrase| line.contains(**phrase)).take(2).count();
    if n_found == 1 && !LEGAL.iter().any(|phrase| line.starts_with(phrase)) { 0 } else { n_found }
}

/// Whether a folded line has words of it anywhere.
pub fn speaks_of_rights(folded: &str) -> bool {
    LEGAL.iter().any(|phrase| folded.contains(phrase))
}

/// What people who write for a site are, in the sentence about them under their text.
const ROLES: [&str; 19] = [
    "staff",
    "writer",
    "reporter",
    "editor",
    "journalist",
    "author",
    "correspondent",
    "columnist",
    "blogger",
    "contributor",
    "freelance",
    "autor",
    "autorin",
    "redakteur",
    "redakteurin",
    "journalistin",
    "korrespondent",
    "rédacteur",
    "journaliste",
];

/// Whether a word of a text is such a role.
pub fn names_role(text: &str) -> bool {
    fold(text).split(|c: char| !c.is_alphanumeric()).any(|word| ROLES.contains(&word))
}

/// `Jo Doe is a staff writer at …`: a name, what it is, and a role soon after.
pub fn tells_of_author(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let n_names = words.by_ref().take_while(|w| w.chars().next().is_some_and(char::is_uppercase)).count();
    // The word that ended the name is gone from the iterator.
    let verb = line.split_whitespace().nth(n_names).unwrap_or_default();
    let mut after = words.take(9).map(fold);
    (2..=4).contains(&n_names)
        && ["is", "was", "ist", "est"].contains(&verb)
        && after
            .next()
            .is_some_and(|article| ["a", "an", "the", "ein", "eine", "un", "une", "freelance"].contains(&article.as_str()))
        && after.any(|word| ROLES.contains(&word.trim_matches(|c: char| !c.is_alphanumeric())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_any_text_do_not_speak_to_readers() {
        for line in [
            "The US said that its soldiers would leave the island.",
            "Die Kinder und ihre Lehrerin gaben ihnen ihren Ball zurück.",
            "Te drzewa rosną tu od wieku, a państwo ich strzeże.",
            "违者须向管理局申请补办手续。",
            "村民们打扫了街道，并受到欢迎。",
            "他聘请了两位石匠，请求法院延期。",
        ] {
            assert!(!speaks_to_readers(&fold(line)), "{line}");
        }
        for line in ["Tell us what your street needs.", "如需转载，请联系编辑部。", "扫码看视频。", "欢迎来稿。"]
        {
            assert!(speaks_to_readers(&fold(line)), "{line}");
        }
    }

    #[test]
    fn where_something_first_stood_may_end_a_text() {
        let told = "The novel, which originally appeared in a small review in 1962, was put on the stage of the village hall last autumn.";
        assert!(!is_boilerplate(&fold(told), false));
        assert!(is_boilerplate(&fold("This story originally appeared in The Example."), false));
        assert!(is_boilerplate(&fold(told), true));
    }
}
