//! Languages as people ask for them: BCP 47 ranges (RFC 4647), with the script that a region implies.

/// A range in the customary letter case: `ZH-hant_tw` → `zh-Hant-TW`. `None` where it is not one.
pub fn range(text: &str) -> Option<String> {
    let text = text.replace('_', "-");
    let well_formed = |(index, part): (usize, &str)| {
        let letters = part.chars().all(|c| c.is_ascii_alphabetic());
        let alphanumeric = part.chars().all(|c| c.is_ascii_alphanumeric());
        // The language itself has two letters, or three; longer ones are reserved.
        part == "*"
            || if index == 0 { letters && (2..=3).contains(&part.len()) } else { alphanumeric && (1..=8).contains(&part.len()) }
    };
    let in_its_case = |(index, part): (usize, &str)| match (index, part.len()) {
        (0, _) => part.to_ascii_lowercase(),
        (_, 2) => part.to_ascii_uppercase(),
        (_, 4) if part.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            part[..1].to_ascii_uppercase() + &part[1..].to_ascii_lowercase()
        }
        _ => part.to_ascii_lowercase(),
    };
    let parts = || text.split('-').enumerate();
    parts().all(well_formed).then(|| parts().map(in_its_case).collect::<Vec<_>>().join("-"))
}

/// Scripts that go without saying: (language, region, script). What a feed calls `zh-TW` is what a person asks for as
/// `zh-Hant`. From CLDR's likely subtags.
const IMPLIED_SCRIPTS: [(&str, &str, &str); 6] = [
    ("zh", "tw", "hant"),
    ("zh", "hk", "hant"),
    ("zh", "mo", "hant"),
    ("zh", "cn", "hans"),
    ("zh", "sg", "hans"),
    ("zh", "my", "hans"),
];

/// Whether `range` takes in `tag`: RFC 4647, section 3.3.2 (extended filtering), whatever the letter case.
pub fn is_in(range: &str, tag: &str) -> bool {
    let lower = |text: &str| text.trim().to_ascii_lowercase().replace('_', "-");
    let (range, tag) = (lower(range), lower(tag));
    let mut tag: Vec<&str> = tag.split('-').collect();
    if tag == [""] {
        return false;
    }
    let implied =
        IMPLIED_SCRIPTS.iter().find(|(language, region, _)| tag.first() == Some(language) && tag.get(1) == Some(region));
    if let Some((_, _, script)) = implied {
        tag.insert(1, script);
    }
    let mut tag = tag.into_iter();
    let mut range = range.split('-');
    match (range.next(), tag.next()) {
        (Some(wanted), Some(is)) if wanted == "*" || wanted == is => {}
        _ => return false,
    }
    range.filter(|wanted| *wanted != "*").all(|wanted| {
        // Parts that the range does not name may stand between, but nothing beyond a private or extension mark.
        for is in tag.by_ref() {
            if is == wanted {
                return true;
            }
            if is.len() == 1 {
                return false;
            }
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_written_in_one_way() {
        assert_eq!(range("ZH_hant-tw").unwrap(), "zh-Hant-TW");
        assert_eq!(range("*-CH").unwrap(), "*-CH");
        assert_eq!(range("de-1996").unwrap(), "de-1996");
        for wrong in ["", "english", "e", "zh-", "-", "en us", "中文", "zh-Hantttttt"] {
            assert_eq!(range(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_range_takes_in_what_is_narrower() {
        let cases = [
            ("zh", "zh-Hant-TW", true),
            ("ZH-hant", "zh_TW", true),
            ("zh-Hant", "zh-HK", true),
            ("zh-Hant", "zh-CN", false),
            ("zh-Hant", "zh", false),
            ("zh-TW", "zh-Hant-TW", true),
            ("en", "EN-us", true),
            ("en-US", "en", false),
            ("*", "fr", true),
            ("*-CH", "de-CH", true),
            ("*-CH", "de", false),
            ("de-DE", "de-x-DE", false),
            ("e", "en", false),
            ("*", "", false),
        ];
        for (range, tag, expected) in cases {
            assert_eq!(is_in(range, tag), expected, "{range} {tag}");
        }
    }
}
