//! What a plain scalar of YAML means: a number, a truth value, nothing, or its text.

use super::node::Value;

/// Whose reading counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// PyYAML's, which AWS SAM uses: YAML 1.1.
    PyYaml,
    /// js-yaml's, which the Serverless Framework uses: YAML 1.2 with a few forms more.
    JsYaml,
}

const TRUE: [&str; 3] = ["true", "True", "TRUE"];
const FALSE: [&str; 3] = ["false", "False", "FALSE"];
const YES: [&str; 6] = ["yes", "Yes", "YES", "on", "On", "ON"];
const NO: [&str; 6] = ["no", "No", "NO", "off", "Off", "OFF"];

/// The value of a plain scalar.
pub fn resolve(text: &str, dialect: Dialect) -> Value {
    if ["", "~", "null", "Null", "NULL"].contains(&text) {
        return Value::Null;
    }
    let wordy = dialect == Dialect::PyYaml;
    if TRUE.contains(&text) || (wordy && YES.contains(&text)) {
        return Value::Bool(true);
    }
    if FALSE.contains(&text) || (wordy && NO.contains(&text)) {
        return Value::Bool(false);
    }
    if let Some(number) = integer(text, dialect) {
        return Value::Integer(number);
    }
    match float(text, dialect) {
        Some(number) => Value::Float(number),
        None => Value::Text(text.to_owned()),
    }
}

/// The sign of a number, and the rest of it.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A whole number. In YAML 1.1 digits may be parted by `_`.
fn integer(text: &str, dialect: Dialect) -> Option<i128> {
    let (negative, rest) = signed(text);
    let number = match dialect {
        Dialect::PyYaml if rest.contains(':') => sexagesimal(rest)?,
        Dialect::PyYaml => match rest.strip_prefix('0') {
            None | Some("") => digits(rest, 10, true)?,
            Some(rest) => match (rest.strip_prefix('b'), rest.strip_prefix('x')) {
                (Some(rest), _) => digits(rest, 2, false)?,
                (_, Some(rest)) => digits(rest, 16, false)?,
                _ => digits(rest, 8, false)?,
            },
        },
        Dialect::JsYaml => {
            let prefixed = [("0b", 2), ("0x", 16), ("0o", 8)];
            let found =
                prefixed.iter().find_map(|(prefix, radix)| Some((rest.strip_prefix(prefix)?, *radix)));
            let (rest, radix) = found.unwrap_or((rest, 10));
            digits(rest, radix, true).filter(|_| !rest.contains('_'))?
        }
    };
    Some(if negative { -number } else { number })
}

fn digits(text: &str, radix: u32, begins_with_digit: bool) -> Option<i128> {
    let known = |c: char| c == '_' || c.is_digit(radix);
    if text.is_empty() || !text.chars().all(known) || (begins_with_digit && text.starts_with('_')) {
        return None;
    }
    i128::from_str_radix(&text.replace('_', ""), radix).ok()
}

/// `1:30` is 90 in YAML 1.1.
fn sexagesimal(text: &str) -> Option<i128> {
    let (first, rest) = text.split_once(':')?;
    if first.starts_with('0') {
        return None;
    }
    let mut number = digits(first, 10, true)?;
    for part in rest.split(':') {
        let fits = matches!(part.as_bytes(), [b'0'..=b'9'] | [b'0'..=b'5', b'0'..=b'9']);
        number = number.checked_mul(60)?.checked_add(part.parse::<i128>().ok().filter(|_| fits)?)?;
    }
    Some(number)
}

fn float(text: &str, dialect: Dialect) -> Option<f64> {
    let (negative, rest) = signed(text);
    let sign = if negative { -1.0 } else { 1.0 };
    match rest {
        ".inf" | ".Inf" | ".INF" => return Some(sign * f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if rest == text => return Some(f64::NAN),
        _ => {}
    }
    if let Some((whole, fraction)) = rest.split_once('.').filter(|_| rest.contains(':')) {
        let fits = dialect == Dialect::PyYaml && fraction.bytes().all(|c| c.is_ascii_digit());
        let fraction: f64 = format!("0.{fraction}").parse().ok().filter(|_| fits)?;
        return Some(sign * (sexagesimal(whole)? as f64 + fraction));
    }
    let (mantissa, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let parted = dialect == Dialect::PyYaml;
    let digits = |text: &str| text.chars().all(|c| (c == '_' && parted) || c.is_ascii_digit());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let (_, number) = signed(exponent);
        let signed = number.len() < exponent.len();
        !number.is_empty()
            && number.bytes().all(|c| c.is_ascii_digit())
            && (signed || dialect == Dialect::JsYaml)
    });
    // YAML 1.1 wants a point; a number without a digit is none.
    let shaped = match dialect {
        Dialect::PyYaml => fraction.is_some(),
        Dialect::JsYaml => fraction.is_some() || exponent.is_some(),
    };
    let begins = match whole {
        "" => {
            rest == text
                && fraction.is_some_and(|fraction| fraction.starts_with(|c: char| c.is_ascii_digit()))
        }
        whole => whole.starts_with(|c: char| c.is_ascii_digit()),
    };
    if !shaped || !begins || !exponent_fits || !digits(whole) || !digits(fraction.unwrap_or_default()) {
        return None;
    }
    let number: f64 = rest.replace('_', "").parse().ok()?;
    Some(sign * number)
}
