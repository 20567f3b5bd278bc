#!/usr/bin/env python3
"""Each cue phrase of src/article/cues.rs before a sentence of running text, in four places: how often the sentence stays.

usage: cues.py [COURANT]

Any text may have a sentence that begins with such words, so that in the middle of a text, and where it is all the text, every
one must stay (exit 1 otherwise, as where fewer phrases or answers are found than there are); at the ends of a text labels and requests go, and the phrases that are lost there are named.
"""
import collections
import json
import pathlib
import re
import subprocess
import sys

courant = sys.argv[1] if len(sys.argv) > 1 else "target/release/courant"
SOURCE_PATH = pathlib.Path(__file__).parent.parent / "src/article/cues.rs"
SOURCE = SOURCE_PATH.read_text()
SENTENCES = {
    "en": "the wind had turned by noon, so the mason chose the longer road, past the lighthouse and the old quarry.",
    "fr": "le vent avait tourné vers midi, si bien que le maçon prit la route la plus longue, au-delà du phare et de la vieille carrière.",
    "es": "el viento había cambiado hacia el mediodía, así que el albañil eligió el camino más largo, junto al faro y la vieja cantera.",
    "ko": "정오 무렵 바람이 바뀌어 석공은 등대와 오래된 채석장을 지나는 더 먼 길을 골랐고 저녁이 되어서야 마을로 돌아왔다.",
    "de": "der Wind hatte gegen Mittag gedreht, sodass der Maurer den längeren Weg nahm, am alten Steinbruch vorbei.",
    "ru": "к полудню ветер переменился, и каменщик выбрал дорогу длиннее, мимо маяка и старой каменоломни за рекой.",
    "pl": "w południe wiatr się odwrócił, więc murarz wybrał dłuższą drogę, obok latarni i starego kamieniołomu za rzeką.",
    "el": "το μεσημέρι ο άνεμος γύρισε, και ο χτίστης διάλεξε τον μακρύτερο δρόμο, δίπλα από τον φάρο και το παλιό λατομείο.",
    "zh": "到了中午风向变了，石匠便选了较远的一条路，绕过灯塔和河对岸的旧采石场，傍晚才回到村里。",
    "ja": "昼ごろ風向きが変わり、石工は遠回りの道を選んで、灯台と古い採石場のわきを通り、夕方に戻ってきた。",
}
# The same with words that are also said to readers, or parts of those: "us" and the US, German "ihre", Polish "te" and "tu", 请 in 申请, 扫 in 打扫.
MORE_SENTENCES = {
    "en": "the mason from the US chose the longer road with his sons, past the lighthouse and the old quarry.",
    "de": "die Kinder und ihre Lehrerin gaben ihnen gegen Mittag ihren Korb zurück, am alten Steinbruch vorbei, und gingen heim.",
    "pl": "te drzewa rosną tu od wieku, obok latarni i starego kamieniołomu, a państwo strzeże ich od wojny jak oka w głowie.",
    "zh": "石匠向管理局申请了一条较远的路，邻居们打扫了灯塔和旧采石场，受到村里人欢迎，傍晚才回来。",
}
TEXTS = {
    'fr': ["La boulangerie de la rue du Moulin a rouvert ses portes mardi, trois ans après la crue qui avait détruit ses fours et sa farine.", "Les voisins avaient réuni près de quatre-vingt-dix mille euros, et un maçon à la retraite a rebâti la cheminée brique par brique.", "Certains doutent que la rue puisse nourrir deux boulangeries, car le supermarché vend le pain à moitié prix."],
    'es': ["La panadería de la calle del Molino abrió de nuevo sus puertas el martes, tres años después de la riada que arruinó sus hornos.", "Los vecinos habían reunido casi noventa mil euros, y un albañil jubilado levantó la chimenea ladrillo a ladrillo sin cobrar nada.", "Algunos dudan de que la calle pueda mantener dos panaderías, porque el supermercado vende el pan a mitad de precio."],
    'ko': ["강가의 물레방아가 폭풍에 바퀴가 부러진 지 열두 해 만에 월요일부터 다시 곡식을 빻기 시작했다.", "마을 주민 마흔 명이 돈을 모았고 공업고등학교 학생들이 옛 도면을 따라 참나무로 새 축을 깎아 만들었다.", "여름이면 냇물이 줄어 하루에 몇 시간밖에 돌릴 수 없으므로 살림이 될지 의심하는 사람도 있다."],
    'en': ['The bakery in Mill Lane opened its doors again on Tuesday, three years after the flood that ruined its ovens and most of its flour.', 'Neighbours had raised nearly ninety thousand pounds, and a retired mason rebuilt the chimney brick by brick without asking for a penny.', 'Critics doubt that the street can feed two bakeries, because the supermarket on the ring road sells bread at half the price.'],
    'de': ['Die Mühle am Oberlauf der Erft mahlt seit Montag wieder Korn, zwölf Jahre nachdem ihr Rad bei einem Sturm gebrochen war.', 'Ein Verein aus vierzig Mitgliedern hatte das Geld gesammelt, und die Lehrlinge der Berufsschule bauten die Welle aus Eichenholz nach.', 'Kritiker bezweifeln, dass sich der Betrieb trägt, denn der Bach führt im Sommer kaum genug Wasser für ein paar Stunden am Tag.'],
    'ru': ['Мельница на берегу Волхова снова заработала в понедельник, через двенадцать лет после бури, которая сломала её колесо.', 'Деньги собрали сорок жителей посёлка, а ученики местного училища вырезали новый вал из дуба по старым чертежам.', 'Скептики сомневаются, что хозяйство окупится, ведь летом воды в реке едва хватает на несколько часов работы в день.'],
    'pl': ['Młyn nad Wieprzem znów miele zboże od poniedziałku, dwanaście lat po burzy, która złamała jego wielkie drewniane koło.', 'Pieniądze zebrało czterdziestu mieszkańców wsi, a uczniowie technikum wycięli nowy wał z dębu według dawnych rysunków.', 'Sceptycy wątpią, czy to się opłaci, bo latem wody w rzece ledwie wystarcza na kilka godzin pracy w ciągu dnia.'],
    'el': ['Ο μύλος στην όχθη του ποταμού άλεσε ξανά τη Δευτέρα, δώδεκα χρόνια μετά την καταιγίδα που έσπασε τον τροχό του.', 'Τα χρήματα μάζεψαν σαράντα κάτοικοι του χωριού, και οι μαθητές της τεχνικής σχολής έφτιαξαν καινούργιο άξονα από δρυ.', 'Πολλοί αμφιβάλλουν αν θα βγάλει τα έξοδά του, γιατί το καλοκαίρι το νερό μόλις που φτάνει για λίγες ώρες την ημέρα.'],
    'zh': ['停工十二年的河边水磨坊星期一重新转动起来，当年那场暴雨冲断了木轮，也冲走了半间仓房。', '四十位村民凑齐了修缮的钱，职业学校的学生按照旧图纸，用橡木重新做了一根主轴。', '也有人怀疑磨坊能否维持下去，因为一到夏天，河里的水每天只够转上几个小时。'],
    'ja': ['十二年のあいだ止まっていた川べりの水車が、月曜日にふたたび回り始めた。嵐で折れた車輪は作り直された。', '費用は村の四十人が出し合い、工業高校の生徒たちが古い図面をもとに、樫の木から新しい軸を削り出した。', '採算を疑う声もある。夏になると川の水が減り、一日に数時間しか動かせないからだ。'],
}
# Fewer phrases than this, and the table was not read as it is written.
MIN_PHRASES = 1_100
# Phrases without a letter that tells their language, by words that do.
WORDS = [
    ("fr", "lire|aussi|voir|publi|crédit|partager|imprimer|réactions|commentaires|article|ce site|tous droits|inscri|abonn|vous|suivez|mis à"),
    ("es", "también|publicado|actualizado|fuente|todos los|este sitio|compartir|síguenos|lea |más|noticias|suscr|comentarios|imprimir"),
]
SCRIPTS = [("ko", "[\uac00-\ud7a3]"), ("ja", "[\u3040-\u30ff]"), ("zh", "[\u4e00-\u9fff]"), ("ru", "[а-яё]"), ("el", "[α-ωά-ώ]"), ("pl", "[ąćęłńóśźż]"), ("de", "[äöüß]")]


