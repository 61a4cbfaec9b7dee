//! How much is read. What goes beyond is refused, never cut off.

/// The most bytes of a trace.
pub const BYTES_MOST: usize = 256 << 20;
/// The most lines.
pub const LINES_MOST: usize = 4_000_000;
/// The most bytes of a line. Events of the scheduler have fewer than 300.
pub const LINE_MOST: usize = 4096;
/// The most CPUs.
pub const CPUS_MOST: u16 = 1024;
/// The most tasks, idle ones not counted.
pub const TASKS_MOST: usize = 65_536;
/// The most bursts of one task, and the most interrupts.
pub const BURSTS_MOST: usize = 1 << 20;
/// The shortest recording, in nanoseconds.
pub const LENGTH_LEAST: u64 = 1_000_000;
/// How far the clock may go back between two lines, in nanoseconds: clocks of CPUs differ a little.
pub const BACK_MOST: u64 = 10_000_000;
/// The longest recording, in nanoseconds: a day.
pub const LENGTH_MOST: u64 = 86_400_000_000_000;
