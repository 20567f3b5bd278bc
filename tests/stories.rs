//! The story room on whole streams of entries: fixture pairs, all of them in one stream, amid others, and series, of which
//! nothing may be joined.

use courant::model::{Dedupe, EntryId, FeedId, StoryId, Timestamp};
use courant::story::{AddressHit, AddressKind, Constraints, Index, Item, Revision, address_keys, prepare};
use std::collections::{HashMap, HashSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

#[path = "common/fixtures.rs"]
mod fixtures;

const HOUR: i64 = 3_600_000;

#[derive(Clone, Debug, serde::Deserialize)]
struct Row {
    id: String,
    feed: String,
    url: Option<String>,
    title: String,
    #[serde(default)]
    text: String,
    published: String,
}

impl Row {
    fn at(&self) -> i64 {
        chrono::DateTime::parse_from_rfc3339(&self.published).unwrap().timestamp_millis()
    }
}

fn rows(file: &Path) -> Vec<Row> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the store remembers of a stream, as far as decisions need it.
#[derive(Default)]
struct Stream {
    index: Index,
    feeds: HashMap<String, i64>,
    addresses: HashMap<String, Vec<(AddressKind, EntryId, FeedId)>>,
    stories: Vec<StoryId>,
}

impl Stream {
    /// The story of the next entry, and why it is there.
    fn take(&mut self, row: &Row, at: i64) -> (StoryId, String) {
        let entry = EntryId(self.stories.len() as i64);
        let next = self.feeds.len() as i64;
        let feed = FeedId(*self.feeds.entry(row.feed.clone()).or_insert(next));
        let mut hits = Vec::new();
        for key in address_keys(row.url.as_deref(), None, None, None) {
            let holders = self.addresses.entry(key.key.clone()).or_default();
            hits.extend(holders.iter().map(|&(their_kind, entry, feed)| AddressHit {
                key: key.key.clone(),
                kind: key.kind,
                their_kind,
                entry,
                feed,
                story: self.stories[entry.0 as usize],
                n_entries: holders.len() as u32,
            }));
            holders.push((key.kind, entry, feed));
        }
        let item = Item { entry, feed, title: &row.title, link: row.url.as_deref(), text: &row.text, at: Timestamp(at) };
        let prepared = prepare(&item);
        self.index.expire(Timestamp(at));
        let decision = self.index.decide(&prepared, Dedupe::Story, &hits, &Constraints::default());
        let story = decision.join.unwrap_or(StoryId(entry.0));
        self.index.insert(prepared, story);
        self.stories.push(story);
        (story, decision.evidence.why)
    }

    /// What a later look makes of a story that grew.
    fn look_again(&mut self, story: StoryId) {
        if !self.index.is_to_be_looked_at(story) {
            return;
        }
        for revision in self.index.look_again(story, &|_| false) {
            let (moving, to) = match revision {
                Revision::Merge { from, into, .. } => {
                    ((0..self.stories.len()).filter(|at| self.stories[*at] == from).collect(), into)
                }
                Revision::LetGo { entry, .. } => (vec![entry.0 as usize], StoryId(1_000_000 + entry.0)),
            };
            for at in moving {
                self.stories[at] = to;
                self.index.reassign(EntryId(at as i64), to);
            }
        }
    }
}

/// The entries of each story in a line, in the order of their first ones.
fn partition(rows: &[Row], stories: &[StoryId]) -> String {
    let mut lines: Vec<(StoryId, Vec<&str>)> = Vec::new();
    for (row, story) in rows.iter().zip(stories) {
        match lines.iter_mut().find(|(known, _)| known == story) {
            Some((_, ids)) => ids.push(&row.id),
            None => lines.push((*story, vec![&row.id])),
        }
    }
    lines.iter().map(|(_, ids)| ids.join(" ") + "\n").collect()
}

fn alone(file: &Path) -> String {
    let (rows, mut stream) = (rows(file), Stream::default());
    let stories: Vec<StoryId> = rows.iter().map(|row| stream.take(row, row.at()).0).collect();
    partition(&rows, &stories)
}

#[test]
fn each_pair_alone() {
    fixtures::check("stories", "jsonl", alone);
}

fn files() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    files
}

