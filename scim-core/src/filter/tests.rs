//! The grammar and its readings, every message verbatim, the round trip, and the cost of hostile text. The tests of
//! evaluation are in `eval_tests.rs`.

use std::time::{Duration, Instant};

use proptest::prelude::*;

use super::{CompareOp, Filter, Limits, Literal, NumberLiteral, ParseError, SubTest};
use crate::path::AttrPath;

fn parse(text: &str) -> Filter {
    Filter::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn fail(text: &str) -> ParseError {
    Filter::parse(text).err().unwrap_or_else(|| panic!("{text} is accepted"))
}

/// Implementations disagree about most of these; the list says what this crate reads.
#[test]
fn accepts() {
    for text in [
        "not(title pr)",
        r#"emails[type eq "work" and value pr and primary eq true]"#,
        r#"emails[type eq "work" or (type eq "home" and primary eq true)]"#,
        r#"emails[(type eq "work" or type eq "home") and primary eq true]"#,
        r#"emails[not (type eq "work") and value co "@x"]"#,
        r#"emails[type eq "work" or value co "x" and primary eq true]"#,
        r#"emails[type eq "work"].value eq "bjensen@example.com""#,
        r#"emails[type eq "work"].value pr"#,
        r#"members[$ref eq null and value eq "x"]"#,
        r#"manager.$ref eq "/v2/Users/a""#,
        "a$b eq 1",
        r#"x-custom eq "1""#,
        r#"nickName EQ "b""#,
        "NOT (title pr)",
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        r#"urn:example:scim:schemas:extension:custom:2.0:User:employment.status eq "x""#,
        r#"urn:okta:myapp_1:1.0:user:custom:dept_code eq "R&D""#,
        r#"URN:IETF:PARAMS:SCIM:SCHEMAS:CORE:2.0:USER:USERNAME eq "x""#,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User pr",
        r#"https://example.com/ext/2.0:costCenter eq "1""#,
        r#"title eq """#,
        r#"title eq "caf\u00e9""#,
        r#"title eq "say \"hi\"""#,
        r#"title eq "日本語""#,
        "score eq 42",
        "score eq -1",
        "score eq 1e5",
        r#"title  eq   "a""#,
        " title pr",
        "title pr ",
        "( title pr )",
        r#"emails[ type eq "work" ]"#,
        "true eq true",
        "not pr",
        "and pr",
        "or pr and and pr or not pr",
        "((title pr))",
        "nullable eq null",
        "((((((((((((((((((((title pr))))))))))))))))))))",
        "title pr AND (nickName pr Or NOT(active eq false))",
        "(title pr) and (nickName pr)",
    ] {
        let filter = parse(text);
        assert_eq!(parse(&filter.to_string()), filter, "{text}");
    }
}

/// The other half of the list; what fits on a line is checked verbatim.
#[test]
fn refuses() {
    let mut wrong = String::new();
    for (text, error) in [
        ("", "expected a filter, found nothing at column 1; write for example `userName eq \"bjensen\"`"),
        ("   ", "expected a filter, found nothing at column 1; write for example `userName eq \"bjensen\"`"),
        (
            "emails[type eq \"work\"].value",
            "expected an operator after `.value`, found the end at column 23; \
             a path that ends here is for PATCH; in a filter compare it, or write `pr`",
        ),
        (
            "emails[addresses[type eq \"work\"]]",
            "a value filter cannot hold another value filter at column 17; name the sub-attribute alone",
        ),
        (
            "a.b.c eq 1",
            "`a.b.c` has more than one sub-attribute at column 1; sub-attributes have no sub-attributes",
        ),
        (
            "1abc eq \"x\"",
            "`1abc` is not an attribute name at column 1; \
             an attribute name starts with a letter and holds letters, digits, `-`, `_` and `$`",
        ),
        (
            "_abc eq \"x\"",
            "`_abc` is not an attribute name at column 1; \
             an attribute name starts with a letter and holds letters, digits, `-`, `_` and `$`",
        ),
        (
            "foo:bar pr",
            "`foo:bar` has no schema URI before the last colon at column 1; write it as urn:…:attribute",
        ),
        (
            "title eq \"\\a\"",
            "`\\a` is not an escape of a JSON string at column 11; write \\\\ for a backslash",
        ),
        ("title eq \"a\tb\"", "a string cannot hold a bare control character at column 12; write it as \\t"),
        (
            "title eq \"a\u{1}b\"",
            "a string cannot hold a bare control character at column 12; write it as \\u0001",
        ),
        ("title eq \"\\u12\"", "expected four hexadecimal digits after `\\u` at column 11"),
        (
            "title eq \"\\ud83d\"",
            "half of a surrogate pair is not a character at column 11; \
             characters above \\uffff are written as two escapes, or as they are",
        ),
        ("title eq \"a", "the string is not closed at column 10; add `\"`"),
        (
            "title eq \"C:\\\"",
            "the string is not closed at column 10; a backslash escapes the quote after it; write \\\\ for a backslash",
        ),
        (
            "score eq 01",
            "expected a value, found `01` at column 10; \
             write the number as JSON does, or in double quotes: \"01\"",
        ),
        ("active eq True", "expected a value, found `True` at column 11; write it in lower case: true"),
        ("active eq FALSE)", "expected a value, found `FALSE` at column 11; write it in lower case: false"),
        (
            "externalId eq jyoung",
            "expected a value, found `jyoung` at column 15; put the value in double quotes: \"jyoung\"",
        ),
        (
            "title eq 'Tour Guide' and a pr",
            "expected a value, found `'Tour` at column 10; use double quotes: \"Tour Guide\"",
        ),
        (
            "title eq “Tour Guide”",
            "expected a value, found `“Tour` at column 10; use straight double quotes: \"Tour Guide\"",
        ),
        ("title eq {\"a\":1}", "a value cannot be an object or an array at column 10"),
        ("title eq", "expected a value, found the end at column 9"),
        ("title eq )", "expected a value, found `)` at column 10"),
        ("title eq\"a\"", "expected a space after `eq` at column 9"),
        (
            "emails [type eq \"work\"]",
            "expected an operator after `emails`, found `[` at column 8; no space is allowed before `[`",
        ),
        (
            "title\tpr",
            "expected an operator after `title`, found a tab at column 6; separate words with spaces",
        ),
        ("(title pr)and nickName pr", "expected a space before `and` at column 11"),
        ("title pr and(nickName pr)", "expected a space after `and` at column 13"),
        ("title pr and ", "expected a term after `and`, found the end at column 14"),
        ("title pr or", "expected a term after `or`, found the end at column 12"),
        (
            "title eq \"a\" garbage",
            "expected `and`, `or` or the end of the filter, found `garbage` at column 14",
        ),
        (
            "title pr adn nickName pr",
            "expected `and`, `or` or the end of the filter, found `adn` at column 10; did you mean `and`?",
        ),
        (
            "title pr && nickName pr",
            "expected `and`, `or` or the end of the filter, found `&&` at column 10; did you mean `and`?",
        ),
        (
            "title pr \"x\"",
            "expected `and`, `or` or the end of the filter, found a quoted value at column 10; `pr` takes no value",
        ),
        (
            "title eq \"say \"hi\"\"",
            "expected `and`, `or` or the end of the filter, found `hi` at column 16; \
             a quote inside a value is written as \\\"",
        ),
        (
            "title pr)",
            "expected `and`, `or` or the end of the filter, found `)` at column 9; \
             remove `)`, or open it earlier with `(`",
        ),
        (
            "title pr]",
            "expected `and`, `or` or the end of the filter, found `]` at column 9; \
             remove `]`, or open it earlier with `[`",
        ),
        ("(title pr", "the parenthesis is not closed at column 1; add `)`"),
        ("a pr and (title pr]", "the parenthesis is not closed at column 10; add `)`"),
        ("emails[type pr", "the value filter is not closed at column 7; add `]`"),
        ("emails[(type pr]", "the parenthesis is not closed at column 8; add `)`"),
        ("()", "expected an attribute name, found `)` at column 2"),
        (
            "\"title\" eq \"x\"",
            "expected an attribute name, found a quoted value at column 1; attribute names have no quotes",
        ),
        (
            "not title pr",
            "expected `(` after `not` at column 5; put parentheses around what it negates: `not (…)`",
        ),
        (
            "not not (title pr)",
            "expected `(` after `not` at column 5; put parentheses around what it negates: `not (…)`",
        ),
        (
            "members[value eq \"337991\"] eq \"\"",
            "expected `and`, `or` or the end of the filter, found `eq` at column 28",
        ),
        (
            "title",
            "expected an operator after `title`, found the end at column 6; write `title pr` to test that there is a value",
        ),
        (
            "title \"x\"",
            "expected an operator after `title`, found a quoted value at column 7; write `title eq` before the value",
        ),
        ("title = \"x\"", "`=` is not an operator at column 7; did you mean `eq`?"),
        ("title == \"x\"", "`==` is not an operator at column 7; did you mean `eq`?"),
        ("title != \"x\"", "`!=` is not an operator at column 7; did you mean `ne`?"),
        ("title contains \"x\"", "`contains` is not an operator at column 7; did you mean `co`?"),
        ("title startsWith \"x\"", "`startsWith` is not an operator at column 7; did you mean `sw`?"),
        ("title endswith \"x\"", "`endswith` is not an operator at column 7; did you mean `ew`?"),
        (
            "title is_like_a \"x\"",
            "`is_like_a` is not an operator at column 7; the operators are eq, ne, co, sw, ew, pr, gt, ge, lt and le",
        ),
        (
            "title in (\"x\")",
            "`in` is not an operator at column 7; SCIM has no `in`; join several `eq` with `or`",
        ),
        ("active true", "`true` is not an operator at column 8; write `active eq true`"),
        (
            "title=\"x\"",
            "`title=` is not an attribute name at column 1; \
             operators are words with spaces around them, such as `title eq \"…\"`",
        ),
        (
            "emails[0].value eq \"x\"",
            "`0` is not an attribute name at column 8; \
          an attribute name starts with a letter and holds letters, digits, `-`, `_` and `$`",
        ),
        ("emails[type eq \"work\"].1 pr", "`1` is not a sub-attribute name at column 24"),
    ] {
        let actual = fail(text).to_string();
        if actual != error {
            wrong.push_str(&format!("{text}\n  {actual}\n  {error}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn renders_the_place_and_the_fix() {
    assert_eq!(
        fail("userName eq \"é\" and title contains \"x\"").render(),
        "userName eq \"é\" and title contains \"x\"
                          ^^^^^^^^
`contains` is not an operator
help: did you mean `co`?
"
    );
    assert_eq!(fail("title eq").render(), "title eq\n        ^\nexpected a value, found the end\n");
}

#[test]
fn not_binds_tighter_than_and_tighter_than_or() {
    for (text, canonical) in [
        ("a pr or b pr and c pr", "a pr or b pr and c pr"),
        ("(a pr or b pr) and c pr", "(a pr or b pr) and c pr"),
        ("a pr or (b pr and c pr)", "a pr or b pr and c pr"),
        ("a pr and (b pr and (c pr and d pr))", "a pr and b pr and c pr and d pr"),
        ("(a pr or b pr) or c pr", "a pr or b pr or c pr"),
        ("NOT(a pr or b pr) AND ((c PR))", "not (a pr or b pr) and c pr"),
        (
            "emails[ not(type EQ \"work\") ].value  Sw \"\\u0061\\/\\\"\\u0001\\u00e9\"",
            "emails[not (type eq \"work\")].value sw \"a/\\\"\\u0001é\"",
        ),
        ("a eq \"\\ud83d\\uDE00\\b\\f\\n\\r\\t\\\\\"", "a eq \"😀\\b\\f\\n\\r\\t\\\\\""),
        ("a lt -1.50E+3 and b eq null", "a lt -1.50E+3 and b eq null"),
    ] {
        assert_eq!(parse(text).to_string(), canonical, "{text}");
    }
    let Filter::Or(terms) = parse("a pr or b pr and c pr") else { panic!("or is outermost") };
    assert!(matches!(terms.as_slice(), [Filter::Present { .. }, Filter::And(inner)] if inner.len() == 2));
}

#[test]
fn entra_test_after_the_brackets() {
    let Filter::ValuePath { attr, test, .. } = parse(r#"emails[type eq "work"].value eq "x""#) else {
        panic!("a value path")
    };
    assert_eq!(attr, AttrPath::new("emails"));
    assert_eq!(
        test,
        Some(Box::new(SubTest::Compare { sub: "value".to_owned(), op: CompareOp::Eq, value: "x".into() }))
    );
}

#[test]
fn json_numbers_only() {
    for text in ["0", "-0", "10", "1.0", "0.5", "1e5", "1E-05", "-12.25e+7", "123456789012345678901234567890"]
    {
        assert_eq!(NumberLiteral::parse(text).unwrap().as_str(), text);
    }
    for text in
        ["", "-", "01", "-01", ".5", "1.", "+1", "1e", "1e+", "0x1", "NaN", "Infinity", "1_000", "1 ", "١"]
    {
        assert_eq!(NumberLiteral::parse(text), None, "{text}");
    }
    assert_eq!(NumberLiteral::parse("9007199254740993").unwrap().as_i64(), Some(9_007_199_254_740_993));
    assert_eq!(NumberLiteral::parse("1e2").unwrap().as_f64(), 100.0);
}

#[test]
fn required_equalities_of_a_conjunction() {
    let filter = parse(r#"type eq "work" and primary eq true"#);
    let expected = [("type", &Literal::from("work")), ("primary", &Literal::Bool(true))];
    assert_eq!(filter.required_equalities(), expected);
    assert_eq!(parse(r#"type eq "work""#).required_equalities().len(), 1);
    for text in [
        r#"type eq "work" or primary eq true"#,
        r#"type eq "work" and not (primary eq true)"#,
        r#"type ne "work""#,
        r#"type eq "work" and value pr"#,
        r#"name.sub eq "work""#,
        r#"type eq "work" and (a pr or b pr)"#,
    ] {
        assert!(parse(text).required_equalities().is_empty(), "{text}");
    }
}

#[test]
fn limits_hold() {
    let nested = |depth: usize| format!("{}title pr{}", "(".repeat(depth), ")".repeat(depth));
    assert!(Filter::parse(&nested(64)).is_ok());
    assert_eq!(fail(&nested(65)).message(), "the filter is nested deeper than 64 levels");
    assert_eq!(fail(&nested(5000)).span(), 64..65);
    let deep = Limits { depth: usize::MAX, ..Limits::default() };
    assert!(Filter::parse_with(&nested(128), &deep).is_ok());
    assert!(Filter::parse_with(&nested(129), &deep).is_err(), "the stack is finite whatever the caller says");

    let chain = |terms: usize| vec!["title pr"; terms].join(" and ");
    assert!(Filter::parse(&chain(1000)).is_ok());
    assert_eq!(fail(&chain(1001)).message(), "the filter has more than 1000 terms");

    let long = format!("title eq \"{}\"", "é".repeat(40_000));
    let error = fail(&long);
    assert_eq!(error.message(), "the filter is longer than 65536 bytes");
    assert!(error.source_text().len() <= 65_536 && error.render().chars().count() < 300);
}

#[test]
fn hostile_text_takes_linear_time() {
    let unlimited = Limits { length: usize::MAX, depth: usize::MAX, terms: usize::MAX };
    let n = 100_000;
    for text in [
        format!("title eq \"{}", "\\".repeat(n)),
        format!("title eq \"{}", "\\u0061".repeat(n)),
        "(".repeat(n),
        "not ".repeat(n),
        "not(".repeat(n),
        format!("title pr{}", " ".repeat(n)),
        format!("title pr{}x", " ".repeat(n)),
        "a[".repeat(n),
        "a".repeat(n),
        "a:".repeat(n),
        "a.".repeat(n),
        format!("title pr {}", "b".repeat(n)),
        format!("title eq {}", "1".repeat(n)),
        format!("title {} x", "=".repeat(n)),
        vec!["title pr"; n].join(" and "),
        vec!["(title pr or a[b pr])"; n / 10].join(" or "),
        format!("{}title pr{})", "(".repeat(100), " ) ".repeat(100)),
    ] {
        let start = Instant::now();
        if let Err(error) = Filter::parse_with(&text, &unlimited) {
            assert!(error.render().len() + error.to_string().len() < 2000, "{text:.20}…");
        }
        assert!(start.elapsed() < Duration::from_secs(2), "{:.20}… took {:?}", text, start.elapsed());
    }
}

fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[$]?[a-zA-Z][a-zA-Z0-9$_-]{0,8}",
        Just("not".to_owned()),
        Just("and".to_owned()),
        Just("pr".to_owned())
    ]
}

fn path() -> impl Strategy<Value = AttrPath> {
    let urn = prop_oneof!["urn:[a-z:.0-9]{0,8}[a-zA-Z0-9]", Just("https://example.com/ext/2.0".to_owned())];
    (proptest::option::of(urn), name(), proptest::option::of(name())).prop_map(|(urn, name, sub)| {
        let mut path = AttrPath::new(name);
        if let Some(urn) = urn {
            path = path.with_urn(urn);
        }
        match sub {
            Some(sub) => path.with_sub(sub),
            None => path,
        }
    })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_map(Literal::String),
        "[\"\\\\\u{0}-\u{20}é😀/]{0,6}".prop_map(Literal::String),
        any::<i64>().prop_map(Literal::from),
        "-?(0|[1-9][0-9]{0,30})([.][0-9]{1,5})?([eE][+-]?[0-9]{1,3})?"
            .prop_map(|text| Literal::Number(NumberLiteral::parse(&text).unwrap())),
        any::<bool>().prop_map(Literal::Bool),
        Just(Literal::Null),
    ]
}

fn term() -> impl Strategy<Value = Filter> {
    let op = proptest::sample::select(CompareOp::ALL.to_vec());
    prop_oneof![
        (path(), op, literal()).prop_map(|(path, op, value)| Filter::Compare { path, op, value }),
        path().prop_map(|path| Filter::Present { path }),
    ]
}

fn logical(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::all),
            proptest::collection::vec(inner.clone(), 2..4).prop_map(Filter::any),
            inner.prop_map(|filter| Filter::Not(Box::new(filter))),
        ]
    })
}

fn filters() -> impl Strategy<Value = Filter> {
    let op = proptest::sample::select(CompareOp::ALL.to_vec());
    let test = prop_oneof![
        (name(), op, literal()).prop_map(|(sub, op, value)| SubTest::Compare { sub, op, value }),
        name().prop_map(|sub| SubTest::Present { sub }),
    ];
    let value_path = (path(), logical(term()), proptest::option::of(test.prop_map(Box::new)))
        .prop_map(|(attr, filter, test)| Filter::ValuePath { attr, filter: Box::new(filter), test });
    logical(prop_oneof![3 => term(), 1 => value_path])
}

proptest! {
    #[test]
    fn printing_then_parsing_is_identity(filter in filters()) {
        prop_assert_eq!(Filter::parse(&filter.to_string()), Ok(filter));
    }

    #[test]
    fn any_text_parses_or_fails_with_a_place(text in "\\PC{0,40}") {
        check(&text);
    }

    #[test]
    fn almost_filters_parse_or_fail_with_a_place(
        words in proptest::collection::vec(
            proptest::sample::select(vec![
                "title", "emails[", "]", "(", ")", "not", "and", "or", "eq", "pr", "\"a\"", "\"", "\\", "“", "'", "é",
                ".value", "true", "-1", "=", "\t", " ", " ", " ", "urn:a:2.0:", "\\u12",
            ]),
            0..20,
        )
    ) {
        check(&words.concat());
        check(&words.join(" "));
    }
}

fn check(text: &str) {
    match Filter::parse(text) {
        Ok(filter) => assert_eq!(parse(&filter.to_string()), filter),
        Err(error) => {
            let span = error.span();
            assert!(text.get(span).is_some());
            assert!(error.render().lines().count() >= 3);
        }
    }
    if let Ok(path) = text.parse::<crate::path::Path>() {
        assert_eq!(path.to_string().parse(), Ok(path));
    }
}
