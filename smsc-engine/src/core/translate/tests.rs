use super::*;
use crate::model::{Account, Address, Lane, MessageId};

fn both(pattern: &str, replace: &str) -> Rule {
    let (pattern, replace) = (Some(pattern.to_owned()), Some(replace.to_owned()));
    let (calling_match, calling_replace) = (pattern.clone(), replace.clone());
    Rule { calling_match, calling_replace, called_match: pattern, called_replace: replace, ..Rule::default() }
}

fn called(pattern: &str, replace: &str) -> Rule {
    Rule { calling_match: None, calling_replace: None, ..both(pattern, replace) }
}

fn translator(rules: &[Rule], mode: Mode) -> Translator {
    Translator::new(rules, mode).unwrap()
}

fn numbers<'a>(calling: &'a str, called: &'a str) -> Numbers<'a> {
    Numbers { calling: calling.as_bytes(), called: called.as_bytes(), source_smsc: "carrier_a" }
}

/// What becomes of both numbers.
fn translate(rules: &[Rule], calling: &str, called: &str) -> (String, String) {
    match translator(rules, Mode::First).translate(numbers(calling, called)) {
        Some(done) => (done.calling.to_string(), done.called.to_string()),
        None => (calling.to_owned(), called.to_owned()),
    }
}

fn pair(one: &str, other: &str) -> (String, String) {
    (one.to_owned(), other.to_owned())
}

#[test]
fn no_rule_changes_nothing() {
    assert_eq!(translator(&[], Mode::All).translate(numbers("1", "2")), None);
    assert_eq!(Translator::default().translate(numbers("1", "2")), None);
}

#[test]
fn the_documented_examples_give_their_results() {
    let ten_digits = Rule { priority: 100, ..both(r"^(\d{10})$", r"+1\1") };
    assert_eq!(translate(std::slice::from_ref(&ten_digits), "5551234567", "5551234567"), pair("+15551234567", "+15551234567"));

    let international = Rule { priority: 10, ..both(r"^00(\d+)$", r"+\1") };
    assert_eq!(translate(&[international], "00447700900000", "00447700900000"), pair("+447700900000", "+447700900000"));

    let pattern = r"^\+?1?[\s\-\.\(\)]*(\d{3})[\s\-\.\)\(]*(\d{3})[\s\-\.\)\(]*(\d{4})";
    let clean = Rule { priority: 50, ..both(pattern, r"+1\1\2\3") };
    assert_eq!(translate(&[clean], "(555) 123-4567", "(555) 123-4567"), pair("+15551234567", "+15551234567"));

    let (called_prefix, source_smsc) = (Some("101".to_owned()), Some("carrier_a".to_owned()));
    let carrier = Rule { priority: 5, called_prefix, source_smsc, ..called(r"^101(\d+)$", r"\1") };
    assert_eq!(
        translate(std::slice::from_ref(&carrier), "10115551234567", "10115551234567"),
        pair("10115551234567", "15551234567")
    );
    let other = Rule { source_smsc: Some("carrier_b".to_owned()), ..carrier };
    assert_eq!(translate(&[other], "1", "10115551234567"), pair("1", "10115551234567"));

    let specific = Rule { priority: 1, calling_prefix: Some("1555".to_owned()), ..both(r"^(1555\d{7})$", r"+\1") };
    let rules = [Rule { priority: 50, ..ten_digits }, specific];
    assert_eq!(translate(&rules, "15551234567", "15551234567"), pair("+15551234567", "+15551234567"));
    assert_eq!(translate(&rules, "5551234567", "5551234567"), pair("+15551234567", "+15551234567"));
}

