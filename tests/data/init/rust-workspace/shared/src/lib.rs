//! Speaks the Runtime API, with the standard library alone: lambda_runtime takes minutes to compile.

use std::env;
use std::io::{BufRead, BufReader, Read, Result, Write};
use std::net::TcpStream;

/// Answers events until the environment ends.
pub fn serve(handle: impl Fn(&str) -> String) -> Result<()> {
    let api = env::var("AWS_LAMBDA_RUNTIME_API").unwrap_or_default();
    loop {
        let (id, event) = ask(&api, "GET", "next", "")?;
        ask(&api, "POST", &format!("{id}/response"), &handle(&event))?;
    }
}

/// One request: the identifier in the answer's header, and the answer's body.
fn ask(api: &str, method: &str, path: &str, body: &str) -> Result<(String, String)> {
    let mut stream = TcpStream::connect(api)?;
    let path = format!("/2018-06-01/runtime/invocation/{path}");
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = BufReader::new(stream);
    let (mut id, mut length, mut line) = (String::new(), 0, String::new());
    while answer.read_line(&mut line)? > 2 {
        if let Some((name, value)) = line.split_once(':') {
            match name.to_ascii_lowercase().as_str() {
                "lambda-runtime-aws-request-id" => id = value.trim().to_owned(),
                "content-length" => length = value.trim().parse().unwrap_or(0),
                _ => {}
            }
        }
        line.clear();
    }
    let mut body = vec![0; length];
    answer.read_exact(&mut body)?;
    Ok((id, String::from_utf8_lossy(&body).into_owned()))
}
