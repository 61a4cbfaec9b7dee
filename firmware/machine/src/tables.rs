//! Translation tables: granule 4 KiB, addresses of 39 bits, everything where it is (Arm ARM DDI 0487, D8.3).

/// Bytes of a page.
pub const PAGE: u64 = 4096;
/// Bytes that an entry of the second level stands for.
const BLOCK: u64 = 1 << 21;
/// Bytes that an entry of the first level stands for.
const GIGABYTE: u64 = 1 << 30;
/// Entries of a table.
const ENTRIES: usize = 512;

/// MAIR: attribute 0 is normal memory that is written back, 1 a device's (nGnRE).
pub const ATTRIBUTES: u64 = 0x04ff;
/// TCR_EL1: 39 bits, cached and shared walks by TTBR0, none by TTBR1, addresses of 40 bits.
pub const CONTROL_EL1: u64 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32;
/// TCR_EL3: the same.
pub const CONTROL_EL3: u64 = 25 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | 1 << 31 | 1 << 23;

const VALID: u64 = 1;
const TABLE: u64 = 0b11;
const PAGE_ENTRY: u64 = 0b11;
const DEVICE: u64 = 1 << 2;
const NON_SECURE: u64 = 1 << 5;
const READ_ONLY: u64 = 1 << 7;
const INNER_SHAREABLE: u64 = 3 << 8;
const ACCESSED: u64 = 1 << 10;
const ADDRESS: u64 = 0xff_ffff_f000;

/// What memory is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Instructions: read and executed.
    Text,
    /// Read.
    ReadOnly,
    /// Read and written.
    Data,
    /// Registers of devices.
    Device,
    /// Memory of the other world: read and written, seen as it sees it.
    NonSecure,
}

/// Whose translations they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Regime {
    /// EL1's, with EL0, which may do nothing.
    El1,
    /// EL3's, who is alone.
    El3,
}

impl Regime {
    const fn bits(self, kind: Kind) -> u64 {
        let (never_executed, all) = match self {
            Self::El1 => (3 << 53, 0),
            Self::El3 => (1 << 54, 1 << 6),
        };
        VALID
            | ACCESSED
            | all
            | match kind {
                Kind::Text => READ_ONLY | INNER_SHAREABLE,
                Kind::ReadOnly => READ_ONLY | INNER_SHAREABLE | never_executed,
                Kind::Data => INNER_SHAREABLE | never_executed,
                Kind::Device => DEVICE | never_executed,
                Kind::NonSecure => NON_SECURE | INNER_SHAREABLE | never_executed,
            }
    }
}

/// A table.
#[derive(Clone, Copy, Debug)]
#[repr(C, align(4096))]
pub struct Table([u64; ENTRIES]);

impl Table {
    /// Nothing is mapped.
    pub const EMPTY: Self = Self([0; ENTRIES]);
}

/// So many tables, the first of which is the root. They are mapped where they are.
#[derive(Debug)]
pub struct Tables<const N: usize> {
    tables: [Table; N],
    used: usize,
    regime: Regime,
}

/// There are not enough tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

impl<const N: usize> Tables<N> {
    /// Nothing is mapped.
    #[must_use]
    pub const fn new(regime: Regime) -> Self {
        Self { tables: [Table::EMPTY; N], used: 1, regime }
    }

    /// Where the root is.
    #[must_use]
    pub fn root(&self) -> u64 {
        self.tables.as_ptr() as u64
    }

    /// Maps whole pages, with the largest entries that fit. What was mapped there before is no more.
    ///
    /// # Errors
    ///
    /// [`Full`].
    pub fn map(&mut self, from: u64, until: u64, kind: Kind) -> Result<(), Full> {
        let bits = self.regime.bits(kind);
        let mut at = from & !(PAGE - 1);
        while at < until {
            let fits = |size: u64| at.is_multiple_of(size) && until - at >= size;
            let gigabyte = (at / GIGABYTE) as usize % ENTRIES;
            if fits(GIGABYTE) {
                self.tables[0].0[gigabyte] = at | bits;
                at += GIGABYTE;
                continue;
            }
            let second = self.below(0, gigabyte)?;
            let block = (at / BLOCK) as usize % ENTRIES;
            if fits(BLOCK) {
                self.tables[second].0[block] = at | bits;
                at += BLOCK;
                continue;
            }
            let third = self.below(second, block)?;
            self.tables[third].0[(at / PAGE) as usize % ENTRIES] = at | bits | PAGE_ENTRY;
            at += PAGE;
        }
        Ok(())
    }

    /// The same, of nothing: whoever touches it has a fault.
    ///
    /// # Errors
    ///
    /// [`Full`].
    pub fn unmap(&mut self, from: u64, until: u64) -> Result<(), Full> {
        for page in (from..until).step_by(PAGE as usize) {
            let second = self.below(0, (page / GIGABYTE) as usize % ENTRIES)?;
            let third = self.below(second, (page / BLOCK) as usize % ENTRIES)?;
            self.tables[third].0[(page / PAGE) as usize % ENTRIES] = 0;
        }
        Ok(())
    }

    /// The table below an entry. A block there becomes a table of the same.
    fn below(&mut self, table: usize, entry: usize) -> Result<usize, Full> {
        let base = self.root();
        let now = self.tables[table].0[entry];
        if now & TABLE == TABLE {
            return Ok(((now & ADDRESS).wrapping_sub(base) / PAGE) as usize % N);
        }
        let fresh = self.used;
        if fresh >= N {
            return Err(Full);
        }
        self.used += 1;
        if now & VALID != 0 {
            let (size, leaf) = if table == 0 { (BLOCK, 0) } else { (PAGE, PAGE_ENTRY) };
            let below = (0..).zip(&mut self.tables[fresh].0);
            below.for_each(|(at, it): (u64, _)| *it = now | (at * size) | leaf);
        }
        self.tables[table].0[entry] = (base + fresh as u64 * PAGE) | TABLE;
        Ok(fresh)
    }
}