/// All fixtures in one stream by time, their feeds and addresses told apart, with `others` among them; what differs from
/// what is expected.
fn all_in_one(others: Vec<Row>) -> String {
    let mut stream = Stream::default();
    let mut all: Vec<(Option<usize>, Row)> = others.into_iter().map(|row| (None, row)).collect();
    let files = files();
    for (number, file) in files.iter().enumerate() {
        all.extend(rows(file).into_iter().map(|row| (Some(number), Row { feed: format!("{number} {}", row.feed), ..row })));
    }
    all.sort_by_key(|(_, row)| row.at());
    let mut found: Vec<(Vec<Row>, Vec<StoryId>, String)> = vec![Default::default(); files.len()];
    for (number, row) in all {
        let (story, why) = stream.take(&row, row.at());
        if let Some(number) = number {
            let _ = writeln!(found[number].2, "{}: {why}", row.id); // to a String
            found[number].0.push(row);
            found[number].1.push(story);
        }
    }
    let mut wrong = String::new();
    for (file, (rows, stories, whys)) in files.iter().zip(&found) {
        let (expected, got) = (std::fs::read_to_string(file.with_extension("expected")).unwrap(), partition(rows, stories));
        if expected != got {
            let _ = writeln!(wrong, "{}: expected\n{expected}got\n{got}{whys}", file.display()); // to a String
        }
    }
    wrong
}

#[test]
fn all_pairs_in_one_stream() {
    let wrong = all_in_one(Vec::new());
    assert!(wrong.is_empty(), "{wrong}");
}

/// Made-up entries of made-up words, about as frequent as a language's: each is its own story.
fn noise(n: usize) -> Vec<Row> {
    let mut state = 11u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let syllables = ["ka", "lo", "mi", "ter", "ran", "su", "ve", "dor", "pin", "el", "bor", "nu", "gra", "zet", "hol", "wex"];
    let word = |n: usize| -> String { (0..3).map(|place| syllables[n >> (4 * place) & 15]).collect() };
    let start = chrono::DateTime::parse_from_rfc3339("2026-11-18T00:00:00Z").unwrap().timestamp_millis();
    (0..n)
        .map(|i| {
            let mut words = |n: usize| -> String {
                // The square of an even draw: few words are frequent.
                let mut word = || word((draw(64) * draw(64)) & 4095);
                (0..n).map(|_| word()).collect::<Vec<_>>().join(" ")
            };
            let (title, text) = (words(8), words(60));
            let at = start + i as i64 * 7 * 24 * HOUR / n as i64;
            Row {
                id: format!("noise {i}"),
                feed: format!("noise {}", i % 200),
                url: Some(format!("https://noise{}.example/{i}", i % 200)),
                title,
                text,
                published: chrono::DateTime::from_timestamp_millis(at).unwrap().to_rfc3339(),
            }
        })
        .collect()
}

#[test]
fn all_pairs_amid_thousands_of_others() {
    let wrong = all_in_one(noise(5_000));
    assert!(wrong.is_empty(), "{wrong}");
}

