//! The tables of an ELF file: program headers, the dynamic section, symbol versions.

use object::endian::Endianness;
use object::read::elf::{Dyn as _, FileHeader, ProgramHeader as _, Sym as _};
use object::read::{ReadRef, StringTable};
use object::{elf, elf::FileHeader64};

use crate::survey::{Elf, Version};

/// The most bytes that one read of a table takes.
const TABLE_MAX: u64 = 32 << 20;

/// The most entries of one kind that are kept: far more than libraries have.
const MANY: usize = 512;

/// The longest name that is kept, in bytes (Linux: `PATH_MAX`).
const NAME_MAX: usize = 4096;

/// Refuses reads of more than [`TABLE_MAX`] bytes.
#[derive(Clone, Copy)]
pub struct Capped<R>(pub R);

impl<'a, R: ReadRef<'a>> ReadRef<'a> for Capped<R> {
    fn len(self) -> Result<u64, ()> {
        self.0.len()
    }

    fn read_bytes_at(self, offset: u64, size: u64) -> Result<&'a [u8], ()> {
        if size > TABLE_MAX { Err(()) } else { self.0.read_bytes_at(offset, size) }
    }

    fn read_bytes_at_until(self, range: std::ops::Range<u64>, delimiter: u8) -> Result<&'a [u8], ()> {
        self.0.read_bytes_at_until(range, delimiter)
    }
}

type Header = FileHeader64<Endianness>;

/// Fills in what the program headers lead to; `None` where they are damaged.
pub fn fill<'a>(elf: &mut Elf, data: impl ReadRef<'a>) -> Option<()> {
    let header = Header::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, data).ok()?;
    let mut dynamic = None;
    for segment in segments {
        match segment.p_type(endian) {
            elf::PT_INTERP => {
                let found = segment.interpreter(endian, data).ok()??;
                elf.interpreter = Some(text(found));
            }
            elf::PT_DYNAMIC => dynamic = segment.dynamic(endian, data).ok()?,
            _ => {}
        }
    }
    let Some(dynamic) = dynamic else { return Some(()) };
    let live = || dynamic.iter().take_while(|entry| entry.tag(endian) != elf::DT_NULL);
    let value = |tag| live().find(|entry| entry.tag(endian) == tag).map(|entry| entry.val(endian));
    // Addresses in memory are places in the file through the segments that are loaded.
    let place = |address: u64| {
        segments.iter().filter(|segment| segment.p_type(endian) == elf::PT_LOAD).find_map(|segment| {
            let inside = address.checked_sub(segment.p_vaddr(endian))?;
            (inside < segment.p_filesz(endian)).then(|| segment.p_offset(endian).checked_add(inside))?
        })
    };
    let start = place(value(elf::DT_STRTAB)?)?;
    let end = start.checked_add(value(elf::DT_STRSZ)?)?.min(data.len().ok()?);
    let strings = StringTable::new(data, start, end);
    let string = |at: u64| strings.get(u32::try_from(at).ok()?).ok().map(text);
    for entry in live() {
        let dirs = || {
            let text = string(entry.val(endian)).unwrap_or_default();
            text.split(':').filter(|dir| !dir.is_empty()).take(MANY).map(str::to_owned).collect()
        };
        match entry.tag(endian) {
            elf::DT_NEEDED if elf.needed.len() < MANY => elf.needed.extend(string(entry.val(endian))),
            elf::DT_SONAME => elf.soname = string(entry.val(endian)),
            elf::DT_RPATH => elf.rpath = dirs(),
            elf::DT_RUNPATH => elf.runpath = dirs(),
            _ => {}
        }
    }
    if let Some(at) = value(elf::DT_VERNEED) {
        elf.versions = needs(data, endian, place(at)?, &string);
    }
    if let Some(at) = value(elf::DT_VERDEF) {
        elf.defines = defines(data, endian, place(at)?, &string);
    }
    elf.addon = addon(data).unwrap_or_default();
    Some(())
}

/// The chain of `Verneed`: one for each library, with a chain of versions.
fn needs<'a>(
    data: impl ReadRef<'a>,
    endian: Endianness,
    mut at: u64,
    string: &impl Fn(u64) -> Option<String>,
) -> Vec<Version> {
    let mut found = Vec::new();
    for _ in 0..MANY {
        let Ok(need) = data.read_at::<elf::Verneed<Endianness>>(at) else { break };
        let Some(library) = string(need.vn_file.get(endian).into()) else { break };
        let mut aux_at = at.saturating_add(need.vn_aux.get(endian).into());
        for _ in 0..need.vn_cnt.get(endian) {
            let Ok(aux) = data.read_at::<elf::Vernaux<Endianness>>(aux_at) else { break };
            let weak = aux.vna_flags.get(endian).contains(elf::VER_FLG_WEAK);
            if let Some(name) = string(aux.vna_name.get(endian).into())
                && !weak
                && found.len() < MANY
            {
                found.push(Version { library: library.clone(), name });
            }
            match aux.vna_next.get(endian) {
                0 => break,
                next => aux_at = aux_at.saturating_add(next.into()),
            }
        }
        match need.vn_next.get(endian) {
            0 => break,
            next => at = at.saturating_add(next.into()),
        }
    }
    found.sort();
    found.dedup();
    found
}

/// The chain of `Verdef`: the first `Verdaux` of each is its name.
fn defines<'a>(
    data: impl ReadRef<'a>,
    endian: Endianness,
    mut at: u64,
    string: &impl Fn(u64) -> Option<String>,
) -> Vec<String> {
    let mut found = Vec::new();
    for _ in 0..MANY {
        let Ok(def) = data.read_at::<elf::Verdef<Endianness>>(at) else { break };
        let aux = at.saturating_add(def.vd_aux.get(endian).into());
        let base = def.vd_flags.get(endian).contains(elf::VER_FLG_BASE);
        if let Ok(aux) = data.read_at::<elf::Verdaux<Endianness>>(aux)
            && !base
        {
            found.extend(string(aux.vda_name.get(endian).into()));
        }
        match def.vd_next.get(endian) {
            0 => break,
            next => at = at.saturating_add(next.into()),
        }
    }
    found
}

/// The symbols by which Node.js finds an addon, of a file that has section headers.
fn addon<'a>(data: impl ReadRef<'a>) -> Option<Vec<String>> {
    let header = Header::parse(data).ok()?;
    let endian = header.endian().ok()?;
    let symbols = header.sections(endian, data).ok()?.symbols(endian, data, elf::SHT_DYNSYM).ok()?;
    let defined = symbols.iter().filter(|symbol| symbol.st_shndx(endian) != elf::SHN_UNDEF);
    let names = defined.filter_map(|symbol| symbol.name(endian, symbols.strings()).ok());
    let addon = |name: &&[u8]| {
        name.starts_with(b"napi_register_module_v") || name.starts_with(b"node_register_module_v")
    };
    Some(names.filter(addon).take(8).map(text).collect())
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(NAME_MAX)]).into_owned()
}