#[test]
fn lower_numbers_go_first_and_the_list_breaks_ties() {
    let rule = |priority, replace| Rule { priority, ..called("^1$", replace) };
    assert_eq!(translate(&[rule(20, "20"), rule(10, "10"), rule(10, "10b")], "", "1").1, "10");
    let all = translator(&[rule(20, "20"), Rule { priority: 10, ..called("^1$", "1") }], Mode::All);
    assert_eq!(
        all.translate(numbers("", "1")).unwrap().called,
        Word::new("20"),
        "a rule that changes nothing stops nothing here"
    );
    let first = translator(&[rule(20, "20"), Rule { priority: 10, ..called("^1$", "1") }], Mode::First);
    assert_eq!(first.translate(numbers("", "1")), None, "the first selected rule is the last");
}

#[test]
fn all_goes_on_with_what_the_rules_before_left() {
    let rules = [called(r"^00(\d+)$", r"+\1"), called(r"^\+44(\d+)$", r"0\1"), called("^9", "never")];
    let done = translator(&rules, Mode::All).translate(numbers("7", "00447700")).unwrap();
    assert_eq!((done.called, done.steps.len()), (Word::new("07700"), 2));
    let done = translator(&rules, Mode::First).translate(numbers("7", "00447700")).unwrap();
    assert_eq!((done.called, done.steps.len()), (Word::new("+447700"), 1));
}

#[test]
fn criteria_restrict_a_rule_and_empty_ones_do_not() {
    let restricted = |calling: Option<&str>, called_prefix: Option<&str>, source: Option<&str>| Rule {
        calling_prefix: calling.map(Into::into),
        called_prefix: called_prefix.map(Into::into),
        source_smsc: source.map(Into::into),
        ..called("^.*$", "new")
    };
    for (rule, applies) in [
        (restricted(None, None, None), true),
        (restricted(Some(""), Some(""), Some("")), true),
        (restricted(Some("12"), Some("34"), Some("carrier_a")), true),
        (restricted(Some("2"), None, None), false),
        (restricted(None, Some("4"), None), false),
        (restricted(None, Some("+34"), None), false),
        (restricted(None, None, Some("carrier")), false),
        (Rule { enabled: false, ..restricted(None, None, None) }, false),
    ] {
        let expected = if applies { "new" } else { "345" };
        assert_eq!(translate(std::slice::from_ref(&rule), "123", "345").1, expected, "{rule:?}");
    }
}

#[test]
fn a_side_without_pattern_or_match_is_left_alone() {
    assert_eq!(translate(&[called("^1", "9")], "1", "1"), pair("1", "9"));
    assert_eq!(translate(&[both("^1", "9")], "1", "2"), pair("9", "2"));
    let empty = Rule { calling_match: Some(String::new()), calling_replace: Some("x".into()), ..called("^1", "9") };
    assert_eq!(translate(&[empty], "1", "1"), pair("1", "9"), "an empty pattern is none");
}

#[test]
fn a_pattern_without_replacement_exempts() {
    let exempt = Rule { priority: 1, called_replace: None, ..called("^112$", "") };
    assert_eq!(translate(&[exempt, called("^1", "9")], "", "112").1, "112");
}

#[test]
fn replacements_know_groups_the_whole_match_and_backslashes() {
    for (pattern, replace, number, expected) in [
        (r"^(.)(.)(.)(.)(.)(.)(.)(.)(.)$", r"\9\8\7\6\5\4\3\2\1", "123456789", "987654321"),
        (r"^(\d)", r"\10", "7", "70"),
        (r"\d", r"<\0>", "12", "<1><2>"),
        (r"^1", r"\\", "12", r"\2"),
        (r"^(a)?b$", r"[\1]", "b", "[]"),
        (r"[^0-9+]", "", "+44 (0) 77", "+44077"),
        (r"^1$", "$1", "1", "$1"),
    ] {
        assert_eq!(translate(&[called(pattern, replace)], "", number).1, expected, "{pattern} {replace}");
    }
}

