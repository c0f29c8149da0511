//! ELF files.

#![no_main]

use lambda_img::survey::probes::elf::Reader;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut reader = Reader::default();
    data.chunks(4096).for_each(|piece| reader.feed(piece));
    reader.end();
});
