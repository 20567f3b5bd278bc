//! The words of dates, as tables: months, weekdays, zones and halves of the day in the languages that feeds and pages
//! are written in. Pure. Words come in small letters; accents may be left out.
//!
//! A word is a month where it is a month's name or a beginning of one, of three letters at least: so `nov` and `novem`
//! are November, and `mardi`, `Pazartesi` and `Середа`, which only begin like a month's name, are none.

use std::sync::LazyLock;

/// Names of months, without accents, in all the cases that dates use. What is an abbreviation and not a beginning is
/// a name of its own.
#[rustfmt::skip]
const MONTHS: [(u32, &str); 12] = [
    (1, "january januar januari janvier enero janeiro gennaio ianuarie gener styczen stycznia leden ledna januara januarja \
         sijecanj sijecnja ocak tammikuu tammikuuta jaanuar janvaris sausio sausis jaen jaenner jaenuar jan janv январь января \
         януари јануар јануара січень січня студзень студзеня ιανουαριοσ ιανουαριου يناير ינואר 一月"),
    (2, "february februar februari fevrier febrero fevereiro febbraio februarie febrer luty lutego unor unora februara \
         februarja veljaca veljace subat helmikuu helmikuuta veebruar februaris vasario vasaris pebruari febr fevr февраль \
         февраля февруари фебруар фебруара лютий лютого люты лютага φεβρουαριοσ φεβρουαριου فبراير شباط פברואר 二月"),
    (3, "march marz maerz maart mars marzo marco martie marc marec marca brezen brezna ozujak ozujka mart marts maaliskuu \
         maaliskuuta martsi kovo kovas maret marcius marcic mrz mrt март марта марти березень березня сакавік сакавіка \
         μαρτιοσ μαρτιου مارس آذار מרץ מרס 三月"),
    (4, "april avril abril aprile aprilie kwiecien kwietnia duben dubna aprila travanj travnja nisan huhtikuu huhtikuuta \
         aprill aprilis balandzio balandis апрель апреля април априла квітень квітня красавік красавіка απριλιοσ απριλιου \
         أبريل ابريل نيسان אפריל 四月"),
    (5, "may mai maj mei mayo maio maggio maig kveten kvetna maja svibanj svibnja mayis toukokuu toukokuuta maijs geguzes \
         geguze majus май мая мај маја травень травня траўня μαιοσ μαιου مايو أيار מאי 五月"),
    (6, "june juni juin junio junho giugno iunie juny czerwiec czerwca cerven cervna juna junija lipanj lipnja haziran \
         kesakuu kesakuuta juuni junijs birzelio birzelis junius cvn июнь июня юни јун јуна јуни червень червня чэрвень \
         чэрвеня ιουνιοσ ιουνιου يونيو حزيران יוני 六月"),
    (7, "july juli juillet julio julho luglio iulie juliol lipiec lipca cervenec cervence jula julija srpanj srpnja temmuz \
         heinakuu heinakuuta juuli julijs liepos liepa julius cvc июль июля юли јул јула јули липень липня ліпень ліпеня \
         ιουλιοσ ιουλιου يوليو تموز יולי 七月"),
    (8, "august augusti augustus aout agosto agost sierpien sierpnia srpen srpna augusta avgust avgusta kolovoz kolovoza \
         agustos elokuu elokuuta augusts rugpjucio rugpjutis agustus augusztus agt август августа серпень серпня жнівень \
         жніўня αυγουστοσ αυγουστου أغسطس آب אוגוסט 八月"),
    (9, "september septembre septiembre setiembre setembro settembre septembrie setembre wrzesien wrzesnia zari septembra \
         rujan rujna eylul syyskuu syyskuuta septembris rugsejo rugsejis szeptember сентябрь сентября септември септембар \
         септембра вересень вересня верасень верасня σεπτεμβριοσ σεπτεμβριου سبتمبر أيلول ספטמבר 九月"),
    (10, "october oktober octobre octubre outubro ottobre octombrie pazdziernik pazdziernika rijen rijna oktobra ekim \
          lokakuu lokakuuta oktoober oktobris spalio spalis октябрь октября октомври октобар октобра жовтень жовтня \
          кастрычнік кастрычніка οκτωβριοσ οκτωβριου أكتوبر אוקטובר 十月 listopada"),
    (11, "november novembre noviembre novembro noiembrie listopad listopada listopadu novembra studeni studenoga studenog \
          kasim marraskuu marraskuuta novembris lapkricio lapkritis ноябрь ноября ноември новембар новембра листопад \
          листопада лістапад лістапада νοεμβριοσ νοεμβριου نوفمبر נובמבר 十一月"),
    (12, "december dezember decembre diciembre dezembro dicembre decembrie desembre desember grudzien grudnia prosinec \
          prosince decembra prosinac prosinca aralik joulukuu joulukuuta detsember decembris gruodzio gruodis декабрь \
          декабря декември децембар децембра грудень грудня снежань снежня δεκεμβριοσ δεκεμβριου ديسمبر דצמבר 十二月"),
];

