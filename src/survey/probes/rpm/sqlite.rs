//! The blobs of a table of an SQLite database ("Database File Format" of SQLite): as much of the format as rpm's
//! database needs. Nothing is written, and a journal is not looked at.

/// The most pages that are visited, and the most rows: what leads in circles ends here.
const PAGES_MAX: usize = 100_000;

/// A page of a B-tree of a table.
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;

struct Database<'a> {
    bytes: &'a [u8],
    page_size: usize,
    /// Bytes of a page that rows may use.
    usable: usize,
}

/// The last column that is a blob of each row of `table`; `None` where this is not a database, or is damaged.
pub fn blobs(bytes: &[u8], table: &str) -> Option<Vec<Vec<u8>>> {
    let database = Database::open(bytes)?;
    // The first page is the table of all tables: type, name, table, root page, SQL.
    let root = database.rows(1)?.into_iter().find_map(|row| {
        let columns = columns(&row)?;
        let text = |at: usize| columns.get(at).map(|(_, value)| *value);
        let is_it = text(0)? == b"table" && text(1)? == table.as_bytes();
        is_it.then(|| columns.get(3).map(|(_, value)| integer(value)))?
    })?;
    let mut blobs = Vec::new();
    for row in database.rows(root)? {
        let found = columns(&row)?.into_iter().rev().find(|(kind, _)| *kind >= 12 && kind % 2 == 0);
        blobs.push(found?.1.to_vec());
    }
    Some(blobs)
}

impl<'a> Database<'a> {
    fn open(bytes: &'a [u8]) -> Option<Self> {
        if !bytes.starts_with(b"SQLite format 3\0") {
            return None;
        }
        let page_size = match usize::from(u16::from_be_bytes(*bytes.get(16..)?.first_chunk()?)) {
            1 => 65536,
            size => size,
        };
        let usable = page_size.checked_sub(usize::from(*bytes.get(20)?))?;
        (usable >= 480).then_some(Self { bytes, page_size, usable })
    }

    fn page(&self, number: usize) -> Option<&'a [u8]> {
        let start = number.checked_sub(1)?.checked_mul(self.page_size)?;
        self.bytes.get(start..start.checked_add(self.page_size)?)
    }

    /// The payload of every row of the table whose tree begins at the page `root`.
    fn rows(&self, root: usize) -> Option<Vec<Vec<u8>>> {
        let (mut rows, mut ahead, mut visited) = (Vec::new(), vec![root], 0);
        while let Some(number) = ahead.pop() {
            visited += 1;
            if visited > PAGES_MAX || rows.len() > PAGES_MAX {
                return None;
            }
            let page = self.page(number)?;
            // The first page begins with the header of the file.
            let head = if number == 1 { 100 } else { 0 };
            let cells = usize::from(half(page, head + 3)?);
            match *page.get(head)? {
                LEAF => {
                    for cell in 0..cells {
                        let at = usize::from(half(page, head + 8 + cell * 2)?);
                        rows.push(self.payload(page, at)?);
                    }
                }
                INTERIOR => {
                    ahead.push(word(page, head + 8)?);
                    for cell in (0..cells).rev() {
                        let at = usize::from(half(page, head + 12 + cell * 2)?);
                        ahead.push(word(page, at)?);
                    }
                }
                _ => return None,
            }
        }
        Some(rows)
    }

    /// The payload of the cell at `at` of a leaf, with what it has on pages of its own.
    fn payload(&self, page: &[u8], at: usize) -> Option<Vec<u8>> {
        let (size, used) = varint(page.get(at..)?)?;
        let (_, key) = varint(page.get(at + used..)?)?;
        let start = at + used + key;
        let size = usize::try_from(size).ok().filter(|size| *size <= self.bytes.len())?;
        // "B-tree Cell Format": how much of a payload stays on its page.
        let (most, least) = (self.usable - 35, (self.usable - 12) * 32 / 255 - 23);
        if size <= most {
            return Some(page.get(start..start.checked_add(size)?)?.to_vec());
        }
        let some = least + (size - least) % (self.usable - 4);
        let local = if some <= most { some } else { least };
        let mut payload = page.get(start..start + local)?.to_vec();
        let mut next = word(page, start + local)?;
        while payload.len() < size {
            let page = self.page(next)?;
            let part = (size - payload.len()).min(self.usable - 4);
            payload.extend_from_slice(page.get(4..4 + part)?);
            next = word(page, 0)?;
        }
        Some(payload)
    }
}

/// The columns of a record: the serial type of each, and its bytes ("Record Format").
fn columns(record: &[u8]) -> Option<Vec<(u64, &[u8])>> {
    let (header, mut at) = varint(record)?;
    let header = usize::try_from(header).ok()?;
    let (mut columns, mut value) = (Vec::new(), header);
    while at < header {
        let (kind, used) = varint(record.get(at..)?)?;
        at += used;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            _ => kind.checked_sub(12)? / 2,
        };
        let end = value.checked_add(usize::try_from(size).ok()?)?;
        columns.push((kind, record.get(value..end)?));
        value = end;
    }
    Some(columns)
}

fn integer(bytes: &[u8]) -> usize {
    bytes.iter().take(8).fold(0, |value, byte| value << 8 | usize::from(*byte))
}

fn half(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

/// A number of one to nine bytes, and how many they are.
fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (at, byte) in bytes.iter().take(9).enumerate() {
        if at == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, at + 1));
        }
    }
    None
}
