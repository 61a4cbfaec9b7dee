//! A deterministic mutator: the same seed and the same inputs give the same bytes, in every run.

/// Numbers at which lengths and counts go wrong.
const EDGES: [u64; 10] = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x7fff_ffff, 0xffff_ffff, u64::MAX];

/// Makes new inputs from old ones.
#[derive(Debug)]
pub struct Mutator {
    state: u64,
    max_len: usize,
}

impl Mutator {
    /// One that makes inputs of at most `max_len` bytes.
    #[must_use]
    pub fn new(seed: u64, max_len: usize) -> Self {
        Self { state: seed ^ 0x9e37_79b9_7f4a_7c15, max_len }
    }

    /// An input made from one or two of `pool`.
    #[must_use]
    pub fn next(&mut self, pool: &[Vec<u8>]) -> Vec<u8> {
        let mut input = self.pick(pool);
        for _ in 0..1 + self.below(6) {
            self.mutate(&mut input, pool);
        }
        input.truncate(self.max_len);
        input
    }

    fn mutate(&mut self, input: &mut Vec<u8>, pool: &[Vec<u8>]) {
        let at = self.below(input.len() + 1);
        match self.below(10) {
            0 | 1 => change(input, at, |byte| byte ^ (1 << (at % 8))),
            2 => {
                let with = self.byte();
                change(input, at, |_| with);
            }
            3 => change(input, at, |byte| byte.wrapping_add(1)),
            4 => self.write_edge(input, at),
            5 => input.truncate(at),
            6 => {
                let until = (at + 1 + self.below(64)).min(input.len());
                drop(input.drain(at.min(until)..until));
            }
            7 => {
                let inserted: Vec<u8> = (0..=self.below(16)).map(|_| self.byte()).collect();
                input.splice(at..at, inserted);
            }
            8 => {
                let until = (at + 1 + self.below(128)).min(input.len());
                let again = input[at..until.max(at)].repeat(1 + self.below(8));
                input.splice(at..at, again);
            }
            _ => {
                let other = self.pick(pool);
                let from = self.below(other.len() + 1);
                let until = (from + self.below(256)).min(other.len());
                input.splice(at..at, other[from..until].iter().copied());
            }
        }
    }

    /// Overwrites one to eight bytes, in either byte order.
    fn write_edge(&mut self, input: &mut [u8], at: usize) {
        let edge = EDGES[self.below(EDGES.len())].wrapping_add(self.below(3) as u64).wrapping_sub(1);
        let len = 1 << self.below(4);
        let bytes =
            if self.below(2) == 0 { edge.to_le_bytes() } else { (edge << (64 - 8 * len)).to_be_bytes() };
        input.iter_mut().skip(at).zip(bytes).take(len).for_each(|(old, new)| *old = new);
    }

    fn pick(&mut self, pool: &[Vec<u8>]) -> Vec<u8> {
        let at = self.below(pool.len());
        pool.get(at).cloned().unwrap_or_default()
    }

    fn byte(&mut self) -> u8 {
        self.draw() as u8
    }

    /// A number below `end`, or zero.
    fn below(&mut self, end: usize) -> usize {
        if end == 0 { 0 } else { (self.draw() % end as u64) as usize }
    }

    /// Splitmix64.
    pub(crate) fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn change(input: &mut [u8], at: usize, with: impl FnOnce(u8) -> u8) {
    if let Some(byte) = input.get_mut(at) {
        *byte = with(*byte);
    }
}
