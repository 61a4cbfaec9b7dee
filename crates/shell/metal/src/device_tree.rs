//! What Linux is told of the machine: QEMU's `virt` with `secure=on,gic-version=3`, without what nobody needs here.
//!
//! Linux' bindings (`Documentation/devicetree/bindings`: `arm/cpus.yaml`, `arm/psci.yaml`, `cpu/idle-states.yaml`,
//! `arm/firmware/linaro,optee-tz.yaml`, `interrupt-controller/arm,gic-v3.yaml`). Where it says what QEMU's own tree
//! says too, it says the same. QEMU's has no PSCI and no OP-TEE where the machine starts in the secure world: these
//! are the firmware's.

use casemate_metal_abi::map::{DRAM, GICD, GICR, UART};
use casemate_metal_abi::own::NOTIFICATION_SPI;

use crate::fdt::{Node, tree};

/// The first shared interrupt: the tree counts them from 0.
const SPI: u32 = 32;
const SHARED: u32 = 0;
const PRIVATE: u32 = 1;
const EDGE: u32 = 1;
const LEVEL: u32 = 4;

/// Private interrupts of the timers: secure, non-secure, virtual, hypervisor.
const TIMERS: [u32; 4] = [13, 14, 11, 10];
const CLOCK_HZ: u32 = 24_000_000;
/// The distributor, and redistributors of as many CPUs as QEMU has room for.
const GIC: [u64; 4] = [GICD, 0x1_0000, GICR, 0xf6_0000];

/// Names of nodes, for nodes that refer to them.
const GIC_HANDLE: u32 = 1;
const CLOCK_HANDLE: u32 = 2;
const STANDBY_HANDLE: u32 = 3;

/// `CPU_SUSPEND`'s power state: standby, level 0 (PSCI, original format: bit 16 not set).
const STANDBY: u32 = 0;

/// What the tree says beside the machine itself.
pub struct Chosen<'a> {
    /// How many CPUs, 1 to 8.
    pub cpus: u8,
    /// Bytes of memory.
    pub memory: u64,
    /// Linux' command line.
    pub arguments: &'a str,
    /// Where the initramfs begins and ends.
    pub initramfs: [u64; 2],
}

/// The flattened tree.
#[must_use]
pub fn device_tree(chosen: &Chosen<'_>) -> Vec<u8> {
    tree(|root| {
        root.cells("interrupt-parent", &[GIC_HANDLE]);
        root.texts("model", &["linux,dummy-virt"]);
        root.cells("#size-cells", &[2]);
        root.cells("#address-cells", &[2]);
        root.texts("compatible", &["linux,dummy-virt"]);
        root.child(&format!("memory@{DRAM:x}"), |memory| {
            memory.wide("reg", &[DRAM, chosen.memory]);
            memory.texts("device_type", &["memory"]);
        });
        cpus(root, chosen.cpus);
        devices(root);
        firmware(root);
        root.child("chosen", |node| {
            node.texts("bootargs", &[chosen.arguments]);
            node.texts("stdout-path", &[&format!("/pl011@{UART:x}")]);
            let [begin, end] = chosen.initramfs;
            node.wide("linux,initrd-start", &[begin]);
            node.wide("linux,initrd-end", &[end]);
            // The same in every boot, so that every boot is the same. Nothing in it is secret.
            node.bytes("rng-seed", &[0x5e; 32]);
        });
    })
}

fn cpus(root: &mut Node, count: u8) {
    root.child("cpus", |cpus| {
        cpus.cells("#size-cells", &[0]);
        cpus.cells("#address-cells", &[1]);
        for number in 0..count {
            cpus.child(&format!("cpu@{number:x}"), |cpu| {
                cpu.cells("reg", &[number.into()]);
                cpu.texts("enable-method", &["psci"]);
                cpu.texts("compatible", &["arm,cortex-a57"]);
                cpu.texts("device_type", &["cpu"]);
                cpu.cells("cpu-idle-states", &[STANDBY_HANDLE]);
            });
        }
        cpus.child("idle-states", |states| {
            states.texts("entry-method", &["psci"]);
            states.child("standby", |standby| {
                standby.texts("compatible", &["arm,idle-state"]);
                standby.cells("arm,psci-suspend-param", &[STANDBY]);
                // As short as can be: a CPU that idles at all says so to the TEE.
                standby.cells("entry-latency-us", &[1]);
                standby.cells("exit-latency-us", &[1]);
                standby.cells("min-residency-us", &[2]);
                standby.cells("phandle", &[STANDBY_HANDLE]);
            });
        });
    });
}