/// Beginnings that are months in forms which the table above does not have, where a word is nothing better.
#[rustfmt::skip]
const STARTS: [(&str, u32); 24] = [
    ("januar", 1), ("februar", 2), ("apri", 4), ("juni", 6), ("juli", 7), ("august", 8), ("septem", 9), ("szept", 9),
    ("octo", 10), ("okto", 10), ("novem", 11), ("decem", 12), ("dezem", 12), ("январ", 1), ("феврал", 2), ("апрел", 4),
    ("август", 8), ("сентябр", 9), ("октябр", 10), ("ноябр", 11), ("декабр", 12), ("tammi", 1), ("marras", 11), ("joulu", 12),
];

/// Names of weekdays, Monday first, as the months above.
#[rustfmt::skip]
const WEEKDAYS: [&str; 7] = [
    "monday montag maandag mandag lundi lunes segunda lunedi luni dilluns poniedzialek pondeli pondelok ponedeljek \
     ponedjeljak ponedeljak hetfo pazartesi pzt maanantai maanantaina esmaspaev pirmdiena pirmadienis senin понедельник \
     понеділок понеделник понедељак панядзелак δευτερα الاثنين الإثنين שני 星期一 周一 週一 礼拜一 月曜 월요일",
    "tuesday dienstag dinsdag tirsdag tisdag mardi martes terca martedi marti dimarts wtorek utery utorok torek utorak \
     kedd sali tiistai tiistaina teisipaev otrdiena antradienis selasa вторник вівторок уторак аўторак τριτη الثلاثاء \
     שלישי 星期二 周二 週二 礼拜二 火曜 화요일",
    "wednesday mittwoch woensdag onsdag mercredi miercoles quarta mercoledi miercuri dimecres sroda srode streda sreda \
     srijeda szerda carsamba keskiviikko keskiviikkona kolmapaev tresdiena treciadienis rabu среда среду середа середу \
     сряда серада τεταρτη الأربعاء الاربعاء רביעי 星期三 周三 週三 礼拜三 水曜 수요일",
    "thursday donnerstag donderdag torsdag jeudi jueves quinta giovedi joi dijous czwartek ctvrtek stvrtok cetrtek \
     cetvrtak csutortok persembe torstai torstaina neljapaev ceturtdiena ketvirtadienis kamis четверг четвер четвъртък \
     четвртак чацвер πεμπτη الخميس חמישי 星期四 周四 週四 礼拜四 木曜 목요일",
    "friday freitag vrijdag fredag vendredi viernes sexta venerdi vineri divendres piatek patek piatok petek petak pentek \
     cuma perjantai perjantaina reede piektdiena penktadienis jumat пятница пятницу пятниця петък петак пятніца παρασκευη \
     الجمعة שישי 星期五 周五 週五 礼拜五 金曜 금요일",
    "saturday samstag sonnabend zaterdag lordag samedi sabado sabato sambata dissabte sobota sobote subota szombat \
     cumartesi cmt lauantai lauantaina laupaev sestdiena sestadienis sabtu суббота субботу субота суботу събота σαββατο \
     السبت שבת 星期六 周六 週六 礼拜六 土曜 토요일",
    "sunday sonntag zondag sondag dimanche domingo domenica duminica diumenge niedziela niedziele nedele nedela nedelja \
     nedjelja vasarnap pazar sunnuntai sunnuntaina puhapaev svetdiena sekmadienis minggu воскресенье неділя неділю неделя \
     недеља нядзеля κυριακη الأحد الاحد ראשון 星期日 星期天 周日 週日 礼拜日 日曜 일요일",
];

/// Weekdays of two letters, Monday first. They say too little to speak against a date, and may speak for one.
#[rustfmt::skip]
const SHORT_WEEKDAYS: [&str; 7] = [
    "mo ma po pn dl пн", "di ti ut wt dt tu вт", "mi wo ke st sr dc we ср", "do to ct cz dj th чт", "fr vr pe pa pt dv пт",
    "sa za la so sb ds сб", "so zo su ne nd dg вс нд",
];

