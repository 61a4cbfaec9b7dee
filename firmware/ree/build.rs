//! Where the linker finds the payload's place in memory.

fn main() {
    let here = std::env::var("CARGO_MANIFEST_DIR").expect("cargo says where the manifest is");
    println!("cargo:rustc-link-arg-bins=-T{here}/link.ld");
    println!("cargo:rerun-if-changed=link.ld");
}
