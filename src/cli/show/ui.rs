//! Words and tables for people.

use std::io::{self, IsTerminal, Write};

use super::colour;
use jiff::Timestamp;
pub use lambda_img::redact::clean;
use lambda_img::survey::Kind;

/// Bytes as people read them: three digits and a decimal unit.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let mut value = count as f64;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    match unit {
        0 => format!("{count} B"),
        _ if value < 9.995 => format!("{value:.2} {}", UNITS[unit]),
        _ if value < 99.95 => format!("{value:.1} {}", UNITS[unit]),
        _ => format!("{value:.0} {}", UNITS[unit]),
    }
}

/// A count with its noun: `1 entry`, `2 entries`.
pub fn count(count: usize, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

/// Rows of cells as lines, columns aligned; the columns of `right` to the right. Cells may hold what others wrote.
pub fn table(rows: &[Vec<String>], right: &[usize]) -> String {
    let cleaned = |row: &Vec<String>| row.iter().map(|cell| clean(cell)).collect::<Vec<_>>();
    let rows: Vec<_> = rows.iter().map(cleaned).collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<_> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let mut out = String::new();
    for row in &rows {
        let cells = row.iter().enumerate().map(|(column, cell)| {
            let width = widths[column];
            if right.contains(&column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        out.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// At most `width` letters of a text.
pub fn short(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    text.chars().take(width - 1).chain(['…']).collect()
}

/// How wide bars are: only where stdout is a terminal.
pub fn bar_width() -> Option<usize> {
    io::stdout().is_terminal().then_some(16)
}

/// A bar of eighths of letters, `width` long where `value` is `largest`. What is more than nothing is seen.
pub fn bar(value: u64, largest: u64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let parts = (value as f64 / largest.max(1) as f64 * (width * 8) as f64).round() as usize;
    let parts = if value > 0 { parts.max(1) } else { 0 };
    format!("{}{}", "█".repeat(parts / 8), EIGHTHS[parts % 8])
}

/// Kind and permissions as `ls -l` writes them.
pub fn mode(kind: Kind, mode: u32) -> String {
    let first = match kind {
        Kind::File | Kind::Sparse => '-',
        Kind::Dir => 'd',
        Kind::Symlink => 'l',
        Kind::HardLink => 'h',
        Kind::CharDevice => 'c',
        Kind::BlockDevice => 'b',
        Kind::Fifo => 'p',
        Kind::Other(_) => '?',
    };
    let mut out = String::from(first);
    for (shift, special, with, without) in
        [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')]
    {
        let bits = mode >> shift;
        out.push(if bits & 4 > 0 { 'r' } else { '-' });
        out.push(if bits & 2 > 0 { 'w' } else { '-' });
        out.push(match (bits & 1 > 0, mode & special > 0) {
            (true, false) => 'x',
            (false, false) => '-',
            (true, true) => with,
            (false, true) => without,
        });
    }
    out
}

/// Seconds since 1970 as RFC 3339, in UTC; as they are where no calendar has them.
pub fn time(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| seconds.to_string(), |time| time.to_string())
}

/// Lines of this program, in which foreign text is already cleaned. Foreign text that was forgotten cannot control the
/// terminal either.
pub fn lines(text: &str) -> String {
    text.split('\n').map(clean).collect::<Vec<_>>().join("\n")
}

/// Writes lines to stderr. A closed stderr does not stop the work.
pub fn tell(text: &str) {
    let _ = io::stderr().write_all(colour::paint(&lines(text), &io::stderr()).as_bytes());
}

/// The same for one line, whatever others wrote in it.
pub fn tell_line(text: &str) {
    tell(&format!("{}\n", clean(text)));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_three_digits() {
        let sizes = [0, 999, 1000, 1234, 99_950, 999_499, 999_500, 12_345_678, 3_221_225_472];
        let texts =
            ["0 B", "999 B", "1.00 kB", "1.23 kB", "100 kB", "999 kB", "1.00 MB", "12.3 MB", "3.22 GB"];
        assert_eq!(sizes.map(bytes), texts);
    }

    #[test]
    fn bars_show_all_but_nothing() {
        assert_eq!([0, 1, 500, 1000].map(|value| bar(value, 1000, 4)), ["", "▏", "██", "████"]);
        assert_eq!(bar(0, 0, 4), "");
    }

    #[test]
    fn modes_are_those_of_ls() {
        let modes = [(Kind::File, 0o644), (Kind::Dir, 0o1777), (Kind::File, 0o4755), (Kind::File, 0o2644)];
        let texts = ["-rw-r--r--", "drwxrwxrwt", "-rwsr-xr-x", "-rw-r-Sr--"];
        assert_eq!(modes.map(|(kind, bits)| mode(kind, bits)), texts);
    }

    #[test]
    fn texts_of_images_steer_nothing() {
        assert_eq!(lines("a\u{1b}[2Jb\n\u{202e}"), "a\\u{1b}[2Jb\n\\u{202e}");
        assert_eq!((short("abcd", 4), short("abcde", 4)), ("abcd".to_owned(), "abc…".to_owned()));
        assert_eq!((time(0), time(i64::MAX)), ("1970-01-01T00:00:00Z".to_owned(), i64::MAX.to_string()));
    }

    #[test]
    fn columns_align() {
        let rows = [vec!["a".to_owned(), "1".to_owned()], vec!["bbb".to_owned(), "22".to_owned()]];
        assert_eq!(table(&rows, &[1]), "a     1\nbbb  22\n");
    }
}
