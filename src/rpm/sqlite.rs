//! Reads one table of a database of SQLite from its first row to its last (sqlite.org/fileformat2.html): no SQL, no index,
//! no journal. 150 lines instead of the 9 MB of C that a binding to SQLite brings.

/// The deepest tree that is followed. SQLite's own are below 20.
const DEPTH: usize = 40;

/// The largest blob, in bytes: RPM's own limit of a header (`HEADER_DATA_MAX`).
const BLOB_MAX: u64 = 256 << 20;

/// How many pages are read, at most, for each page that the file has: a damaged tree may name a page again.
const READS: u64 = 4;

/// A database that is open.
struct Database<P> {
    page: P,
    page_size: usize,
    /// The bytes of a page that are used.
    usable: usize,
    pages: u64,
    reads: u64,
}

/// Gives each blob in the last column of a table to `row`.
///
/// `page` reads at an offset of the file, which has `size` bytes.
///
/// # Errors
/// What is wrong with the database.
pub fn blobs(
    table: &str,
    size: u64,
    page: impl FnMut(u64, &mut [u8]) -> Result<(), String>,
    mut row: impl FnMut(&[u8]),
) -> Result<(), String> {
    let mut database = Database { page, page_size: 0, usable: 0, pages: 0, reads: 0 };
    database.open(size)?;
    let mut root = None;
    database.table(1, 0, &mut |payload| {
        let (columns, _) = record(payload)?;
        if let [kind, name, _, page, ..] = &columns[..]
            && (kind.text(), name.text()) == ("table", table)
        {
            root = page.number();
        }
        Ok(())
    })?;
    let root = root.ok_or_else(|| format!("it has no table {table}"))?;
    database.table(root, 0, &mut |payload| {
        let (columns, _) = record(payload)?;
        if let Some(Column::Bytes(bytes)) = columns.last() {
            row(bytes);
        }
        Ok(())
    })
}

impl<P: FnMut(u64, &mut [u8]) -> Result<(), String>> Database<P> {
    fn open(&mut self, size: u64) -> Result<(), String> {
        let mut head = [0; 100];
        (self.page)(0, &mut head)?;
        if !head.starts_with(b"SQLite format 3\0") {
            return Err("it is not a database of SQLite".to_owned());
        }
        self.page_size = match u16::from_be_bytes([head[16], head[17]]) {
            1 => 65536,
            size if size >= 512 && size.is_power_of_two() => usize::from(size),
            size => return Err(format!("its pages have {size} bytes")),
        };
        self.usable = self.page_size - usize::from(head[20]);
        if self.usable < 480 {
            return Err("its pages have no room".to_owned());
        }
        self.pages = size / self.page_size as u64;
        Ok(())
    }

    /// A page, by its number from 1.
    fn read(&mut self, number: u64) -> Result<Vec<u8>, String> {
        self.reads += 1;
        if number == 0 || number > self.pages {
            return Err(format!("it names page {number}, and has {}", self.pages));
        }
        if self.reads > self.pages.saturating_mul(READS) {
            return Err("it names its pages again and again".to_owned());
        }
        let mut bytes = vec![0; self.page_size];
        (self.page)((number - 1) * self.page_size as u64, &mut bytes)?;
        Ok(bytes)
    }

    /// Gives the payload of every row below a page of a table to `row`.
    fn table(
        &mut self,
        number: u64,
        depth: usize,
        row: &mut dyn FnMut(&[u8]) -> Result<(), String>,
    ) -> Result<(), String> {
        if depth == DEPTH {
            return Err(format!("its tree is more than {DEPTH} pages deep"));
        }
        let page = self.read(number)?;
        // The first page begins with the header of the file.
        let head = if number == 1 { 100 } else { 0 };
        let is_leaf = match page[head] {
            0x0d => true,
            0x05 => false,
            kind => return Err(format!("page {number} is of kind {kind}, not of a table")),
        };
        let cells = usize::from(u16::from_be_bytes([page[head + 3], page[head + 4]]));
        let pointers = head + if is_leaf { 8 } else { 12 };
        for cell in 0..cells {
            let at = two(&page, pointers + 2 * cell)?;
            if is_leaf {
                let payload = self.payload(&page, at)?;
                row(&payload)?;
            } else {
                self.table(four(&page, at)?, depth + 1, row)?;
            }
        }
        if is_leaf { Ok(()) } else { self.table(four(&page, head + 8)?, depth + 1, row) }
    }

