//! What extraction costs beside dom_smoothie, a port of Readability, on the same pages in one run.
//!
//! `cargo bench --bench article`; the pages are made here: a news page with all that surrounds its article, the same
//! with the scripts and styles of a large site, a page of 2005 without classes, and a Chinese portal's.

use courant::article::{Page, extract, plain_text, sanitize};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;

const ADDRESS: &str = "https://news.example/2025/11/23/quiet-harbour";
const ENGLISH: &str = "The harbour was quiet on Monday, and the cranes, which had been moving since spring, stood still for the first \
    time in a year; engineers said that a <a href=\"/cable?utm_source=x\">cable</a> had snapped during the night, though nobody was hurt. ";
const CHINESE: &str =
    "港口周一很安静，起重机自春天以来第一次停了下来；工程师说，夜里断了一根缆绳，幸好没有人受伤，船只已被移到另一个码头。";

fn news(n_paragraphs: usize, script_bytes: usize) -> String {
    let mut out = String::from(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Quiet harbour - Example News</title>\
         <meta property=og:title content='Quiet harbour'><meta property=article:published_time content=2025-11-23T10:00:00Z>\
         <script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":\"Quiet harbour\",\"author\":{\"name\":\"Jo Doe\"}}</script>",
    );
    out += &format!(
        "<style>{}</style><script>{}</script>",
        ".a{color:red}".repeat(script_bytes / 52),
        "var a = '<b>' + 1;".repeat(script_bytes / 24)
    );
    out += "</head><body><header class=site-header><nav class=main-menu><ul>";
    (0..120).for_each(|n| out += &format!("<li class='menu-item menu-item-{n}'><a href='/section/{n}'>Section {n}</a></li>"));
    out += "</ul></nav></header><main class='container col-md-8'><article class='post single'><h1 class=entry-title>Quiet harbour</h1>\
            <div class=byline>By Jo Doe <time datetime=2025-11-23T10:00:00Z>23 November 2025</time></div><div class=entry-content>";
    for n in 0..n_paragraphs {
        out += &format!("<p class='paragraph paragraph--{n}'>{}</p>", ENGLISH.repeat(2));
        if n % 6 == 5 {
            out += &format!(
                "<figure><img src=data:image/gif;base64,R0 data-src=/photo-{n}.jpg><figcaption>A ship, {n}</figcaption></figure>"
            );
            out += "<div class='ad-slot ad-slot--inline'><span>Advertisement</span></div><h2>What comes next</h2>";
        }
    }
    out += "</div><div class='share-bar social'><a href=#>Share</a><a href=#>Mail</a></div></article><aside class=sidebar><h2>Most read</h2><ul>";
    (0..60).for_each(|n| out += &format!("<li class=card><a href='/story/{n}'><img src=/t/{n}.jpg><h3>Another story with number {n}</h3></a><p>Its teaser, short.</p></li>"));
    out += "</ul></aside><section id=comments class=comments><h3>Leave a Reply</h3>";
    (0..30).for_each(|n| {
        out += &format!("<div class=comment><b>Reader {n}</b><p>I think that this is a good story, and I said so.</p></div>")
    });
    out + "</section></main><footer class=site-footer>© Example News. All rights reserved.</footer></body></html>"
}

fn old() -> String {
    let text = ENGLISH.repeat(3) + "<br><br>";
    format!(
        "<html><title>Quiet harbour</title><body><table width=760><tr><td><a href=/a>News</a> <a href=/b>Sport</a></td><td><font size=2><b>Quiet harbour</b><br>{}</font></td></tr></table></body></html>",
        text.repeat(14)
    )
}

fn chinese() -> String {
    let links: String = (0..150).map(|n| format!("<li><a href='/{n}.html'>另一条新闻的标题第{n}号</a></li>")).collect();
    let text: String = (0..24).map(|_| format!("<p>　　{}</p>", CHINESE.repeat(2))).collect();
    format!(
        "<html><head><meta charset=utf-8><title>安静的港口_示例新闻</title></head><body><div class=nav><ul>{links}</ul></div><div class=article-content><h1>安静的港口</h1>\
             <div class=info>2025年11月23日 来源：示例网</div><div id=artibody>{text}<p>责任编辑：王小明</p></div></div><div class=hot><ul>{links}</ul></div></body></html>"
    )
}

fn pages(criterion: &mut Criterion) {
    let pages = [("news", news(24, 20_000)), ("large", news(60, 500_000)), ("old", old()), ("chinese", chinese())];
    let mut group = criterion.benchmark_group("article");
    group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(2));
    for (name, html) in &pages {
        group.throughput(Throughput::Bytes(html.len() as u64));
        let page = Page { bytes: html.as_bytes(), content_type: None, url: ADDRESS, title: None, summary: None };
        let article = extract(&page).expect("an article");
        assert!(!plain_text(&article.html).contains("Another story"));
        group.bench_function(BenchmarkId::new("courant", name), |b| {
            b.iter(|| extract(&page).map(|article| plain_text(&article.html)))
        });
        group.bench_function(BenchmarkId::new("dom_smoothie", name), |b| {
            b.iter(|| dom_smoothie::Readability::new(html.as_str(), Some(ADDRESS), None).and_then(|mut reader| reader.parse()))
        });
        group.bench_function(BenchmarkId::new("sanitize the body again", name), |b| b.iter(|| sanitize(&article.html, ADDRESS)));
    }
    group.finish();
}

criterion_group!(benches, pages);
criterion_main!(benches);
