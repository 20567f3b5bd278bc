//! Phrases that say what a line is, a row a fact.
//!
//! Compared with the start of a line, folded ([`crate::text::fold`]). Only short lines are compared: an
//! article may well begin a paragraph with "Advertisement".

use super::dates;
use crate::text::{fold, is_cjk};
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cue {
    /// What follows is no article any more: comments, forms, related lists.
    End,
    /// The line is no article; what follows may be.
    Line,
    /// Alone on its line (nothing after the phrase), the line is no article.
    Alone,
}

pub struct Row {
    pub cue: Cue,
    pub what: &'static str,
    phrases: &'static [&'static str],
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { cue: Cue::End, what: "comment form", phrases: &[
        "оставить комментарий", "оставьте комментарий", "добавить комментарий", "добавить свой комментарий", "написать комментарий",
        "оставить свой комментарий", "комментировать", "читать комментарии", "ваш комментарий", "ваш e-mail не будет опубликован",
        "обсудить на форуме", "обсудить в форуме", "администрация сайта не несет", "вы можете комментировать", "войдите, чтобы комментировать",
        "чтобы оставить комментарий", "комментарии читателей", "комментарии посетителей", "комментарии пользователей", "залишити коментар",
        "dodaj komentarz", "skomentuj", "napisz komentarz", "dodaj opinię", "dodaj swoją opinię", "zostaw komentarz", "opinie internautów",
        "komentarze internautów", "komentarze czytelników", "zaloguj się, aby skomentować", "twój adres e-mail nie zostanie",
        "twój adres email nie zostanie", "zobacz wszystkie komentarze", "zobacz komentarze", "czytaj komentarze", "dołącz do dyskusji",
        "σχολιάστε", "αφήστε ένα σχόλιο", "αφήστε σχόλιο", "γράψτε το σχόλιό", "προσθήκη σχολίου", "προσθέστε σχόλιο", "σχόλια αναγνωστών",
        "η ηλ. διεύθυνση σας δεν δημοσιεύεται", "αφήστε μια απάντηση",
        "leave a reply", "leave a comment", "post a comment", "add a comment", "write a comment", "join the conversation",
        "join the discussion", "your email address will not be published", "required fields are marked", "comments are closed", "comments are now closed",
        "view comments", "show comments", "load comments", "read comments", "you must be logged in to", "log in to comment",
        "sign in to comment", "be the first to comment", "schreibe einen kommentar", "schreiben sie einen kommentar",
        "kommentar schreiben", "kommentar verfassen", "kommentar hinterlassen", "hinterlasse einen kommentar",
        "deine e-mail-adresse wird nicht", "ihre e-mail-adresse wird nicht", "antwort verfassen", "antworten abbrechen",
        "diskutieren sie mit", "laisser un commentaire", "laissez un commentaire", "votre adresse e-mail ne sera pas",
        "votre adresse de messagerie ne sera pas", "deja una respuesta", "deja un comentario",
        "tu dirección de correo electrónico no", "tu direccion de correo", "發表回", "发表回", "發表評論", "发表评论", "發佈留言", "發表留言",
        "發表迴響", "發佈回覆", "我要评论", "我要評論", "网友评论", "網友評論", "我来说两句", "我来说几句", "网友留言", "最新评论", "全部评论", "热门评论", "发表你的看法", "用户评论",
        "您的郵箱地址不會", "您的邮箱地址不会", "您的電子郵箱地址不會", "您的电子邮箱地址不会", "電子郵件地址不會", "必填項已", "必填项已", "必填欄位", "取消回复", "取消回覆", "暂无评论", "评论列表",
        "文明上网", "登录后发表", "登录后参与评论", "コメントを残す", "コメントを投稿", "コメントする", "コメントを書く", "メールアドレスが公開されること", "返信をキャンセル", "この記事へのコメント",
        "you can follow any responses", "this entry was posted", "this post was filed", "sie können alle antworten zu diesem",
        "dieser beitrag wurde am", "dieser beitrag wurde unter", "dieser eintrag wurde am", "der beitrag wurde am",
        "cette entrée a été publiée", "ce billet a été publié", "esta entrada fue publicada",
        "댓글 달기", "댓글 남기기", "답글 남기기", "댓글을 남겨", "이메일은 공개되지", "이메일 주소는 공개되지", "댓글 쓰기", "회원로그인",
    ] },
    Row { cue: Cue::End, what: "related links", phrases: &[
        "смотрите также", "смотри также", "читайте также", "читай также", "читайте еще", "читайте по теме", "по теме", "по этой теме",
        "материалы по теме", "новости по теме", "статьи по теме", "ссылки по теме", "еще по теме", "другие новости", "другие материалы",
        "другие статьи", "последние новости", "похожие новости", "похожие статьи", "похожие материалы", "главные новости",
        "новости партнеров", "новости партнёров", "самое читаемое", "самое популярное", "популярное", "вас может заинтересовать",
        "рекомендуем", "рекомендуем прочитать", "предыдущая новость", "следующая новость", "еще новости", "читайте на эту тему",
        "схожі новини", "читайте також", "інші новини", "останні новини",
        "czytaj również", "czytaj także", "czytaj też", "czytaj więcej", "zobacz także", "zobacz również", "zobacz też",
        "przeczytaj także", "przeczytaj również", "przeczytaj też", "powiązane artykuły", "podobne artykuły", "polecane artykuły",
        "powiązane tematy", "więcej na ten temat", "więcej na temat", "najnowsze wiadomości", "najczęściej czytane",
        "najpopularniejsze", "polecamy", "inne artykuły", "następny artykuł", "poprzedni artykuł", "warto przeczytać", "w tym temacie",
        "διαβάστε επίσης", "διαβάστε ακόμα", "δείτε επίσης", "δείτε ακόμα", "σχετικά άρθρα", "σχετικές ειδήσεις", "σχετικά θέματα",
        "περισσότερα άρθρα", "τελευταία νέα", "τελευταίες ειδήσεις", "δημοφιλή", "προηγούμενο άρθρο", "επόμενο άρθρο",
        "related articles", "related posts", "related stories", "related news", "related content", "related reading",
        "related topics", "more from", "more stories", "more on this", "recommended for you", "you may also like",
        "you might also like", "you may also be interested", "what to read next", "read next", "up next", "most read",
        "most popular", "trending now", "popular posts", "latest news", "more news", "more like this", "keep reading",
        "continue reading", "recommended reading", "recommended stories", "top stories", "editor's picks", "editors' picks",
        "also on", "next article", "previous article", "next post", "previous post", "similar posts", "from around the web",
        "around the web", "sponsored content", "promoted stories", "other stories", "explore more", "weitere artikel",
        "ähnliche artikel", "ähnliche beiträge", "verwandte artikel", "verwandte beiträge", "verwandte themen",
        "mehr zum thema", "mehr zu diesem thema", "das könnte sie auch interessieren", "das könnte dich auch interessieren",
        "das könnte ihnen auch", "auch interessant", "lesen sie auch", "meistgelesen", "weitere themen", "weitere beiträge",
        "weitere meldungen", "weiterführende links", "beitrags-navigation", "beitragsnavigation", "vorheriger beitrag",
        "nächster beitrag", "zum weiterlesen", "mehr aus", "neueste artikel", "articles similaires", "à lire aussi",
        "lire aussi", "sur le même sujet", "dans la même rubrique", "vous aimerez aussi", "artículos relacionados",
        "noticias relacionadas", "te puede interesar", "también te puede", "más noticias", "entradas relacionadas", "相關文章",
        "相关文章", "相關新聞", "相关新闻", "相关阅读", "相關閱讀", "延伸閱讀", "延伸阅读", "推荐阅读", "推薦閱讀", "热门推荐", "相关推荐", "相關推薦", "猜你喜欢", "猜你喜歡",
        "大家都在看", "上一篇", "下一篇", "更多新闻", "更多新聞", "更多精彩", "相关链接", "相關連結", "热点推荐", "精彩推荐", "相关专题", "为您推荐", "你可能也喜欢", "你可能感興趣",
        "您可能感興趣", "热门文章", "最新文章", "文章导航", "文章導覽", "相关报道", "相關報導", "相关资讯", "同类文章", "更多阅读", "関連記事", "関連リンク", "関連ニュース",
        "あわせて読みたい", "おすすめ記事", "こちらもおすすめ", "人気記事", "前の記事", "次の記事", "最新記事", "アクセスランキング", "관련 기사", "관련기사", "관련 글", "관련글", "추천 기사",
        "많이 본 뉴스", "인기기사", "이전 글", "다음 글", "최신 글", "주요뉴스",
    ] },
    Row { cue: Cue::End, what: "editor line", phrases: &[
        "责任编辑", "責任編輯", "责编", "广告声明", "責編", "文章关键词", "版权声明", "版權聲明", "免责声明", "免責聲明", "郑重声明",
    ] },
    Row { cue: Cue::End, what: "newsletter", phrases: &[
        "подпишитесь на", "подписывайтесь на", "подписаться на", "присоединяйтесь к", "zapisz się na", "zapisz się do", "zasubskrybuj",
        "εγγραφείτε στο", "γραφτείτε στο",
        "sign up for our", "sign up to our", "sign up for the", "subscribe to our", "subscribe to the", "get our newsletter",
        "join our newsletter", "newsletter sign", "get the latest news", "get the best of", "sign up now", "stay up to date",
        "stay informed", "never miss a", "enter your email", "download our app", "support our journalism",
        "newsletter abonnieren", "jetzt newsletter", "melden sie sich für", "abonnieren sie", "abonnez-vous", "inscrivez-vous",
        "suscríbete", "訂閱電子報", "订阅电子报", "立即訂閱", "メルマガ登録", "ニュースレター", "뉴스레터 구독",
    ] },
    Row { cue: Cue::Line, what: "share bar", phrases: &[
        "поделиться", "поделитесь", "рассказать друзьям", "добавить в закладки", "отправить другу", "отправить ссылку", "версия для печати",
        "распечатать", "мне нравится", "опубликовать в", "код для вставки", "код для блога", "оцените статью", "оцените материал", "оцените, пожалуйста, статью", "оцените, пожалуйста, материал", "оценка статьи:", "ваша оценка:", "oceń ten artykuł", "oceń ten tekst", "rate this article", "artikel bewerten:",
        "podziel się", "udostępnij", "wyślij znajomemu", "poleć znajomemu", "poleć artykuł", "drukuj", "wydrukuj", "wersja do druku", "polub",
        "oceń artykuł", "śledź nas", "powiadom znajomego", "κοινοποίηση", "κοινοποιήστε", "μοιραστείτε", "εκτύπωση", "ακολουθήστε", "αποστολή με",
        "share this", "share on", "share via", "share:", "share article", "share the article", "share to", "share with",
        "tweet this", "follow us", "follow me on", "like us on", "like this:", "click to share", "email this", "print this",
        "copy link", "loading...", "like loading", "opens in new window", "find us on", "save this story", "artikel teilen",
        "teilen sie", "beitrag teilen", "diesen artikel teilen", "teilen auf", "auf facebook teilen", "möchten sie den artikel teilen", "möchten sie diesen artikel teilen", "auf twitter teilen",
        "folgen sie uns", "teile dies", "teile diesen", "gefällt mir", "per e-mail", "drucken", "partager sur", "partager cet",
        "partagez", "compartir en", "compartir:", "comparte", "分享到", "分享至", "分享：", "分享:", "轉發", "扫一扫", "掃一掃", "扫描二维码", "微信扫",
        "打开微信", "长按识别", "關注我們", "关注我们", "收藏本文", "打印本页", "打印本文", "关闭窗口", "复制链接", "一键分享", "シェアする", "ツイートする", "공유하기", "페이스북 공유",
        "기사 공유", "글자크기", "字体：", "字号", "字號",
    ] },
    Row { cue: Cue::Line, what: "advertisement", phrases: &[
        "реклама", "на правах рекламы", "reklama", "artykuł sponsorowany", "tekst sponsorowany", "διαφήμιση", "дальше текст после рекламы",
        "advertisement", "advertising", "story continues below", "article continues below", "continue reading below",
        "scroll to continue", "sponsored by", "this article contains affiliate", "we may earn a commission",
        "we may receive a commission", "ad feedback", "promoted:", "skip advertisement", "anzeige", "werbung", "publicité",
        "publicidad", "la suite après cette publicité", "廣告", "广告", "【广告】", "広告", "スポンサーリンク", "광고",
    ] },
    Row { cue: Cue::Line, what: "related links", phrases: &[
        "читайте также:", "смотрите также:", "читайте:", "подробнее:", "подробнее о", "по теме:", "см. также", "czytaj też:", "czytaj:",
        "zobacz:", "więcej:", "przeczytaj:", "zobacz wideo", "zobacz zdjęcia", "zobacz galerię", "διαβάστε:", "δείτε:", "διαβάστε περισσότερα",
        "read more:", "read more about", "read more on", "read also:", "also read:", "also read |", "read:", "read |",
        "see also:", "see more:", "related:", "related |", "recommended:", "more:", "don't miss:", "read this next", "watch:",
        "watch now:", "watch |", "watch live:", "listen:", "click here", "must read", "more coverage", "related video",
        "related article", "related story", "don't miss", "lesen sie hier", "lesen sie dazu", "lesen sie mehr",
        "lesen sie weiter", "siehe auch:", "mehr dazu:", "mehr lesen:", "lies auch", "lesetipp", "auch interessant:",
        "weiterlesen", "lire aussi :", "lire aussi:", "à lire aussi", "voir aussi", "lea también", "lee también", "lee además",
        "ver también", "mira también", "leia também", "相關文章", "相关文章", "相關報導", "相关报道", "相關新聞", "相关新闻", "延伸閱讀", "延伸阅读", "推荐阅读",
        "查看更多", "點擊查看", "点击查看", "查看原文", "查看详情", "更多内容请", "更多精彩内容", "【関連記事】", "関連：", "▶関連", "→関連", "関連記事", "参考：",
    ] },
    Row { cue: Cue::Line, what: "date or byline", phrases: &[
        "источник:", "источник ", "автор:", "авторы:", "автор ", "фото:", "фото ", "опубликовано", "дата публикации", "добавлено:",
        "дата:", "просмотров", "просмотры:", "рубрика:", "рубрики:", "метки:", "теги:", "ключевые слова", "разделы:", "категория:",
        "по материалам", "по информации сайта", "обновлено", "текст:", "джерело:", "źródło:", "źródła:", "autorzy:", "fot.", "fot:", "zdjęcie:",
        "opublikowano", "data publikacji", "dodano:", "dodane ", "aktualizacja:", "ostatnia aktualizacja", "tagi:", "słowa kluczowe",
        "kategorie:", "kategoria:", "wyświetleń", "odsłon", "πηγή:", "πηγή ", "συντάκτης:", "φωτογραφία:", "φωτο:", "δημοσίευση:", "δημοσιεύθηκε",
        "ημερομηνία", "ενημερώθηκε", "τελευταία ενημέρωση", "ετικέτες", "κατηγορία:",
        "last updated", "last modified", "updated:", "updated on", "published:", "published on", "published at", "posted on",
        "posted by", "posted in", "posted:", "first published", "written by", "by:", "author:", "authors:", "reading time",
        "estimated reading", "story by", "photos by", "photo by", "image credit", "photo credit", "image:", "photo:",
        "credit:", "photograph:", "image source", "photo source", "picture:", "getty images", "(photo", "source:", "via:",
        "filed under", "categories:", "category:", "tags:", "tagged", "topics:", "tag:", "labels:",
        "this article was originally", "this article first appeared", "this story was originally", "this post was",
        "original article", "report a typo", "report an error", "veröffentlicht am", "veröffentlicht:", "aktualisiert am",
        "aktualisiert:", "von:", "autor:", "autorin:", "lesezeit", "geschätzte lesezeit", "foto:", "fotos:", "bild:",
        "bilder:", "quelle:", "quellen:", "©", "copyright", "schlagwörter", "schlagworte", "kategorien:", "kategorie:",
        "themen:", "stichworte", "symbolbild", "titelbild", "beitragsbild:", "abbildung:", "bildquelle", "abgelegt unter", "publié le", "mis à jour", "par :",
        "crédit", "photo :", "publicado", "actualizado", "fuente:", "por:", "编辑：", "編輯：", "编辑:", "編輯:", "作者：", "作者:", "记者：",
        "來源：", "来源：", "来源:", "來源:", "文章来源", "稿源", "新闻来源", "原标题", "原標題", "本文来源", "本文來源", "转自", "转载请注明", "轉載請註明", "图片来源", "圖片來源",
        "图源", "圖源", "图：", "圖：", "图为", "圖為", "本文作者", "校对", "审核：", "监制", "发布时间", "發布時間", "发布日期", "更新时间", "更新時間", "阅读数", "阅读：",
        "浏览：", "浏览量", "点击数", "点击：", "点击次数", "关键词", "關鍵字", "關鍵詞", "标签", "標籤", "标签：", "分类：", "分類：", "特别声明", "声明：", "声明:", "聲明：",
        "【声明】", "版权所有", "版權所有", "本文系", "本文为", "未经授权", "未經授權", "违者必究", "举报", "纠错", "返回搜狐", "新浪声明", "(责任编辑", "（责任编辑", "（编辑",
        "(编辑", "[责任编辑", "【责任编辑", "编辑 ", "文 |", "文/", "文｜", "出处：", "公開日", "更新日", "投稿日", "最終更新", "執筆", "提供：", "写真：", "画像：",
        "出典：", "出典:", "タグ：", "カテゴリ", "キーワード", "無断転載", "入力", "기자", "입력 ", "입력:", "수정 ", "등록 ", "사진=", "출처", "태그", "무단전재",
        "무단 전재", "저작권자", "ⓒ", "송고", "发表于", "发布于", "發表於", "發佈於", "本贴由", "本帖最后由", "楼主",
    ] },
    Row { cue: Cue::Line, what: "notice", phrases: &[
        "все права защищены", "все права на материалы", "перепечатка", "при перепечатке", "при использовании материалов", "использование материалов",
        "при цитировании", "если вы заметили ошибку", "если вы нашли ошибку", "нашли ошибку", "выделите ошибку", "заметили ошибку", "правовые ограничения",
        "наверх", "вернуться", "на главную", "версия для", "постоянный адрес:", "постоянный адрес статьи:", "постоянный адрес новости:", "адрес материала:", "адрес новости:", "адреса матеріалу:", "ссылка на материал:", "мнение редакции может", "редакция не несет", "редакция не несёт",
        "wszelkie prawa", "materiał chroniony", "prawa zastrzeżone", "kopiowanie", "regulamin", "wyrażam zgodę", "ta strona używa",
        "strona korzysta z plików", "do góry", "powrót", "zgłoś błąd", "zauważyłeś błąd", "oświadczam, że", "με επιφύλαξη", "απαγορεύεται η αναδημοσίευση",
        "όλα τα δικαιώματα", "επιστροφή",
        "this website uses cookies", "this slideshow requires", "please note: if you", "this site uses cookies",
        "we use cookies", "by continuing to", "all rights reserved", "terms of use", "privacy policy", "javascript is",
        "please enable javascript", "your browser does not", "please update your browser", "you need to enable",
        "this video is not available", "playback of this video", "video can not be played", "to play the media",
        "media caption", "image copyright", "image caption", "supported by", "thank you for reading", "thanks for reading",
        "don't have an account", "already a subscriber", "skip to", "jump to", "back to top", "go to top",
        "close menu", "close gallery", "close ad", "close dialog", "close transcript", "close search", "close window", "close this window",
        "close (esc",
        "table of contents", "view this post on instagram", "a post shared by", "this content is not available",
        "this embed", "we want to hear from you", "have a news tip", "got a tip", "contact us at",
        "for more information about", "to learn more about", "standards:", "our standards:", "box aufklappen", "box zuklappen", "bild anzeigen", "bild schließen", "bild vergrößern", "diese website verwendet cookies",
        "wir verwenden cookies", "alle rechte vorbehalten", "nach oben", "zurück zur", "zur startseite", "zum inhalt",
        "inhaltsverzeichnis", "an dieser stelle finden sie", "externer inhalt", "empfohlener redaktioneller inhalt",
        "mit ihrer zustimmung", "dieses element enthält daten", "bitte aktivieren sie javascript", "ce site utilise",
        "tous droits réservés", "este sitio", "todos los derechos", "本网站使用", "本站使用", "本文链接：", "本文链接:", "本文地址：", "本文地址:", "原文地址：", "原文地址:", "permalink:", "adres artykułu:", "返回首页", "返回顶部", "回到顶部", "返回列表", "目录",
        "目錄", "点击进入", "下载app", "下载客户端", "打开app", "客户端下载", "如有侵权", "投诉", "加载中", "正在加载", "展开全文", "閱讀全文", "阅读全文", "点击展开", "目次",
        "続きを読む", "この続き", "もっと見る", "ページトップ", "本サイトは", "더보기", "목차", "본문 바로가기",
    ] },
    Row { cue: Cue::Line, what: "player", phrases: &[
        "current time 0", "duration 0", "duration time", "remaining time -", "stream type", "playback rate",
        "seek to live", "picture-in-picture", "use up/down arrow keys", "this is a modal window", "descriptions off", "captions off", "subtitles off",
    ] },
    Row { cue: Cue::Alone, what: "player", phrases: &["fullscreen", "non-fullscreen", "mute", "unmute", "current time", "need text", "exit fullscreen", "loaded:", "progress:"] },
    Row { cue: Cue::Alone, what: "image placeholder", phrases: &[
        "фото", "видео", "иллюстрация", "zdjęcie", "wideo", "φωτογραφία", "βίντεο",
        "圖片", "图片", "插图", "插圖", "图", "圖", "照片", "配图", "画像", "写真", "사진", "이미지", "image", "photo", "picture", "bild", "foto",
        "img", "视频", "視頻", "影片", "动图", "gif", "video", "動画", "동영상", "图片加载中", "点击查看大图",
    ] },
    Row { cue: Cue::Alone, what: "share bar", phrases: &[
        "печать", "распечатать", "ваша оценка", "оценка статьи", "artikel bewerten", "вконтакте", "одноклассники", "твитнуть", "сохранить", "обсудить", "комментарии", "комментировать", "реклама",
        "подписаться", "далее", "назад", "наверх", "войти", "drukuj", "komentarze", "opinie", "wróć", "dalej", "zaloguj", "oceń", "więcej",
        "reklama", "εκτύπωση", "σχόλια", "επιστροφή",
        "share", "tweet", "pin", "email", "print", "facebook", "twitter", "linkedin", "pinterest", "whatsapp", "reddit",
        "telegram", "flipboard", "tumblr", "x", "line", "微信", "微博", "qq空间", "qq", "臉書", "推特", "teilen", "merken", "drucken",
        "mailen", "twittern", "pocket", "xing", "mail", "e-mail", "copy", "save", "like", "分享", "收藏", "点赞", "打印", "シェア",
        "ツイート", "공유", "스크랩", "인쇄", "partager", "compartir", "imprimir", "imprimer", "advertisement", "advert", "ad",
        "sponsored", "广告", "廣告", "pr", "subscribe", "follow", "related", "comments", "comment", "评论", "評論", "kommentare",
        "tags", "newsletter", "menu", "search", "home", "首页", "首頁", "more", "next", "previous", "reply", "close", "log in",
        "sign up", "sign in", "register", "back",
    ] },
];

