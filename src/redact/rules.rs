//! What secrets look like: one row for each shape, from the issuers' own documentation of their tokens.
//!
//! A row needs a key word that every match holds, so that ordinary text never meets its pattern. Where only part of a
//! match is the secret, the pattern names that group `secret`. Repeats have no upper bound above a few dozen: each step of
//! one is compiled, and up to 400 of them took a hook 5 ms.

/// One shape.
pub(super) struct Rule {
    /// Stands in the marker.
    pub(super) name: &'static str,
    /// Any of these (without case, three bytes at least) must be in the text before the pattern is tried. A `*` stands
    /// for a letter or digit.
    pub(super) words: &'static [&'static str],
    /// What it looks like.
    pub(super) pattern: &'static str,
    /// Least entropy of the secret, in bits a character; 0 when the shape is telling enough.
    pub(super) min_entropy: f32,
    /// Last look at the secret: placeholders and variable names are none.
    pub(super) accept: fn(&str) -> bool,
}

/// A shape that cannot be anything else.
const fn token(name: &'static str, words: &'static [&'static str], pattern: &'static str) -> Rule {
    Rule { name, words, pattern, min_entropy: 0.0, accept: varied }
}

/// A value that is a secret because of the name beside it.
const fn named(
    name: &'static str,
    words: &'static [&'static str],
    pattern: &'static str,
    min_entropy: f32,
    accept: fn(&str) -> bool,
) -> Rule {
    Rule { name, words, pattern, min_entropy, accept }
}

