//! Zips that say of themselves what is not so, written by hand.

/// Members of these names, with nothing in them, behind `front`; the end record counts `count` of them, and has no
/// ZIP64.
pub fn zip<N: AsRef<str>>(front: &[u8], names: impl IntoIterator<Item = N>, count: Option<usize>) -> Vec<u8> {
    let (mut out, mut central, mut members) = (front.to_vec(), Vec::new(), 0);
    for name in names {
        let name = name.as_ref().as_bytes();
        let offset = (out.len() - front.len()) as u32;
        let mut common = Vec::new();
        // Version, flags, method, time, date; then CRC-32 and both sizes.
        [20, 0, 0, 0, 0x21].iter().for_each(|half: &u16| common.extend(half.to_le_bytes()));
        common.extend([0; 12]);
        common.extend((name.len() as u16).to_le_bytes());
        common.extend([0; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name);
        central.extend(b"PK\x01\x02\x1e\x03");
        central.extend(&common);
        central.extend([0; 6]);
        central.extend((0o100_644_u32 << 16).to_le_bytes());
        central.extend(offset.to_le_bytes());
        central.extend(name);
        members += 1;
    }
    let start = (out.len() - front.len()) as u32;
    out.extend(&central);
    out.extend(end(count.unwrap_or(members), central.len(), start));
    out
}

/// An end record.
pub fn end(count: usize, size: usize, start: u32) -> Vec<u8> {
    let mut end = b"PK\x05\x06\0\0\0\0".to_vec();
    // As writers without ZIP64 do: what does not fit is cut.
    end.extend((count as u16).to_le_bytes());
    end.extend((count as u16).to_le_bytes());
    end.extend((size as u32).to_le_bytes());
    end.extend(start.to_le_bytes());
    end.extend([0; 2]);
    end
}

/// A path of that many bytes and components, the first of them `top`.
pub fn path(top: &str, bytes: usize, components: usize) -> String {
    let mut path = top.to_owned();
    let each = (bytes - top.len()) / (components - 1);
    (1..components).for_each(|_| path += &format!("/{}", "d".repeat(each - 1)));
    let more = bytes - path.len();
    path + &"x".repeat(more)
}