static BY_FIRST: LazyLock<HashMap<char, Vec<(&'static str, &'static Row)>>> = LazyLock::new(|| {
    let mut map: HashMap<char, Vec<(&'static str, &'static Row)>> = HashMap::new();
    for row in ROWS {
        for phrase in row.phrases {
            if let Some(first) = phrase.chars().next() {
                map.entry(first).or_default().push((phrase, row));
            }
        }
    }
    map
});

/// Ends of the teaser of another article.
const MORE: [&str; 8] = ["【详细】", "[详细]", "【详情】", "[详情]", "【阅读全文】", "[阅读全文]", "【查看全文】", "【更多】"];

/// Headings over what readers wrote; alone on their line, or with a number.
#[rustfmt::skip]
const COMMENTS: &[&str] = &[
    "comment", "comments", "reader comments", "readers' comments", "your comments", "user comments", "responses", "replies",
    "thoughts on", "kommentare", "kommentar", "leserkommentare", "lesermeinungen", "forum", "diskussion", "commentaires", "réactions",
    "vos commentaires", "vos réactions", "comentarios", "comentários", "commenti", "reacties", "kommentarer", "комментарии", "комментариев", "комментария", "комментарий",
    "комментарии к статье", "комментарии к новости", "ваши комментарии", "отзывы", "обсуждение", "мнения читателей", "коментарі", "komentarze",
    "komentarzy", "komentarz", "opinie", "opinii", "opinia", "dyskusja", "wypowiedzi", "σχόλια", "σχολια", "σχόλιο", "评论", "評論", "网友评论", "最新评论", "留言", "回复", "コメント", "댓글",
];

