use proptest::prelude::*;
use serde_json::json;

use super::*;

fn check_set(before: &str, path: &[&str], value: &Value, after: &str) {
    assert_eq!(set_member(before, path, value).unwrap(), after);
}

#[test]
fn a_new_member_follows_the_layout_of_its_neighbours() {
    check_set("{}", &["a"], &json!(true), "{\n  \"a\": true\n}");
    check_set("{ }\n", &["a", "b"], &json!(1), "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n");
    check_set(r#"{"z":1}"#, &["a", "b"], &json!([1]), r#"{"z":1, "a": {"b":[1]}}"#);
    check_set("{\n\t\"z\": 1\n}", &["a"], &json!({"b": 1}), "{\n\t\"z\": 1,\n\t\"a\": {\n\t\t\"b\": 1\n\t}\n}");
    check_set("{\r\n  \"z\": 1\r\n}", &["a"], &json!(2), "{\r\n  \"z\": 1,\r\n  \"a\": 2\r\n}");
    check_set(
        "{\n    \"a\": {\n        \"x\": {}\n    }\n}",
        &["a", "b"],
        &json!({"c": 1}),
        "{\n    \"a\": {\n        \"x\": {},\n        \"b\": {\n            \"c\": 1\n        }\n    }\n}",
    );
}

#[test]
fn a_value_is_replaced_where_it_stands() {
    check_set(r#"{"a" : false , "z":"}\"{"}"#, &["a"], &json!(true), r#"{"a" : true , "z":"}\"{"}"#);
    check_set("{\n  \"a\": {}\n}", &["a", "b"], &json!(1), "{\n  \"a\": {\n    \"b\": 1\n  }\n}");
    check_set(r#"{"a":1,"a":2}"#, &["a"], &json!(3), r#"{"a":1,"a":3}"#);
}

#[test]
fn a_member_goes_with_its_comma() {
    let check = |before: &str, path: &[&str], after: Option<&str>| {
        assert_eq!(remove_member(before, path).unwrap().as_deref(), after);
    };
    check(r#"{"a":1, "b":2, "c":3}"#, &["a"], Some(r#"{"b":2, "c":3}"#));
    check(r#"{"a":1, "b":2, "c":3}"#, &["b"], Some(r#"{"a":1, "c":3}"#));
    check(r#"{"a":1, "b":2, "c":3}"#, &["c"], Some(r#"{"a":1, "b":2}"#));
    check("{\n  \"a\": {\n    \"b\": 1\n  }\n}", &["a", "b"], Some("{\n  \"a\": {}\n}"));
    check(r#"{"a":1}"#, &["b"], None);
    check(r#"{"a":{}}"#, &["a", "b"], None);
}

#[test]
fn what_is_not_an_object_is_refused() {
    assert!(matches!(set_member("{,}", &["a"], &json!(1)), Err(EditError::NotJson(_))));
    assert!(matches!(set_member("{\"a\":1} // no", &["a"], &json!(1)), Err(EditError::NotJson(_))));
    assert_eq!(set_member("[]", &["a"], &json!(1)), Err(EditError::NotAnObject("the document".into())));
    assert_eq!(set_member(r#"{"a":{"b":[]}}"#, &["a", "b", "c"], &json!(1)), Err(EditError::NotAnObject("a.b".into())));
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from)
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[a-d\"\\\\{},:]{0,3}", inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

fn any_document() -> impl Strategy<Value = (Value, String)> {
    let object = prop::collection::btree_map("[a-d\"\\\\{},:]{1,3}", any_value(), 0..5);
    (object, any::<bool>()).prop_map(|(map, pretty)| {
        let value = Value::Object(map.into_iter().collect());
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        (value, text.unwrap())
    })
}

proptest! {
    #[test]
    fn setting_changes_one_value_and_removing_it_restores_the_text(
        (value, text) in any_document(), key in "[e-h]{1,3}", new in any_value(),
    ) {
        let edited = set_member(&text, &[&key], &new).unwrap();
        let mut expected = value;
        expected[&key] = new;
        prop_assert_eq!(serde_json::from_str::<Value>(&edited).unwrap(), expected);
        prop_assert_eq!(remove_member(&edited, &[&key]).unwrap().unwrap(), text);
    }

    #[test]
    fn setting_a_known_member_equals_assignment((value, text) in any_document(), pick in any::<prop::sample::Index>(), new in any_value()) {
        let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
        prop_assume!(!keys.is_empty());
        let key = keys[pick.index(keys.len())].clone();
        let edited = set_member(&text, &[&key], &new).unwrap();
        let mut expected = value.clone();
        expected[&key] = new;
        prop_assert_eq!(serde_json::from_str::<Value>(&edited).unwrap(), expected.clone());
        let removed = remove_member(&edited, &[&key]).unwrap().unwrap();
        expected.as_object_mut().unwrap().remove(&key);
        prop_assert_eq!(serde_json::from_str::<Value>(&removed).unwrap(), expected);
    }
}
