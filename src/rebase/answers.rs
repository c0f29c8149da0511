//! Whether the old image and the new one answer an event in the same way.

use serde_json::Value;

use super::proof::{Finding, Obligation, Verdict};
use crate::redact;

/// The most characters of an answer that a message shows.
const SHOWN_MAX: usize = 120;

/// What a function answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The type of the error, if the function failed.
    pub error_type: Option<String>,
    /// The answer, or the error: in most cases JSON.
    pub payload: Vec<u8>,
}

impl Answer {
    /// What is compared of it: of an error, its type and message alone, because its stack names files of the base.
    fn compared(&self) -> Value {
        let text = || Value::String(String::from_utf8_lossy(&self.payload).into_owned());
        let json = serde_json::from_slice(&self.payload).unwrap_or_else(|_| text());
        let Some(error_type) = &self.error_type else { return json };
        let message = json["errorMessage"].as_str().map(|message| without_request_id(message).to_owned());
        serde_json::json!({ "errorMessage": message, "errorType": error_type })
    }
}

/// Lambda's own messages begin with `RequestId: … Error: `, which differs for each invocation.
fn without_request_id(message: &str) -> &str {
    let rest = message.strip_prefix("RequestId: ").and_then(|rest| rest.split_once(' '));
    rest.map_or(message, |(_, rest)| rest)
}

/// Compares the answers to an event, which is called `event`. Where they differ, `again` asks the old image once more: an
/// answer that is never the same proves nothing.
///
/// # Errors
/// Those of `again`.
pub fn compare<E>(
    event: &str,
    old: &Answer,
    new: &Answer,
    again: impl FnOnce() -> Result<Answer, E>,
) -> Result<Option<Finding>, E> {
    let found = |verdict, message| {
        Some(Finding { obligation: Obligation::Answers, verdict, subject: event.to_owned(), message })
    };
    let (was, is) = (old.compared(), new.compared());
    if let Some(differs) = difference(&was, &is, "") {
        let repeated = again()?.compared();
        let is_same = old.error_type.is_some() == new.error_type.is_some();
        return Ok(match difference(&was, &repeated, "") {
            Some(other) if is_same => found(
                Verdict::Warn,
                format!("the old image answers differently each time, which cannot be compared: {other}"),
            ),
            _ => found(Verdict::Refuse, differs),
        });
    }
    Ok(old.error_type.as_ref().and_then(|error| {
        found(Verdict::Warn, format!("both images fail with {error}: this event does not test the function"))
    }))
}

/// The first place where values differ, in words.
fn difference(old: &Value, new: &Value, at: &str) -> Option<String> {
    match (old, new) {
        (Value::Object(was), Value::Object(is)) => {
            let keys = was.keys().chain(is.keys().filter(|key| !was.contains_key(*key)));
            keys.filter_map(|key| {
                let at = format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"));
                match (was.get(key), is.get(key)) {
                    (Some(was), Some(is)) => difference(was, is, &at),
                    (was, is) => Some(sentence(was, is, &at)),
                }
            })
            .next()
        }
        (Value::Array(was), Value::Array(is)) => (0..was.len().max(is.len())).find_map(|index| {
            let at = format!("{at}/{index}");
            match (was.get(index), is.get(index)) {
                (Some(was), Some(is)) => difference(was, is, &at),
                (was, is) => Some(sentence(was, is, &at)),
            }
        }),
        _ => (old != new).then(|| sentence(Some(old), Some(new), at)),
    }
}

fn sentence(old: Option<&Value>, new: Option<&Value>, at: &str) -> String {
    let text = |value: Option<&Value>| match value {
        Some(value) => redact::text(&value.to_string(), SHOWN_MAX),
        None => "nothing".to_owned(),
    };
    let (old, new) = (text(old), text(new));
    match at {
        "" => format!("the old image answers {old}, the new image {new}"),
        at => format!("the old image answers {old} at `{at}`, the new image {new}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(payload: &str) -> Answer {
        Answer { error_type: None, payload: payload.into() }
    }

    fn failed(error_type: &str, payload: &str) -> Answer {
        Answer { error_type: Some(error_type.to_owned()), payload: payload.into() }
    }

    /// What is found where the old image answers `again` the second time.
    fn found(old: &Answer, new: &Answer, again: &Answer) -> Option<(Verdict, String)> {
        let found = compare("{}", old, new, || Ok::<_, ()>(again.clone())).unwrap();
        found.map(|finding| (finding.verdict, finding.message))
    }

    fn between(old: &Answer, new: &Answer) -> Option<(Verdict, String)> {
        found(old, new, old)
    }

    #[test]
    fn a_difference_is_named_by_its_place() {
        assert_eq!(between(&said(r#"{"a": 1, "b": [1]}"#), &said(r#"{"b":[1],"a":1}"#)), None);
        let (verdict, message) = between(&said(r#"{"a/b":[1,2]}"#), &said(r#"{"a/b":[1,3]}"#)).unwrap();
        assert_eq!(verdict, Verdict::Refuse);
        assert_eq!(message, "the old image answers 2 at `/a~1b/1`, the new image 3");
        let (_, message) = between(&said("[]"), &said(r#"["more"]"#)).unwrap();
        assert_eq!(message, "the old image answers nothing at `/0`, the new image \"more\"");
        let (_, message) = between(&said("plain"), &said("other")).unwrap();
        assert_eq!(message, "the old image answers \"plain\", the new image \"other\"");
    }

    #[test]
    fn errors_are_compared_by_type_and_message() {
        let error = |id: &str, line: u8| {
            failed("E", &format!(r#"{{"errorMessage":"RequestId: {id} Error: x","stackTrace":[{line}]}}"#))
        };
        let (verdict, message) = between(&error("1", 1), &error("2", 2)).unwrap();
        assert_eq!(verdict, Verdict::Warn);
        assert!(message.contains("both images fail with E"), "{message}");
        let (verdict, _) = between(&said("1"), &error("1", 1)).unwrap();
        assert_eq!(verdict, Verdict::Refuse);
        assert_eq!(between(&error("1", 1), &failed("F", "{}")).unwrap().0, Verdict::Refuse);
    }

    #[test]
    fn what_is_never_the_same_cannot_be_compared() {
        let (verdict, message) = found(&said("1"), &said("2"), &said("3")).unwrap();
        assert_eq!(verdict, Verdict::Warn);
        assert!(message.contains("differently each time"), "{message}");
        // A failure is never excused.
        assert_eq!(found(&said("1"), &failed("E", "{}"), &said("3")).unwrap().0, Verdict::Refuse);
    }
}
