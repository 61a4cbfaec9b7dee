//! What the applications are to answer.

/// FNV-1a, 64 bits (RFC 9923), of the numbers below this one.
pub(crate) fn sum(count: u64) -> u64 {
    (0..count).fold(0xcbf2_9ce4_8422_2325, |sum, number| (sum ^ number).wrapping_mul(0x100_0000_01b3))
}

/// NIST SP 800-38A, F.5.1: the first counter block, the plaintext, and the ciphertext.
pub(crate) const COUNTER: [u8; 16] = 0xf0f1_f2f3_f4f5_f6f7_f8f9_fafb_fcfd_feff_u128.to_be_bytes();
pub(crate) const PLAIN: [u128; 4] = [
    0x6bc1_bee2_2e40_9f96_e93d_7e11_7393_172a,
    0xae2d_8a57_1e03_ac9c_9eb7_6fac_45af_8e51,
    0x30c8_1c46_a35c_e411_e5fb_c119_1a0a_52ef,
    0xf69f_2445_df4f_9b17_ad2b_417b_e66c_3710,
];
pub(crate) const CIPHER: [u128; 4] = [
    0x874d_6191_b620_e326_1bef_6864_990d_b6ce,
    0x9806_f66b_7970_fdff_8617_187b_b9ff_fdff,
    0x5ae4_df3e_dbd5_d35e_5b4f_0902_0db0_3eab,
    0x1e03_1dda_2fbe_03d1_7921_70a0_f300_9cee,
];

/// As bytes.
pub(crate) fn bytes(blocks: [u128; 4]) -> Vec<u8> {
    blocks.iter().flat_map(|it| it.to_be_bytes()).collect()
}
