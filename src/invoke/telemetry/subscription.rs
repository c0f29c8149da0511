//! `Subscription`: what an extension asks for (the emulator's `telemetry-subscription-schema.json`).

use serde_json::Value;

/// By which interface an extension subscribes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interface {
    /// `PUT /2022-07-01/telemetry`.
    Telemetry,
    /// `PUT /2020-08-15/logs`.
    Logs,
}

/// Why a subscription is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The init phase is over.
    Closed,
    /// Extensions of this environment use the other interface.
    OtherInterface,
    /// It is malformed: this is wrong.
    Invalid(String),
}

/// Where events go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// By HTTP, to this port, host and path, with this method.
    Http {
        /// The port.
        port: u16,
        /// `POST` or `PUT`.
        method: String,
        /// The host, as the request names it.
        host: String,
        /// The path with its slash.
        path: String,
    },
    /// By TCP, a line for each event.
    Tcp(u16),
}

/// What an extension subscribes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// By which interface.
    pub interface: Interface,
    /// The version of the schema.
    pub schema: String,
    /// `platform`, `function`, `extension`.
    pub types: Vec<String>,
    /// Where events go.
    pub destination: Destination,
    /// The most events of a delivery.
    pub items: usize,
    /// The most bytes of a delivery.
    pub bytes: usize,
    /// The most time that an event waits, in milliseconds.
    pub timeout: u64,
}

impl Subscription {
    /// Reads a request.
    ///
    /// # Errors
    /// What is wrong with it, for the extension.
    pub fn parse(interface: Interface, body: &[u8]) -> Result<Self, String> {
        let body: Value =
            serde_json::from_slice(body).map_err(|error| format!("the body is not JSON: {error}"))?;
        let (schemas, default): (&[&str], _) = match interface {
            Interface::Telemetry => (&["2022-07-01", "2022-12-13", "2025-01-29"], None),
            Interface::Logs => (&["2020-08-15", "2021-03-18"], Some("2020-08-15")),
        };
        let schema = body["schemaVersion"].as_str().or(default).unwrap_or_default();
        if !schemas.contains(&schema) {
            return Err(format!("schemaVersion must be one of {}", schemas.join(", ")));
        }
        let types = body["types"].as_array().map(Vec::as_slice).unwrap_or_default();
        let types: Option<Vec<_>> = types
            .iter()
            .map(|one| one.as_str().filter(|name| ["platform", "function", "extension"].contains(name)))
            .map(|name| name.map(str::to_owned))
            .collect();
        let types = types.filter(|types| !types.is_empty());
        let types = types.ok_or("types must name at least one of platform, function, extension")?;
        let buffering = &body["buffering"];
        let bound = |name: &str, default: u64, least: u64, most: u64| match &buffering[name] {
            Value::Null => Ok(default),
            value => value
                .as_u64()
                .filter(|number| (least..=most).contains(number))
                .ok_or_else(|| format!("buffering.{name} must be from {least} to {most}")),
        };
        Ok(Self {
            interface,
            schema: schema.to_owned(),
            types,
            destination: destination(&body["destination"])?,
            items: bound("maxItems", 10_000, 1_000, 10_000)? as usize,
            bytes: bound("maxBytes", 262_144, 262_144, 1_048_576)? as usize,
            timeout: bound("timeoutMs", 1_000, 25, 30_000)?,
        })
    }
}

fn destination(given: &Value) -> Result<Destination, String> {
    match given["protocol"].as_str() {
        Some("HTTP") => {
            let address = given["URI"].as_str().unwrap_or_default();
            let rest = address.strip_prefix("http://").ok_or("destination.URI must begin with http://")?;
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let (name, port) = host.split_once(':').ok_or("URI port is not provided")?;
            let port = port.parse().ok().filter(|port| *port != 0).ok_or("URI port is malformed")?;
            if !["sandbox", "sandbox.localdomain", "localhost", "127.0.0.1"].contains(&name)
                || path.contains(|c: char| c.is_control() || c == ' ')
            {
                return Err("destination.URI must be a URL of sandbox.localdomain".to_owned());
            }
            let method = given["method"].as_str().unwrap_or("POST");
            if !["POST", "PUT"].contains(&method) {
                return Err("destination.method must be POST or PUT".to_owned());
            }
            let path = if path.is_empty() { "/" } else { path };
            Ok(Destination::Http {
                port,
                method: method.to_owned(),
                host: host.to_owned(),
                path: path.to_owned(),
            })
        }
        Some("TCP") => {
            let port =
                given["port"].as_u64().and_then(|port| u16::try_from(port).ok()).filter(|port| *port != 0);
            Ok(Destination::Tcp(port.ok_or("destination.port must be a port")?))
        }
        _ => Err("destination.protocol must be HTTP or TCP".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parsed(change: impl Fn(&mut Value)) -> Result<Subscription, String> {
        let mut body = json!({
            "schemaVersion": "2022-12-13",
            "types": ["platform"],
            "buffering": { "maxItems": 1000, "maxBytes": 262_144, "timeoutMs": 25 },
            "destination": { "protocol": "HTTP", "URI": "http://sandbox.localdomain:4243/path" },
        });
        change(&mut body);
        Subscription::parse(Interface::Telemetry, body.to_string().as_bytes())
    }

    #[test]
    fn what_is_documented_is_accepted_and_nothing_else() {
        let subscription = parsed(|_| {}).unwrap();
        assert_eq!((subscription.items, subscription.timeout), (1000, 25));
        let Destination::Http { port, path, method, .. } = subscription.destination else { panic!() };
        assert_eq!((port, &*path, &*method), (4243, "/path", "POST"));
        for (at, value, said) in [
            ("/schemaVersion", json!("2020-08-15"), "schemaVersion must be one of"),
            ("/types", json!([]), "types must name"),
            ("/types", json!(["platform", "other"]), "types must name"),
            ("/buffering/maxItems", json!(999), "buffering.maxItems must be from 1000 to 10000"),
            ("/buffering/maxBytes", json!(1), "buffering.maxBytes"),
            ("/buffering/timeoutMs", json!(24), "buffering.timeoutMs"),
            ("/buffering/timeoutMs", json!("25"), "buffering.timeoutMs"),
            ("/destination/URI", json!("http://sandbox.localdomain"), "URI port is not provided"),
            ("/destination/URI", json!("http://elsewhere.example:80"), "sandbox.localdomain"),
            ("/destination/URI", json!("https://sandbox.localdomain:1"), "http://"),
            ("/destination/protocol", json!("UDP"), "HTTP or TCP"),
        ] {
            let error = parsed(|body| *body.pointer_mut(at).unwrap() = value.clone()).unwrap_err();
            assert!(error.contains(said), "{at} {value}: {error}");
        }
    }
}