/// What a series fills in: `{name}`, `{town}`, `{n}` (a number that grows), `{m}` (another), `{day}` of a month, `{topic}`.
const FORMS: &[(&str, &str)] = &[
    ("Brasshopper {n}.{m}.0 released", "Brasshopper {n}.{m}.0 is out with fixes and new commands. Download it from our site."),
    ("Tidepool v2.{n}", "This release repairs {topic}. Thanks to all who reported bugs. Checksums are below."),
    ("CVE-2026-4{n}7: Buffer overflow in libgrape", "A flaw in {topic} of libgrape lets an attacker run code. CVSS score {m}.1."),
    ("[SECURITY] DSA-{n}-1 gimble security update", "A problem was found in gimble, in {topic}. Upgrade your gimble packages."),
    ("Daily crossword no. 7{n}", "Today's grid is by {name}. Solve it online or print it."),
    (
        "Weather for {town}: what to expect today",
        "Clouds over {town} in the morning, {m} degrees by noon, light wind from the west.",
    ),
    ("Weather report for {day} November", "Rain in the north, {m} degrees in the south. The next report comes tomorrow."),
    ("Market close, {day} November 2026", "Shares ended {m} points higher in quiet trade. Banks led, miners fell."),
    (
        "Lakeside Radio Hour: {topic}",
        "This week we talk about {topic} with {name}. Support the show at lakeside.example. Music by Per Holm.",
    ),
    ("The Orchard S03E{n}: {topic}", "{name} joins us. Subscribe wherever you listen, rate us, and write to the show."),
    (
        "{name} raises ${n} million to build {topic}",
        "{name} has raised ${n} million in a round led by Birch Capital, the company said on Tuesday.",
    ),
    (
        "{name} appoints new chief financial officer",
        "{name} said that its board has named a new finance chief, who starts in January.",
    ),
    (
        "{name} reports third-quarter results",
        "{name} reported revenue of ${n} million for the quarter, compared with ${m} million a year ago.",
    ),
    (
        "Bump {name} from 1.{n}.0 to 1.{n}.1",
        "Bumps {name} from 1.{n}.0 to 1.{n}.1. Release notes and commits are listed by the bot.",
    ),
    ("Earthquake of magnitude {m}.2 near {town}", "A quake of magnitude {m}.2 was recorded near {town}. No damage was reported."),
    ("Obituary: {name}, {n}", "{name}, who wrote about {topic}, died at home. A service will be held in {town}."),
    ("Recipe: {topic} for two", "Peel, chop and fry. Season with salt, pepper and lemon, and serve at once on warm plates."),
    ("Photo of the day: {topic}", "Our readers sent this picture. Send yours to photos@gazette.example by Friday."),
    (
        "Council minutes, {day} October",
        "The council of {town} met at seven. Present were nine members. The minutes were approved.",
    ),
    ("Question {n}: how do I mend {topic}?", "I tried everything that the manual says. Any ideas? Thanks in advance."),
    ("第{n}期：{topic}", "本期节目我们聊聊{topic}。欢迎订阅，也欢迎在评论区留言。主持人：周木。"),
    ("「{name}」完成数千万元A轮融资", "36氪获悉，「{name}」近日完成数千万元A轮融资，资金将用于产品研发与市场拓展。"),
    ("{name}：前三季度净利润同比增长{n}%", "{name}公告，前三季度营收{m}亿元，净利润同比增长{n}%。"),
    ("{name}成立新公司，注册资本{n}00万", "天眼查显示，{name}近日成立新公司，注册资本{n}00万元，经营范围包括软件开发。"),
    ("{day}日天气：{town}多云转晴", "{town}气象台预报，今天白天多云转晴，最高气温{m}度，南风二级。"),
    ("Lumen OS 6.{n} 发布", "Lumen OS 6.{n} 带来多项改进，修复了{topic}的问题。用户可在设置中升级。"),
    ("股海导航 11月{day}日沪深股市公告提示", "今日重要公告如下，请投资者注意风险。"),
    ("{town}发生{m}.1级地震", "中国地震台网测定，{town}发生{m}.1级地震，震源深度10千米。"),
    ("数学每日一题 #{n}", "今天的题目与{topic}有关，请在评论区写下你的答案，明天公布解法。"),
    ("{name}回应{topic}传闻：不属实", "{name}今日回应称，有关{topic}的传闻不属实，公司经营一切正常。"),
    // Headlines that stand over all.
    (
        "Structure fire",
        "Engine {n} and ladder {m} went to a reported structure fire in {town}. Updates follow on radio channel 3 and on our page.",
    ),
    (
        "Store manager",
        "Join us as a store manager in {town}. You lead a team, keep the shelves full and the customers happy. Apply online.",
    ),
    (
        "Transaction in own shares",
        "{name} plc announces that it purchased {n},000 of its ordinary shares at a price of {m}12 pence for cancellation.",
    ),
    (
        "Draw results",
        "The numbers were {n}, {m} and {day}. Nobody won the jackpot. The next draw is on Friday evening, live at seven.",
    ),
    // Frames that are filled in with words of no kind.
    (
        "Supreme court to hear case on {topic}",
        "The court agreed to decide on {topic}. Arguments are heard in March, a ruling is due in June.",
    ),
    (
        "Author correction: {topic}",
        "The original version of this article on {topic} contained an error in figure {m}. It has been corrected.",
    ),
    ("Live: {name} v {town}", "Follow the match of {name} and {town} minute by minute with our reporters. Kick-off is at 7.45."),
    (
        "Deal: {name} kettle for ${n}",
        "The {name} kettle is down to ${n}, its lowest price yet. The sale ends on Sunday at midnight.",
    ),
    ("证监会同意{name}科创板IPO注册", "证监会公告，同意{name}首次公开发行股票注册，公司拟募资{n}亿元，用于{topic}项目。"),
    ("{name}宣布召回{n}00辆汽车", "国家市场监督管理总局公告，{name}召回{n}00辆汽车，因安全气囊存在隐患，将免费更换。"),
];

