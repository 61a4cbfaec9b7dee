//! Made-up clusters of TEE nodes, and what is asked of them.
//!
//! Made up, because no public trace has encrypted memory or key slots; the sizes are those of real machines,
//! the frequencies are round numbers that are written down here. Everything follows from the seed.
//!
//! Kinds: [`CPU`] in thousandths of a hardware thread, [`MEMORY`] in MiB, [`EPC`] in MiB with a unit for each
//! NUMA node, [`KEYS`] in key IDs. What is counted is encrypted memory: EPC, and the memory of TDX guests.
//!
//! | nodes | share | CPU | memory | EPC | key IDs |
//! |---|---|---|---|---|---|
//! | SGX, one socket of the first generation | 10 % | 8 | 64 GiB | 93 MiB | |
//! | SGX, two sockets, small | 30 % | 64 | 512 GiB | 2 x 8 GiB | |
//! | SGX, two sockets, large | 60 % | 96 | 768 GiB | 2 x 64 GiB | |
//! | TDX, few keys | 50 % | 192 | 512 GiB | | 15 |
//! | TDX, many keys | 50 % | 256 | 1,024 GiB | | 63 |
//!
//! A mixed cluster has one third of each of: SGX nodes as above, TDX nodes as above, and nodes with both (two
//! sockets, 256 CPUs, 768 GiB, 2 x 32 GiB of EPC, 31 key IDs). CPU is in hardware threads.
//!
//! An enclave asks for EPC of 2^4 to 2^15 MiB, with weights that fall from small to large; one in five may
//! spread it over NUMA nodes, the others want it on one; and for 1/8 to 4 CPUs and 1/2 to 16 GiB of ordinary
//! memory. A TDX guest asks for one key, 1 to 64 virtual CPUs, and 2, 4 or 8 GiB for each; its sandbox takes
//! one CPU and 2 GiB more, as Kata Containers' does. In a mixed cluster two pods of three are enclaves.
//!
//! So encrypted memory is what runs out, on average; CPU, memory and key IDs run out on some nodes.

use casemate_fleet::{Kind, Request, Stock, Want};

use crate::random::Random;

/// CPU, in thousandths of a hardware thread.
pub const CPU: Kind = Kind(0);
/// Memory, in MiB.
pub const MEMORY: Kind = Kind(1);
/// Enclave page cache, in MiB; a unit for each NUMA node.
pub const EPC: Kind = Kind(2);
/// Key IDs for guests.
pub const KEYS: Kind = Kind(3);

/// Which TEEs a cluster has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cluster {
    /// Enclaves: EPC and NUMA.
    Sgx,
    /// Guests: key IDs and memory.
    Tdx,
    /// Both, in part on the same nodes.
    Mixed,
}

impl Cluster {
    /// So many nodes.
    #[must_use]
    pub fn nodes(self, count: usize, seed: u64) -> Vec<Stock> {
        let mut random = Random::new(seed);
        (0..count).map(|_| self.node(&mut random)).collect()
    }

    /// Pods until their encrypted memory reaches what the nodes have: each with its request and its encrypted
    /// memory in MiB.
    #[must_use]
    pub fn arrivals(self, nodes: &[Stock], seed: u64) -> Vec<(Request, u64)> {
        // Another stream than that of the nodes.
        let mut random = Random::new(!seed);
        let mut left: u64 = nodes.iter().map(encrypted_mib).sum();
        let mut arrivals = Vec::new();
        loop {
            let (request, mib) = self.pod(&mut random);
            match left.checked_sub(mib) {
                Some(rest) => left = rest,
                None => return arrivals,
            }
            arrivals.push((request, mib));
        }
    }

    fn node(self, random: &mut Random) -> Stock {
        let sgx = |random: &mut Random| match random.weighted(&[1, 3, 6]) {
            0 => hardware(8, 64, vec![93], 0),
            1 => hardware(64, 512, vec![8 * 1024; 2], 0),
            _ => hardware(96, 768, vec![64 * 1024; 2], 0),
        };
        let tdx = |random: &mut Random| match random.weighted(&[1, 1]) {
            0 => hardware(192, 512, Vec::new(), 15),
            _ => hardware(256, 1_024, Vec::new(), 63),
        };
        match (self, random.weighted(&[1, 1, 1])) {
            (Self::Sgx, _) | (Self::Mixed, 0) => sgx(random),
            (Self::Tdx, _) | (Self::Mixed, 1) => tdx(random),
            (Self::Mixed, _) => hardware(256, 768, vec![32 * 1024; 2], 31),
        }
    }