/// Every shape.
pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "private-key",
        words: &["private key"],
        pattern: concat!(
            r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?s:.*?)-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----",
            r"|-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:[^A-Za-z0-9+/=]{0,24}(?:[nr]|[0-9]{1,6}→)?[A-Za-z0-9+/=]{16,})+",
        ),
        min_entropy: 0.0,
        accept: holds_key_material,
    },
    token("age-key", &["age-secret-key-1"], r"(?i)AGE-SECRET-KEY-1[0-9A-Z]{40,}"),
    // Clouds.
    token("aws-access-key", &["akia", "asia", "abia", "acca"], r"\b(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}\b"),
    named(
        "aws-secret",
        &["secret_access_key", "secretaccesskey", "secret-access-key", "session_token", "sessiontoken"],
        r#"(?i)(?:secret[_-]?access[_-]?key|aws_?session_?token)[\\"']{0,3}\s*(?:=|:|=>)\s*[\\"']{0,3}(?P<secret>[A-Za-z0-9/+]{40,}={0,2})"#,
        3.0,
        varied,
    ),
    token("google-api-key", &["aiza"], r"\bAIza[0-9A-Za-z_-]{35}"),
    token("google-oauth", &["ya29.", "gocspx-"], r"\b(?:ya29\.[0-9A-Za-z_-]{20,}|GOCSPX-[0-9A-Za-z_-]{20,})"),
    token(
        "azure-storage",
        &["accountkey=", "sharedaccesskey="],
        r"(?i)(?:AccountKey|SharedAccessKey)=(?P<secret>[A-Za-z0-9+/]{40,}={0,2})",
    ),
    token(
        "azure-secret",
        &["0q~", "1q~", "2q~", "3q~", "4q~", "5q~", "6q~", "7q~", "8q~", "9q~"],
        r"\b[A-Za-z0-9_.-]{3}\dQ~[A-Za-z0-9_~.-]{31,34}",
    ),
    token("azure-sas", &["sig="], r"[?&]sig=(?P<secret>[A-Za-z0-9%+/]{40,}(?:%3[dD]|=)?)"),
    token("digitalocean-token", &["dop_v1_", "doo_v1_", "dor_v1_"], r"\bdo[opr]_v1_[a-f0-9]{64}\b"),
    token("databricks-token", &["dapi"], r"\bdapi[a-f0-9]{32}(?:-\d)?\b"),
    token("heroku-key", &["hrku-"], r"\bHRKU-[A-Za-z0-9_-]{36,}"),
    token("fly-token", &["fo1_", "fm1", "fm2_"], r"\b(?:fo1_[A-Za-z0-9_-]{40,}|fm[12][ar]?_[A-Za-z0-9+/=_-]{80,})"),
    token("alibaba-key", &["ltai"], r"\bLTAI[A-Za-z0-9]{17,21}\b"),
    // Code and packages.
    token("github-token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], r"\bgh[pousr]_[A-Za-z0-9]{36,255}\b"),
    token("github-pat", &["github_pat_"], r"\bgithub_pat_[A-Za-z0-9_]{36,255}\b"),
    token(
        "gitlab-token",
        &[
            "glpat-", "gldt-", "glrt-", "glcbt-", "glptt-", "glft-", "glimt-", "glagent-", "glsoat-", "glffct-",
            "gloas-",
        ],
        r"\bgl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct|oas)-[0-9A-Za-z_.-]{20,}",
    ),
    token("npm-token", &["npm_"], r"\bnpm_[A-Za-z0-9]{36}\b"),
    token("pypi-token", &["pypi-"], r"\bpypi-[A-Za-z0-9_-]{50,}"),
    token("crates-token", &["cio"], r"\bcio[A-Za-z0-9]{32}\b"),
    token("rubygems-key", &["rubygems_"], r"\brubygems_[a-f0-9]{48}\b"),
    token("docker-token", &["dckr_"], r"\bdckr_(?:pat|oat)_[A-Za-z0-9_-]{27,}"),
    token("atlassian-token", &["atatt3", "atctt3"], r"\bAT[AC]TT3[A-Za-z0-9_=-]{60,}"),
    token("linear-key", &["lin_api_", "lin_oauth_"], r"\blin_(?:api|oauth)_[A-Za-z0-9]{32,}"),
    token("notion-token", &["ntn_", "secret_"], r"\b(?:ntn_[A-Za-z0-9]{40,}|secret_[A-Za-z0-9]{43}\b)"),
    token("postman-key", &["pmak-"], r"\bPMAK-[a-f0-9]{24}-[a-f0-9]{34}\b"),
    token("figma-token", &["figd_"], r"\bfigd_[A-Za-z0-9_-]{36,}"),
    token("airtable-token", &["pat**************."], r"\bpat[A-Za-z0-9]{14}\.[a-f0-9]{64}\b"),
    // Running things.
    token("vault-token", &["hvs.", "hvb.", "hvr."], r"\bhv[sbr]\.[A-Za-z0-9_-]{24,}"),
    token(
        "doppler-token",
        &["dp.pt.", "dp.st.", "dp.sa.", "dp.ct.", "dp.scim.", "dp.audit."],
        r"\bdp\.(?:pt|st|sa|ct|scim|audit)\.[A-Za-z0-9._-]{40,}",
    ),
    token("terraform-token", &[".atlasv1."], r"\b[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}"),
    token("pulumi-token", &["pul-"], r"\bpul-[a-f0-9]{40}\b"),
    token(
        "grafana-token",
        &["glsa_", "glc_"],
        r"\b(?:glsa_[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}|glc_[A-Za-z0-9+/]{32,}={0,2})",
    ),
    token("sentry-token", &["sntrys_", "sntryu_"], r"\bsntry[su]_[A-Za-z0-9+/=_-]{40,}"),
    token("newrelic-key", &["nrak-"], r"\bNRAK-[A-Z0-9]{27}\b"),
    token("planetscale-secret", &["pscale_"], r"\bpscale_(?:tkn|pw|oauth)_[A-Za-z0-9_=.-]{32,}"),
    token("supabase-secret", &["sbp_", "sb_secret_"], r"\b(?:sbp_[a-f0-9]{40}\b|sb_secret_[A-Za-z0-9_-]{20,})"),
    token("onepassword-token", &["ops_eyj"], r"\bops_eyJ[A-Za-z0-9+/=_-]{100,}"),
    // Models.
    token("anthropic-key", &["sk-ant-"], r"\bsk-ant-[a-z0-9]+-[A-Za-z0-9_-]{24,}"),
    token(
        "openai-key",
        &["sk-"],
        r"\bsk-(?:(?:proj|svcacct|admin|or-v1|lf)-[A-Za-z0-9_-]{32,}|[A-Za-z0-9]{32,}\b|[A-Za-z0-9_-]{16,}T3BlbkFJ[A-Za-z0-9_-]{16,})",
    ),
    token("huggingface-token", &["hf_", "api_org_"], r"\b(?:hf_[A-Za-z0-9]{30,}|api_org_[A-Za-z0-9]{30,})\b"),
    token("huggingface-s3-key", &["hfak"], r"\bHFAK[A-Z0-9]{12,}[A-Za-z0-9]*\b"),
    token("groq-key", &["gsk_"], r"\bgsk_[A-Za-z0-9]{40,}\b"),
    token("replicate-token", &["r8_"], r"\br8_[A-Za-z0-9]{37}\b"),
    token("perplexity-key", &["pplx-"], r"\bpplx-[A-Za-z0-9]{40,}\b"),
    token("xai-key", &["xai-"], r"\bxai-[A-Za-z0-9]{60,}\b"),
    token("tavily-key", &["tvly-"], r"\btvly-[A-Za-z0-9_-]{28,}"),
    // Talking and paying.
    token(
        "slack-token",
        &["xox", "xapp-"],
        r"\b(?:xox[abeoprs](?:\.xox[bp])?-[0-9A-Za-z-]{10,}|xapp-\d-[A-Z0-9]+-\d+-[a-z0-9]{20,})",
    ),
    token(
        "slack-webhook",
        &["hooks.slack.com"],
        r"hooks\.slack\.com/(?:services|workflows|triggers)/(?P<secret>[A-Za-z0-9/_+-]{20,})",
    ),
    token(
        "discord-webhook",
        &["/api/webhooks/"],
        r"discord(?:app)?\.com/api/webhooks/\d+/(?P<secret>[A-Za-z0-9_-]{40,})",
    ),
    token(
        "discord-token",
        &["discord", "bot "],
        r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}",
    ),
    token("telegram-token", &[":aa"], r"\b\d{8,10}:AA[A-Za-z0-9_-]{32,34}"),
    token("twilio-key", TWILIO, r"\bSK[0-9a-f]{32}\b"),
    token("sendgrid-key", &["sg."], r"\bSG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}"),
    token("mailgun-key", &["key-"], r"\bkey-[0-9a-f]{32}\b"),
    token("mailchimp-key", &["-us"], r"\b[0-9a-f]{32}-us\d{1,2}\b"),
    token(
        "stripe-key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"],
        r"\b(?:[sr]k_(?:live|test)_[0-9A-Za-z]{16,}|whsec_[0-9A-Za-z+/=]{24,})",
    ),
    token("square-token", &["sq0"], r"\bsq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,}"),
    token("shopify-token", &["shpat_", "shpca_", "shppa_", "shpss_"], r"\bshp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}\b"),
    // General forms.
    token("jwt", &["eyj"], r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"),
    named(
        "url-password",
        &["://"],
        r#"\b[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@"'<>`\\]*:(?P<secret>[^\s/@"'<>`\\]{3,})@[A-Za-z0-9\[]"#,
        0.0,
        not_a_placeholder,
    ),
    named(
        "authorization",
        &["authorization"],
        r#"(?i)authorization[\\"'`]{0,3}\s*[:=,]\s*[\\"'`]{0,3}(?:bearer|basic|token|apikey|digest)\s+(?P<secret>[A-Za-z0-9._~+/=:-]{8,})"#,
        2.5,
        has_digit_or_mixed_case,
    ),
    named(
        "bearer-token",
        &["bearer "],
        r"(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/-]{20,}={0,2})",
        3.0,
        looks_generated,
    ),
    named(
        "cookie",
        &["cookie:", "cookie\"", "cookie'"],
        r#"(?i)\bcookie[\\"']{0,3}\s*[:=,]\s*[\\"']{0,3}[^\n"'\\]*?\b[a-z_.-]*(?:sess(?:ion)?|sid|auth|token|jwt|csrf)[a-z_.-]*=(?P<secret>[A-Za-z0-9%._~+/|-]{16,}={0,2})"#,
        3.0,
        looks_generated,
    ),
    named(
        "session-cookie",
        &["connect.sid=", "phpsessid=", "jsessionid=", "csrftoken="],
        r"(?i)\b(?:connect\.sid|phpsessid|jsessionid|csrftoken)=(?P<secret>[A-Za-z0-9%._~+/|-]{16,}={0,2})",
        3.0,
        looks_generated,
    ),
    named(
        "curl-user",
        &["curl"],
        r#"(?i)\bcurl\b[^\n|;]*?\s(?:-u|--user|--proxy-user)[ =]?[\\"']{0,2}[^\s:"'\\$]+:(?P<secret>[^\s"'\\$<{]{3,})"#,
        0.0,
        not_a_placeholder,
    ),
    named(
        "password-flag",
        &["--password", "--passphrase", "sshpass", "--token", "--api-key"],
        r#"(?i)(?:--(?:[a-z-]*-)?(?:password|passphrase|token|api-key)(?:=|\s+)|\bsshpass\s+-p\s*)[\\"']{0,2}(?P<secret>[^\s"'\\$<{(,;|&-][^\s"'\\$<{(,;|&]{5,})"#,
        0.0,
        is_password,
    ),
    named(
        "env-secret",
        &["password", "passwd", "passphrase", "secret", "token", "key", "credential", "_pw", "_pass", "_auth"],
        r#"\b[A-Z0-9_]*(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|SIGNING_?KEY|ENCRYPTION_?KEY|MASTER_?KEY|CREDENTIALS?|_PW|_PASS|_AUTH)(?:_[A-Z0-9]+)?=[\\"']{0,2}(?P<secret>[^\s"'`\\,;&|<>(){}\[\]$%*][^\s"'`\\,;&|<>(){}\[\]]{4,})"#,
        0.0,
        is_password,
    ),
    named(
        "named-password",
        &["password", "passwd", "passphrase"],
        r#"(?i)(?:password|passwd|passphrase)[\\"']{0,3}\s*(?:=>|:=|=|:)\s*(?:[\\]?["'])(?P<secret>[^\s"'\\<>{}$]{8,})[\\]?["']"#,
        2.5,
        has_digit_and_letter,
    ),
    // As people write it: without quotes.
    named(
        "said-password",
        &["password", "passwd", "passphrase"],
        r#"(?i)(?:password|passwd|passphrase)(?:[ \t]+(?:for|of|at|to|on|in)(?:[ \t]+[\w./-]+){1,4})?[ \t]*(?:=|:|[ \t]is[ \t])[ \t]*(?P<secret>[^\s"'`\\<>{}()\[\]$,;&|]{8,})"#,
        2.5,
        has_digit_and_letter,
    ),
    named(
        "mysql-password",
        &["mysql", "mariadb"],
        r#"(?i)\b(?:mysql\w*|mariadb[\w-]*)\b[^\n|;]*?\s-p(?P<secret>[^\s"'\\$<{(-][^\s"'\\$<{(]{5,})"#,
        0.0,
        has_digit_or_mixed_case,
    ),
    named(
        "named-secret",
        &["secret", "token", "api_key", "apikey", "api-key", "access_key", "accesskey", "private_key", "client_key"],
        r#"(?i)(?:secret|(?:api|auth|access|refresh|id|bot|bearer|personal|session|csrf|push|deploy)[_-]?token|(?:api|access|private|client|secret|signing|encryption)[_-]?key)[\\"']{0,3}\s*(?:=>|:=|=|:)\s*(?:[\\]?["'])(?P<secret>[A-Za-z0-9+/_=.~-]{16,})[\\]?["']"#,
        3.2,
        looks_generated,
    ),
    named(
        "header-key",
        &["x-api-key", "private-token", "x-auth-token", "api-key:", "x-vault-token"],
        r#"(?i)(?:x-[a-z-]*(?:key|token)|private-token|api-key)[\\"']{0,2}\s*:\s*[\\"']{0,2}(?P<secret>[A-Za-z0-9+/_=.~-]{12,})"#,
        2.5,
        has_digit_and_letter,
    ),
];

