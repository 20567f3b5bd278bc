#!/usr/bin/env python3
"""Each cue phrase of src/article/cues.rs before a sentence of running text, in four places: how often the sentence stays.

usage: cues.py [COURANT]

Any text may have a sentence that begins with such words, so that in the middle of a text, and where it is all the text, every
one must stay (exit 1 otherwise); at the ends of a text labels and requests go, and the phrases that are lost there are named.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

courant = sys.argv[1] if len(sys.argv) > 1 else "target/release/courant"
SOURCE = (pathlib.Path(__file__).parent.parent / "src/article/cues.rs").read_text()
SENTENCES = {
    "en": "the wind had turned by noon, so the mason chose the longer road, past the lighthouse and the old quarry.",
    "de": "der Wind hatte gegen Mittag gedreht, sodass der Maurer den längeren Weg nahm, am alten Steinbruch vorbei.",
    "ru": "к полудню ветер переменился, и каменщик выбрал дорогу длиннее, мимо маяка и старой каменоломни за рекой.",
    "pl": "w południe wiatr się odwrócił, więc murarz wybrał dłuższą drogę, obok latarni i starego kamieniołomu za rzeką.",
    "el": "το μεσημέρι ο άνεμος γύρισε, και ο χτίστης διάλεξε τον μακρύτερο δρόμο, δίπλα από τον φάρο και το παλιό λατομείο.",
    "zh": "到了中午风向变了，石匠便选了较远的一条路，绕过灯塔和河对岸的旧采石场，傍晚才回到村里。",
    "ja": "昼ごろ風向きが変わり、石工は遠回りの道を選んで、灯台と古い採石場のわきを通り、夕方に戻ってきた。",
}
TEXTS = {
    'en': ['The bakery in Mill Lane opened its doors again on Tuesday, three years after the flood that ruined its ovens and most of its flour.', 'Neighbours had raised nearly ninety thousand pounds, and a retired mason rebuilt the chimney brick by brick without asking for a penny.', 'Critics doubt that the street can feed two bakeries, because the supermarket on the ring road sells bread at half the price.'],
    'de': ['Die Mühle am Oberlauf der Erft mahlt seit Montag wieder Korn, zwölf Jahre nachdem ihr Rad bei einem Sturm gebrochen war.', 'Ein Verein aus vierzig Mitgliedern hatte das Geld gesammelt, und die Lehrlinge der Berufsschule bauten die Welle aus Eichenholz nach.', 'Kritiker bezweifeln, dass sich der Betrieb trägt, denn der Bach führt im Sommer kaum genug Wasser für ein paar Stunden am Tag.'],
    'ru': ['Мельница на берегу Волхова снова заработала в понедельник, через двенадцать лет после бури, которая сломала её колесо.', 'Деньги собрали сорок жителей посёлка, а ученики местного училища вырезали новый вал из дуба по старым чертежам.', 'Скептики сомневаются, что хозяйство окупится, ведь летом воды в реке едва хватает на несколько часов работы в день.'],
    'pl': ['Młyn nad Wieprzem znów miele zboże od poniedziałku, dwanaście lat po burzy, która złamała jego wielkie drewniane koło.', 'Pieniądze zebrało czterdziestu mieszkańców wsi, a uczniowie technikum wycięli nowy wał z dębu według dawnych rysunków.', 'Sceptycy wątpią, czy to się opłaci, bo latem wody w rzece ledwie wystarcza na kilka godzin pracy w ciągu dnia.'],
    'el': ['Ο μύλος στην όχθη του ποταμού άλεσε ξανά τη Δευτέρα, δώδεκα χρόνια μετά την καταιγίδα που έσπασε τον τροχό του.', 'Τα χρήματα μάζεψαν σαράντα κάτοικοι του χωριού, και οι μαθητές της τεχνικής σχολής έφτιαξαν καινούργιο άξονα από δρυ.', 'Πολλοί αμφιβάλλουν αν θα βγάλει τα έξοδά του, γιατί το καλοκαίρι το νερό μόλις που φτάνει για λίγες ώρες την ημέρα.'],
    'zh': ['停工十二年的河边水磨坊星期一重新转动起来，当年那场暴雨冲断了木轮，也冲走了半间仓房。', '四十位村民凑齐了修缮的钱，职业学校的学生按照旧图纸，用橡木重新做了一根主轴。', '也有人怀疑磨坊能否维持下去，因为一到夏天，河里的水每天只够转上几个小时。'],
    'ja': ['十二年のあいだ止まっていた川べりの水車が、月曜日にふたたび回り始めた。嵐で折れた車輪は作り直された。', '費用は村の四十人が出し合い、工業高校の生徒たちが古い図面をもとに、樫の木から新しい軸を削り出した。', '採算を疑う声もある。夏になると川の水が減り、一日に数時間しか動かせないからだ。'],
}
SCRIPTS = [("ja", "[\u3040-\u30ff]"), ("zh", "[\u4e00-\u9fff]"), ("ru", "[а-яё]"), ("el", "[α-ωά-ώ]"), ("pl", "[ąćęłńóśźż]"), ("de", "[äöüß]")]


def language(phrase):
    return next((language for language, letters in SCRIPTS if re.search(letters, phrase)), "en")


def pages():
    rows = re.findall(r"Row \{\s*cue: Cue::\w+,\s*what: \"[^\"]+\",\s*phrases: &\[(.*?)\]\s*,?\s*\}", SOURCE, re.S)
    for phrase in (phrase for row in rows for phrase in re.findall(r'"((?:[^"\\]|\\.)*)"', row)):
        tongue = language(phrase)
        blank = "" if tongue in ("zh", "ja") else " "
        sentence = f"<p>{phrase[0].upper() + phrase[1:]}{blank}{SENTENCES[tongue]}</p>"
        one, two, three = (f"<p>{text}</p>" for text in TEXTS[tongue])
        places = {"middle": one + two + sentence + three, "last": one + two + three + sentence, "first": sentence + one + two, "only": sentence}
        for place, body in places.items():
            yield phrase, tongue, place, f"<title>Mill news</title><body><article><h1>Mill news</h1>{body}</article></body>"


asked = list(pages())
lines = "".join(json.dumps({"id": at, "url": "https://news.example/mill", "html": html}) + "\n" for at, (*_, html) in enumerate(asked))
answers = subprocess.run([courant, "debug", "extract"], input=lines, stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n")
total, lost = collections.Counter(), collections.defaultdict(list)
for (phrase, tongue, place, _), answer in zip(asked, answers):
    key = place, "Chinese and Japanese" if tongue in ("zh", "ja") else "others"
    total[key] += 1
    if SENTENCES[tongue] not in json.loads(answer)["text"]:
        lost[key].append(phrase)
for key in sorted(total):
    print(*key, f"{total[key] - len(lost[key])} of {total[key]} stay", *lost[key][:8], sep="  ")
sys.exit(any(lost[key] for key in total if key[0] in ("middle", "only")))