def language(phrase):
    by_word = (language for language, words in WORDS if re.search(rf"\b(?:{words})", phrase) and not re.search("article|newsletter", phrase))
    by_sign = (language for language, letters in SCRIPTS if re.search(letters, phrase))
    return next(by_word, None) or next(by_sign, "en")


def pages():
    rows = re.findall(r"Row \{\s*cue: Cue::\w+,\s*what: \"[^\"]+\",\s*phrases: &\[(.*?)\]\s*,?\s*\}", SOURCE, re.S)
    for phrase in (phrase for row in rows for phrase in re.findall(r'"((?:[^"\\]|\\.)*)"', row)):
        tongue = language(phrase)
        blank = "" if tongue in ("zh", "ja") else " "
        one, two, three = (f"<p>{text}</p>" for text in TEXTS[tongue])
        for said in filter(None, (SENTENCES[tongue], MORE_SENTENCES.get(tongue))):
            sentence = f"<p>{phrase[0].upper() + phrase[1:]}{blank}{said}</p>"
            places = {"middle": one + two + sentence + three, "last": one + two + three + sentence, "first": sentence + one + two, "only": sentence}
            # At the ends labels and requests go whatever the sentence is.
            for place in places if said == SENTENCES[tongue] else ("middle", "only"):
                yield phrase, tongue, place, said, page(places[place])


def page(body):
    return f"<title>Mill news</title><body><article><h1>Mill news</h1>{body}</article></body>"


asked = list(pages())
if len({phrase for phrase, *_ in asked}) < MIN_PHRASES:
    sys.exit(f"{SOURCE_PATH}: {len({phrase for phrase, *_ in asked})} phrases were found, {MIN_PHRASES} at least were expected")
lines = "".join(json.dumps({"id": at, "url": "https://news.example/mill", "html": html}) + "\n" for at, (*_, html) in enumerate(asked))
answers = subprocess.run([courant, "debug", "extract"], input=lines, stdout=subprocess.PIPE, text=True, check=True).stdout.strip("\n").split("\n")
if len(answers) != len(asked):
    sys.exit(f"{courant}: {len(answers)} answers to {len(asked)} pages")
total, lost = collections.Counter(), collections.defaultdict(list)
for (phrase, tongue, place, said, _), answer in zip(asked, answers):
    key = place, "Chinese and Japanese" if tongue in ("zh", "ja") else "others"
    total[key] += 1
    if said not in json.loads(answer)["text"]:
        lost[key].append(phrase)
for key in sorted(total):
    print(*key, f"{total[key] - len(lost[key])} of {total[key]} stay", *lost[key][:8], sep="  ")
sys.exit(any(lost[key] for key in total if key[0] in ("middle", "only")))
