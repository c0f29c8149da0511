//! Extensions in front of an entry: PAX records and GNU's long names, for values that do not fit into the header.

use crate::digest::Digest;
use crate::survey::Damage;
use crate::survey::entry::XATTRS;
use crate::tree::PATH_MAX;

/// The most PAX records of one entry that are kept: one for each extended attribute, and a few more.
const RECORDS_MAX: usize = 1000;

/// The most bytes of the keys of one entry that are kept as they are.
const KEYS_MAX: usize = 1024;

/// What precedes an entry and belongs to it.
#[derive(Default)]
pub struct Extended {
    pub path: Option<String>,
    pub link: Option<String>,
    pub size: Option<u64>,
    pub mtime: Option<i64>,
    pub owner: (Option<u64>, Option<u64>),
    pub pax: Vec<String>,
    pub sparse: bool,
}

impl Extended {
    /// PAX records: `<length> <key>=<value>\n` (POSIX pax, "Extended header").
    pub fn records(&mut self, mut bytes: &[u8]) -> Result<(), Damage> {
        let malformed = || "it has a malformed PAX header".to_owned();
        while !bytes.is_empty() {
            let space = bytes.iter().position(|byte| *byte == b' ').ok_or_else(malformed)?;
            let length =
                std::str::from_utf8(&bytes[..space]).ok().and_then(|text| text.parse::<usize>().ok());
            let length = length.filter(|length| *length > space + 1).ok_or_else(malformed)?;
            let record = bytes.get(space + 1..length).and_then(|record| record.strip_suffix(b"\n"));
            let record = record.ok_or_else(malformed)?;
            let equals = record.iter().position(|byte| *byte == b'=').ok_or_else(malformed)?;
            self.record(&text_of(&record[..equals])?, &record[equals + 1..])?;
            bytes = &bytes[length..];
        }
        Ok(())
    }

    fn record(&mut self, key: &str, value: &[u8]) -> Result<(), Damage> {
        let number = || {
            let text = std::str::from_utf8(value).unwrap_or_default();
            text.parse::<u64>().map_err(|_| format!("it has a PAX record `{key}` that is no number"))
        };
        match key {
            "path" | "GNU.sparse.name" => self.path = Some(text_of(value)?),
            "linkpath" => self.link = Some(text_of(value)?),
            "size" => self.size = Some(number()?),
            "uid" => self.owner.0 = Some(number()?),
            "gid" => self.owner.1 = Some(number()?),
            "mtime" => {
                let whole = value.split(|byte| *byte == b'.').next().unwrap_or_default();
                self.mtime = std::str::from_utf8(whole).ok().and_then(|text| text.parse().ok());
            }
            "atime" | "ctime" | "uname" | "gname" => {}
            _ => {
                self.sparse |= key.starts_with("GNU.sparse.");
                if self.pax.len() == RECORDS_MAX {
                    return Err(format!("it has an entry with more than {RECORDS_MAX} PAX records"));
                }
                self.pax.push(key.to_owned());
            }
        }
        Ok(())
    }
}

/// The keys of an entry as they are kept: of many, whether there is an extended attribute, and a digest that tells them
/// from others. Hundreds of long ones cost an archive nothing: compressed, they are one.
pub fn kept(keys: Vec<String>) -> Vec<String> {
    if keys.iter().map(|key| key.len() + size_of::<String>()).sum::<usize>() <= KEYS_MAX {
        return keys;
    }
    let xattr = XATTRS.iter().find(|prefix| keys.iter().any(|key| key.starts_with(**prefix)));
    let digest = Digest::of(keys.join("\n").as_bytes()).to_string();
    vec![format!("{}{digest}", xattr.unwrap_or(&""))]
}

/// A name in GNU's form: up to a zero byte.
pub fn long(bytes: &[u8]) -> Result<String, Damage> {
    text_of(bytes.split(|byte| *byte == 0).next().unwrap_or_default())
}

/// A path as text, whatever its bytes.
pub fn text_of(bytes: &[u8]) -> Result<String, Damage> {
    // A directory may have a `/` behind it.
    if bytes.len() > PATH_MAX + 1 {
        return Err(format!(
            "it has a path of {} bytes, and {PATH_MAX} are the most that Linux opens",
            bytes.len()
        ));
    }
    let mut out = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|byte| format!("\\x{byte:02x}")));
    }
    Ok(out)
}
