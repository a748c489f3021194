//! Texts of the kinds an agent's memory is made of, made up from parts: prose, code, logs, six languages.

const LANGUAGES: [&[&str]; 6] = [
    &[
        "The {n} service drops the connection when {m} is restarted.",
        "Please don't touch {n}.toml again, we agreed on {m} last week!",
        "I'd rather keep {n} behind a flag; {m} isn't ready (see the café discussion).",
    ],
    &[
        "¿Por qué falla {n} después de añadir {m}? Mañana lo revisamos con más atención.",
        "El año pasado decidimos que {n} no dependería de {m}, así está más rápido.",
    ],
    &[
        "Die Größe von {n} überschreitet die Grenze, deshalb läuft {m} nicht mehr.",
        "Bitte zuerst {n} prüfen; {m} äußert sich sonst mit rätselhaften Fehlern.",
    ],
    &[
        "Le côté serveur de {n} n'a jamais été testé : {m} échoue dès la première requête.",
        "On préfère garder {n}, même si « {m} » paraît plus élégant à l'œil nu.",
    ],
    &[
        "Почему {n} падает, если {m} ещё не запущен? Йод и ёж тут ни при чём.",
        "Мы договорились хранить {n} отдельно — {m} слишком медленный.",
    ],
    &["为什么{n}会失败？我们决定把{m}放在单独的文件里。", "請不要再修改{n}，{m}已經在上週棄用了！"],
];

const CODE: &[&str] = &[
    "fn {n}<T: AsRef<[u8]>>(input: &T) -> Result<Vec<u8>, {m}Error> { input.as_ref().iter().map(|b| b ^ 0x5f).collect() }",
    "SELECT {n}.id, count(*) FROM {n} LEFT JOIN {m} ON {m}.{n}_id = {n}.id WHERE {m}.created_at >= '2026-01-31' GROUP BY 1;",
    "def {n}(self, *args, **kwargs):\n\treturn [x for x in self.__{m}__ if x != None and x['key_{n}'] >= 3.14e-7]\n",
    "export const {n} = async ({ {m} }) => `${base}/v2/${ {m} }?q=${encodeURIComponent('a b')}`; // TODO: retry",
    "<div class=\"{n}-{m}\" @click=\"toggle()\">&nbsp;{{ value | round(2) }}</div>",
];

const LOGS: &[&str] = &[
    "2026-03-07T14:02:51.118Z ERROR {n}::{m} panicked at src/{n}/{m}.rs:128:17: index out of bounds: the len is 3 but the index is 7",
    "Traceback (most recent call last):\n  File \"/srv/app/{n}.py\", line 42, in <module>\n    {m}()\nKeyError: 'user_id'",
    "[warn] {n}: ECONNREFUSED 127.0.0.1:5432 (attempt 3/5), retrying in 1500ms; request_id=7f3e-{m}-00ab",
    "error[E0308]: mismatched types --> src/{n}.rs:9:5 expected `&str`, found `String` help: try `&{m}`",
    "npm ERR! code ELIFECYCLE\nnpm ERR! {n}@2.11.0 build: `tsc -p {m}`\nnpm ERR! Exit status 2",
];

const NAMES: &[&str] = &[
    "parser",
    "userStore",
    "rate_limiter",
    "OAuth2Client",
    "grpc-gateway",
    "HTTPServer",
    "vec3",
    "naïveBayes",
    "x",
    "🚀deploy",
    "Zürich",
    "jemalloc",
    "sha256sum",
    "ContextMenuItem",
    "données",
];

/// `count` texts, the same at every call; the lengths go from a few tokens to more than a model takes.
pub(super) fn generate(count: usize) -> Vec<String> {
    (0..count).map(text).collect()
}

fn text(number: usize) -> String {
    let templates = match number % 8 {
        kind @ 0..6 => LANGUAGES[kind],
        6 => CODE,
        _ => LOGS,
    };
    let sentences = [1, 1, 2, 1, 3, 2, 1, 6, 1, 14][(number / 8) % 10];
    let mut seed = number as u64 + 1;
    let mut pick = |length: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % length
    };
    let mut sentence = || {
        let template = templates[pick(templates.len())];
        template.replace("{n}", NAMES[pick(NAMES.len())]).replace("{m}", NAMES[pick(NAMES.len())])
    };
    let parts: Vec<String> = (0..sentences).map(|_| sentence()).collect();
    parts.join(" ")
}