/// Zone words → minutes east of UTC. Where a word has two meanings, the one that feeds use.
#[rustfmt::skip]
pub const ZONES: &[(&str, i64)] = &[
    ("z", 0), ("ut", 0), ("utc", 0), ("gmt", 0), ("wet", 0), ("west", 60), ("bst", 60), ("cet", 60), ("met", 60),
    ("mez", 60), ("cest", 120), ("mest", 120), ("mesz", 120), ("eet", 120), ("eest", 180), ("msk", 180), ("msd", 240),
    ("sast", 120), ("cat", 120), ("eat", 180), ("gst", 240), ("pkt", 300), ("ist", 330), ("npt", 345), ("ict", 420),
    ("wib", 420), ("hkt", 480), ("sgt", 480), ("awst", 480), ("jst", 540), ("kst", 540), ("acst", 570), ("aest", 600),
    ("acdt", 630), ("aedt", 660), ("nzst", 720), ("nzdt", 780), ("nst", -210), ("ndt", -150), ("ast", -240), ("adt", -180),
    ("brt", -180), ("art", -180), ("clt", -240), ("est", -300), ("edt", -240), ("et", -300), ("cst", -360), ("cdt", -300),
    ("ct", -360), ("mst", -420), ("mdt", -360), ("mt", -420), ("pst", -480), ("pdt", -420), ("pt", -480), ("akst", -540),
    ("akdt", -480), ("hst", -600),
];

/// Words of the afternoon and the morning.
pub const AFTERNOON: &[&str] = &["pm", "p", "오후", "下午", "午後", "晚上", "μμ"];
pub const MORNING: &[&str] = &["am", "a", "오전", "上午", "午前", "早上", "凌晨", "πμ"];

/// The month that a word names; of two (`listopada` is November in Polish and October in Croatian) the one that more
/// people mean: see [`months`].
pub fn month(word: &str) -> Option<u32> {
    months(word).first().copied()
}

/// All months that a word may name, the likeliest first.
pub fn months(word: &str) -> Vec<u32> {
    if word.is_ascii() && !begins_a_name(word) {
        return Vec::new();
    }
    let word = fold(word);
    // Hebrew writes "in" at the front of the month.
    let word = word.strip_prefix('ב').filter(|rest| rest.chars().count() > 2).unwrap_or(&word);
    if !begins_a_name(word) {
        return Vec::new();
    }
    let mut whole = Vec::new();
    let mut begun = Vec::new();
    for (month, names) in MONTHS {
        match fit(names, word) {
            Fit::Whole => whole.push(month),
            Fit::Begun => begun.push(month),
            Fit::None => {}
        }
    }
    // `marți` is Tuesday, although `martie` begins so.
    if whole.is_empty() && WEEKDAYS.iter().any(|names| fit(names, word) == Fit::Whole) {
        return Vec::new();
    }
    if whole.is_empty() && begun.is_empty() && weekdays(word) == 0 {
        return STARTS.iter().filter(|(start, _)| word.starts_with(start)).map(|(_, month)| *month).take(1).collect();
    }
    // Croatian calls October what Poles and Czechs call November.
    for months in [&mut whole, &mut begun] {
        months.sort_by_key(|month| (word.starts_with("lis") && *month == 10, *month));
    }
    // A whole name is meant as such: `červen` is June although July begins so, and `marți` a Tuesday although March does.
    if WEEKDAYS.iter().any(|names| fit(names, word) == Fit::Whole) {
        begun.clear();
    }
    if whole.is_empty() { begun } else { whole }
}

/// The weekdays that a word may name, as bits: Monday is the lowest.
pub fn weekdays(word: &str) -> u8 {
    if word.is_ascii() && word.len() > 2 && !begins_a_name(word) {
        return 0;
    }
    let word = fold(word);
    let bits = |table: [&str; 7], fits: &dyn Fn(&str) -> bool| {
        table.iter().enumerate().filter(|(_, names)| fits(names)).fold(0, |bits, (day, _)| bits | 1 << day)
    };
    let long = bits(WEEKDAYS, &|names| fit(names, &word) != Fit::None);
    if long != 0 || word.chars().count() > 2 {
        return long;
    }
    bits(SHORT_WEEKDAYS, &|names| names.split(' ').any(|name| name == word))
}

