//! HTML, in which nothing that others wrote is markup.

use std::fmt::Write;

use super::super::ui::clean;

/// A text of others, as a browser shows it letter by letter.
pub fn escape(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            other => out.push(other),
        }
    }
    out
}

/// A sentence of this program, in which words between backticks are code.
pub fn sentence(text: &str) -> String {
    let text = escape(text);
    let mut parts: Vec<_> = text.split('`').collect();
    // Without its partner, a backtick is a letter.
    let last = if parts.len() % 2 == 0 { parts.pop() } else { None };
    let parts = parts.into_iter().enumerate().map(|(at, part)| match at % 2 {
        0 => part.to_owned(),
        _ => format!("<code>{part}</code>"),
    });
    parts.chain(last.map(|last| format!("`{last}"))).collect()
}

/// A section with a heading that `id` links to.
pub fn section(id: &str, heading: &str, body: &str) -> String {
    format!(
        "<section aria-labelledby=\"{id}\">\n<h2 id=\"{id}\">{}</h2>\n{body}</section>\n",
        escape(heading)
    )
}

/// A table; `numbers` are the columns that are set to the right. Cells are HTML.
pub fn table(head: &[&str], rows: &[Vec<String>], numbers: &[usize]) -> String {
    let class = |column: usize| if numbers.contains(&column) { " class=\"n\"" } else { "" };
    let mut out = "<div class=\"wide\"><table>\n<thead><tr>".to_owned();
    for (column, name) in head.iter().enumerate() {
        let _ = write!(out, "<th scope=\"col\"{}>{}</th>", class(column), escape(name));
    }
    out += "</tr></thead>\n<tbody>\n";
    for row in rows {
        out += "<tr>";
        for (column, cell) in row.iter().enumerate() {
            let _ = write!(out, "<td{}>{cell}</td>", class(column));
        }
        out += "</tr>\n";
    }
    out + "</tbody>\n</table></div>\n"
}

/// A bar of `percent` of its column, from 0 to 100.
pub fn bar(percent: f64, class: &str) -> String {
    let percent = percent.clamp(0.0, 100.0);
    format!("<span class=\"bar\"><span class=\"{class}\" style=\"width:{percent:.1}%\"></span></span>")
}

/// The class that colours what is from a layer.
pub fn colour(layer: Option<usize>) -> String {
    layer.map_or("k".to_owned(), |layer| format!("k{}", layer % 8))
}

/// What share of `whole` a part is, in percent.
pub fn percent(part: u64, whole: u64) -> f64 {
    part as f64 / whole.max(1) as f64 * 100.0
}

/// A sentence about rows that a table does not have, where there are some.
pub fn left_out(count: usize, shown: usize, what: &str) -> String {
    match count.saturating_sub(shown) {
        0 => String::new(),
        more => format!("<p class=\"note\">{more} more {what} are not listed.</p>\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_no_markup() {
        assert_eq!(escape("<script>\"a\" & 'b'"), "&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;");
        assert_eq!(sentence("`<a>` and `b"), "<code>&lt;a&gt;</code> and `b");
        assert!(!escape("a\u{202e}b\u{1b}[0m").contains(['\u{202e}', '\u{1b}']));
    }
}