/// Words that no two fillings share: made of a form's number and a filling's.
fn made_up(form: usize, i: usize, zh: bool, what: usize) -> String {
    let seed = (form * 20 + i) * 3 + what;
    let (a, b, c) = (seed % 24, seed / 24 % 24, (seed / 7 + what * 5) % 24);
    if zh {
        // Letters that no other one has.
        return (0..3).filter_map(|n| char::from_u32(0x5200 + (seed * 3 + n) as u32 * 7 % 0x3500)).collect();
    }
    let first = [
        "Al", "Bo", "Cre", "Dun", "El", "Fen", "Gan", "Hol", "Iv", "Ja", "Kes", "Lun", "Mi", "Nor", "Oph", "Pel", "Quan", "Ros",
        "Sil", "Tam", "Ur", "Vel", "Wy", "Zan",
    ];
    let second = [
        "der", "try", "mont", "wick", "varo", "more", "trix", "well", "sen", "port", "trelo", "gard", "rabo", "vale", "ion",
        "worth", "dero", "tow", "rine", "berly", "dan", "fell", "low", "nock",
    ];
    format!("{}{}{}", first[a], second[b], second[c])
}

fn series(n_feeds: usize, hours_apart: i64) -> Vec<Row> {
    let start = chrono::DateTime::parse_from_rfc3339("2026-11-20T00:00:00Z").unwrap().timestamp_millis();
    let mut rows = Vec::new();
    for (number, (title, text)) in FORMS.iter().enumerate() {
        let zh = title.contains(|c: char| ('\u{4e00}'..='\u{9fff}').contains(&c));
        for i in 0..20 {
            let fill = |form: &str| {
                let topic = made_up(number, i, zh, 2);
                form.replace("{name}", &made_up(number, i, zh, 0))
                    .replace("{town}", &made_up(number, i, zh, 1))
                    .replace("{topic}", &if zh { topic } else { topic.to_lowercase() })
                    .replace("{n}", &(11 + i).to_string())
                    .replace("{m}", &(2 + i * 3 % 17).to_string())
                    .replace("{day}", &(1 + i).to_string())
            };
            let at = start + (i as i64 * hours_apart) * HOUR + number as i64 * 60_000;
            let feed = format!("series {number} {}", i % n_feeds);
            rows.push(Row {
                id: format!("{number}/{i}"),
                url: Some(format!("https://{}.example/{i}", feed.replace(' ', "-"))),
                feed,
                title: fill(title),
                text: fill(text),
                published: chrono::DateTime::from_timestamp_millis(at).unwrap().to_rfc3339(),
            });
        }
    }
    rows.sort_by_key(Row::at);
    rows
}

/// The joins among entries, of which there should be none.
fn joins(rows: &[Row]) -> Vec<String> {
    let mut stream = Stream::default();
    let mut firsts: HashMap<StoryId, String> = HashMap::new();
    let mut joins = Vec::new();
    for row in rows {
        let (story, why) = stream.take(row, row.at());
        match firsts.get(&story) {
            Some(first) => joins.push(format!("{} | {first}: {why}", row.title)),
            None => drop(firsts.insert(story, row.title.clone())),
        }
    }
    joins
}

#[test]
fn nothing_of_a_series_is_joined() {
    for (n_feeds, hours_apart) in [(1, 1), (1, 24), (4, 1), (4, 24)] {
        let found = joins(&series(n_feeds, hours_apart));
        assert!(found.is_empty(), "{n_feeds} feeds, each {hours_apart} hours: {} joins\n{}", found.len(), found.join("\n"));
    }
    // Without texts as well, where something is filled in.
    let mut bare = series(4, 1);
    bare.iter_mut().for_each(|row| row.text.clear());
    let standing: HashSet<&str> = FORMS.iter().map(|(title, _)| *title).filter(|title| !title.contains('{')).collect();
    bare.retain(|row| !standing.contains(&*row.title));
    let found = joins(&bare);
    assert!(found.is_empty(), "headlines alone: {} joins\n{}", found.len(), found.join("\n"));
}

#[derive(serde::Deserialize)]
struct Frame {
    title: String,
    text: String,
    fillings: Vec<Vec<String>>,
}