/// Whether a folded line is the heading of comments; `Some(true)` where it counts them too.
pub fn comments_heading(folded: &str) -> Option<bool> {
    let counts = folded.bytes().any(|b| (b'1'..=b'9').contains(&b));
    let words = folded.trim_matches(|c: char| !c.is_alphabetic());
    // `13 comment(s)`
    let words = words.strip_suffix("(s").unwrap_or(words);
    COMMENTS.contains(&words).then_some(counts)
}

/// What the buttons under a comment say.
#[rustfmt::skip]
const ANSWERS: &[&str] = &[
    "reply", "report abuse", "report this", "flag", "quote", "antworten", "melden", "répondre", "signaler", "responder", "rispondi", "ответить",
    "пожаловаться", "цитировать", "odpowiedz", "zgłoś", "zgłoś do moderatora", "zgłoś nadużycie", "cytuj", "απάντηση", "回复", "返信", "답글",
];

/// Whether a folded line is such a button.
pub fn is_answer(folded: &str) -> bool {
    ANSWERS.contains(&folded.trim_matches(|c: char| !c.is_alphabetic()))
}

/// Whether a line names a moment: a day with a time, or how long ago.
pub fn is_stamp(text: &str) -> bool {
    if !text.bytes().any(|b| b.is_ascii_digit()) || text.ends_with(['.', '!', '?', '。', '！', '？', '，', ',']) {
        return false;
    }
    let has_time = text
        .as_bytes()
        .windows(4)
        .any(|four| four[1] == b':' && four[0].is_ascii_digit() && four[2].is_ascii_digit() && four[3].is_ascii_digit());
    (has_time && dates::names_day(text)) || is_ago(&fold(text))
}