/// The first three letters of all names and beginnings: nearly every word of a text has others, and no table need be read.
static BEGINNINGS: LazyLock<Vec<[char; 3]>> = LazyLock::new(|| {
    let months = MONTHS.iter().flat_map(|(_, names)| names.split_ascii_whitespace());
    let weekdays = WEEKDAYS.iter().flat_map(|names| names.split_ascii_whitespace());
    let starts = STARTS.iter().map(|(start, _)| *start);
    let mut all: Vec<[char; 3]> = months.chain(weekdays).chain(starts).map(beginning).collect();
    all.sort_unstable();
    all.dedup();
    all
});

fn beginning(word: &str) -> [char; 3] {
    let mut letters = word.chars().map(|c| c.to_ascii_lowercase());
    std::array::from_fn(|_| letters.next().unwrap_or('\0'))
}

/// Whether the first letters of a folded word are those of a name.
fn begins_a_name(word: &str) -> bool {
    BEGINNINGS.binary_search(&beginning(word)).is_ok()
}

#[derive(PartialEq)]
enum Fit {
    Whole,
    Begun,
    None,
}

/// Whether a word is one of the names, or a beginning of one.
fn fit(names: &str, word: &str) -> Fit {
    let n_letters = word.chars().take(3).count();
    let mut fit = Fit::None;
    for name in names.split_ascii_whitespace() {
        if name == word {
            return Fit::Whole;
        }
        if n_letters >= 3 && name.starts_with(word) {
            fit = Fit::Begun;
        }
    }
    fit
}

/// Small letters without accents, as the tables have them.
pub fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.chars().flat_map(char::to_lowercase).filter(|c| !matches!(c, '\u{300}'..='\u{36f}')).map(plain).collect()
}

fn plain(c: char) -> char {
    match c {
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' | 'ă' | 'ą' => 'a',
        'č' | 'ć' | 'ç' => 'c',
        'ď' => 'd',
        'é' | 'è' | 'ê' | 'ë' | 'ě' | 'ę' | 'ē' | 'ė' => 'e',
        'ğ' | 'ģ' => 'g',
        'í' | 'ì' | 'î' | 'ï' | 'ī' | 'į' | 'ı' => 'i',
        'ķ' => 'k',
        'ł' | 'ļ' | 'ľ' => 'l',
        'ñ' | 'ń' | 'ň' | 'ņ' => 'n',
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ő' | 'ø' | 'ō' => 'o',
        'ř' | 'ŕ' => 'r',
        'š' | 'ś' | 'ş' | 'ș' => 's',
        'ť' | 'ţ' | 'ț' => 't',
        'ú' | 'ù' | 'û' | 'ü' | 'ů' | 'ű' | 'ū' | 'ų' => 'u',
        'ý' | 'ÿ' => 'y',
        'ž' | 'ź' | 'ż' => 'z',
        'ά' => 'α',
        'έ' => 'ε',
        'ή' => 'η',
        'ί' | 'ϊ' | 'ΐ' => 'ι',
        'ό' => 'ο',
        'ύ' | 'ϋ' | 'ΰ' => 'υ',
        'ώ' => 'ω',
        'ς' => 'σ',
        'ё' => 'е',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_in_many_languages() {
        let cases = [
            ("nov", 11),
            ("Novem", 11),
            ("März", 3),
            ("août", 8),
            ("juil", 7),
            ("juin", 6),
            ("sept", 9),
            ("października", 10),
            ("červen", 6),
            ("červenec", 7),
            ("Şubat", 2),
            ("Kasım", 11),
            ("noiembrie", 11),
            ("листопада", 11),
            ("Ιανουάριος", 1),
            ("בינואר", 1),
            ("marraskuuta", 11),
            ("listopada", 11),
            ("十一月", 11),
            ("mrt", 3),
            ("januárban", 1),
        ];
        for (word, want) in cases {
            assert_eq!(month(word), Some(want), "{word}");
        }
        for word in ["mardi", "martes", "marți", "maandag", "Pazartesi", "Середа", "segunda", "ma", "marker", "décidé"] {
            assert_eq!(month(word), None, "{word}");
        }
        assert_eq!(months("listopada"), [11, 10]);
    }

    #[test]
    fn weekdays_in_many_languages() {
        let cases = [
            ("mar", 0b10),
            ("Mar", 0b10),
            ("Sub", 1 << 5),
            ("середа", 1 << 2),
            ("Pazartesi", 1),
            ("sex", 1 << 4),
            ("so", 0b110_0000),
        ];
        for (word, want) in cases {
            assert_eq!(weekdays(word), want, "{word}");
        }
        assert_eq!(weekdays("nov"), 0);
    }
}
