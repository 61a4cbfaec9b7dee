//! A bar of parts.

/// Lengths of the parts of a bar `columns` long, in proportion to `amounts`. They add up
/// to `columns` (to none, where all amounts are), and what is more than nothing is seen
/// where there is a column for it.
pub(super) fn parts<const N: usize>(amounts: [u64; N], columns: usize) -> [usize; N] {
    let mut lengths = [0; N];
    let whole: u128 = amounts.iter().copied().map(u128::from).sum();
    if whole == 0 {
        return lengths;
    }
    // Each part ends where the sum so far ends, so that rounding never adds up.
    let mut sum = 0;
    let mut begin = 0;
    for (length, amount) in lengths.iter_mut().zip(amounts) {
        sum += u128::from(amount);
        let end = usize::try_from((sum * columns as u128 + whole / 2) / whole).unwrap_or(columns);
        *length = end - begin;
        begin = end;
    }
    for index in 0..N {
        if amounts[index] > 0 && lengths[index] == 0 {
            let longest = (0..N).max_by_key(|other| lengths[*other]);
            if let Some(longest) = longest.filter(|longest| lengths[*longest] > 1) {
                lengths[longest] -= 1;
                lengths[index] = 1;
            }
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_in_proportion_and_what_is_there_is_seen() {
        assert_eq!(parts([1, 1, 2], 8), [2, 2, 4]);
        assert_eq!(parts([1, 0, 1_000_000], 10), [1, 0, 9]);
        assert_eq!(parts([0, 0, 0], 10), [0, 0, 0]);
        assert_eq!(parts([1, 1, 1], 2).iter().sum::<usize>(), 2);
    }

    proptest! {
        #[test]
        fn parts_fill_the_bar_exactly(amounts: [u64; 3], columns in 0_usize..500) {
            let lengths = parts(amounts, columns);
            let wanted = if amounts == [0; 3] { 0 } else { columns };
            prop_assert_eq!(lengths.iter().sum::<usize>(), wanted);
        }
    }
}
