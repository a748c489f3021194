//! Secrets of every shape that issuers give them, put together here so that no scanner takes this file for a leak.

const SMALL: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const LARGE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const BOTH: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";
const DIGITS: &str = "123456789";
const BASE32: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// One planted secret.
#[derive(Clone, Debug)]
pub(crate) struct Planted {
    /// What stands before it.
    pub(crate) before: &'static str,
    /// The secret.
    pub(crate) secret: String,
    /// What stands after it.
    pub(crate) after: &'static str,
}

impl Planted {
    /// The secret in its place.
    pub(crate) fn leaked(&self) -> String {
        format!("{}{}{}", self.before, self.secret, self.after)
    }
}

/// Letters that look drawn at random, always the same for the same start.
fn drawn(alphabet: &str, length: usize, start: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = start.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let next = |_| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        letters[(state >> 33) as usize % letters.len()]
    };
    (0..length).map(next).collect()
}

/// Words between secrets: text to stand as it is, or letters to be drawn.
enum Part {
    Is(&'static str),
    Of(&'static str, usize),
}

use Part::{Is, Of};

/// Every shape, each different in all its letters.
pub(crate) fn planted() -> Vec<Planted> {
    let shapes: Vec<(&'static str, Vec<Part>, &'static str)> = vec![
        // Clouds.
        ("the key id is ", vec![Is("AKI"), Is("A"), Of(BASE32, 16)], ""),
        ("aws_secret_access_key = ", vec![Of(BOTH, 40)], ""),
        ("the map needs ", vec![Is("AI"), Is("za"), Of(BOTH, 35)], ""),
        ("google gave ", vec![Is("ya2"), Is("9."), Of(BOTH, 60)], ""),
        ("AccountName=a;AccountKey=", vec![Of(BOTH, 86), Is("==")], ";"),
        ("azure has ", vec![Of(BOTH, 3), Is("8"), Is("Q~"), Of(BOTH, 34)], ""),
        ("https://a.blob.core.windows.net/c?sv=1&sig=", vec![Of(BOTH, 43), Is("%3D")], ""),
        ("the droplet has ", vec![Is("dop_"), Is("v1_"), Of(HEX, 64)], ""),
        ("bricks have ", vec![Is("da"), Is("pi"), Of(HEX, 32)], ""),
        ("heroku has ", vec![Is("HRK"), Is("U-"), Of(BOTH, 40)], ""),
        ("fly has ", vec![Is("fo"), Is("1_"), Of(BOTH, 43)], ""),
        ("alibaba has ", vec![Is("LT"), Is("AI"), Of(BOTH, 20)], ""),
        // Code and packages.
        ("clone with ", vec![Is("gh"), Is("p_"), Of(BOTH, 36)], ""),
        ("or with ", vec![Is("github"), Is("_pat_"), Of(BOTH, 22), Is("_"), Of(BOTH, 59)], ""),
        ("PRIVATE-TOKEN: ", vec![Is("gl"), Is("pat-"), Of(BOTH, 20)], ""),
        ("//registry/:_authToken=", vec![Is("np"), Is("m_"), Of(BOTH, 36)], ""),
        ("twine has ", vec![Is("pyp"), Is("i-AgEIcHlwaS5vcmc"), Of(BOTH, 60)], ""),
        ("cargo has ", vec![Is("ci"), Is("o"), Of(BOTH, 32)], ""),
        ("gem has ", vec![Is("ruby"), Is("gems_"), Of(HEX, 48)], ""),
        ("docker has ", vec![Is("dckr"), Is("_pat_"), Of(BOTH, 27)], ""),
        ("jira has ", vec![Is("ATA"), Is("TT3"), Of(BOTH, 80)], ""),
        ("tickets have ", vec![Is("lin"), Is("_api_"), Of(BOTH, 40)], ""),
        ("notes have ", vec![Is("nt"), Is("n_"), Of(BOTH, 46)], ""),
        ("requests have ", vec![Is("PM"), Is("AK-"), Of(HEX, 24), Is("-"), Of(HEX, 34)], ""),
        ("drawings have ", vec![Is("fi"), Is("gd_"), Of(BOTH, 40)], ""),
        ("tables have ", vec![Is("pa"), Is("t"), Of(BOTH, 14), Is("."), Of(HEX, 64)], ""),
        // Running things.
        ("the vault has ", vec![Is("hv"), Is("s."), Of(BOTH, 90)], ""),
        ("doppler has ", vec![Is("dp"), Is(".pt."), Of(BOTH, 43)], ""),
        ("terraform has ", vec![Of(BOTH, 14), Is(".atlas"), Is("v1."), Of(BOTH, 67)], ""),
        ("pulumi has ", vec![Is("pu"), Is("l-"), Of(HEX, 40)], ""),
        ("graphs have ", vec![Is("gl"), Is("sa_"), Of(BOTH, 32), Is("_"), Of(HEX, 8)], ""),
        ("errors have ", vec![Is("snt"), Is("rys_"), Of(BOTH, 60)], ""),
        ("relics have ", vec![Is("NR"), Is("AK-"), Of(LARGE, 27)], ""),
        ("scale has ", vec![Is("psc"), Is("ale_tkn_"), Of(BOTH, 40)], ""),
        ("supa has ", vec![Is("sb"), Is("p_"), Of(HEX, 40)], ""),
        ("one has ", vec![Is("op"), Is("s_eyJ"), Of(BOTH, 120)], ""),
        // Models.
        ("anthropic has ", vec![Is("sk"), Is("-ant-api03-"), Of(BOTH, 90)], ""),
        ("openai has ", vec![Is("sk"), Is("-proj-"), Of(BOTH, 48)], ""),
        ("openai had ", vec![Is("sk"), Is("-"), Of(BOTH, 20), Is("T3Blbk"), Is("FJ"), Of(BOTH, 20)], ""),
        ("the hub has ", vec![Is("h"), Is("f_"), Of(BOTH, 34)], ""),
        ("its bucket has ", vec![Is("HF"), Is("AK"), Of(LARGE, 20)], ""),
        ("groq has ", vec![Is("gs"), Is("k_"), Of(BOTH, 52)], ""),
        ("replicas have ", vec![Is("r"), Is("8_"), Of(BOTH, 37)], ""),
        ("perplexity has ", vec![Is("pp"), Is("lx-"), Of(BOTH, 48)], ""),
        ("grok has ", vec![Is("xa"), Is("i-"), Of(BOTH, 80)], ""),
        ("searches have ", vec![Is("tv"), Is("ly-"), Of(BOTH, 32)], ""),
        // Talking and paying.
        ("the bot has ", vec![Is("xo"), Is("xb-"), Of(DIGITS, 12), Is("-"), Of(DIGITS, 12), Is("-"), Of(BOTH, 24)], ""),
        (
            "https://hooks.slack.com/services/",
            vec![Is("T"), Of(BOTH, 8), Is("/B"), Of(BOTH, 8), Is("/"), Of(BOTH, 24)],
            "",
        ),
        ("https://discord.com/api/webhooks/123456789/", vec![Of(BOTH, 68)], ""),
        ("discord bot: ", vec![Is("M"), Of(BOTH, 25), Is("."), Of(BOTH, 6), Is("."), Of(BOTH, 38)], ""),
        ("telegram has ", vec![Of(DIGITS, 10), Is(":A"), Is("A"), Of(BOTH, 33)], ""),
        ("calls have ", vec![Is("S"), Is("K"), Of(HEX, 32)], ""),
        ("mails have ", vec![Is("S"), Is("G."), Of(BOTH, 22), Is("."), Of(BOTH, 43)], ""),
        ("guns have ", vec![Is("ke"), Is("y-"), Of(HEX, 32)], ""),
        ("chimps have ", vec![Of(HEX, 32), Is("-u"), Is("s12")], ""),
        ("stripe has ", vec![Is("sk"), Is("_live_"), Of(BOTH, 24)], ""),
        ("squares have ", vec![Is("sq"), Is("0atp-"), Of(BOTH, 24)], ""),
        ("the shop has ", vec![Is("shp"), Is("at_"), Of(HEX, 32)], ""),
        // General forms.
        ("the session is ", vec![Is("ey"), Is("J"), Of(BOTH, 30), Is(".eyJ"), Of(BOTH, 60), Is("."), Of(BOTH, 43)], ""),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\n", vec![Of(BOTH, 70)], "\n-----END OPENSSH PRIVATE KEY-----"),
        ("-----BEGIN RSA PRIVATE KEY-----\n", vec![Of(BOTH, 64)], "\n-----END RSA PRIVATE KEY-----"),
        ("backups have ", vec![Is("AGE-SECRET"), Is("-KEY-1"), Of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)], ""),
        ("connect to postgres://app:", vec![Of(BOTH, 20)], "@db.example.com:5432/app"),
        ("export DB_PASSWORD=", vec![Of(BOTH, 18)], ""),
        ("SESSION_SECRET=", vec![Of(BOTH, 32)], " npm start"),
        ("-H 'Authorization: Bearer ", vec![Of(BOTH, 40)], "'"),
        ("Authorization: Basic ", vec![Of(BOTH, 24), Is("==")], ""),
        ("Cookie: theme=dark; sessionid=", vec![Of(BOTH, 32)], "; x=1"),
        ("PHPSESSID=", vec![Of(SMALL, 26)], ""),
        ("curl -s -u admin:", vec![Of(BOTH, 16)], " https://example.com"),
        ("client_secret: \"", vec![Of(BOTH, 40)], "\""),
        ("api_key = \"", vec![Of(BOTH, 32)], "\""),
        ("password: '", vec![Of(BOTH, 14)], "'"),
        ("X-API-Key: ", vec![Of(BOTH, 24)], ""),
        ("mysql --password=", vec![Of(BOTH, 14)], " db"),
    ];
    (1..)
        .zip(shapes)
        .map(|(start, (before, parts, after))| Planted { before, secret: put_together(&parts, start), after })
        .collect()
}

fn put_together(parts: &[Part], start: u64) -> String {
    let part = |(at, part): (u64, &Part)| match part {
        Is(text) => (*text).to_owned(),
        Of(alphabet, length) => drawn(alphabet, *length, start * 100 + at),
    };
    (0..).zip(parts).map(part).collect()
}
