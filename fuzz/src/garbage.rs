//! Large garbage of every flavour, and small documents whose form is right.

/// How much of it there is.
pub const LEN: usize = 16 << 20;

/// Every flavour, by name.
#[must_use]
pub fn flavours() -> Vec<(&'static str, Vec<u8>)> {
    let repeat = |unit: &[u8]| unit.iter().copied().cycle().take(LEN).collect::<Vec<u8>>();
    let after = |head: &[u8], unit: &[u8]| [head, &repeat(unit)[..LEN - head.len()]].concat();
    let mut noise = super::mutate::Mutator::new(16, LEN);
    let noise: Vec<u8> = (0..LEN / 8).flat_map(|_| noise.draw().to_le_bytes()).collect();
    vec![
        ("zeros", repeat(&[0])),
        ("ones", repeat(&[0xff])),
        ("noise", noise),
        ("spaces", repeat(b" ")),
        ("lines", repeat(b"\n")),
        ("hex digits", repeat(b"0123456789abcdef")),
        ("base64", repeat(b"QUJDREVGR0g=")),
        ("base64, one run", repeat(b"QUJDREVGR0hJSktM")),
        ("PEM beginnings", repeat(b"-----BEGIN CERTIFICATE-----\n")),
        ("PEM without end", after(b"-----BEGIN CERTIFICATE-----\n", b"QUJD\n")),
        ("JSON arrays", repeat(b"[")),
        ("JSON objects", repeat(b"{\"a\":")),
        ("JSON string", after(b"\"", b"a")),
        ("JSON of strings", after(b"[", b"\"QUJD\",")),
        ("CBOR arrays", repeat(&[0x81])),
        ("CBOR maps", repeat(&[0xa1, 0x00])),
        ("CBOR without end", repeat(&[0x9f])),
        ("CBOR long string", after(&[0x5b, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff], &[0])),
        ("CBOR many items", after(&[0x9a, 0x00, 0xff, 0xff, 0xff], &[0])),
        ("DER sequences", repeat(&[0x30, 0x84, 0x00, 0xff, 0xff, 0x00])),
        ("DER without end", repeat(&[0x30, 0x80])),
        ("YAML lists", repeat(b"- ")),
        ("YAML maps", repeat(b"? ")),
        ("YAML aliases", after(b"a: &a [x]\nb: [", b"*a,")),
        ("YAML documents", repeat(b"---\n")),
        ("HCL", after(b"HCLA", &[2, 0, 0, 0])),
        ("quotes", repeat(&[3, 0, 2, 0, 0, 0, 0, 0])),
        ("TPM attestations", after(&[0xff, b'T', b'C', b'G', 0x80, 0x18], &[0xff])),
        ("protobuf", repeat(&[0x0a, 0xff, 0xff, 0x03])),
        ("JSON web tokens", repeat(b"eyJhIjoxfQ.")),
    ]
}

/// Policies whose form is right.
#[must_use]
pub fn policies() -> Vec<Vec<u8>> {
    let policy = "apiVersion: casemate.dev/v1\nkind: Policy\nmetadata:\n  name: p\nspec:\n  tees: [sgx, tdx]\n  roots:\n  \
                  - this-machine\n  debug: false\n";
    vec![policy.into()]
}
