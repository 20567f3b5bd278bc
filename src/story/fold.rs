//! Text → what is compared: compatibility-composed, lower case, Chinese in one script and one usage.
//!
//! Traditional characters are folded one by one (`han_pairs.txt`: each pair is a traditional character and its
//! simplified form); where a text held any, the words that Taiwan and Hong Kong say otherwise follow. The result
//! is for comparison only and is never shown, so that a wrong choice between homographs costs little.

use super::spread::Map;
use crate::text;
use std::borrow::Cow;
use std::sync::LazyLock;

/// The simplified form of each Han letter from [`FIRST_HAN`] on, itself for most.
static SIMPLIFIED: LazyLock<Vec<char>> = LazyLock::new(|| {
    let mut simplified: Vec<char> = (FIRST_HAN..='\u{9fff}').collect();
    let mut characters = include_str!("han_pairs.txt").chars().filter(|c| !c.is_whitespace());
    while let (Some(from), Some(to)) = (characters.next(), characters.next()) {
        if let Some(form) = simplified.get_mut(place(from)) {
            *form = to;
        }
    }
    simplified
});

const FIRST_HAN: char = '\u{4e00}';

fn place(c: char) -> usize {
    (c as usize).wrapping_sub(FIRST_HAN as usize)
}

/// Words of Taiwan and Hong Kong (already in simplified characters) and those of the mainland. Longer ones first.
const USAGE: &[(&str, &str)] = &[
    ("网际网路", "互联网"),
    ("人工智慧", "人工智能"),
    ("沙乌地阿拉伯", "沙特阿拉伯"),
    ("智慧型手机", "智能手机"),
    ("记忆体", "内存"),
    ("伺服器", "服务器"),
    ("使用者", "用户"),
    ("资料库", "数据库"),
    ("演算法", "算法"),
    ("印表机", "打印机"),
    ("计程车", "出租车"),
    ("部落格", "博客"),
    ("最佳化", "优化"),
    ("联准会", "美联储"),
    ("欧巴马", "奥巴马"),
    ("纽西兰", "新西兰"),
    ("义大利", "意大利"),
    ("太空梭", "航天飞机"),
    ("软体", "软件"),
    ("硬体", "硬件"),
    ("韧体", "固件"),
    ("释出", "发布"),
    ("批次", "批量"),
    ("资讯", "信息"),
    ("讯息", "消息"),
    ("讯号", "信号"),
    ("网路", "网络"),
    ("程式", "程序"),
    ("智慧", "智能"),
    ("影片", "视频"),
    ("视讯", "视频"),
    ("硬碟", "硬盘"),
    ("光碟", "光盘"),
    ("晶片", "芯片"),
    ("品质", "质量"),
    ("专案", "项目"),
    ("介面", "界面"),
    ("预设", "默认"),
    ("滑鼠", "鼠标"),
    ("数位", "数字"),
    ("萤幕", "屏幕"),
    ("透过", "通过"),
    ("支援", "支持"),
    ("登入", "登录"),
    ("帐号", "账号"),
    ("档案", "文件"),
    ("资料", "数据"),
    ("机率", "概率"),
    ("奈米", "纳米"),
    ("线上", "在线"),
    ("捷运", "地铁"),
    ("雷射", "激光"),
    ("川普", "特朗普"),
    ("北韩", "朝鲜"),
    ("南韩", "韩国"),
    ("杜拜", "迪拜"),
    ("飞弹", "导弹"),
    ("身分", "身份"),
    ("计画", "计划"),
    ("汇入", "导入"),
    ("汇出", "导出"),
    ("字型", "字体"),
    ("字元", "字符"),
    ("物件", "对象"),
    ("模组", "模块"),
    ("频宽", "带宽"),
    ("通路", "渠道"),
    ("土石流", "泥石流"),
    ("矽", "硅"),
];

/// Folds a text for comparison.
pub fn comparable(text: &str) -> String {
    let folded = text::fold(text);
    // The first bytes of the letters in the table.
    if !folded.bytes().any(|byte| matches!(byte, 0xe4..=0xe9)) {
        return folded;
    }
    let mut traditional = false;
    let forms = &*SIMPLIFIED;
    let simplified: String = folded
        .chars()
        .map(|c| {
            let form = forms.get(place(c)).copied().unwrap_or(c);
            traditional |= form != c;
            form
        })
        .collect();
    if traditional { usage(&simplified).into_owned() } else { simplified }
}

/// The mainland's words, in one pass.
fn usage(text: &str) -> Cow<'_, str> {
    static FIRST: LazyLock<Map<char, Vec<(&str, &str)>>> = LazyLock::new(|| {
        let mut by_first: Map<char, Vec<(&str, &str)>> = Map::default();
        for (from, to) in USAGE {
            if let Some(first) = from.chars().next() {
                by_first.entry(first).or_default().push((from, to));
            }
        }
        by_first
    });
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        match FIRST.get(&c).and_then(|rows| rows.iter().find(|(from, _)| rest.starts_with(from))) {
            Some((from, to)) => {
                out.push_str(to);
                rest = &rest[from.len()..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Cow::Owned(out)
}