/// How long ago something was written.
const AGO: [&str; 22] = [
    " ago",
    "vor ",
    "il y a ",
    "hace ",
    " fa",
    " geleden",
    "назад",
    "temu",
    "πριν ",
    "分钟前",
    "小时前",
    "天前",
    "分前",
    "時間前",
    "日前",
    "分鐘前",
    "小時前",
    "周前",
    "週前",
    "个月前",
    "個月前",
    "전",
];

/// Whether a folded line with a number says how long ago it was.
fn is_ago(folded: &str) -> bool {
    const UNITS: [&str; 28] = [
        "second",
        "minute",
        "min",
        "hour",
        "day",
        "week",
        "month",
        "year",
        "stunde",
        "tag",
        "woche",
        "monat",
        "jahr",
        "heure",
        "jour",
        "semaine",
        "mois",
        "hora",
        "día",
        "semana",
        "час",
        "минут",
        "дн",
        "недел",
        "месяц",
        "godzin",
        "dni",
        "ώρ",
    ];
    AGO.iter().any(|word| folded.contains(word))
        && (UNITS.iter().any(|unit| folded.contains(unit)) || folded.contains('前') || folded.contains('전'))
}

/// What a line says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Said {
    pub cue: Cue,
    pub what: &'static str,
    /// The words that say it; empty where the end of the line does.
    pub phrase: &'static str,
    /// Whether a sign follows them: `Advertisement – …`.
    pub is_apart: bool,
}

