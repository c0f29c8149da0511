//! Inputs that are generated: the same everywhere, without a crate, so that Debian's compiler makes them too.

/// Xorshift (Marsaglia).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(0x9E37_79B9_7F4A_7C15 ^ seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 20) % limit as u64) as usize
    }

    /// Small ones are likely.
    fn small(&mut self, limit: usize) -> usize {
        let (a, b, c) = (self.below(limit), self.below(limit), self.below(limit));
        a * b / limit * c / limit
    }
}

pub fn noise(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    (0..size).map(|_| (random.next() >> 32) as u8).collect()
}

/// Something like source code: words of which few are frequent, indentation, phrases that come again.
pub fn text(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let words: Vec<Vec<u8>> = (0..3000)
        .map(|_| {
            let length = 2 + random.below(4) + random.small(9);
            (0..length).map(|_| b"etaoinsrhldcumfpgwybvkxjqz_"[random.small(27)]).collect()
        })
        .collect();
    let mut out: Vec<u8> = Vec::new();
    while out.len() < size {
        let indent = 4 * random.small(6);
        out.extend(std::iter::repeat(b' ').take(indent));
        for _ in 0..1 + random.below(9) {
            if random.below(5) == 0 && out.len() > 2000 {
                let from = out.len() - 1 - random.small(out.len().min(32_000) - 100) - 90;
                let phrase = out[from..][..8 + random.small(60)].to_vec();
                out.extend(phrase);
            } else {
                out.extend(&words[random.small(words.len())]);
            }
            out.extend([&b" "[..], b"(", b", ", b".", b" = ", b"\n", b")", b"'"][random.small(8)]);
        }
        out.push(b'\n');
    }
    out.truncate(size);
    out
}

/// Something like a program: words of four bytes of which some repeat, addresses that count up, runs of zeros.
pub fn binary(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let codes: Vec<u32> =
        (0..4000).map(|_| random.next() as u32 & [0xffff, 0xff_ffff, !0][random.below(3)]).collect();
    let (mut out, mut address) = (Vec::new(), 0x40_0000u32);
    while out.len() < size {
        match random.below(12) {
            0 => out.extend(vec![0; 4 * random.small(40)]),
            1..=3 => {
                for _ in 0..1 + random.below(4) {
                    address += 16 * (1 + random.small(30) as u32);
                    out.extend(address.to_le_bytes());
                    out.extend([0; 4]);
                }
            }
            4 => out.extend((random.next() as u16).to_le_bytes()),
            _ => out.extend(codes[random.small(4000)].to_le_bytes()),
        }
    }
    out.truncate(size);
    out
}

/// What a layer of packages is like: text, programs, and a little that does not shrink.
pub fn tree(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut out = Vec::new();
    while out.len() < size {
        let (seed, length) = (random.next(), 3000 + random.small(300_000));
        out.extend(match random.below(12) {
            0..=4 => text(seed, length),
            5 => noise(seed, length / 3),
            _ => binary(seed, length),
        });
    }
    out.truncate(size);
    out
}

/// Bytes of an alphabet, runs, and copies of what stood at distances where an encoder may stumble.
pub fn patchwork(seed: u64, size: usize) -> Vec<u8> {
    const DISTANCES: [usize; 15] =
        [1, 2, 7, 8, 255, 256, 257, 4096, 32_766, 32_767, 32_768, 32_769, 65_535, 65_536, 65_537];
    let mut random = Random::new(seed);
    let alphabet = [2, 4, 26, 90, 256][random.below(5)];
    let mut out = Vec::new();
    while out.len() < size {
        match random.below(5) {
            0 => {
                let most = [3, 40, 700, 70_000][random.below(4)];
                for _ in 0..random.below(most) {
                    out.push(random.below(alphabet) as u8);
                }
            }
            1 => {
                let (byte, most) = (random.next() as u8, [5, 300, 100_000][random.below(3)]);
                out.extend(vec![byte; random.below(most)]);
            }
            _ if out.is_empty() => out.push(0),
            _ => {
                let distance = DISTANCES[random.below(DISTANCES.len())].min(out.len());
                let most = [4, 8, 20, 258, 259, 600][random.below(6)];
                for _ in 0..3 + random.below(most) {
                    out.push(out[out.len() - distance]);
                }
            }
        }
    }
    out.truncate(size);
    out
}

/// Bytes of which each is about 1.6 times as frequent as the next: the deepest codes.
pub fn skewed(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut frequencies = vec![1, 1];
    while frequencies.len() < 30 {
        frequencies.push(frequencies[frequencies.len() - 1] + frequencies[frequencies.len() - 2]);
    }
    let total = frequencies.iter().sum();
    let mut byte = || {
        let mut place = random.below(total);
        frequencies
            .iter()
            .position(|&f| {
                if place < f {
                    true
                } else {
                    place -= f;
                    false
                }
            })
            .unwrap_or(0) as u8
    };
    (0..size).map(|_| byte()).collect()
}

/// Copies of which each distance slot has about 1.6 times as many as the next larger one.
pub fn skewed_distances(seed: u64, size: usize) -> Vec<u8> {
    let mut random = Random::new(seed);
    let mut out = noise(seed, 40_000);
    while out.len() < size {
        let mut power = 3;
        while power < 14 && random.below(1000) < 382 {
            power += 1;
        }
        let distance = (1 << power) + random.below(1 << power);
        for _ in 0..9 {
            out.push(out[out.len() - distance]);
        }
        out.push(random.next() as u8);
    }
    out.truncate(size);
    out
}
