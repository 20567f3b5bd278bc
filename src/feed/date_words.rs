//! The words of dates, as tables: zones, months in the languages that feeds are written in, halves of the day.

/// Zone words → minutes east of UTC. Where a word has two meanings, the one that feeds use.
#[rustfmt::skip]
pub(super) const ZONES: &[(&str, i64)] = &[
    ("z", 0), ("ut", 0), ("utc", 0), ("gmt", 0), ("wet", 0), ("west", 60), ("bst", 60), ("cet", 60), ("met", 60),
    ("mez", 60), ("cest", 120), ("mest", 120), ("mesz", 120), ("eet", 120), ("eest", 180), ("msk", 180), ("msd", 240),
    ("sast", 120), ("cat", 120), ("eat", 180), ("gst", 240), ("pkt", 300), ("ist", 330), ("npt", 345), ("ict", 420),
    ("wib", 420), ("hkt", 480), ("sgt", 480), ("awst", 480), ("jst", 540), ("kst", 540), ("acst", 570), ("aest", 600),
    ("acdt", 630), ("aedt", 660), ("nzst", 720), ("nzdt", 780), ("nst", -210), ("ndt", -150), ("ast", -240), ("adt", -180),
    ("brt", -180), ("art", -180), ("clt", -240), ("est", -300), ("edt", -240), ("et", -300), ("cst", -360), ("cdt", -300),
    ("ct", -360), ("mst", -420), ("mdt", -360), ("mt", -420), ("pst", -480), ("pdt", -420), ("pt", -480), ("akst", -540),
    ("akdt", -480), ("hst", -600),
];

/// Starts of month names → month; the longest that fits holds. Latin names in lower case, accents as written
/// and without.
#[rustfmt::skip]
pub(super) const MONTHS: &[(&str, u32)] = &[
    // en, and what is the same elsewhere
    ("jan", 1), ("feb", 2), ("mar", 3), ("apr", 4), ("may", 5), ("jun", 6), ("jul", 7), ("aug", 8), ("sep", 9),
    ("oct", 10), ("nov", 11), ("dec", 12),
    // de, nl, the Nordic languages
    ("jän", 1), ("jaen", 1), ("mär", 3), ("maer", 3), ("mrz", 3), ("maart", 3), ("mrt", 3), ("mei", 5), ("mai", 5),
    ("maj", 5), ("okt", 10), ("dez", 12), ("des", 12),
    // fr
    ("janv", 1), ("fév", 2), ("fev", 2), ("mars", 3), ("avr", 4), ("juin", 6), ("juil", 7), ("aoû", 8), ("aou", 8),
    ("déc", 12),
    // es, pt, it, ro, ca
    ("ene", 1), ("gen", 1), ("abr", 4), ("ago", 8), ("set", 9), ("out", 10), ("dic", 12), ("mag", 5), ("giu", 6),
    ("lug", 7), ("ott", 10), ("ian", 1), ("iun", 6), ("iul", 7), ("noi", 11), ("gener", 1), ("maig", 5), ("juny", 6),
    ("juliol", 7),
    // pl
    ("sty", 1), ("lut", 2), ("kwi", 4), ("cze", 6), ("lip", 7), ("sie", 8), ("wrz", 9), ("paź", 10), ("paz", 10),
    ("lis", 11), ("gru", 12),
    // cs, sk
    ("led", 1), ("úno", 2), ("uno", 2), ("bře", 3), ("bre", 3), ("dub", 4), ("kvě", 5), ("kve", 5), ("čer", 6),
    ("červenec", 7), ("července", 7), ("srp", 8), ("zář", 9), ("říj", 10), ("lis", 11), ("pro", 12),
    // hu
    ("már", 3), ("ápr", 4), ("máj", 5), ("jún", 6), ("júl", 7), ("szept", 9),
    // tr
    ("oca", 1), ("şub", 2), ("sub", 2), ("nis", 4), ("haz", 6), ("tem", 7), ("ağu", 8), ("agu", 8), ("eyl", 9),
    ("eki", 10), ("kas", 11), ("ara", 12),
    // fi
    ("tammi", 1), ("helmi", 2), ("maalis", 3), ("huhti", 4), ("touko", 5), ("kesä", 6), ("heinä", 7), ("elo", 8),
    ("syys", 9), ("loka", 10), ("marras", 11), ("joulu", 12),
    // ru, uk
    ("янв", 1), ("фев", 2), ("мар", 3), ("апр", 4), ("мая", 5), ("май", 5), ("июн", 6), ("июл", 7), ("авг", 8), ("сен", 9),
    ("окт", 10), ("ноя", 11), ("дек", 12), ("січ", 1), ("лют", 2), ("бер", 3), ("кві", 4), ("тра", 5), ("чер", 6),
    ("лип", 7), ("сер", 8), ("вер", 9), ("жов", 10), ("лис", 11), ("гру", 12),
    // el
    ("ιαν", 1), ("φεβ", 2), ("μάρ", 3), ("μαρ", 3), ("απρ", 4), ("μάι", 5), ("μαΐ", 5), ("μαι", 5), ("ιουν", 6),
    ("ιούν", 6), ("ιουλ", 7), ("ιούλ", 7), ("αυγ", 8), ("αύγ", 8), ("σεπ", 9), ("οκτ", 10), ("νοε", 11), ("νοέ", 11),
    ("δεκ", 12),
    // ar
    ("يناير", 1), ("فبراير", 2), ("مارس", 3), ("أبريل", 4), ("ابريل", 4), ("مايو", 5), ("يونيو", 6), ("يوليو", 7),
    ("أغسطس", 8), ("سبتمبر", 9), ("أكتوبر", 10), ("نوفمبر", 11), ("ديسمبر", 12),
    // he
    ("ינו", 1), ("פבר", 2), ("מרץ", 3), ("אפר", 4), ("מאי", 5), ("יוני", 6), ("יולי", 7), ("אוג", 8), ("ספט", 9),
    ("אוק", 10), ("נוב", 11), ("דצמ", 12),
    // zh written out; numbers are read as numbers
    ("一月", 1), ("二月", 2), ("三月", 3), ("四月", 4), ("五月", 5), ("六月", 6), ("七月", 7), ("八月", 8), ("九月", 9), ("十月", 10),
    ("十一月", 11), ("十二月", 12),
];

/// Starts of weekday names that begin like a month: `mardi` is no March.
#[rustfmt::skip]
pub(super) const NO_MONTHS: &[&str] = &[
    "mardi", "marte", "martes", "martedì", "martedi", "maandag", "mart.", "dec.", "segunda", "sexta", "sábado",
];

/// Words of the afternoon and the morning.
#[rustfmt::skip]
pub(super) const AFTERNOON: &[&str] = &[
    "pm", "p", "오후", "下午", "午後", "晚上", "μμ",
];
#[rustfmt::skip]
pub(super) const MORNING: &[&str] = &[
    "am", "a", "오전", "上午", "午前", "早上", "凌晨", "πμ",
];
