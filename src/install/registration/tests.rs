use std::fs;

use super::*;

struct Place {
    _dir: tempfile::TempDir,
    settings: PathBuf,
    record: PathBuf,
    source: PluginSource,
}

fn place(text: Option<&str>) -> Place {
    let dir = tempfile::tempdir().unwrap();
    let settings = dir.path().join("config/settings.json");
    if let Some(text) = text {
        fs::create_dir_all(settings.parent().unwrap()).unwrap();
        fs::write(&settings, text).unwrap();
    }
    let record = dir.path().join("home/setup.json");
    let source = PluginSource::Directory(dir.path().join("home/plugin"));
    Place { _dir: dir, settings, record, source }
}

impl Place {
    fn set_up(&self) -> Registration {
        let plan = plan_registration(&self.settings, &self.source).unwrap();
        if plan.is_needed() {
            plan.register(&self.source, &self.record).unwrap();
        }
        plan
    }

    fn take_back(&self) {
        let record = SetupRecord::load(&self.record, &self.settings).unwrap().unwrap();
        plan_removal(&record).unwrap().write().unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.settings).unwrap()
    }
}

const TEXTS: [&str; 7] = [
    "{}",
    "",
    "{\n  \"model\": \"opus\",\n  \"hooks\": {\"Stop\": [{\"hooks\": [{\"type\": \"command\", \"command\": \"true\"}]}]}\n}\n",
    "{\"zeta\":1,  \"enabledPlugins\":{\"other@market\":true}}",
    "{\n\t\"enabledPlugins\": {},\n\t\"extraKnownMarketplaces\": {\n\t}\n}",
    "{\"enabledPlugins\": {\"memory-lane@memory-lane\": false}}",
    "{\r\n  \"a\": 1\r\n}\r\n",
];

#[test]
fn twice_is_once_and_taking_back_restores_every_byte() {
    for text in TEXTS {
        let place = place(Some(text));
        assert!(place.set_up().is_needed(), "{text}");
        let registered = place.text();
        assert!(!place.set_up().is_needed(), "{text}");
        assert_eq!(place.text(), registered, "{text}");
        place.take_back();
        assert_eq!(place.text(), text);
    }
}

#[test]
fn a_file_that_was_not_there_goes_again() {
    let place = place(None);
    place.set_up();
    assert_eq!(serde_json::from_str::<Value>(&place.text()).unwrap()["enabledPlugins"][PLUGIN_ID], true);
    place.take_back();
    assert!(!place.settings.exists());
}

#[test]
fn changes_made_meanwhile_survive_and_only_the_plugin_goes() {
    let place = place(Some("{\n  \"model\": \"opus\"\n}\n"));
    place.set_up();
    let edited = place
        .text()
        .replace("opus", "sonnet")
        .replace("  \"enabledPlugins\": {", "  \"enabledPlugins\": {\n    \"a@b\": true,");
    fs::write(&place.settings, edited).unwrap();
    place.take_back();
    assert_eq!(place.text(), "{\n  \"model\": \"sonnet\",\n  \"enabledPlugins\": {\n    \"a@b\": true\n  }\n}\n");
}

#[test]
fn settings_rewritten_in_another_order_come_back_as_they_were() {
    let text = "{\"zeta\":1,   \"alpha\":2}";
    let place = place(Some(text));
    place.set_up();
    let value: Value = serde_json::from_str(&place.text()).unwrap();
    fs::write(&place.settings, serde_json::to_string_pretty(&value).unwrap()).unwrap();
    place.take_back();
    assert_eq!(place.text(), text);
}

#[test]
fn a_second_setup_from_elsewhere_keeps_the_first_state_as_the_one_to_restore() {
    let text = "{\"a\": 1}";
    let place = place(Some(text));
    place.set_up();
    let other = PluginSource::Repository("somebody/fork".into());
    plan_registration(&place.settings, &other).unwrap().register(&other, &place.record).unwrap();
    assert!(place.text().contains("somebody/fork"));
    place.take_back();
    assert_eq!(place.text(), text);
}

