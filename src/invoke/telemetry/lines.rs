//! `Lines`: what programs write, in lines.

/// The most bytes of a line; what is longer comes in several (AWS Lambda Developer Guide: 256 KB of a log event).
const LINE_MAX: usize = 256 << 10;

/// Lines that are not complete, by the program that wrote them.
#[derive(Default)]
pub struct Lines {
    open: Vec<(Option<String>, Vec<u8>)>,
}

impl Lines {
    /// The lines that are complete with these bytes, each with its end.
    pub fn add(&mut self, extension: Option<&str>, bytes: &[u8]) -> Vec<String> {
        let at = match self.open.iter().position(|(name, _)| name.as_deref() == extension) {
            Some(at) => at,
            None => {
                self.open.push((extension.map(str::to_owned), Vec::new()));
                self.open.len() - 1
            }
        };
        let open = &mut self.open[at].1;
        open.extend(bytes);
        let mut lines = Vec::new();
        while let Some(end) = open.iter().position(|byte| *byte == b'\n').map(|end| end + 1) {
            lines.push(text(open.drain(..end).collect()));
        }
        while open.len() >= LINE_MAX {
            lines.push(text(open.drain(..LINE_MAX).collect()));
        }
        lines
    }

    /// What is left, with whether an extension wrote it.
    pub fn rest(&mut self) -> Vec<(bool, String)> {
        let open = self.open.drain(..).filter(|(_, bytes)| !bytes.is_empty());
        open.map(|(extension, bytes)| (extension.is_some(), text(bytes))).collect()
    }
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_several_programs_are_kept_apart() {
        let mut lines = Lines::default();
        assert!(lines.add(None, b"a").is_empty());
        assert_eq!(lines.add(Some("x"), b"1\n2"), ["1\n"]);
        assert_eq!(lines.add(None, b"b\nc"), ["ab\n"]);
        assert_eq!(lines.rest(), [(false, "c".to_owned()), (true, "2".to_owned())]);
        assert!(lines.rest().is_empty());
    }
}
