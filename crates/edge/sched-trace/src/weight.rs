//! Weights of tasks by their priority, as Linux has them.

/// Weights from nice -20 to 19: `sched_prio_to_weight`, each about 1.25 times the next.
const WEIGHTS: [u32; 40] = [
    88_761, 71_755, 56_483, 46_273, 36_291, 29_154, 23_254, 18_705, 14_949, 11_916, 9_548, 7_620, 6_100,
    4_904, 3_906, 3_121, 2_501, 1_991, 1_586, 1_277, 1_024, 820, 655, 526, 423, 335, 272, 215, 172, 137, 110,
    87, 70, 56, 45, 36, 29, 23, 18, 15,
];

/// The weight of a task by its priority as traces have it: 120 is nice 0 and weighs 1024. Real-time tasks, below
/// 100, have no weight in Linux; they get the greatest.
#[must_use]
pub fn weight(priority: i32) -> u32 {
    let at = usize::try_from(priority.saturating_sub(100)).unwrap_or(0);
    WEIGHTS[at.min(WEIGHTS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_step_of_niceness_is_a_quarter_more() {
        assert_eq!(weight(120), 1024);
        for nice in -20..=19 {
            let exact = 1024.0 * 1.25_f64.powi(-nice);
            let is = f64::from(weight(120 + nice));
            // Linux' table is rounded by hand.
            assert!((is / exact - 1.0).abs() < 0.07, "nice {nice}: {is}, not {exact}");
        }
    }

    #[test]
    fn who_has_no_niceness_gets_the_nearest_weight() {
        assert_eq!([weight(-1), weight(0), weight(99)], [weight(100); 3]);
        assert_eq!([weight(140), weight(i32::MAX)], [weight(139); 2]);
        assert_eq!(weight(i32::MIN), weight(100));
    }
}
