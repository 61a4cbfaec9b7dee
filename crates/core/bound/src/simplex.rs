//! The revised simplex method with a dense inverse, for programs whose columns are made on the way.
//!
//! Maximise the gain of columns under `rows <= limits`, all limits above 0. Dantzig's rule; limits are raised
//! by different tiny amounts so that ties do not make it turn in circles. Nothing here is relied on to be
//! right: what comes out are prices, and the bound holds for any.

/// A column: what it gains, and what it takes of which row.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    pub(crate) gain: f64,
    pub(crate) takes: Vec<(usize, f64)>,
}

/// A program in the course of being solved.
#[derive(Debug)]
pub(crate) struct Simplex {
    rows: usize,
    columns: Vec<Column>,
    /// Of each row the column that is in the basis for it, or the row's own slack.
    basis: Vec<Option<usize>>,
    /// The inverse of the basis, row by row.
    inverse: Vec<f64>,
    amounts: Vec<f64>,
    prices: Vec<f64>,
}

/// Smaller is nothing.
const TINY: f64 = 1e-9;

impl Simplex {
    /// A program without columns.
    pub(crate) fn new(limits: &[f64]) -> Self {
        let rows = limits.len();
        let mut inverse = vec![0.0; rows * rows];
        inverse.iter_mut().step_by(rows + 1).for_each(|diagonal| *diagonal = 1.0);
        let raised = |(at, limit): (usize, &f64)| limit * (1.0 + 1e-7 * (1.0 + at as f64 / rows as f64));
        let amounts = limits.iter().enumerate().map(raised).collect();
        Self { rows, columns: Vec::new(), basis: vec![None; rows], inverse, amounts, prices: vec![0.0; rows] }
    }

    /// What one more of each row would gain, at present.
    pub(crate) fn prices(&self) -> &[f64] {
        &self.prices
    }

    /// One more column.
    pub(crate) fn push(&mut self, column: Column) {
        self.columns.push(column);
    }

    /// Solves the program as it stands, or goes on for so many steps. Answers how many it went.
    pub(crate) fn solve(&mut self, steps: usize) -> usize {
        for step in 0..steps {
            let Some(entering) = self.entering() else { return step };
            if !self.pivot(entering) {
                return step;
            }
        }
        steps
    }

    fn reduced(&self, column: &Column) -> f64 {
        let paid = column.takes.iter().map(|(row, amount)| self.prices.get(*row).unwrap_or(&0.0) * amount);
        column.gain - paid.sum::<f64>()
    }

    /// What would gain most: a column, or a row's slack.
    fn entering(&self) -> Option<Entering> {
        let columns =
            self.columns.iter().enumerate().map(|(at, it)| (self.reduced(it), Entering::Column(at)));
        let slacks = self.prices.iter().enumerate().map(|(row, price)| (-price, Entering::Slack(row)));
        columns.chain(slacks).filter(|it| it.0 > TINY).max_by(|a, b| a.0.total_cmp(&b.0)).map(|it| it.1)
    }

    /// Brings a column into the basis. Answers whether that was possible.
    fn pivot(&mut self, entering: Entering) -> bool {
        let rows = self.rows;
        let (takes, gained) = match entering {
            Entering::Column(at) => match self.columns.get(at) {
                Some(column) => (column.takes.clone(), self.reduced(column)),
                None => return false,
            },
            Entering::Slack(row) => (vec![(row, 1.0)], -self.prices.get(row).copied().unwrap_or(0.0)),
        };
        let direction: Vec<f64> = self
            .inverse
            .chunks_exact(rows)
            .map(|row| takes.iter().map(|(at, amount)| row.get(*at).unwrap_or(&0.0) * amount).sum())
            .collect();
        let leaving = (self.amounts.iter().zip(&direction).enumerate())
            .filter(|(_, (_, change))| **change > TINY)
            .map(|(row, (amount, change))| (amount.max(0.0) / change, row))
            .min_by(|a, b| a.0.total_cmp(&b.0));
        let Some((amount, leaving)) = leaving else { return false };
        let Some(divisor) = direction.get(leaving).copied() else { return false };
        let begin = leaving * rows;
        let Some(row) = self.inverse.get_mut(begin..begin + rows) else { return false };
        row.iter_mut().for_each(|it| *it /= divisor);
        let row = row.to_vec();
        for (price, it) in self.prices.iter_mut().zip(&row) {
            *price += gained * it;
        }
        for (at, (other, change)) in self.inverse.chunks_exact_mut(rows).zip(&direction).enumerate() {
            if at != leaving && change.abs() > 1e-13 {
                other.iter_mut().zip(&row).for_each(|(it, pivot)| *it -= change * pivot);
            }
        }
        for (at, (held, change)) in self.amounts.iter_mut().zip(&direction).enumerate() {
            *held = if at == leaving { amount } else { *held - change * amount };
        }
        if let Some(place) = self.basis.get_mut(leaving) {
            *place = match entering {
                Entering::Column(at) => Some(at),
                Entering::Slack(_) => None,
            };
        }
        true
    }

    /// What the columns gain in all, at present.
    pub(crate) fn gain(&self) -> f64 {
        let gain = |(column, amount): (&Option<usize>, &f64)| {
            column.and_then(|at| self.columns.get(at)).map_or(0.0, |column| column.gain * amount)
        };
        self.basis.iter().zip(&self.amounts).map(gain).sum()
    }
}

#[derive(Clone, Copy, Debug)]
enum Entering {
    Column(usize),
    Slack(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_textbook_program_is_solved() {
        // Dantzig's own: 3x + 5y under x <= 4, 2y <= 12, 3x + 2y <= 18.
        let mut simplex = Simplex::new(&[4.0, 12.0, 18.0]);
        simplex.push(Column { gain: 3.0, takes: vec![(0, 1.0), (2, 3.0)] });
        simplex.push(Column { gain: 5.0, takes: vec![(1, 2.0), (2, 2.0)] });
        assert!(simplex.solve(100) < 100);
        assert!((simplex.gain() - 36.0).abs() < 1e-4);
        let prices: Vec<f64> = simplex.prices().iter().map(|it| (it * 1e6).round() / 1e6).collect();
        assert_eq!(prices, [0.0, 1.5, 1.0]);
    }

    #[test]
    fn a_column_that_comes_later_is_taken_up() {
        let mut simplex = Simplex::new(&[10.0]);
        simplex.push(Column { gain: 1.0, takes: vec![(0, 1.0)] });
        simplex.solve(10);
        simplex.push(Column { gain: 3.0, takes: vec![(0, 2.0)] });
        simplex.solve(10);
        assert!((simplex.gain() - 15.0).abs() < 1e-4);
    }
}
