//! Sequential access, seen from faults alone.
//!
//! A fault on the page right after the last one brought in continues a *stream*;
//! each continuation doubles how many pages come in together, as readahead does,
//! up to [`MAX_CLUSTER`]. Anything else brings in one page: on a yosys run,
//! bringing in neighbours regardless tripled the loads. Copies read one stream and
//! write another, so an enclave has a few at once; the one least lately continued
//! is forgotten first.

use crate::{MAX_CLUSTER, PageNo};

const STREAMS: usize = 4;

#[derive(Clone, Copy, Debug)]
struct Stream {
    /// The page whose fault continues it.
    next: u32,
    /// Pages brought in last time.
    cluster: u8,
}

/// The streams of one enclave, the most lately continued first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Streams([Stream; STREAMS]);

impl Streams {
    pub(crate) const NONE: Self = Self([Stream { next: u32::MAX, cluster: 0 }; STREAMS]);

    /// How many pages a fault on `page` should bring in, itself included.
    pub(crate) fn cluster(&self, page: PageNo) -> usize {
        match self.0.iter().find(|stream| stream.next == page.0) {
            Some(stream) => (usize::from(stream.cluster) * 2).min(MAX_CLUSTER),
            None => 1,
        }
    }

    /// Notes that a fault on `page` brought in `pages` pages.
    pub(crate) fn note(&mut self, page: PageNo, pages: usize) {
        let at = self.0.iter().position(|stream| stream.next == page.0).unwrap_or(STREAMS - 1);
        self.0[..=at].rotate_right(1);
        let pages = pages.clamp(1, MAX_CLUSTER) as u8;
        self.0[0] = Stream { next: page.0.saturating_add(u32::from(pages)), cluster: pages };
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use alloc::vec::Vec;

    fn walk(pages: impl IntoIterator<Item = u32>) -> Vec<usize> {
        let mut streams = Streams::NONE;
        pages
            .into_iter()
            .map(|page| {
                let cluster = streams.cluster(PageNo(page));
                streams.note(PageNo(page), cluster);
                cluster
            })
            .collect()
    }

    #[test]
    fn a_sweep_doubles_up_to_the_largest_cluster() {
        assert_eq!(walk([0, 1, 3, 7, 15, 23]), [1, 2, 4, 8, 8, 8]);
    }

    #[test]
    fn scattered_faults_bring_in_one_page_each() {
        assert_eq!(walk([5, 90, 7, 3, 55, 4, 1000]), [1, 1, 1, 1, 1, 2, 1]);
        assert_eq!(walk([5, 3, 1, 7, 9, 11, 6]), [1; 7], "the fifth other stream makes the first forgotten");
    }

    #[test]
    fn a_copy_reads_one_stream_and_writes_another() {
        assert_eq!(walk([0, 500, 1, 501, 3, 503, 7, 507]), [1, 1, 2, 2, 4, 4, 8, 8]);
    }
}
