//! A function URL: each request of HTTP is an event of payload format 2.0, and the function's answer is the response
//! (<https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html>).

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::functions::Functions;
use super::pool::Patience;
use super::refusal::{broken, refused, unanswered};
use super::url_event::event;
use crate::invoke::http::{Answer, Body, Connection, Handler, Request, Response};
use crate::invoke::instance::Invocation;

/// The most bytes of a request's body (AWS Lambda Developer Guide, "Lambda quotas").
const BODY_MAX: u64 = 6 << 20;
/// What parts the head of a streamed response, which is JSON, from its body.
const HEAD_END: [u8; 8] = [0; 8];
/// The most bytes of that head.
const HEAD_MAX: usize = 64 << 10;

/// Answers the requests to the URL of the only function.
pub struct FunctionUrl(pub Arc<Functions>);

impl Handler for FunctionUrl {
    fn answer(
        &self,
        request: &Request,
        body: &mut Body<'_, Connection<'_>>,
        to: &mut dyn Write,
    ) -> io::Result<Answer> {
        let mut bytes = Vec::new();
        body.by_ref().take(BODY_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > BODY_MAX {
            return Ok(Answer::Whole(refused(413, "RequestTooLargeException", "the request is too large")));
        }
        let taken = match self.0.take(None, Patience::None) {
            Ok(taken) => taken,
            Err(why) => return Ok(Answer::Whole(unanswered(why, "of this URL"))),
        };
        let payload = event(request, &bytes, &taken.function().identity).to_string().into_bytes();
        let invocation = Invocation { payload, ..Invocation::default() };
        let (pieces, received) = channel();
        let answered = thread::Builder::new().spawn(move || taken.invoke(invocation, pieces))?;
        let has_body = request.method != "HEAD";
        let streamed = match head_of_stream(&received) {
            None => false,
            Some((head, first)) => {
                send_head(&head, None, to)?;
                for piece in [first].into_iter().chain(received.iter()).filter(|piece| !piece.is_empty()) {
                    write!(to, "{:x}\r\n", piece.len())?;
                    to.write_all(&piece)?;
                    to.write_all(b"\r\n")?;
                    to.flush()?;
                }
                true
            }
        };
        let outcome = match answered.join() {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => return Ok(Answer::Whole(broken(&error))),
            Err(_) => return Ok(Answer::HangUp),
        };
        match outcome.result {
            // A stream that failed has no end.
            Err(_) if streamed => Ok(Answer::HangUp),
            Err(_) => Ok(Answer::Whole(Response::new(502, "Internal Server Error"))),
            Ok(_) if streamed => {
                to.write_all(b"0\r\n\r\n")?;
                to.flush()?;
                Ok(Answer::Sent)
            }
            Ok(payload) => {
                let (head, body) = response(payload);
                send_head(&head, Some(body.len()), to)?;
                to.write_all(if has_body { &body } else { &[] })?;
                to.flush()?;
                Ok(Answer::Sent)
            }
        }
    }

    fn malformed(&self, what: &str) -> Response {
        refused(400, "InvalidRequestContentException", what)
    }
}

/// What is sent before the body.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    headers: Vec<(String, String)>,
}

impl Head {
    /// Of a response of payload format 2.0, or of the head of a stream.
    fn of(value: &Value, content_type: &str) -> Self {
        let status = value["statusCode"].as_u64().and_then(|status| u16::try_from(status).ok());
        let mut headers = Vec::new();
        for (name, value) in value["headers"].as_object().into_iter().flatten() {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            headers.push((name.clone(), text));
        }
        if !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
            headers.push(("Content-Type".to_owned(), content_type.to_owned()));
        }
        let cookies = value["cookies"].as_array().into_iter().flatten().filter_map(Value::as_str);
        headers.extend(cookies.map(|cookie| ("Set-Cookie".to_owned(), cookie.to_owned())));
        Self { status: status.filter(|status| (200..600).contains(status)).unwrap_or(200), headers }
    }
}

