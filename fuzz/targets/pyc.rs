//! Bytecode headers, first lines of scripts, secrets.

#![no_main]

use lambda_img::survey::probes::secrets;
use lambda_img::survey::{Bytecode, Script};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let _ = Bytecode::of_bytes(data).and_then(|bytecode| bytecode.python());
    let _ = Script::of_bytes(data);
    for path in [".env", "a.json", ".npmrc", ".docker/config.json"] {
        secrets::find(path, data);
    }
});
