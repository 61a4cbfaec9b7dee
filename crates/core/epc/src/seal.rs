//! The sealing protocol: how a page is bound to its enclave, its place and its age.
//!
//! Method: an AEAD under a key drawn fresh for each enclave instance and never
//! stored. Byte layouts, little-endian:
//!
//! | offset | width | nonce | | offset | width | associated data |
//! |---|---|---|---|---|---|---|
//! | 0 | 8 | version | | 0 | 4 | enclave index |
//! | 8 | 4 | page | | 4 | 4 | enclave generation |
//! | | | | | 8 | 4 | page |
//!
//! A page's version grows with every eviction, so no nonce is used twice under a
//! key. The version a page must come back with is the manager's, in trusted
//! memory. Hence: a changed byte fails the tag; an older copy fails the nonce;
//! another page's copy fails nonce and associated data; another enclave's fails
//! the key and associated data.
//!
//! (SGX binds the same way: EWB's MAC covers the page, its linear address, its
//! enclave and the version in its VA slot; SDM vol. 3D, 36.5.4.)

use core::fmt;

use casemate_model::EnclaveId;

use crate::{PageNo, Version};

/// One page of plaintext or ciphertext.
pub type PageBytes = [u8; casemate_model::PAGE_SIZE as usize];
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 12;
/// Bytes of a tag.
pub const TAG_BYTES: usize = 16;
/// What proves a sealed page authentic.
pub type Tag = [u8; TAG_BYTES];

/// A cipher with 96-bit nonces and 128-bit tags, holding one enclave's key.
///
/// Called inside fault handlers: it must neither allocate nor wait.
pub trait PageAead {
    /// Encrypts `page` into `sealed` and returns the tag. `nonce` is new under this key.
    fn seal(
        &self,
        nonce: &[u8; NONCE_BYTES],
        aad: &[u8; NONCE_BYTES],
        page: &PageBytes,
        sealed: &mut PageBytes,
    ) -> Tag;

    /// Decrypts `page` where it lies.
    ///
    /// # Errors
    /// The tag does not fit; `page` then holds nothing of use.
    fn open(
        &self,
        nonce: &[u8; NONCE_BYTES],
        aad: &[u8; NONCE_BYTES],
        tag: &Tag,
        page: &mut PageBytes,
    ) -> Result<(), Forged>;
}

/// A tag does not fit what it came with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

/// What a sealed page is bound to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Binding {
    /// Whose it is.
    pub enclave: EnclaveId,
    /// Where it lies.
    pub page: PageNo,
    /// Which of its evictions.
    pub version: Version,
}

impl Binding {
    /// The nonce. See the module's table.
    #[must_use]
    pub fn nonce(&self) -> [u8; NONCE_BYTES] {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.version.get().to_le_bytes());
        nonce[8..].copy_from_slice(&self.page.0.to_le_bytes());
        nonce
    }

    /// The associated data. See the module's table.
    #[must_use]
    pub fn aad(&self) -> [u8; NONCE_BYTES] {
        let mut aad = [0; NONCE_BYTES];
        aad[..4].copy_from_slice(&self.enclave.index.to_le_bytes());
        aad[4..8].copy_from_slice(&self.enclave.generation.to_le_bytes());
        aad[8..].copy_from_slice(&self.page.0.to_le_bytes());
        aad
    }
}

/// Seals `page` into `sealed`.
pub fn seal_page(aead: &impl PageAead, binding: &Binding, page: &PageBytes, sealed: &mut PageBytes) -> Tag {
    aead.seal(&binding.nonce(), &binding.aad(), page, sealed)
}

/// Opens a sealed page where it lies. On failure it is left all zeroes.
///
/// # Errors
/// It is not what was sealed last under this binding: somebody changed, replayed
/// or moved it in the untrusted store.
pub fn open_page(
    aead: &impl PageAead,
    binding: &Binding,
    tag: &Tag,
    page: &mut PageBytes,
) -> Result<(), IntegrityError> {
    aead.open(&binding.nonce(), &binding.aad(), tag, page).map_err(|Forged| {
        page.fill(0);
        IntegrityError(*binding)
    })
}

/// A sealed page came back from the untrusted store as something else. The host,
/// or whoever can write its memory, erred or attacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntegrityError(pub Binding);

impl fmt::Display for IntegrityError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Binding { enclave, page, version } = self.0;
        write!(
            f,
            "sealed {page} of {enclave} does not authenticate as {version}: changed, replayed or moved outside"
        )
    }
}

impl core::error::Error for IntegrityError {}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bindings() -> impl Strategy<Value = Binding> {
        (0..3u32, 0..3u32, 0..3u32, 0..3u64).prop_map(|(index, generation, page, version)| Binding {
            enclave: EnclaveId { index, generation },
            page: PageNo(page),
            version: Version::new(version).expect("small"),
        })
    }

    proptest! {
        #[test]
        fn nonces_differ_wherever_page_or_version_do(a in bindings(), b in bindings()) {
            prop_assert_eq!(a.nonce() == b.nonce(), (a.page, a.version) == (b.page, b.version));
            prop_assert_eq!(a.aad() == b.aad(), (a.enclave, a.page) == (b.enclave, b.page));
        }
    }

    #[test]
    fn the_layout_is_the_documented_one() {
        let binding = Binding {
            enclave: EnclaveId { index: 0x0403_0201, generation: 0x0807_0605 },
            page: PageNo(0x0c0b_0a09),
            version: Version::new(0x05_0403_0201).expect("fits in 40 bits"),
        };
        assert_eq!(binding.nonce(), [1, 2, 3, 4, 5, 0, 0, 0, 9, 10, 11, 12]);
        assert_eq!(binding.aad(), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
    }
}