/// `SK` and a hexadecimal digit: `sk` alone is in too many words.
const TWILIO: &[&str] =
    &["sk0", "sk1", "sk2", "sk3", "sk4", "sk5", "sk6", "sk7", "sk8", "sk9", "ska", "skb", "skc", "skd", "ske", "skf"];

/// Values that stand for a secret in examples and settings.
const PLACEHOLDERS: &[&str] = &[
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "secret",
    "token",
    "user",
    "username",
    "changeme",
    "change-me",
    "change_me",
    "example",
    "placeholder",
    "redacted",
    "none",
    "null",
    "nil",
    "true",
    "false",
    "undefined",
    "string",
    "empty",
    "dummy",
    "default",
    "required",
    "optional",
    "process.env",
    "os.environ",
    "env.",
    "getenv",
    "config.",
    "self.",
    "this.",
    "settings.",
];

/// Beginnings that make a value a placeholder.
const PLACEHOLDER_STARTS: &[&str] = &[
    "your",
    "my-",
    "my_",
    "xxx",
    "<",
    "$",
    "{",
    "%",
    "*",
    "...",
    "…",
    "replace",
    "insert",
    "process.env",
    "os.environ",
    "env.",
    "test-",
    "fake",
    "sample",
];

/// Parts of values in small letters that say they are no secrets.
const EXAMPLES: &[&str] =
    &["test_", "test-", "_test", "-test", "example", "dummy", "fake", "mock", "xxx", "placeholder", "changeme"];

