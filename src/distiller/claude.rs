//! Claude Code without a terminal, on the person's own subscription.
//!
//! A client that is started by a hook's doing and fires hooks itself never stops. Any of these alone prevents that:
//! 1. `MEMORY_LANE_CHILD` in its environment: our hook and worker do nothing when they see it.
//! 2. Safe mode: no hook, plugin, skill or settings file of the person is loaded.
//! 3. No session is written, so there is nothing to ingest.
//! 4. It runs in a directory of its own, and sessions from there, or that start with [`super::MARK`], are not ingested.
//! 5. Hooks only start the worker; they cannot reach this module.
//! 6. The [`super::Gate`]: one call at a time, few in an hour, none after failures.

mod process;
mod version;

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use self::process::{Ended, run};
use self::version::{Support, Version};
use super::{Distiller, Failure, REPLY_TOKENS, Reply, Request, Usage, on_path};
use crate::config::{Backend, CHILD, DistillerSettings, Paths, variable};
use crate::redact::redact;
use crate::text::one_line;

/// The client's name for its cheapest model.
pub(super) const MODEL: &str = "haiku";

/// How long the client may take to say its version; it takes 0.1 s.
const PROBE_TIMEOUT: Duration = Duration::from_secs(30);

/// Most that one call may cost by the client's own table, in dollars.
const MOST_DOLLARS: &str = "0.05";

/// What a program needs to run, find its login and reach the network. All else stays out: a project's environment may
/// hold keys and settings that are not meant for this.
const PASSED: [&str; 28] = [
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TEMP",
    "TMP",
    "CLAUDE_CONFIG_DIR",
    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",
    "XDG_CACHE_HOME",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "NODE_EXTRA_CA_CERTS",
    "SSL_CERT_FILE",
    "SYSTEMROOT",
    "APPDATA",
    "LOCALAPPDATA",
    "USERPROFILE",
];

/// Set for the client: nothing but the one request, and no waiting for a server that says no. By default the client tries
/// for more than 100 seconds again after a 401.
const SET: [(&str, &str); 9] = [
    (CHILD, "1"),
    // Writing the cache costs six times the input, and nothing reads it.
    ("DISABLE_PROMPT_CACHING", "1"),
    ("CLAUDE_CODE_MAX_RETRIES", "1"),
    ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1"),
    ("CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL", "1"),
    ("DISABLE_AUTOUPDATER", "1"),
    ("DISABLE_ERROR_REPORTING", "1"),
    ("DISABLE_TELEMETRY", "1"),
    ("NO_COLOR", "1"),
];

/// The client.
pub struct Claude {
    program: PathBuf,
    support: Support,
    model: String,
    scratch: PathBuf,
    environment: Vec<(String, std::ffi::OsString)>,
    timeout: Duration,
}

impl Claude {
    /// Finds the client and asks it for its version.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] when there is none, or one that cannot be kept from firing hooks.
    pub fn new(settings: &DistillerSettings, paths: &Paths) -> Result<Self, Failure> {
        let program = settings
            .client
            .clone()
            .or_else(|| on_path(&format!("claude{}", std::env::consts::EXE_SUFFIX)))
            .ok_or_else(|| {
            Failure::Unavailable("Claude Code is not on the PATH; set distiller.client to the program".to_owned())
        })?;
        let scratch = paths.distiller_scratch();
        std::fs::create_dir_all(&scratch)
            .map_err(|error| Failure::Unavailable(format!("cannot make {}: {error}", scratch.display())))?;
        let passed = PASSED.iter().map(|name| (*name).to_owned()).chain(settings.pass_env.iter().cloned());
        let passed = passed.filter_map(|name| variable(&name).map(|value| (name, value)));
        let set = SET.iter().map(|(name, value)| ((*name).to_owned(), value.into()));
        let api = settings.url.iter().map(|url| ("ANTHROPIC_BASE_URL".to_owned(), url.into()));
        let key = settings.key_variable.as_deref().and_then(variable).map(|key| ("ANTHROPIC_API_KEY".to_owned(), key));
        let limit = ("CLAUDE_CODE_MAX_OUTPUT_TOKENS".to_owned(), REPLY_TOKENS.to_string().into());
        let environment = passed.chain(set).chain(api).chain(key).chain([limit]).collect();
        let model = settings.model.clone().unwrap_or_else(|| MODEL.to_owned());
        let timeout = Duration::from_millis(settings.timeout_ms);
        let mut client = Self { program, support: Support::Lean, model, scratch, environment, timeout };
        client.support = client.probe()?;
        Ok(client)
    }

    fn probe(&self) -> Result<Support, Failure> {
        let unavailable = |why: String| Failure::Unavailable(format!("{}: {why}", self.program.display()));
        let arguments = ["--version".to_owned()];
        let ended = run(&self.program, &arguments, &self.environment, &self.scratch, "", PROBE_TIMEOUT);
        let Ended { output, .. } = ended.map_err(|error| unavailable(error.to_string()))?;
        let version =
            Version::parse(&output).ok_or_else(|| unavailable(format!("no version in `{}`", one_line(&output, 80))))?;
        version.support().ok_or_else(|| {
            unavailable(format!("version {version} cannot be kept from firing hooks; {} or later can", version::LEAST))
        })
    }

    fn arguments(&self, request: &Request<'_>) -> Vec<String> {
        let schema = request.schema.to_string();
        let mut arguments = vec!["-p"];
        arguments.extend(self.support.flags());
        arguments.extend([
            "--tools",
            "",
            "--strict-mcp-config",
            "--disable-slash-commands",
            "--no-session-persistence",
        ]);
        arguments.extend(["--model", &self.model, "--effort", "low", "--output-format", "json"]);
        arguments.extend([
            "--json-schema",
            &schema,
            "--max-budget-usd",
            MOST_DOLLARS,
            "--system-prompt",
            request.system,
        ]);
        arguments.into_iter().map(str::to_owned).collect()
    }
}

