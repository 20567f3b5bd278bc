//! A query's text and its data say the same, whatever is typed.

use courant::query::Query;
use proptest::prelude::*;

/// Parts as people type them, right and wrong.
fn part() -> impl Strategy<Value = String> {
    let key = prop::sample::select(vec!["tag", "lang", "feed", "sources", "since", "is", "order", "tags", "http", "Tag"]);
    let value = prop_oneof![
        "[a-z]{1,5}",
        Just("zh-Hant".to_owned()),
        Just(">=3".to_owned()),
        Just("<2".to_owned()),
        Just("36h".to_owned()),
        Just("unread".to_owned()),
        Just("oldest".to_owned()),
        "\"[a-z ,:谷-]{1,6}\"",
        "\\PC{0,6}",
    ];
    let keyed = (any::<bool>(), key, prop::collection::vec(value, 1..3))
        .prop_map(|(minus, key, values)| format!("{}{key}:{}", if minus { "-" } else { "" }, values.join(",")));
    prop_oneof![keyed, "[a-z\"谷歌-]{1,8}", "\\PC{0,8}"]
}

proptest! {
    #[test]
    fn a_query_is_read_back_from_its_text(parts in prop::collection::vec(part(), 0..5)) {
        if let Ok(query) = parts.join(" ").parse::<Query>() {
            let text = query.to_string();
            prop_assert_eq!(text.parse::<Query>(), Ok(query.clone()), "{}", text);
            let json = serde_json::to_string(&query).unwrap();
            prop_assert_eq!(serde_json::from_str::<Query>(&json).unwrap(), query);
        }
    }

    #[test]
    fn text_without_a_colon_is_never_an_error(text in "[^:：︓﹕]{0,40}") {
        prop_assert!(text.parse::<Query>().is_ok());
    }

    #[test]
    fn any_text_is_taken(text in any::<String>(), title in any::<String>()) {
        if let Ok(query) = text.parse::<Query>() {
            query.words.matches(&title, &text);
            query.words.expression();
            query.tags_hold(&[&title]);
            query.feeds_hold(&[(&title, &text)]);
            query.language_holds(Some(&title));
        }
    }
}

#[test]
fn errors_reach_whoever_reads_a_file() {
    let error = toml::from_str::<std::collections::HashMap<String, Query>>("query = 'tagg:rust'").unwrap_err();
    assert!(error.message().contains("did you mean \"tag:\"?"), "{error}");
}