    fn pod(self, random: &mut Random) -> (Request, u64) {
        let enclave = match self {
            Self::Sgx => true,
            Self::Tdx => false,
            Self::Mixed => random.weighted(&[2, 1]) == 0,
        };
        if enclave { enclave_pod(random) } else { guest_pod(random) }
    }
}

/// The encrypted memory that a node has, in MiB.
#[must_use]
pub fn encrypted_mib(node: &Stock) -> u64 {
    let sum = |kind| node.units_of(kind).iter().sum::<u64>();
    let guests = if sum(KEYS) > 0 { sum(MEMORY) } else { 0 };
    sum(EPC) + guests
}

fn hardware(cpus: u64, memory_gib: u64, epc_mib: Vec<u64>, keys: u64) -> Stock {
    let amounts =
        [(CPU, vec![cpus * 1_000]), (MEMORY, vec![memory_gib * 1_024]), (EPC, epc_mib), (KEYS, vec![keys])];
    Stock::new(amounts.into_iter().filter(|(_, units)| units.iter().any(|it| *it > 0)))
}

fn enclave_pod(random: &mut Random) -> (Request, u64) {
    let size = random.weighted(&[12, 12, 14, 14, 12, 10, 8, 6, 5, 4, 2, 1]);
    let epc_mib = 16_u64 << size;
    let cpu_milli = 125_u64 << random.weighted(&[3, 4, 4, 3, 2, 1]);
    let memory_mib = 512_u64 << random.weighted(&[3, 4, 4, 3, 2, 1]);
    let epc = if random.weighted(&[4, 1]) == 0 { Want::Share(epc_mib) } else { Want::Spread(epc_mib) };
    let request =
        Request::new([(CPU, Want::Share(cpu_milli)), (MEMORY, Want::Share(memory_mib)), (EPC, epc)]);
    (request.expect("three kinds"), epc_mib)
}

fn guest_pod(random: &mut Random) -> (Request, u64) {
    let cpus = 1_u64 << random.weighted(&[6, 8, 8, 6, 4, 2, 1]);
    // The sandbox is part of the guest, and of its encrypted memory.
    let memory_mib = cpus * (2_048 << random.weighted(&[3, 4, 2])) + 2_048;
    let cpu_milli = (cpus + 1) * 1_000;
    let wants = [(CPU, cpu_milli), (MEMORY, memory_mib), (KEYS, 1)];
    let request = Request::new(wants.map(|(kind, amount)| (kind, Want::Share(amount))));
    (request.expect("three kinds"), memory_mib)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_follows_from_its_seed() {
        let of = |seed| Cluster::Mixed.nodes(50, seed);
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
    }

    #[test]
    fn pods_arrive_until_the_encrypted_memory_is_asked_for() {
        for cluster in [Cluster::Sgx, Cluster::Tdx, Cluster::Mixed] {
            let nodes = cluster.nodes(40, 3);
            let has: u64 = nodes.iter().map(encrypted_mib).sum();
            let asked: u64 = cluster.arrivals(&nodes, 3).iter().map(|(_, mib)| mib).sum();
            assert!(asked <= has && asked > has - 600 * 1_024, "{cluster:?}: {asked} of {has}");
        }
    }

    #[test]
    fn every_pod_fits_on_some_empty_node() {
        for cluster in [Cluster::Sgx, Cluster::Tdx, Cluster::Mixed] {
            let nodes = cluster.nodes(100, 4);
            let arrivals = cluster.arrivals(&nodes, 4);
            assert!(
                arrivals.iter().all(|(request, _)| nodes.iter().any(|node| request.fits(node, node.units())))
            );
        }
    }

    #[test]
    fn enclaves_ask_for_pages_and_guests_for_keys() {
        let nodes = Cluster::Mixed.nodes(40, 5);
        let arrivals = Cluster::Mixed.arrivals(&nodes, 5);
        let asks = |kind| arrivals.iter().filter(|(it, _)| it.want(kind).is_some()).count();
        assert_eq!(asks(EPC) + asks(KEYS), arrivals.len());
        assert!(asks(EPC).abs_diff(2 * asks(KEYS)) < arrivals.len() / 5);
    }
}