/// The response that an answer stands for: one with `statusCode` says it itself, any other is the body.
fn response(payload: Vec<u8>) -> (Head, Vec<u8>) {
    let value: Value = serde_json::from_slice(&payload).unwrap_or_default();
    if value.get("statusCode").is_none() {
        return (Head::of(&json!({}), "application/json"), payload);
    }
    let body = match &value["body"] {
        Value::Null => Vec::new(),
        Value::String(text) if value["isBase64Encoded"] == true => STANDARD.decode(text).unwrap_or_default(),
        Value::String(text) => text.clone().into_bytes(),
        other => other.to_string().into_bytes(),
    };
    (Head::of(&value, "application/json"), body)
}

/// The head of a response that comes in pieces, and what of its body came with it; `None` where none comes in pieces.
fn head_of_stream(pieces: &Receiver<Vec<u8>>) -> Option<(Head, Vec<u8>)> {
    let mut begun = pieces.recv().ok()?;
    while begun.first() == Some(&b'{') && begun.len() < HEAD_MAX {
        if let Some(at) = begun.windows(HEAD_END.len()).position(|window| window == HEAD_END) {
            let head = serde_json::from_slice(&begun[..at]).unwrap_or_default();
            let body = begun.split_off(at + HEAD_END.len());
            return Some((Head::of(&head, "application/octet-stream"), body));
        }
        match pieces.recv() {
            Ok(piece) => begun.extend(piece),
            Err(_) => break,
        }
    }
    Some((Head::of(&json!({}), "application/octet-stream"), begun))
}

/// Sends the head, for a body of this length, or one in chunks.
fn send_head(head: &Head, length: Option<usize>, to: &mut dyn Write) -> io::Result<()> {
    write!(to, "HTTP/1.1 {} \r\n", head.status)?;
    for (name, value) in &head.headers {
        // The framing is ours; and no value may begin a header of its own.
        let framing = ["connection", "content-length", "transfer-encoding"];
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        if is_name && !name.is_empty() && !framing.iter().any(|one| name.eq_ignore_ascii_case(one)) {
            write!(to, "{name}: {}\r\n", value.split(['\r', '\n', '\0']).next().unwrap_or_default())?;
        }
    }
    match length {
        Some(_) if head.status == 204 => write!(to, "\r\n"),
        Some(length) => write!(to, "Content-Length: {length}\r\n\r\n"),
        None => write!(to, "Transfer-Encoding: chunked\r\n\r\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_become_responses_as_the_guide_has_it() {
        let (head, body) = response(b"\"Hello, world!\"".to_vec());
        assert_eq!((head.status, &*body), (200, &b"\"Hello, world!\""[..]));
        assert_eq!(head.headers, [("Content-Type".to_owned(), "application/json".to_owned())]);
        let answer = json!({
            "statusCode": 201,
            "headers": { "content-type": "text/plain", "x-a": "b\r\nevil: 1", "content-length": "7" },
            "cookies": ["a=1", "b=2"],
            "body": "aGk=",
            "isBase64Encoded": true,
        });
        let (head, body) = response(answer.to_string().into_bytes());
        let mut wire = Vec::new();
        send_head(&head, Some(body.len()), &mut wire).unwrap();
        let wire = String::from_utf8(wire).unwrap();
        assert_eq!(
            wire,
            "HTTP/1.1 201 \r\ncontent-type: text/plain\r\nx-a: b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Length: 2\r\n\r\n"
        );
        assert_eq!(body, b"hi");
    }

    #[test]
    fn the_head_of_a_stream_may_come_in_several_pieces() {
        let (sender, pieces) = channel();
        for piece in [&b"{\"statusCode\""[..], b":418}\0\0\0\0", b"\0\0\0\0bo", b"dy"] {
            sender.send(piece.to_vec()).unwrap();
        }
        let (head, body) = head_of_stream(&pieces).unwrap();
        assert_eq!((head.status, &*body), (418, &b"bo"[..]));
        sender.send(b"plain".to_vec()).unwrap();
        assert_eq!(pieces.recv().unwrap(), b"dy");
        assert_eq!(head_of_stream(&pieces).unwrap().1, b"plain");
        drop(sender);
        assert_eq!(head_of_stream(&pieces), None);
    }
}