    /// What a cell of a leaf holds, with the pages that it continues in.
    fn payload(&mut self, page: &[u8], at: usize) -> Result<Vec<u8>, String> {
        let (size, used) = varint(page, at)?;
        let (_, key) = varint(page, at + used)?;
        let (start, max) = (at + used + key, self.usable - 35);
        if size > BLOB_MAX || size > self.pages * self.page_size as u64 {
            return Err(format!("it has a row of {size} bytes"));
        }
        let size = size as usize;
        let local = if size <= max {
            size
        } else {
            let min = (self.usable - 12) * 32 / 255 - 23;
            let fits = min + (size - min) % (self.usable - 4);
            if fits <= max { fits } else { min }
        };
        let mut payload = page.get(start..start + local).ok_or("a row goes beyond its page")?.to_vec();
        let mut next = if local < size { four(page, start + local)? } else { 0 };
        while payload.len() < size {
            let more = self.read(next)?;
            let count = (size - payload.len()).min(self.usable - 4);
            payload.extend_from_slice(&more[4..4 + count]);
            next = four(&more, 0)?;
        }
        Ok(payload)
    }
}

/// A value of a row.
enum Column<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

impl Column<'_> {
    fn text(&self) -> &str {
        match self {
            Column::Bytes(bytes) => std::str::from_utf8(bytes).unwrap_or_default(),
            _ => "",
        }
    }

    fn number(&self) -> Option<u64> {
        match self {
            Column::Number(number) => Some(*number),
            _ => None,
        }
    }
}

/// The columns of a row, and the size of its header.
fn record(payload: &[u8]) -> Result<(Vec<Column<'_>>, usize), String> {
    let (header, mut at) = varint(payload, 0)?;
    let header = usize::try_from(header).unwrap_or(usize::MAX).min(payload.len());
    let (mut columns, mut value) = (Vec::new(), header);
    while at < header {
        let (kind, used) = varint(payload, at)?;
        at += used;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => kind.saturating_sub(12) / 2,
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let bytes =
            value.checked_add(size).and_then(|end| payload.get(value..end)).ok_or("a row is cut short")?;
        columns.push(match kind {
            8 | 9 => Column::Number(kind - 8),
            1..=6 => Column::Number(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))),
            12.. => Column::Bytes(bytes),
            _ => Column::Other,
        });
        value += size;
    }
    Ok((columns, header))
}

fn two(bytes: &[u8], at: usize) -> Result<usize, String> {
    let pair = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or("a page is cut short")?;
    Ok(usize::from(u16::from_be_bytes(*pair)))
}

fn four(bytes: &[u8], at: usize) -> Result<u64, String> {
    let four = bytes.get(at..).and_then(<[u8]>::first_chunk).ok_or("a page is cut short")?;
    Ok(u64::from(u32::from_be_bytes(*four)))
}

/// A number of 1 to 9 bytes, and how many it has.
fn varint(bytes: &[u8], at: usize) -> Result<(u64, usize), String> {
    let mut number = 0;
    for count in 0..9 {
        let byte = *bytes.get(at + count).ok_or("a number is cut short")?;
        if count == 8 {
            return Ok((number << 8 | u64::from(byte), 9));
        }
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Ok((number, count + 1));
        }
    }
    Err("a number is cut short".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<usize, String> {
        let mut rows = 0;
        let page = |offset: u64, buffer: &mut [u8]| {
            let from = usize::try_from(offset).unwrap();
            let found = bytes.get(from..from + buffer.len()).ok_or("it is cut short")?;
            buffer.copy_from_slice(found);
            Ok(())
        };
        blobs("Packages", bytes.len() as u64, page, |_| rows += 1).map(|()| rows)
    }

    /// A database whose only page is its schema: with a table whose root is that page.
    fn circular() -> Vec<u8> {
        let mut bytes = vec![0; 1024];
        bytes[..16].copy_from_slice(b"SQLite format 3\0");
        bytes[16] = 2;
        // An inner page that names itself.
        bytes[100] = 5;
        bytes[111] = 1;
        bytes
    }

    #[test]
    fn a_tree_that_names_itself_ends() {
        assert!(read(&circular()).unwrap_err().contains("again and again"));
        assert!(read(b"SQLite format 3\0").unwrap_err().contains("cut short"));
    }

    proptest! {
        #[test]
        fn arbitrary_pages_never_panic(bytes in prop::collection::vec(any::<u8>(), 900), kind in prop::sample::select(vec![5u8, 13])) {
            let mut all = circular();
            all[101..1001].copy_from_slice(&bytes);
            all[100] = kind;
            let _ = read(&all);
        }
    }
}
