//! One setting of the program's own `config.json`, which a person writes too.

use std::path::Path;

use serde_json::Value;

use super::InstallError;
use super::json_edit::set_member;
use super::registration::{document, refused};
use super::replace::{read_text, replace_file};

/// Sets one member of the settings; every other byte stays, a link is followed, permissions are kept.
pub fn set_setting(path: &Path, key: &str, value: &Value) -> Result<(), InstallError> {
    let text = document(read_text(path)?.as_deref());
    let text = set_member(&text, &[key], value).map_err(|error| refused(path, error))?;
    replace_file(path, text.as_bytes(), 0o600)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn one_setting_changes_and_every_other_byte_stays() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("config.json");
        set_setting(&path, "model", &Value::from("one")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\n  \"model\": \"one\"\n}\n");
        fs::write(&path, r#"{"recall": "on",  "announce": false, "model": "one"}"#).unwrap();
        set_setting(&path, "model", &Value::from("two")).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text, r#"{"recall": "on",  "announce": false, "model": "two"}"#);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        fs::write(&path, "[]").unwrap();
        assert!(set_setting(&path, "model", &Value::from("two")).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn a_linked_file_stays_linked_and_keeps_its_permissions() {
        use std::os::unix::fs::{PermissionsExt, symlink};

        let home = tempfile::tempdir().unwrap();
        let (link, real) = (home.path().join("config.json"), home.path().join("dotfiles.json"));
        fs::write(&real, "{}").unwrap();
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&real, &link).unwrap();
        set_setting(&link, "model", &Value::from("one")).unwrap();
        assert_eq!(link.read_link().unwrap(), real);
        assert!(fs::read_to_string(&real).unwrap().contains("one"));
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