fn devices(root: &mut Node) {
    root.child(&format!("intc@{GICD:x}"), |gic| {
        gic.cells("phandle", &[GIC_HANDLE]);
        gic.wide("reg", &GIC);
        gic.cells("#redistributor-regions", &[1]);
        gic.texts("compatible", &["arm,gic-v3"]);
        gic.flag("interrupt-controller");
        gic.cells("#interrupt-cells", &[3]);
    });
    root.child("timer", |timer| {
        let interrupts: Vec<_> = TIMERS.into_iter().flat_map(|it| [PRIVATE, it, LEVEL]).collect();
        timer.cells("interrupts", &interrupts);
        timer.flag("always-on");
        timer.texts("compatible", &["arm,armv8-timer", "arm,armv7-timer"]);
    });
    root.child("apb-pclk", |clock| {
        clock.cells("phandle", &[CLOCK_HANDLE]);
        clock.texts("clock-output-names", &["clk24mhz"]);
        clock.cells("clock-frequency", &[CLOCK_HZ]);
        clock.cells("#clock-cells", &[0]);
        clock.texts("compatible", &["fixed-clock"]);
    });
    root.child(&format!("pl011@{UART:x}"), |uart| {
        uart.texts("clock-names", &["uartclk", "apb_pclk"]);
        uart.cells("clocks", &[CLOCK_HANDLE, CLOCK_HANDLE]);
        uart.cells("interrupts", &[SHARED, 1, LEVEL]);
        uart.wide("reg", &[UART, 0x1000]);
        uart.texts("compatible", &["arm,pl011", "arm,primecell"]);
    });
}

fn firmware(root: &mut Node) {
    root.child("psci", |psci| {
        psci.texts("compatible", &["arm,psci-1.0", "arm,psci-0.2"]);
        psci.texts("method", &["smc"]);
    });
    root.child("firmware", |firmware| {
        firmware.child("optee", |optee| {
            optee.texts("compatible", &["linaro,optee-tz"]);
            optee.texts("method", &["smc"]);
            optee.cells("interrupts", &[SHARED, NOTIFICATION_SPI - SPI, EDGE]);
        });
    });
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::process::Command;

    use super::*;
    use crate::fdt::tests::read;

    fn ours(cpus: u8) -> BTreeMap<String, Vec<u8>> {
        let initramfs = [0x4800_0000, 0x4800_1234];
        read(&device_tree(&Chosen { cpus, memory: 512 << 20, arguments: "quiet", initramfs }))
    }

    /// Properties that are numbers of other nodes, or said differently on purpose.
    fn is_compared(property: &str) -> bool {
        let own = ["phandle", "clocks", "interrupt-parent", "cpu-idle-states"];
        !property.starts_with("/chosen:") && !own.iter().any(|it| property.ends_with(&format!(":{it}")))
    }

    #[test]
    fn it_agrees_with_qemus_tree_of_the_same_machine() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("virt.dtb");
        let machine = format!("virt,secure=on,gic-version=3,dumpdtb={}", file.display());
        let arguments = "-cpu cortex-a57 -smp 8 -m 512 -display none -nic none";
        let mut qemu = Command::new("qemu-system-aarch64");
        let Ok(output) = qemu.args(["-M", &machine]).args(arguments.split(' ')).output() else {
            println!("skipped: no qemu-system-aarch64: apt-get install qemu-system-arm");
            return;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let (qemus, ours) = (read(&std::fs::read(file).unwrap()), ours(8));
        let mut alone = BTreeSet::new();
        for (path, value) in ours.iter().filter(|(path, _)| is_compared(path)) {
            match qemus.get(path) {
                Some(other) => assert_eq!(value, other, "{path}"),
                None => {
                    alone.insert(path.split(':').next().unwrap());
                }
            }
        }
        let firmwares =
            ["/cpus/idle-states", "/cpus/idle-states/standby", "/firmware", "/firmware/optee", "/psci"];
        assert_eq!(alone.into_iter().collect::<Vec<_>>(), firmwares);
    }

    #[test]
    fn every_cpu_starts_by_psci_and_idles_in_standby() {
        let tree = ours(3);
        let cpus: Vec<_> =
            tree.keys().filter(|it| it.starts_with("/cpus/cpu@") && !it.contains(':')).collect();
        assert_eq!(cpus, ["/cpus/cpu@0", "/cpus/cpu@1", "/cpus/cpu@2"]);
        for cpu in cpus {
            assert_eq!(tree[&format!("{cpu}:enable-method")], b"psci\0");
            assert_eq!(tree[&format!("{cpu}:cpu-idle-states")], tree["/cpus/idle-states/standby:phandle"]);
        }
    }

    #[test]
    fn optee_has_the_interrupt_that_the_firmware_raises() {
        let cells = [0, NOTIFICATION_SPI - 32, 1].map(u32::to_be_bytes).concat();
        assert_eq!(ours(1)["/firmware/optee:interrupts"], cells);
    }
}
