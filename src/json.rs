//! The only writer of JSON blobs: keys in byte order, no white space, the same bytes everywhere.

use serde_json::Value;

/// The bytes of `value` with the keys of every object sorted and nothing between tokens.
///
/// Sorting is done here because `serde_json`'s own order is a Cargo feature that any crate of the
/// dependency graph may switch (`preserve_order`), which must not move a digest.
pub fn to_bytes(value: &Value) -> Vec<u8> {
    let mut out = String::new();
    write(value, &mut out);
    out.into_bytes()
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Array(items) => {
            separated(out, ['[', ']'], items, write);
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|a, b| a.0.cmp(b.0));
            separated(out, ['{', '}'], entries, |(key, item), out| {
                out.push_str(&Value::from(key.as_str()).to_string());
                out.push(':');
                write(item, out);
            });
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn separated<T>(
    out: &mut String,
    [open, close]: [char; 2],
    items: impl IntoIterator<Item = T>,
    each: impl Fn(T, &mut String),
) {
    out.push(open);
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        each(item, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth_and_text_is_escaped() {
        let value: Value =
            serde_json::from_str(r#"{ "b": [1, {"z": null, "a": "\"\n\u00e9"}], "a": 1.5 }"#).unwrap();
        assert_eq!(to_bytes(&value), r#"{"a":1.5,"b":[1,{"a":"\"\né","z":null}]}"#.as_bytes());
    }
}