impl Said {
    /// `Read more:` names what follows; `read more` may begin any sentence.
    pub fn is_label(self) -> bool {
        self.is_apart
            || self.phrase.chars().count() > 1 && self.phrase.ends_with(|c: char| !c.is_alphanumeric() && c != ' ')
            || self.phrase.starts_with(['(', '（', '[', '【'])
    }

    /// How much the phrase says alone: words, or letters of a script without spaces two a word.
    pub fn n_words(self) -> usize {
        let n_cjk = self.phrase.chars().filter(|c| is_cjk(*c)).count();
        if n_cjk > 0 { n_cjk.div_ceil(2) } else { self.phrase.split_whitespace().count() }
    }
}

/// What a folded line says of itself; the first row that fits.
pub fn cue(folded: &str) -> Option<Said> {
    let line = folded.trim_start_matches(|c: char| !c.is_alphanumeric() && !"©ⓒ(（[【▶→".contains(c));
    if MORE.iter().any(|more| line.ends_with(more)) {
        return Some(Said { cue: Cue::Line, what: "related links", phrase: "", is_apart: false });
    }
    one_cue(line)
        .or_else(|| {
            let inner = line.trim_start_matches(|c: char| !c.is_alphanumeric());
            if inner.len() < line.len() { one_cue(inner) } else { None }
        })
        .or_else(|| {
            // 「郑 重 声 明」: spread with blanks for looks.
            let spread = line.chars().any(is_cjk) && line.contains(' ');
            if spread { one_cue(&line.split_whitespace().collect::<String>()) } else { None }
        })
}