/// The joins of series that are filled in with words of real life, each in a window of its own.
fn frame_joins(n_feeds: usize, with_text: bool) -> Vec<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories_series.jsonl");
    let start = chrono::DateTime::parse_from_rfc3339("2026-11-20T00:00:00Z").unwrap();
    let frames = std::fs::read_to_string(file).unwrap();
    let frames = frames.lines().map(|line| serde_json::from_str::<Frame>(line).unwrap());
    frames
        .flat_map(|frame| {
            let told = frame.fillings.iter().enumerate().map(|(i, words)| {
                let fill = |form: &str| {
                    let numbered = form.replace("{n}", &(11 + i).to_string());
                    words.iter().enumerate().fold(numbered, |form, (n, word)| form.replace(&format!("{{{n}}}"), word))
                };
                let feed = format!("series-{}", i % n_feeds);
                Row {
                    id: i.to_string(),
                    url: Some(format!("https://{feed}.example/{i}")),
                    feed,
                    title: fill(&frame.title),
                    text: if with_text { fill(&frame.text) } else { String::new() },
                    published: (start + chrono::Duration::hours(3 * i as i64)).to_rfc3339(),
                }
            });
            joins(&told.collect::<Vec<_>>())
        })
        .collect()
}

/// Thirty-two series of six, written before they were tried; half of them were not looked at when a rule was made.
#[test]
fn few_of_real_words_in_frames_are_joined() {
    for (n_feeds, with_text, expected) in [(1, true, 0), (1, false, 0), (3, true, 0), (3, false, 2)] {
        let found = frame_joins(n_feeds, with_text);
        assert_eq!(found.len(), expected, "{n_feeds} feeds, texts: {with_text}\n{}", found.join("\n"));
    }
}

/// Made-up reports, and what becomes of each in other feeds and in its own: all of them are one story each.
#[test]
fn what_is_published_again_is_joined() {
    let start = chrono::DateTime::parse_from_rfc3339("2026-11-20T00:00:00Z").unwrap().timestamp_millis();
    let mut rows = Vec::new();
    for i in 0..20 {
        let word = |what: usize| made_up(100 + what, i, false, what % 3);
        let (name, town, other, thing) = (word(0), word(1), word(2), word(3).to_lowercase());
        let title = format!("{name} bridge near {town} closes after {thing} fails");
        let text = format!(
            "The {name} bridge near {town} was closed on Tuesday after divers found that its {thing} had failed. Engineer {other} \
             said that {} cars cross it each day. Buses go by way of the old ferry until {} workers have mended it, which \
             takes {} weeks and costs the county more than a new road would.",
            1_100 + 37 * i,
            20 + i,
            3 + i % 9,
        );
        let excerpt = text.split_inclusive(". ").take(2).collect::<String>();
        let told = [
            ("paper", title.clone(), text.clone()),
            ("mirror", title.clone(), text.clone()),
            ("agency", format!("County shuts {name} crossing"), format!("{} (Reuters) - {text}", town.to_uppercase())),
            ("digest", format!("{town}: no way over the {name}"), excerpt),
            ("paper", format!("Update: {title}"), format!("{text} The mayor spoke of bad luck.")),
        ];
        for (n, (feed, title, text)) in told.into_iter().enumerate() {
            let at = start + (i * 3 + n) as i64 * HOUR;
            rows.push(Row {
                id: format!("{i}"),
                feed: feed.to_owned(),
                url: Some(format!("https://{feed}.example/{i}-{n}")),
                title,
                text,
                published: chrono::DateTime::from_timestamp_millis(at).unwrap().to_rfc3339(),
            });
        }
    }
    rows.sort_by_key(Row::at);
    let mut stream = Stream::default();
    let mut found: HashMap<String, (StoryId, String)> = HashMap::new();
    let mut missed = String::new();
    for row in &rows {
        let (story, why) = stream.take(row, row.at());
        let (first, title) = found.entry(row.id.clone()).or_insert((story, row.title.clone()));
        if *first != story {
            let _ = writeln!(missed, "{} | {title}: {why}", row.title); // to a String
        }
    }
    let stories: HashSet<StoryId> = found.values().map(|(story, _)| *story).collect();
    assert_eq!(stories.len(), 20, "reports of several things are joined");
    assert!(missed.is_empty(), "{missed}");
}

