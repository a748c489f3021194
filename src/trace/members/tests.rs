use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

fn pairs(json: &str) -> Option<Vec<(String, String)>> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_owned()).unwrap();
    let mut found = Vec::new();
    each_member(json.as_bytes(), |name, value| found.push((text(name), text(value))))?;
    Some(found)
}

fn check(json: &str, expected: Option<&[(&str, &str)]>) {
    let expected: Option<Vec<(String, String)>> =
        expected.map(|all| all.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect());
    assert_eq!(pairs(json), expected, "{json}");
}

#[test]
fn members_are_found_in_every_spelling() {
    check("{}", Some(&[]));
    check(" { } \r", Some(&[]));
    check(r#"{"a":1,"b":null,"c":"x"}"#, Some(&[("a", "1"), ("c", "\"x\"")]));
    check("{ \"a\" : -1.5e3 , \"b\" : [ {} , \"]\" ] }", Some(&[("a", "-1.5e3"), ("b", "[ {} , \"]\" ]")]));
    check(r#"{"a":"x\"y\\","b":"\\\""}"#, Some(&[("a", r#""x\"y\\""#), ("b", r#""\\\"""#)]));
    check(r#"{"a":{"b":{"c":"}"}},"d":true}"#, Some(&[("a", r#"{"b":{"c":"}"}}"#), ("d", "true")]));
    check(r#"{"a":1,"a":2}"#, Some(&[("a", "1"), ("a", "2")]));
}

#[test]
fn what_is_no_whole_object_has_none() {
    for json in [
        "",
        "[1]",
        "5",
        "{",
        r#"{"a""#,
        r#"{"a":"#,
        r#"{"a":1"#,
        r#"{"a":1,"#,
        r#"{"a":1,}"#,
        r#"{"a":1}}"#,
        r#"{"a":1} x"#,
        r#"{"a":"x}"#,
        r#"{"a":"x\"}"#,
        r#"{"a":[1}"#,
        r#"{"a" 1}"#,
        r#"{"a":1 "b":2}"#,
        r#"{a:1}"#,
        r#"{"a":{"b":"#,
        r#"{"a":[1,{"b":2},{"c"#,
        r#"{"a":}"#,
        r#"{"a":[#]}"#,
    ] {
        check(json, None);
    }
}

#[test]
fn elements_are_found() {
    let check = |json: &str, expected: Option<&[&str]>| {
        let mut found = Vec::new();
        let whole = Cursor::new(json.as_bytes()).elements(|cursor| {
            found.push(str::from_utf8(cursor.value()?).unwrap());
            Some(())
        });
        assert_eq!(whole.map(|()| &*found), expected, "{json}");
    };
    check("[]", Some(&[]));
    check(r#"[1, "a,]", [2], null]"#, Some(&["1", r#""a,]""#, "[2]", "null"]));
    check("[1,", None);
    check("[1 2]", None);
    check("{}", None);
}

#[test]
fn strings_are_unescaped() {
    let check = |json: &str, expected: Option<&str>| assert_eq!(string(json.as_bytes()).as_deref(), expected, "{json}");
    check(r#""""#, Some(""));
    check(r#""a\tb\u00e9\/\"\\""#, Some("a\tbé/\"\\"));
    check(r#""\ud83d\ude00 \ud83d\n\ude00""#, Some("😀 \u{fffd}\n\u{fffd}"));
    check(r#""\q""#, None);
    check(r#""\u12""#, None);
    check(r#""\u+123""#, None);
    check("5", None);
    assert_eq!(string(b"\"a\xffb\\n\"").as_deref(), Some("a\u{fffd}b\n"));
}

#[test]
fn the_start_of_a_string_is_long_enough() {
    let json = json!("é\n".repeat(50)).to_string();
    for bytes in [0, 1, 2, 3, 10, 149, 150, 1000] {
        let start = string_start(json.as_bytes(), bytes).unwrap();
        assert!(start.len() >= bytes.min(150) && "é\n".repeat(50).starts_with(&*start), "{bytes}");
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Bool(true)),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        any::<String>().prop_map(Value::from),
        "[\\\\\"{}\\[\\],: a]{0,60}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[a-z]{1,30}", inner, 0..5)
                .prop_map(|all| Value::Object(Map::from_iter(all))),
        ]
    })
}

proptest! {
    #[test]
    fn members_are_those_that_a_parser_finds(value in value(), pretty in any::<bool>()) {
        let json = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let found = pairs(&json);
        let Value::Object(expected) = &value else {
            prop_assert!(found.is_none());
            return Ok(());
        };
        let found: Vec<(String, Value)> =
            found.unwrap().into_iter().map(|(name, value)| (name, serde_json::from_str(&value).unwrap())).collect();
        let expected: Vec<_> = expected.clone().into_iter().filter(|(_, value)| !value.is_null()).collect();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn strings_are_those_that_a_parser_finds(text in any::<String>()) {
        let json = Value::from(text.clone()).to_string();
        let found = string(json.as_bytes());
        prop_assert_eq!(found.as_deref(), Some(&*text));
    }

    #[test]
    fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0usize..200) {
        let mut json = br#"{"a":"#.to_vec();
        json.extend(&bytes);
        let _whole = each_member(&json, |_, _| {});
        let _whole = each_member(&bytes, |_, _| {});
        let _whole = Cursor::new(&bytes).elements(|cursor| cursor.value().map(drop));
        drop(string(&bytes));
        // A record that was cut off is none.
        let whole = br#"{"type":"user","message":{"content":[{"type":"text","text":"a \"b\" c"}]},"n":12}"#;
        let cut = cut % whole.len();
        let found = each_member(&whole[..cut], |_, _| {});
        prop_assert_eq!(found, None);
    }
}