#[test]
fn what_cannot_be_edited_is_left_alone() {
    for (text, expected) in [
        ("{\"a\": 1,}", "not valid JSON"),
        ("// mine\n{}", "not valid JSON"),
        ("[]", "`the document` is not an object"),
        ("{\"enabledPlugins\": []}", "`enabledPlugins` is not an object"),
    ] {
        let place = place(Some(text));
        let error = plan_registration(&place.settings, &place.source).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("settings.json"), "{error}");
        assert_eq!(place.text(), text);
        assert!(!place.record.exists());
    }
}

#[test]
fn planning_writes_nothing_and_the_diff_names_the_new_lines() {
    let place = place(Some("{\n  \"model\": \"opus\"\n}\n"));
    let plan = plan_registration(&place.settings, &place.source).unwrap();
    assert!(plan.diff().iter().any(|line| line.starts_with('+') && line.contains(PLUGIN_ID)));
    assert_eq!(place.text(), "{\n  \"model\": \"opus\"\n}\n");
    assert_eq!(fs::read_dir(place.settings.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn two_configurations_are_kept_apart() {
    let (one, mut other) = (place(Some("{\"a\": 1}")), place(Some("{\"b\": 2}")));
    other.record = one.record.clone();
    one.set_up();
    other.set_up();
    one.take_back();
    other.take_back();
    assert_eq!((one.text(), other.text()), ("{\"a\": 1}".to_owned(), "{\"b\": 2}".to_owned()));
    for record in SetupRecord::load_all(&one.record).unwrap() {
        assert!(one.record.exists());
        record.remove(&one.record).unwrap();
    }
    assert!(!one.record.exists());
}

#[cfg(unix)]
#[test]
fn settings_that_are_a_link_stay_one() {
    let place = place(None);
    let real = place.record.with_file_name("dotfiles.json");
    fs::create_dir_all(real.parent().unwrap()).unwrap();
    fs::create_dir_all(place.settings.parent().unwrap()).unwrap();
    fs::write(&real, "{}").unwrap();
    std::os::unix::fs::symlink(&real, &place.settings).unwrap();
    place.set_up();
    assert!(fs::symlink_metadata(&place.settings).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains(PLUGIN_ID));
}

#[test]
fn a_failed_write_leaves_neither_record_nor_backup() {
    let place = place(Some("{}"));
    let plan = plan_registration(&place.settings, &place.source).unwrap();
    // The temporary file's name is taken by a directory, as good as a full disk, and root does not get around it.
    let blocked = super::super::replace::temporary_name(&place.settings);
    fs::create_dir(blocked).unwrap();
    let error = plan.register(&place.source, &place.record).unwrap_err().to_string();
    assert!(error.contains("cannot write") && error.contains("settings.json"), "{error}");
    assert_eq!(place.text(), "{}");
    assert!(!place.record.exists() && !place.settings.with_file_name("settings.json.before-memory-lane").exists());
}

#[test]
fn an_installation_by_hand_is_noticed() {
    let check = |text: &str, expected: Option<&str>| {
        let place = place(Some(text));
        let plan = plan_registration(&place.settings, &place.source).unwrap();
        assert_eq!(registered_elsewhere(&plan, &place.source).as_deref(), expected, "{text}");
    };
    check("{}", None);
    check("{\"enabledPlugins\":{\"memory-lane@memory-lane\":true}}", Some(PLUGIN_ID));
    check("{\"enabledPlugins\":{\"memory-lane@team\":true}}", Some("memory-lane@team"));
    check("{\"enabledPlugins\":{\"memory-lane@team\":false, \"memory-lane-too@x\":true}}", None);
    let place = place(Some("{}"));
    place.set_up();
    let plan = plan_registration(&place.settings, &place.source).unwrap();
    assert_eq!(registered_elsewhere(&plan, &place.source), None);
}

#[test]
fn sources_are_directories_with_a_plugin_or_repositories() {
    let root = env!("CARGO_MANIFEST_DIR");
    assert_eq!(PluginSource::parse(root), Ok(PluginSource::Directory(fs::canonicalize(root).unwrap())));
    assert_eq!(PluginSource::parse("a-b/c.d"), Ok(PluginSource::Repository("a-b/c.d".into())));
    for bad in ["", "a", "a/b/c", "/none/such", "./x", "a b/c"] {
        assert!(PluginSource::parse(bad).is_err(), "{bad}");
    }
    assert!(PluginSource::parse(&format!("{root}/src")).unwrap_err().contains("holds no plugin"));
}
