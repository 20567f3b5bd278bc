//! Words of headlines that say one thing: who rewords a report takes another of the row. Rows are of what happens, never of who
//! or what it happens to; no row holds two events. They only say where two headlines do *not* differ; they are no evidence.

/// English, as it stands in a dictionary; [`inflected`] knows the rest.
pub const ENGLISH: &[&[&str]] = &[
    &["raise", "hike", "lift", "increase"],
    &["cut", "slash", "lower", "reduce", "trim"],
    &["buy", "acquire", "purchase", "bought"],
    &["launch", "unveil", "debut", "introduce", "reveal", "announce", "release"],
    &["kill", "die", "dead", "dying"],
    &["injure", "hurt", "wound"],
    &["quake", "earthquake", "tremor"],
    &["jail", "imprison"],
    &["sack", "dismiss", "oust"],
    &["resign", "quit"],
    &["probe", "investigate", "investigation", "inquiry"],
    &["ban", "prohibit", "outlaw"],
    &["crash", "collide", "collision"],
    &["fall", "drop", "slump", "plunge", "tumble", "slide", "decline", "collapse", "sink", "dip", "fell"],
    &["rise", "climb", "surge", "soar", "jump", "gain", "rally", "rose"],
    &["win", "won"],
    &["beat", "defeat"],
    &["name", "appoint"],
    &["add", "bring", "land"],
    &["halt", "stop", "suspend", "pause"],
    &["start", "begin", "began"],
    &["vow", "pledge", "promise"],
    &["say", "tell", "said", "told"],
    &["plan", "aim", "seek", "intend"],
    &["approve", "clear", "okay"],
    &["reject", "refuse", "rebuff"],
    &["delay", "postpone"],
    &["marry", "wed"],
    &["find", "discover", "found"],
    &["shut", "close", "shutter"],
    &["hit", "strike", "struck"],
    &["flee", "escape", "fled"],
    &["arrest", "detain"],
    &["steal", "stolen", "stole"],
    &["film", "movie"],
    &["phone", "smartphone"],
    &["firm", "company"],
    &["child", "kid", "children"],
];

/// Chinese, two letters each.
pub const HAN: &[&[&str]] = &[
    &["发布", "推出", "亮相", "官宣", "公布", "發布"],
    &["收购", "并购", "买入", "拿下"],
    &["起诉", "状告", "控告"],
    &["涨价", "提价"],
    &["逝世", "去世", "病逝"],
    &["辞职", "离职", "卸任"],
    &["任命", "出任", "担任"],
    &["获批", "批准", "通过", "同意"],
    &["否认", "辟谣"],
    &["死亡", "遇难", "身亡"],
    &["宣布", "表示", "回应"],
    &["大涨", "暴涨", "飙升"],
    &["大跌", "暴跌", "跳水"],
    &["被捕", "落网", "抓获"],
];

/// An English word as headlines inflect it, and some forms that there are not.
pub fn inflected(word: &str) -> Vec<String> {
    let mut forms = vec![word.to_owned(), format!("{word}s")];
    let with = |cut: &str, endings: [&str; 2]| endings.map(|ending| format!("{cut}{ending}"));
    if let Some(cut) = word.strip_suffix('e') {
        forms.extend(with(cut, ["ed", "ing"]));
        return forms;
    }
    forms.extend(with(word, ["ed", "ing"]));
    if word.ends_with(['s', 'x', 'h']) {
        forms.push(format!("{word}es"));
    }
    if let Some(cut) = word.strip_suffix('y') {
        forms.extend(with(cut, ["ies", "ied"]));
    }
    if let Some(last) = word.chars().last() {
        forms.extend(with(&format!("{word}{last}"), ["ed", "ing"]));
    }
    forms
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn no_word_is_in_two_rows() {
        let mut seen = HashSet::new();
        for row in ENGLISH {
            let forms: HashSet<String> = row.iter().flat_map(|word| inflected(word)).collect();
            assert!(forms.into_iter().all(|form| seen.insert(form)), "{row:?}");
        }
        let mut seen = HashSet::new();
        assert!(HAN.iter().flat_map(|row| row.iter()).all(|word| seen.insert(word) && word.chars().count() == 2));
    }

    #[test]
    fn headlines_inflect() {
        for (word, form) in [("raise", "raising"), ("ban", "banned"), ("marry", "marries"), ("cut", "cutting")] {
            assert!(inflected(word).contains(&form.to_owned()), "{form}");
        }
    }
}