fn not_a_placeholder(value: &str) -> bool {
    let lower = value.to_lowercase();
    let bare = lower.trim_matches(|c: char| !c.is_alphanumeric());
    !(bare.is_empty()
        || PLACEHOLDERS.contains(&bare)
        || PLACEHOLDER_STARTS.iter().any(|start| lower.starts_with(start)))
        && varied(value)
}

/// Not one or two characters repeated, as in `ghp_xxxxxxxx`.
fn varied(value: &str) -> bool {
    let tail: Vec<u8> = value.bytes().rev().take(24).collect();
    let mut distinct = tail.clone();
    distinct.sort_unstable();
    distinct.dedup();
    distinct.len() > 2.min(tail.len().saturating_sub(1))
}

fn has_digit(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
}

fn has_digit_and_letter(value: &str) -> bool {
    has_digit(value) && value.bytes().any(|byte| byte.is_ascii_alphabetic()) && not_a_placeholder(value)
}

fn has_digit_or_mixed_case(value: &str) -> bool {
    let mixed =
        value.bytes().any(|byte| byte.is_ascii_lowercase()) && value.bytes().any(|byte| byte.is_ascii_uppercase());
    (has_digit(value) || mixed) && not_a_placeholder(value)
}

/// A value of an environment variable: no path, no constant, no words that say it is an example. Anything else is taken
/// for a secret, as a default password lost costs nothing and a real one kept does.
fn is_password(value: &str) -> bool {
    let is_path = value.starts_with(['/', '.', '~', '@', '-']) || value.contains("://");
    let is_constant = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
    let is_words =
        value.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.".contains(&byte));
    let is_example = is_words && EXAMPLES.iter().any(|word| value.contains(word));
    !(is_path || is_constant || is_example) && not_a_placeholder(value)
}

/// A value that a person would not type: letters and digits mixed, neither an id nor a number nor a dotted name.
fn looks_generated(value: &str) -> bool {
    let dotted_name = value.contains('.') && value.split('.').all(|part| !has_digit(part) || part.len() < 4);
    has_digit_and_letter(value) && !is_uuid(value) && !dotted_name && digits_inside(value)
}

/// Not just a word with a number at its end: `integration-test-token-1`.
fn digits_inside(value: &str) -> bool {
    let bare = value.trim_end_matches(|c: char| c.is_ascii_digit());
    has_digit(bare) || value.len() - bare.len() >= 6
}

fn is_uuid(value: &str) -> bool {
    value.len() == 36 && value.bytes().filter(|&byte| byte == b'-').count() == 4
}

/// A key's own lines, not a sentence about keys.
fn holds_key_material(found: &str) -> bool {
    found
        .split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=')))
        .any(|run| run.len() >= 30 && run.bytes().any(|byte| byte.is_ascii_digit()))
}
