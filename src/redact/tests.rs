use proptest::prelude::*;

use super::*;

/// Letters and digits that look drawn at random, always the same for the same length and start.
fn random(alphabet: &str, length: usize, start: u64) -> String {
    let letters: Vec<char> = alphabet.chars().collect();
    let mut state = start.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            letters[(state >> 33) as usize % letters.len()]
        })
        .collect()
}

const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const HEX: &str = "0123456789abcdef";

/// Texts with a planted secret, and the secret.
fn planted() -> Vec<(&'static str, String, String)> {
    let an = |n| random(ALNUM, n, n as u64);
    let hex = |n| random(HEX, n, n as u64);
    let key = format!("-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n{}\n-----END OPENSSH PRIVATE KEY-----", an(70), an(68));
    let row = |rule, before: &str, secret: String, after: &str| (rule, format!("{before}{secret}{after}"), secret);
    vec![
        row("aws-access-key", "key id ", format!("AKIA{}", random("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16, 3)), " is"),
        row("aws-secret", "aws_secret_access_key = ", an(40), "\n"),
        row("google-api-key", "?key=", format!("AIza{}", an(35)), "&x=1"),
        row("azure-storage", "AccountName=a;AccountKey=", format!("{}==", an(86)), ";"),
        row("github-token", "https://", format!("ghp_{}", an(36)), "@github.com"),
        row("github-pat", "", format!("github_pat_{}_{}", an(22), an(59)), ""),
        row("gitlab-token", "PRIVATE-TOKEN: ", format!("glpat-{}", an(20)), ""),
        row(
            "slack-token",
            "",
            format!("xoxb-{}-{}-{}", random("0123456789", 12, 1), random("0123456789", 12, 2), an(24)),
            "",
        ),
        row("slack-webhook", "https://hooks.slack.com/services/", format!("T{}/B{}/{}", an(8), an(8), an(24)), ""),
        row("stripe-key", "stripe.api_key='", format!("sk_live_{}", an(24)), "'"),
        row("openai-key", "", format!("sk-proj-{}", an(48)), ""),
        row("openai-key", "", format!("sk-{}T3BlbkFJ{}", an(20), an(20)), ""),
        row("anthropic-key", "", format!("sk-ant-api03-{}", an(90)), ""),
        row("huggingface-token", "", format!("hf_{}", an(34)), ""),
        row("huggingface-s3-key", "", format!("HFAK{}", random("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", 20, 7)), ""),
        row("npm-token", "_authToken=", format!("npm_{}", an(36)), ""),
        row("pypi-token", "", format!("pypi-AgEIcHlwaS5vcmc{}", an(60)), ""),
        row("twilio-key", "", format!("SK{}", hex(32)), ""),
        row("sendgrid-key", "", format!("SG.{}.{}", an(22), an(43)), ""),
        row("telegram-token", "", format!("{}:AA{}", random("123456789", 10, 5), an(33)), ""),
        row("discord-token", "discord bot: ", format!("M{}.{}.{}", an(25), an(6), an(38)), ""),
        row("jwt", "", format!("eyJ{}.eyJ{}.{}", an(30), an(60), an(43)), ""),
        row("private-key", "", key, ""),
        row("private-key", "{\"k\":\"", format!("-----BEGIN PRIVATE KEY-----\\n{}\\n{}", an(64), an(64)), ""),
        row("age-key", "", format!("AGE-SECRET-KEY-1{}", random("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58, 9)), ""),
        row("shopify-token", "", format!("shpat_{}", hex(32)), ""),
        row("digitalocean-token", "", format!("dop_v1_{}", hex(64)), ""),
        row("databricks-token", "", format!("dapi{}", hex(32)), ""),
        row("vault-token", "", format!("hvs.{}", an(90)), ""),
        row("postman-key", "", format!("PMAK-{}-{}", hex(24), hex(34)), ""),
        row("linear-key", "", format!("lin_api_{}", an(40)), ""),
        row("notion-token", "", format!("ntn_{}", an(46)), ""),
        row("doppler-token", "", format!("dp.pt.{}", an(43)), ""),
        row("url-password", "postgres://app:", "s3cr3t-pw".to_owned(), "@db.example.com:5432/app"),
        row("env-secret", "export DB_PASSWORD=", "hunter22".to_owned(), "\n"),
        row("env-secret", "SESSION_SECRET=", an(32), " npm start"),
        row("env-secret", "ENV TWILIO_AUTH_TOKEN=\"", hex(32), "\""),
        row("authorization", "-H 'Authorization: Bearer ", an(40), "'"),
        row("authorization", "Authorization: Basic ", "dXNlcjpwYXNzd29yZA==".to_owned(), ""),
        row("cookie", "Cookie: theme=dark; sessionid=", an(32), "; x=1"),
        row("session-cookie", "PHPSESSID=", random("abcdefghijklmnopqrstuvwxyz0123456789", 26, 4), ""),
        row("curl-user", "curl -s -u admin:", "correcthorse".to_owned(), " https://example.com"),
        row("named-secret", "api_key = \"", an(32), "\""),
        row("named-secret", "{\\\"client_secret\\\": \\\"", an(40), "\\\"}"),
        row("named-password", "password: '", "tr0ub4dor&3x".to_owned(), "'"),
        row("header-key", "X-API-Key: ", an(24), ""),
        row("said-password", "the password for staging is password=", "hunter2hunter2".to_owned(), ", never print it"),
        row("said-password", "password: ", "Xk29fjQpl8sd!".to_owned(), " on staging"),
        row("said-password", "the password is ", "correct9horse".to_owned(), ""),
        row("mysql-password", "mysql -u root -p", "S3cretPass12".to_owned(), " shop"),
        row("password-flag", "mysql --password=", "w0rdpass!".to_owned(), " db"),
    ]
}

#[test]
fn every_planted_secret_is_found_and_named() {
    for (rule, text, secret) in planted() {
        let clean = redact(&text);
        assert!(!clean.contains(&secret), "{rule}: {text} -> {clean}");
        let marker = format!("[REDACTED:{rule}]");
        assert!(clean.contains(&marker) || clean.contains("[REDACTED:"), "{rule}: {text} -> {clean}");
        assert_eq!(redact(&clean), clean, "redacting twice: {text}");
    }
}

#[test]
fn escapes_and_colours_before_a_secret_do_not_hide_it() {
    for (rule, text, secret) in planted() {
        for before in ["\\n", "\\t", "\u{1b}[32m", "\\u001b[1;31m", "(", "\u{1f511}"] {
            let clean = redact(&format!("first{before}{text}")).into_owned();
            assert!(!clean.contains(&secret), "{rule}: {before}{text} -> {clean}");
        }
    }
}

#[test]
fn every_rule_compiles_and_has_key_words() {
    for (index, rule) in RULES.iter().enumerate() {
        assert!(pattern(index).is_some(), "{} does not compile", rule.name);
        assert!(!rule.words.is_empty(), "{} is never tried", rule.name);
    }
}

fn untouched(text: &str) {
    assert_eq!(redact(text), text);
}

#[test]
fn ordinary_text_is_left_alone() {
    untouched("commit 9d5f4c2b8e7a6f1d3c5b7a9e8f6d4c2b1a3e5f70 fixes the token refresh");
    untouched("session 3f2504e0-4f89-11d3-9a0c-0305e82c3301 in /home/me/.config/token/secrets.rs");
    untouched("sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    untouched("token = get_token(); let password: String = prompt(); secret := os.Getenv(\"SECRET\")");
    untouched("max_tokens=4096 TOKEN_LIMIT=100000 next_page_token: \"page-2\"");
    untouched("API_KEY=$OPENAI_API_KEY DB_PASSWORD=${DB_PASSWORD} SECRET=<your secret> TOKEN=xxxxxxxxxxxx");
    untouched("postgres://user:password@localhost/db and https://example.com:8080/a@b");
    untouched("Authorization: Bearer <token> or Authorization: Bearer $TOKEN");
    untouched("the bearer of this letter is known to us all, the keyboard is a key-board");
    untouched("-----BEGIN PRIVATE KEY----- is how such a file starts, -----END PRIVATE KEY----- how it ends");
    untouched(
        "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    );
    untouched("password: string; the password is required; password=$PASSWORD; password: <at least 8 characters>");
    untouched("mysql -u root -p shop; mysqldump --single-transaction -port");
    untouched("const password = await ask('Password:'); if (password === confirmPassword) {}");
    untouched("GOOGLE_APPLICATION_CREDENTIALS=/home/me/key.json SSH_AUTH_SOCK=/tmp/agent");
    untouched("task-manager-sk-learn ask-me-anything-about-the-risk-assessment");
    untouched("toolu_01DwX7SxVTVgkPNRKV921suV msg_01XFDUDYJgAACzvnptvVoYEL");
    untouched("session state: SessionID=2026-01-22-test-session-1, BaseCommit=421f9ba86ec2");
    untouched("POSTHOG_API_KEY=phc_test_key go test && API_TOKEN=test_key ./run");
    untouched("ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx and [REDACTED:github-token]");
}

#[test]
fn only_the_secret_is_taken() {
    assert_eq!(redact("postgres://app:s3cr3t-pw@db/x"), "postgres://app:[REDACTED:url-password]@db/x");
    assert_eq!(redact("a DB_PASSWORD=hunter22 b"), "a DB_PASSWORD=[REDACTED:env-secret] b");
}

#[test]
fn findings_are_counted() {
    let mut counts = Counts::new();
    let text = format!("AKIA{0} AKIA{0}", "ABCDEFGH23456723");
    drop(redact_counting(&text, &mut counts));
    assert_eq!(counts.into_iter().collect::<Vec<_>>(), [("aws-access-key", 2)]);
}

proptest! {
    #[test]
    fn never_panics_and_settles_at_once(text in "(?s).{0,300}", at in 0usize..40, gap in "[ \"'=:/\n]{0,3}") {
        let plants = planted();
        let mixed = format!("{text}{gap}{}{gap}{text}", plants[at % plants.len()].1);
        let once = redact(&mixed).into_owned();
        prop_assert_eq!(redact(&once), once.as_str());
        drop(redact(&text));
    }
}

proptest! {
    #[test]
    fn key_words_are_found_wherever_they_stand(before in 0usize..700, after in 0usize..700, which in 0usize..RULES.len()) {
        for word in RULES[which].words {
            let text = format!("{}{}{}", "~".repeat(before), word.replace('*', "7").to_uppercase(), "~".repeat(after));
            prop_assert!(PREFILTER.rules_for(&text).contains(&which), "{}", word);
        }
    }
}

#[test]
fn every_key_word_can_be_found() {
    for word in RULES.iter().flat_map(|rule| rule.words) {
        assert!(word.len() >= 3, "{word} is too short to be looked for");
    }
}

#[test]
fn a_password_that_was_said_is_known_again() {
    let mut passwords = Vec::new();
    let mut counts = Counts::new();
    for said in ["the password for ledger_ro is Wombat-Tango7-Quill, use it", "PGPASSWORD=Wombat-Tango7-Quill psql"] {
        let clean = redact_noting(said, &mut counts, &mut passwords);
        assert!(!clean.contains("Tango7"), "{clean}");
    }
    assert!(passwords.iter().all(|password| password == "Wombat-Tango7-Quill"), "{passwords:?}");
    let later = "I used Wombat-Tango7-Quill for it: psql -W Wombat-Tango7-Quill".to_owned();
    let clean = without(later, &passwords, &mut counts);
    assert_eq!(clean, "I used [REDACTED:password] for it: psql -W [REDACTED:password]");
    assert_eq!(counts["password"], 2);
    assert_eq!(redact(&clean), clean, "once is enough");
    passwords.clear();
    redact_noting("my password is correcthorse, not a secret: password", &mut counts, &mut passwords);
    assert!(passwords.is_empty(), "a word may stand for something else: {passwords:?}");
}
