//! Entropy in sixteenths of bits, by integers: no processor rounds it otherwise.

/// `f * log2(f)` is looked up below this.
const LOOKED_UP: usize = 4096;

/// Sixteen times the logarithm of `1 + i / 256`, rounded: squaring shows one bit after the other.
const FRACTION: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        // 2^30 is one.
        let mut x = (256 + i as u64) << 22;
        let mut log = 0;
        let mut bit = 0;
        while bit < 6 {
            x = (x * x) >> 30;
            log <<= 1;
            if x >= 2 << 30 {
                x >>= 1;
                log |= 1;
            }
            bit += 1;
        }
        table[i] = ((log + 2) >> 2) as u8;
        i += 1;
    }
    table
};

/// Sixteen times the logarithm of `x`, which is not zero.
fn log2(x: u32) -> u32 {
    let high = 31 - x.leading_zeros();
    let fraction = (u64::from(x) << (32 - high) >> 24) as usize & 255;
    16 * high + u32::from(FRACTION[fraction])
}

pub(crate) struct Entropy {
    /// `f * log2(f)`.
    table: Vec<u32>,
}

impl Entropy {
    pub(crate) fn new() -> Self {
        let term = |f| if f == 0 { 0 } else { f * log2(f) };
        Self { table: (0..LOOKED_UP as u32).map(term).collect() }
    }

    /// What symbols with these frequencies take in the best code, in sixteenths of bits.
    pub(crate) fn of(&self, frequencies: &[u32]) -> u64 {
        let (mut total, mut sum) = (0, 0);
        for &f in frequencies {
            total += f;
            sum += self.term(f);
        }
        self.term(total) - sum
    }

    fn term(&self, f: u32) -> u64 {
        match self.table.get(f as usize) {
            Some(&term) => u64::from(term),
            None => u64::from(f) * u64::from(log2(f)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_logarithm() {
        for x in (1..5000).chain([65_535, 65_536, 1 << 21, u32::MAX]) {
            let exact = 16.0 * f64::from(x).log2();
            assert!((f64::from(log2(x)) - exact).abs() < 0.9, "{x}: {} {exact}", log2(x));
        }
        let two_bits = Entropy::new().of(&[5000, 5000, 5000, 5000]);
        assert_eq!(two_bits / 16 / 20_000, 2);
        assert_eq!(Entropy::new().of(&[]), 0);
    }
}
