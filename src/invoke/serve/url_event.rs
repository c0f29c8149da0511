//! The event that a request to a function URL becomes: payload format 2.0.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::invoke::clock::{since_epoch, utc};
use crate::invoke::http::Request;
use crate::invoke::identifier::identifier;
use crate::invoke::variables::Identity;

/// The event of a request with this body.
pub fn event(request: &Request, body: &[u8], identity: &Identity) -> Value {
    let mut headers: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in request.headers.iter().filter(|(name, _)| name != "cookie") {
        headers
            .entry(name)
            .and_modify(|all| *all = format!("{all},{value}"))
            .or_insert_with(|| value.clone());
    }
    let user_agent = headers.get("user-agent").cloned().unwrap_or_default();
    let host = format!("{}.lambda-url.{}.on.aws", "a".repeat(32), identity.region);
    let now = since_epoch();
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "a".repeat(32),
            "domainName": host,
            "domainPrefix": "a".repeat(32),
            "http": {
                "method": request.method,
                "path": request.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": user_agent,
            },
            "requestId": identifier().unwrap_or_default(),
            "routeKey": "$default",
            "stage": "$default",
            "time": clock_time(now),
            "timeEpoch": now as u64,
        },
        "isBase64Encoded": false,
    });
    let cookies: Vec<_> = request
        .headers
        .iter()
        .filter(|(name, _)| name == "cookie")
        .flat_map(|(_, value)| value.split(';').map(str::trim))
        .collect();
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !request.query.is_empty() {
        event["queryStringParameters"] = Value::Object(parameters(&request.query));
    }
    if !body.is_empty() {
        let text = std::str::from_utf8(body).ok().filter(|_| is_text(request));
        event["isBase64Encoded"] = json!(text.is_none());
        event["body"] = json!(text.map_or_else(|| STANDARD.encode(body), str::to_owned));
    }
    event
}

/// The values of a query; those of one name are joined by commas.
fn parameters(query: &str) -> Map<String, Value> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = decoded(value);
        found
            .entry(decoded(name))
            .and_modify(|all| *all = format!("{all},{value}"))
            .or_insert_with(|| value.clone());
    }
    found.into_iter().map(|(name, value)| (name, Value::String(value))).collect()
}

/// Text without the escapes of a query.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        let hex = |digit: &u8| char::from(*digit).to_digit(16).map(|digit| digit as u8);
        rest = after;
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, after @ ..]) if hex(high).is_some() && hex(low).is_some() => {
                bytes.push(hex(high).unwrap_or_default() << 4 | hex(low).unwrap_or_default());
                rest = after;
            }
            (other, _) => bytes.push(*other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Whether the body is text: other content is in base64.
fn is_text(request: &Request) -> bool {
    let content_type =
        request.header("content-type").unwrap_or("application/octet-stream").to_ascii_lowercase();
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    kind.starts_with("text/")
        || ["application/json", "application/xml", "application/javascript"].contains(&kind)
        || kind.ends_with("+json")
        || kind.ends_with("+xml")
}

/// As the log of a web server has it: `01/Jan/2026:00:00:00 +0000`.
fn clock_time(milliseconds: u128) -> String {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let time = utc(milliseconds);
    let month = time[5..7].parse::<usize>().unwrap_or(1).clamp(1, 12);
    format!("{}/{}/{}:{} +0000", &time[8..10], MONTHS[month - 1], &time[..4], &time[11..19])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_becomes_an_event_of_format_2() {
        let mut wire = &b"POST /a%20b?x=1&x=2&y=a+b%21&z HTTP/1.1\r\nHost: h\r\nCookie: a=1; b=2\r\nX-A: 1\r\nX-A: 2\r\n\r\n"[..];
        let request = Request::read(&mut wire).unwrap().unwrap();
        let identity = Identity {
            name: "f".to_owned(),
            version: "$LATEST".to_owned(),
            account: "123456789012".to_owned(),
            region: "eu-west-1".to_owned(),
            snap_start: false,
            concurrency: None,
            memory: 128,
        };
        let event = event(&request, b"\xff", &identity);
        assert_eq!((&event["rawPath"], &event["cookies"]), (&json!("/a%20b"), &json!(["a=1", "b=2"])));
        assert_eq!(event["queryStringParameters"], json!({ "x": "1,2", "y": "a b!", "z": "" }));
        assert_eq!(event["headers"], json!({ "host": "h", "x-a": "1,2" }));
        assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("/w=="), &json!(true)));
        assert_eq!(clock_time(1_767_225_600_000), "01/Jan/2026:00:00:00 +0000");
    }
}