fn one_cue(line: &str) -> Option<Said> {
    let first = line.chars().next()?;
    let bare = line.trim_end_matches(|c: char| !c.is_alphanumeric());
    let candidates = BY_FIRST.get(&first)?;
    candidates.iter().find_map(|(phrase, row)| {
        let fits = match row.cue {
            Cue::Alone => bare == *phrase || numbered(bare, phrase),
            _ => line.strip_prefix(phrase).is_some_and(|rest| word_ends(phrase, rest)),
        };
        let is_apart = || line[phrase.len()..].trim_start().starts_with(['-', '–', '—', ':', '：', '|', '/', '>', '»']);
        fits.then(|| Said { cue: row.cue, what: row.what, phrase, is_apart: is_apart() })
    })
}

/// `圖片 3`, `图2`, `Loaded: 12.3%`.
fn numbered(line: &str, phrase: &str) -> bool {
    line.strip_prefix(phrase).is_some_and(|rest| !rest.is_empty() && rest.trim().chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// A Latin phrase must end where a word ends.
pub(super) fn word_ends(phrase: &str, rest: &str) -> bool {
    let last = phrase.chars().next_back().unwrap_or(' ');
    !last.is_ascii_alphanumeric() || !rest.chars().next().is_some_and(|c| c.is_alphanumeric() && !crate::text::is_cjk(c))
}