/// The last of each fills in anew what one before it says, and another one, which belongs to that, is near it as well.
const BRIDGES: &[&[&str]] = &[
    &[
        "Госдума приняла закон о рекламе в такси",
        "Закон о рекламе в такси принят Госдумой",
        "Госдума приняла закон о рекламе",
        "Госдума приняла закон о такси",
    ],
    &["Vexa and Orlo sued over layoffs and patents in Texas court", "Vexa sued over layoffs", "Vexa sued over patents"],
    &[
        "Dover tunnel and Calder bridge closed after flood of river",
        "Calder bridge closed after flood",
        "Dover tunnel closed after flood",
    ],
    &[
        "Storm Petra shuts Dover port and Calder airport",
        "Storm shuts Dover port for two days",
        "Storm shuts Calder airport for two days",
    ],
    &[
        "Fire in Dunmore mill injures three workers, police say",
        "Three workers injured as Dunmore mill burns",
        "Dunmore mill fire injures three workers",
        "Dunmore brewery fire injures three workers",
    ],
    &[
        "Minister Halvorsen resigns over ferry contract",
        "Halvorsen quits as minister in row over ferry contract",
        "Minister Halvorsen resigns over loan",
        "Minister Halvorsen resigns over trip to Spain",
    ],
    &[
        "Union calls off strike at Calder airport after night of talks with Dover port",
        "Strike at Calder airport called off by union",
        "Strike at Dover port called off by union",
    ],
    &[
        "Rovers sack manager after fifth defeat",
        "Rovers manager Hale sacked, Albion boss Dunn under pressure",
        "Albion sack manager after fifth defeat",
    ],
    &[
        "Rovers sack manager after fifth defeat",
        "Hale sacked as Rovers manager, and Albion wait for news of Dunn",
        "Albion sack manager after fifth defeat",
    ],
    &[
        "Brellin recalls cargo bikes over cracked forks",
        "Brellin cargo bikes recalled; dealers wait for word from rival Tovvo on forks",
        "Tovvo recalls cargo bikes over cracked forks",
    ],
    &[
        "Calder airport closes after drone sighting",
        "Drones: Calder airport flights sent to Dunmore, police search",
        "Dunmore airport closes after drone sighting",
    ],
    &[
        "Brellin to cut 900 jobs in Leeds",
        "Job cuts: Brellin staff in Leeds fear closure, Tovvo workers too",
        "Tovvo to cut jobs in Leeds",
    ],
    &[
        "Calder hospital closes maternity ward over staff shortage",
        "Mothers sent to Dunmore as maternity ward in Calder shuts",
        "Dunmore hospital closes maternity ward over staff shortage",
    ],
    &["卡尔德机场因无人机关闭", "卡尔德机场无人机事件：航班备降邓莫尔", "邓莫尔机场因无人机关闭"],
];

/// Written before they were tried; how much nearer a member has to be was chosen on them, and what comes out is asserted.
#[test]
fn a_member_near_for_another_reason_seldom_brings_a_frame_in() {
    let start = chrono::DateTime::parse_from_rfc3339("2026-11-20T08:00:00Z").unwrap();
    let mut joined = Vec::new();
    for titles in BRIDGES {
        let mut stream = Stream::default();
        let told = titles.iter().enumerate().map(|(i, title)| Row {
            id: i.to_string(),
            feed: format!("bridge-{i}"),
            url: Some(format!("https://bridge-{i}.example/{i}")),
            title: (*title).to_owned(),
            text: String::new(),
            published: (start + chrono::Duration::hours(i as i64)).to_rfc3339(),
        });
        let stories: Vec<StoryId> = told.map(|row| stream.take(&row, row.at()).0).collect();
        let (last, others) = stories.split_last().unwrap();
        assert_eq!(others[0], others[1], "what belongs together is no story: {titles:?}");
        if others.contains(last) {
            joined.push(format!("{titles:?}"));
        }
    }
    assert_eq!(joined.len(), 4, "of 14; {}", joined.join("\n"));
}

#[derive(serde::Deserialize)]
struct HardPair {
    same: bool,
    hours: i64,
    a: Told,
    b: Told,
}

#[derive(serde::Deserialize)]
struct Told {
    feed: String,
    #[serde(default)]
    url: Option<String>,
    title: String,
    text: String,
}