impl Distiller for Claude {
    fn backend(&self) -> Backend {
        Backend::Claude
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn ask(&self, request: &Request<'_>) -> Result<Reply, Failure> {
        let arguments = self.arguments(request);
        let ended = run(&self.program, &arguments, &self.environment, &self.scratch, request.text, self.timeout);
        let ended = ended.map_err(|error| Failure::Unavailable(format!("{}: {error}", self.program.display())))?;
        if ended.timed_out {
            let why = format!("the client did not answer within {} ms and was ended", self.timeout.as_millis());
            return Err(Failure::Busy { why, after: None });
        }
        read(&ended)
    }
}

/// What the client printed, classified. Its status and its `subtype` say little: a reply that misses the schema is a
/// "success" with status 0 and without `structured_output`.
fn read(ended: &Ended) -> Result<Reply, Failure> {
    let raw = ended.output.clone();
    let result: Value = serde_json::from_str(ended.output.trim()).unwrap_or_default();
    let said = result["result"].as_str().unwrap_or_default();
    let message = |text: &str| one_line(&redact(text), 300);
    if let Some(status) = result["api_error_status"].as_u64() {
        return Err(Failure::from_status(u16::try_from(status).unwrap_or(500), &message(said), None));
    }
    let value = &result["structured_output"];
    let is_error = result["is_error"] == true;
    if value.is_object() && !is_error {
        let count = |name: &str| result["usage"][name].as_u64().unwrap_or(0);
        let cached = count("cache_read_input_tokens") + count("cache_creation_input_tokens");
        let usage = Usage { input_tokens: count("input_tokens") + cached, output_tokens: count("output_tokens") };
        return Ok(Reply { value: value.clone(), raw, usage });
    }
    let complaint = if said.is_empty() { format!("{} {}", ended.errors, raw) } else { said.to_owned() };
    // Only short texts complain; a long one is a reply that talks of such things.
    let short = complaint.chars().count() <= 400;
    let lower = complaint.to_lowercase();
    let says = |words: &[&str]| short && words.iter().any(|words| lower.contains(words));
    if says(&["/login", "invalid api key", "oauth token", "not logged in", "authentication_error"]) {
        return Err(Failure::Denied(message(&complaint)));
    }
    if says(&["usage limit", "limit reached", "hit your limit", "spend limit", "credit balance", "rate limit"]) {
        return Err(Failure::Quota { why: message(&complaint), after: None });
    }
    // Asking again would cost the same again.
    let over_budget = result["subtype"].as_str().is_some_and(|kind| kind.contains("max_budget"));
    if over_budget || says(&["prompt is too long", "input is too long"]) {
        return Err(Failure::TooLarge(message(&complaint)));
    }
    if result["api_error"] == "max_output_tokens" || says(&["output token maximum"]) {
        return Err(Failure::Truncated { raw });
    }
    if result["stop_reason"] == "refusal" {
        return Err(Failure::Refused { raw });
    }
    if result.is_null() || is_error && !result["subtype"].as_str().is_some_and(|kind| kind.contains("structured")) {
        return Err(Failure::Busy { why: message(&format!("the client failed: {complaint}")), after: None });
    }
    Err(Failure::Malformed { why: "the reply has no structured output".to_owned(), raw })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn name(value: &Value) -> &'static str {
        let ended = Ended { output: value.to_string(), ..Ended::default() };
        read(&ended).map_or_else(|failure| failure.name(), |_| "answered")
    }

    #[test]
    fn the_clients_own_words_are_classified() {
        assert_eq!(name(&json!({"subtype": "success", "structured_output": {"memories": []}})), "answered");
        assert_eq!(
            name(&json!({"subtype": "success", "is_error": false, "result": "I cannot find any."})),
            "malformed"
        );
        assert_eq!(name(&json!({"is_error": true, "api_error_status": 401, "result": "x"})), "denied");
        assert_eq!(name(&json!({"is_error": true, "api_error_status": 429, "result": "x"})), "quota");
        assert_eq!(name(&json!({"is_error": true, "api_error_status": 529, "result": "x"})), "busy");
        assert_eq!(name(&json!({"is_error": true, "result": "Invalid API key · Please run /login"})), "denied");
        assert_eq!(name(&json!({"is_error": true, "result": "You've hit your limit · resets 3pm"})), "quota");
        assert_eq!(name(&json!({"is_error": true, "result": "Prompt is too long"})), "too large");
        assert_eq!(name(&json!({"is_error": true, "subtype": "error_max_budget_usd"})), "too large");
        assert_eq!(name(&json!({"is_error": true, "subtype": "error_max_structured_output_retries"})), "malformed");
        assert_eq!(name(&json!({"is_error": true, "api_error": "max_output_tokens", "result": "x"})), "truncated");
        assert_eq!(name(&json!({"is_error": true, "stop_reason": "refusal", "result": "I can't help"})), "refused");
        assert_eq!(name(&json!({"is_error": true, "subtype": "error_during_execution"})), "busy");
        let long = format!("{}usage limit", "The plan was changed. ".repeat(40));
        assert_eq!(name(&json!({"subtype": "success", "result": long})), "malformed");
        let ended = Ended { output: "Killed".to_owned(), ..Ended::default() };
        assert_eq!(read(&ended).unwrap_err().name(), "busy");
    }
}
