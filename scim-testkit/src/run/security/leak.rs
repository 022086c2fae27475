//! What an error shows of the inside of a server: a pure function of its text.

use crate::run::Exchange;

/// What the answer shows, if anything.
pub(super) fn of(exchange: &Exchange) -> Option<&'static str> {
    let sent = format!("{}{}", exchange.request.target, exchange.request.body.as_deref().unwrap_or_default());
    shown(&String::from_utf8_lossy(&exchange.answer.body), &sent)
}

/// What `text` shows and `sent` does not say itself: an error may quote the request.
fn shown(text: &str, sent: &str) -> Option<&'static str> {
    // In JSON the lines of a trace are one text.
    let text = text.replace("\\n", "\n").replace("\\t", "\t").replace("\\r", "").replace("\\\"", "\"");
    let holds = |signs: &[&str]| signs.iter().all(|sign| text.contains(sign) && !sent.contains(sign));
    SIGNS.iter().find(|(_, signs)| holds(signs)).map(|(what, _)| *what)
}

/// All of the signs must be there.
const SIGNS: &[(&str, &[&str])] = &[
    ("a stack trace of Java", &["\tat ", ".java:"]),
    ("a stack trace of Java", &["\n at ", ".java:"]),
    ("a stack trace of Java", &["\"stackTrace\""]),
    ("a stack trace of .NET", &["   at System."]),
    ("a stack trace of .NET", &["   at Microsoft."]),
    ("a stack trace of .NET", &["   at ", ".cs:line "]),
    ("a stack trace of Python", &["Traceback (most recent call last)"]),
    ("a stack trace of Python", &["File \"", ", line ", ".py\""]),
    ("a stack trace of Node.js", &["\n    at ", "node_modules/"]),
    ("a stack trace of Node.js", &["\n    at ", ".js:"]),
    ("a stack trace of Node.js", &["\n    at ", ".ts:"]),
    ("a stack trace of Go", &["goroutine ", " [running]:"]),
    ("a stack trace of Rust", &["thread '", "' panicked at "]),
    ("a stack trace of Ruby", &[".rb:", ":in `"]),
    ("a stack trace of Ruby", &[".rb:", ":in '"]),
    ("a stack trace of PHP", &["Stack trace:", "#0 "]),
    ("a stack trace of PHP", &["Fatal error", " on line "]),
    ("a message of the database", &["SQLSTATE["]),
    ("a message of the database", &["You have an error in your SQL syntax"]),
    ("a message of the database", &["syntax error at or near"]),
    ("a message of the database", &["unterminated quoted string"]),
    ("a message of the database", &["ORA-0"]),
    ("a message of the database", &["PSQLException"]),
    ("a message of the database", &["SQLException"]),
    ("a message of the database", &["SQLITE_ERROR"]),
    ("a message of the database", &["duplicate key value violates unique constraint"]),
    ("a message of the database", &["MongoServerError"]),
    ("a message of the database", &["E11000 duplicate key"]),
    ("a message of the database", &["invalid byte sequence for encoding"]),
    ("a statement in SQL", &["SELECT ", " FROM ", " WHERE "]),
    ("a statement in SQL", &["INSERT INTO ", " VALUES"]),
];

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn the_inside_of_a_server_is_recognized() {
        for (text, what) in [
            (r#"{"detail":"x\n\tat com.example.Scim.find(Scim.java:42)"}"#, "a stack trace of Java"),
            (r#"{"error":"   at System.Linq.Enumerable.First()\r\n"}"#, "a stack trace of .NET"),
            (
                "<pre>Traceback (most recent call last):\n  File \"/srv/app.py\", line 3",
                "a stack trace of Python",
            ),
            (r#"{"stack":"TypeError: x\n    at f (/srv/app/index.js:3:1)"}"#, "a stack trace of Node.js"),
            (r#"{"detail":"SQLSTATE[42000]: Syntax error"}"#, "a message of the database"),
            (r#"{"detail":"near: SELECT * FROM users WHERE name = ''"}"#, "a statement in SQL"),
        ] {
            assert_eq!(shown(text, ""), Some(what), "{text}");
        }
    }

    #[test]
    fn a_sentence_for_a_person_is_not_a_leak() {
        for text in [
            r#"{"detail":"the filter does not parse at position 14: expected an operator"}"#,
            r#"{"detail":"select another name from the list, where possible"}"#,
            r#"{"detail":"Resource Users/42 not found"}"#,
            "",
        ] {
            assert_eq!(shown(text, ""), None, "{text}");
        }
        let quoted = "SQLSTATE[ is what was sent";
        assert_eq!(shown(quoted, quoted), None);
    }
}