/// Of the pairs in a file: how many that are one become one, how many that are two stay two, and the others in words.
fn hard_pairs(file: &str) -> (usize, usize, String) {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let (mut n_one, mut n_two, mut missed, mut joined) = (0, 0, Vec::new(), Vec::new());
    for (number, line) in std::fs::read_to_string(file).unwrap().lines().enumerate() {
        let pair: HardPair = serde_json::from_str(line).unwrap();
        let row = |told: &Told, part: &str| Row {
            id: part.to_owned(),
            feed: told.feed.clone(),
            url: Some(told.url.clone().unwrap_or_else(|| format!("https://{}.example/{number}/{part}", told.feed))),
            title: told.title.clone(),
            text: told.text.clone(),
            published: "2026-11-20T08:00:00Z".to_owned(),
        };
        let (a, b) = (row(&pair.a, "a"), row(&pair.b, "b"));
        let mut stream = Stream::default();
        let first = stream.take(&a, a.at()).0;
        let (second, why) = stream.take(&b, b.at() + pair.hours * HOUR);
        match (pair.same, first == second) {
            (true, true) => n_one += 1,
            (false, false) => n_two += 1,
            (true, false) => missed.push(a.title),
            (false, true) => joined.push(format!("{} | {}: {why}", a.title, b.title)),
        }
    }
    (n_one, n_two, format!("missed:\n{}\njoined:\n{}", missed.join("\n"), joined.join("\n")))
}

/// Sixty pairs that were written before they were tried and are not tuned to, two hundred of which a third was not looked at, and
/// two hundred of which a half was not: what comes out is asserted as it is, wrong ones included. A change that joins more of those that are two, or fewer of
/// those that are one, has to say why.
#[test]
fn hard_pairs_come_out_as_they_are_told_in_the_docs() {
    let (n_one, n_two, told) = hard_pairs("tests/stories_hard.jsonl");
    assert_eq!((n_one, n_two), (19, 35), "of 24 and 36; {told}");
    let (n_one, n_two, told) = hard_pairs("tests/stories_hard_more.jsonl");
    assert_eq!((n_one, n_two), (79, 123), "of 84 and 127; {told}");
    let (n_one, n_two, told) = hard_pairs("tests/stories_hard_fresh.jsonl");
    assert_eq!((n_one, n_two), (92, 102), "of 96 and 103; {told}");
    // One name in two languages, and one headline over two texts, days apart.
    let (n_one, n_two, told) = hard_pairs("tests/stories_hard_names.jsonl");
    assert_eq!((n_one, n_two), (6, 8), "of 6 and 8; {told}");
}

#[derive(serde::Deserialize)]
struct Crowd {
    /// Of each event its headlines, each of another feed.
    events: Vec<Vec<String>>,
}

/// Crowds of headlines alone on one event, or on two of one kind or of one name, which come in turn: how many stories the events
/// are told as, and how many pairs of two events are joined, later looks included. Every second one was not looked at. Two deeds of
/// one person, two wins of two rivals and two places in one storm are joined, wrongly.
#[test]
fn later_looks_merge_no_crowd_with_another() {
    let start = chrono::DateTime::parse_from_rfc3339("2026-11-20T08:00:00Z").unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories_crowds.jsonl");
    let (mut n_stories, mut n_events, mut n_wrong) = (0, 0, 0);
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let crowd: Crowd = serde_json::from_str(line).unwrap();
        let longest = crowd.events.iter().map(Vec::len).max().unwrap_or(0);
        let (mut stream, mut events) = (Stream::default(), Vec::new());
        for n in 0..longest {
            for (event, headlines) in crowd.events.iter().enumerate().filter(|(_, headlines)| n < headlines.len()) {
                let at = start + chrono::Duration::minutes(20 * events.len() as i64);
                let row = Row {
                    id: format!("{event}-{n}"),
                    feed: format!("crowd-{event}-{n}"),
                    url: Some(format!("https://crowd-{event}-{n}.example/{n}")),
                    title: headlines[n].clone(),
                    text: String::new(),
                    published: at.to_rfc3339(),
                };
                events.push(event);
                let story = stream.take(&row, row.at()).0;
                stream.look_again(story);
            }
        }
        let told = stream.stories;
        let pairs = (0..told.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        n_wrong += pairs.filter(|(a, b)| events[*a] != events[*b] && told[*a] == told[*b]).count();
        n_stories += events.iter().zip(&told).collect::<HashSet<_>>().len();
        n_events += crowd.events.len();
    }
    assert_eq!((n_events, n_stories, n_wrong), (44, 68, 93));
}