#[test]
fn errors_name_the_rule_the_field_and_the_reason() {
    let said = |rule: Rule| {
        let rule = Rule { description: "US".into(), ..rule };
        Translator::new(&[Rule::default(), rule], Mode::First).unwrap_err().to_string()
    };
    let broken = said(called(r"^(\d", "1"));
    assert!(broken.starts_with("translation rule 2 (\"US\"): called_match: regex parse error"), "{broken}");
    assert_eq!(
        said(called(r"^(\d)", r"\2")),
        "translation rule 2 (\"US\"): called_replace: there is no group 2: the pattern has 1"
    );
    let escape = "called_replace: a backslash at octet 1 is followed by neither a digit nor a backslash";
    assert_eq!(said(called(r"^1", r"1\d")), format!("translation rule 2 (\"US\"): {escape}"));
    assert_eq!(said(called(r"^1", r"1\")), format!("translation rule 2 (\"US\"): {escape}"));
    assert!(said(both(r"((\d{99}){99}){99}", "1")).contains("calling_match: Compiled regex exceeds size limit"));
    assert!(said(called("1", &"1".repeat(129))).ends_with("129 octets, 128 are allowed"));
    let many = Translator::new(&vec![Rule::default(); 10_001], Mode::First).unwrap_err();
    assert!(many.to_string().ends_with("there are more than 10000 rules"));
    // A rule that is switched off may be unfinished.
    assert!(Translator::new(&[Rule { enabled: false, ..called("(", "") }], Mode::First).is_ok());
}

#[test]
fn a_translation_tells_which_rule_changed_what() {
    let rule = Rule { description: "international".into(), ..both("^00", "+") };
    let mut message = Message::new(MessageId(1), Account::from("shop"), Lane::default());
    message.source = Address::new(0, 1, "0049170");
    message.destination = Address::new(0, 1, "004477");
    let done = translator(&[Rule::default(), rule, called(r"^\+", "")], Mode::All).apply(&mut message).unwrap();
    assert_eq!(
        done.to_string(),
        "rule 2 (international): calling 0049170 -> +49170, called 004477 -> +4477; rule 3: called +4477 -> 4477"
    );
    assert_eq!((message.source, message.destination), (Address::new(0, 1, "+49170"), Address::new(0, 1, "4477")));
}

#[test]
fn other_rules_count_from_the_next_message_and_bad_ones_never() {
    let translator = translator(&[called("^1", "2")], Mode::First);
    let now = |translator: &Translator| translator.translate(numbers("", "1")).map(|done| done.called.to_string());
    translator.replace(&[called("^1", "3")], Mode::First).unwrap();
    assert_eq!(now(&translator).as_deref(), Some("3"));
    assert!(translator.replace(&[called("(", "4")], Mode::First).is_err());
    assert_eq!(now(&translator).as_deref(), Some("3"));
}

#[test]
fn numbers_that_are_no_text_are_translated_octet_by_octet() {
    let translator = translator(&[called("^1(.)", r"2\1")], Mode::First);
    let done = translator.translate(Numbers { called: &[b'1', 0xFF, 0x80], ..Numbers::default() }).unwrap();
    assert_eq!(done.called.octets(), [b'2', 0xFF, 0x80]);
    let arabic = "\u{661}\u{662}";
    assert_eq!(translate(&[called(r"\d", "x")], "", arabic).1, arabic, "digits are those of ASCII");
}

#[test]
fn what_grows_stops_growing() {
    let rules: Vec<Rule> = (0..1000).map(|_| called(r"^(.*)$", r"\1\1")).collect();
    let done = translator(&rules, Mode::All).translate(numbers("", "1")).unwrap();
    assert_eq!((done.called.octets().len(), done.steps.len()), (128, 7));
}

#[test]
fn a_pathological_input_takes_linear_time() {
    // A backtracking matcher would try 2^5000 ways; this ends before anybody notices.
    let translator = translator(&[called("^(a|a)*(a+)+$", "x")], Mode::First);
    for octets in [10, 1000, 5000] {
        let number = format!("{}b", "a".repeat(octets));
        assert_eq!(translator.translate(numbers("", &number)), None);
    }
}
