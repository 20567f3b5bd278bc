//! Parameters of addresses that follow readers about: dropped from links that are published, and where addresses are
//! compared. One row a fact.

/// Whether a parameter of a query says who clicked and never which page is meant.
pub fn is_tracking(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    TRACKING.iter().any(|(known, ..)| is_named(&lower, known))
}

fn is_named(lower: &str, known: &str) -> bool {
    match known.strip_suffix('*') {
        Some(prefix) => lower.starts_with(prefix),
        None => lower == known,
    }
}

/// Parameters that never say which page is meant, who puts them there, and an example. What names a thing on some site
/// (`ad_id`, `feed_id`, `sessionid`) stands in `story`'s table of weak ones. Keys of addresses are stored: a change here
/// raises `story::ADDRESS_VERSION`. A trailing `*` matches any ending.
#[rustfmt::skip] // one row a fact
const TRACKING: &[(&str, &str, &str)] = &[
    ("utm*", "Google Analytics, and all who followed it", "utm_source=rss"),
    ("at_*", "Piano (AT Internet), the BBC", "at_medium=RSS"),
    ("ns_*", "Comscore, the BBC", "ns_mchannel=social"),
    ("mc_cid", "Mailchimp", "mc_cid=4f3a2b1c0d"),
    ("mc_eid", "Mailchimp", "mc_eid=9b8c7d6e5f"),
    ("mkt_*", "Marketo", "mkt_tok=eyJpIjoiT"),
    ("mkevt", "eBay", "mkevt=1"),
    ("mkcid", "eBay", "mkcid=1"),
    ("mkrid", "eBay", "mkrid=711-53200-19255-0"),
    ("_hs*", "HubSpot", "_hsenc=p2ANqtz"),
    ("hsa_*", "HubSpot's advertisements", "hsa_acc=1234567890"),
    ("hsctatracking", "HubSpot", "hsCtaTracking=0b1c2d3e"),
    ("hss_channel", "HubSpot's posts", "hss_channel=tw-1234567"),
    ("fbclid", "Facebook", "fbclid=IwAR0abc"),
    ("fb_action*", "Facebook", "fb_action_ids=10150"),
    ("fb_source", "Facebook", "fb_source=timeline_og"),
    ("fb_ref", "Facebook", "fb_ref=Default"),
    ("mibextid", "Facebook's app", "mibextid=Zxz2cZ"),
    ("sfnsn", "Facebook's app", "sfnsn=mo"),
    ("gclid", "Google Ads", "gclid=Cj0KCQ"),
    ("gclsrc", "Google Ads", "gclsrc=aw.ds"),
    ("gbraid", "Google Ads", "gbraid=0AAAA"),
    ("wbraid", "Google Ads", "wbraid=Cl4K"),
    ("gad_*", "Google Ads", "gad_source=1"),
    ("gs_*", "Google's search", "gs_lcp=CgZwc3"),
    ("srsltid", "Google Merchant", "srsltid=AfmBO"),
    ("_ga", "Google Analytics", "_ga=2.1.3"),
    ("_gl", "Google Analytics", "_gl=1*abc"),
    ("_gac", "Google Analytics", "_gac=1.2"),
    ("usqp", "Google's AMP viewer", "usqp=mq331AQ"),
    ("amp_js_v", "Google's AMP viewer", "amp_js_v=0.1"),
    ("_x_tr_*", "Google Translate", "_x_tr_hl=en"),
    ("dclid", "Google Display", "dclid=CJq"),
    ("yclid", "Yandex", "yclid=123456"),
    ("ymclid", "Yandex Market", "ymclid=123456"),
    ("ysclid", "Yandex", "ysclid=lk1abc"),
    ("_openstat", "Openstat", "_openstat=ZGlyZWN0"),
    ("msclkid", "Microsoft Ads", "msclkid=a1b2"),
    ("ttclid", "TikTok", "ttclid=E.C.P"),
    ("twclid", "Twitter", "twclid=2-3abc"),
    ("__twitter_impression", "Twitter", "__twitter_impression=true"),
    ("li_fat_id", "LinkedIn", "li_fat_id=0a1b"),
    ("trkcampaign", "LinkedIn", "trkCampaign=jobs"),
    ("trkinfo", "LinkedIn", "trkInfo=clickedVertical"),
    ("igshid", "Instagram", "igshid=MzRlO"),
    ("igsh", "Instagram", "igsh=MzRlO"),
    ("epik", "Pinterest", "epik=dj0yJnU"),
    ("rdt_cid", "Reddit", "rdt_cid=34567"),
    ("wickedid", "Wicked Reports", "wickedid=abc"),
    ("oly_anon_id", "Omeda", "oly_anon_id=0a1b"),
    ("oly_enc_id", "Omeda", "oly_enc_id=0a1b"),
    ("vero_id", "Vero", "vero_id=reader"),
    ("vero_conv", "Vero", "vero_conv=abc"),
    ("_branch_*", "Branch", "_branch_match_id=123"),
    ("__s", "Drip", "__s=abc"),
    ("spm", "Alibaba", "spm=a2c4e.1"),
    ("scm", "Alibaba", "scm=20140722"),
    ("pvid", "Alibaba", "pvid=0a1b2c"),
    ("algo_*", "AliExpress", "algo_pvid=0a1b"),
    ("spm_id_from", "Bilibili", "spm_id_from=333.337"),
    ("from_source", "Bilibili", "from_source=webtop"),
    ("from_spmid", "Bilibili", "from_spmid=main.ugc"),
    ("from_search", "Bilibili", "from_search=true"),
    ("vd_source", "Bilibili", "vd_source=0a1b2c"),
    ("unique_k", "Bilibili", "unique_k=abcDEF"),
    ("buvid", "Bilibili", "buvid=XY0a1b"),
    ("is_story_h5", "Bilibili", "is_story_h5=false"),
    ("share_*", "Bilibili, Weibo, Douyin", "share_source=copy_web"),
    ("shareuid", "Chinese portals", "shareuid=123"),
    ("sharetoken", "Bloomberg, Chinese portals", "shareToken=st0a1b"),
    ("sharer*", "WeChat", "sharer_shareinfo=0a1b"),
    ("share", "WordPress", "share=twitter"),
    ("sharedby", "Chinese portals", "sharedby=reader"),
    ("wfr", "Baidu", "wfr=spider"),
    ("isappinstalled", "WeChat", "isappinstalled=0"),
    ("nsukey", "WeChat", "nsukey=abc"),
    ("chksm", "WeChat", "chksm=0a1b"),
    ("xtor", "AT Internet", "xtor=RSS-1"),
    ("ito", "Daily Mail", "ito=1490"),
    ("cmp*", "The Guardian, IBM", "CMP=share_btn_tw"),
    ("ncid", "AOL, HuffPost", "ncid=edlinkushpmg"),
    ("guc*", "Yahoo", "guccounter=1"),
    ("soc_*", "Yahoo", "soc_src=social-sh"),
    ("wpisrc", "Washington Post", "wpisrc=nl_most"),
    ("wpmm", "Washington Post", "wpmm=1"),
    ("wprss", "Washington Post", "wprss=rss_technology"),
    ("ocid", "MSN, the BBC", "ocid=msedgntp"),
    ("icid", "campaigns within a site", "icid=mega_menu"),
    ("intcid", "Condé Nast", "intcid=inline_amp"),
    ("cndid", "Condé Nast", "CNDID=12345678"),
    ("smid", "New York Times", "smid=tw-share"),
    ("smtyp", "New York Times", "smtyp=cur"),
    ("emc", "New York Times", "emc=rss"),
    ("_r", "New York Times", "_r=1"),
    ("unlocked_article_code", "New York Times", "unlocked_article_code=1.a.b"),
    ("accesstoken", "Bloomberg", "accessToken=eyJhbG"),
    ("embedded-checkout", "Bloomberg", "embedded-checkout=true"),
    ("sref", "Bloomberg", "sref=abcDEF"),
    ("giftcopy", "The Atlantic", "giftCopy=1_Explore"),
    ("reflink", "Wall Street Journal", "reflink=desktopwebshare_permalink"),
    ("cx_*", "Wall Street Journal", "cx_testId=3"),
    ("ref_*", "Twitter, IMDb", "ref_src=twsrc"),
    ("refsrc", "forums", "refsrc=email"),
    ("referrer", "many", "referrer=https%3A%2F%2Fa.example"),
    ("referer", "many", "referer=https%3A%2F%2Fa.example"),
    ("refid", "LinkedIn, Booking", "refId=0a1b"),
    ("ftag", "CNET, ZDNET", "ftag=CAD2e7abc"),
    ("dicbo", "Outbrain", "dicbo=v2-0a1b"),
    ("tblci", "Taboola", "tblci=GiAabc"),
    ("taid", "Trueanthem", "taid=5f0a1b"),
    ("piano_*", "Piano", "piano_t=1"),
    ("pk_*", "Piwik", "pk_campaign=feed"),
    ("mtm_*", "Matomo", "mtm_campaign=feed"),
    ("matomo_*", "Matomo", "matomo_source=feed"),
    ("elqtrack*", "Eloqua", "elqTrackId=0a1b"),
    ("elq", "Eloqua", "elq=0a1b"),
    ("s_cid", "Adobe Analytics", "s_cid=social"),
    ("s_kwcid", "Adobe Advertising", "s_kwcid=AL!123"),
    ("sr_share", "Hearst", "sr_share=facebook"),
    ("zanpid", "Awin", "zanpid=123"),
    ("adgroupid", "Google Ads", "adgroupid=123"),
    ("feedtype", "portals' feeds", "feedType=RSS"),
    ("phpsessid", "PHP", "PHPSESSID=0a1b"),
    ("jsessionid", "Java", "jsessionid=0A1B"),
    ("aspsessionid*", "ASP", "ASPSESSIONIDQABC=0A1B"),
    ("cfid", "ColdFusion", "CFID=123"),
    ("cftoken", "ColdFusion", "CFTOKEN=456"),
    ("replytocom", "WordPress", "replytocom=123"),
    ("showcomments", "newspapers", "showComments=true"),
    ("comments", "newspapers", "comments=1"),
    ("print", "a rendering", "print=true"),
    ("printable", "a rendering", "printable=1"),
    ("printer", "a rendering", "printer=1"),
    ("outputtype", "Arc XP: a rendering", "outputType=amp"),
    ("amp", "a rendering", "amp=1"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_knows_its_example_and_no_other_row_does() {
        for (known, whose, example) in TRACKING {
            let name = example.split_once('=').unwrap().0.to_ascii_lowercase();
            let rows: Vec<&str> = TRACKING.iter().map(|row| row.0).filter(|row| is_named(&name, row)).collect();
            assert_eq!(rows, [*known], "{whose}: {example}");
            assert!(is_tracking(example.split_once('=').unwrap().0));
        }
    }

    #[test]
    fn what_may_name_a_page_is_not_tracking() {
        for name in [
            "id",
            "p",
            "page",
            "q",
            "v",
            "ad_id",
            "feed_id",
            "rss_id",
            "campaign_id",
            "sessionid",
            "mbid",
            "weibo_id",
            "partner",
            "trk",
            "print_id",
            "shares",
            "ampere",
            "cid",
            "ref",
            "source",
            "comment",
            "at",
            "pk",
            "compare",
        ] {
            assert!(!is_tracking(name), "{name}");
        }
    }
}
