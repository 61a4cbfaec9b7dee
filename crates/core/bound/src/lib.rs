//! What no placement can exceed: the pattern bound of a packing problem.
//!
//! ```
//! use casemate_bound::{Demand, Group, bound};
//! use casemate_fleet::{Kind, Request, Stock, Want};
//!
//! // Three pods that want 0.6 of a GPU each, one GPU: of 1,800 thousandths no more than 600 can be placed.
//! let gpu = Kind(0);
//! let group = Group { stock: Stock::new([(gpu, [1_000])]), facts: 0, count: 1, divided: gpu };
//! let request = Request::new([(gpu, Want::Share(600))])?;
//! let answer = bound(&[group], &[Demand { request, on: None, count: 3, value: 600 }]);
//! assert_eq!(answer.most, 600);
//! # Ok::<(), casemate_fleet::RequestError>(())
//! ```
//!
//! **Problem.** Groups of equal empty nodes, demands with a value each; place what has the greatest value in
//! all. Exactly, that is hopeless for thousands of nodes. Adding up capacities says 100 % and means nothing.
//!
//! **Relaxation.** Of each group one kind of device is looked at unit by unit: a *pattern* is a set of shares
//! that one unit can hold at a time (Gilmore and Gomory, "A linear programming approach to the cutting-stock
//! problem", Operations Research 9, 1961). The other kinds are added up over the group. A linear program says
//! how many units follow which pattern; patterns are made as its prices ask for them.
//!
//! **Why it is a bound.** Whatever the prices are, the answer is one; the program only finds good ones. Let
//! `p(r) >= 0` be the price of a demand, `m(g,k) >= 0` the price of all of a node's kind `k` in group `g`,
//! and `K(g,u)` the most that one unit `u` can hold of `value(r) - p(r) - sum over k of m(g,k) * asked /
//! capacity`, over all patterns. Take any placement. Its value is the sum of `p(r)` over what is placed, at
//! most `p(r)` times the count of each demand; plus what is paid for the summed kinds, on each node at most
//! `m(g,k)`, because no node gives more than it has; plus what its units hold, at most `K(g,u)` each. Hence
//!
//! ```text
//! value <= sum p(r) * count(r) + sum over nodes of (sum m(g,k) + sum over units K(g,u))
//! ```
//!
//! which is computed here in whole numbers, rounded up wherever it is rounded: floating point chooses the
//! prices and takes no part in the proof. A pod that takes several whole units is shared out among them; one
//! that may be spread fills what a pattern leaves free; amounts that are too fine are rounded down for units.
//! Each of these only raises the bound. What is not seen: that the summed kinds too come in nodes.
//!
//! **Cost.** A quarter of a second for 1,500 nodes and 350 different demands on one core; memory grows with
//! the square of demands and groups. The number of steps is bounded; stopping early loosens the answer, never
//! breaks it.

#![forbid(unsafe_code)]

mod bound;
mod master;
mod pattern;
mod prices;
mod problem;
mod simplex;

pub use bound::{Bound, bound};
pub use problem::{Demand, Group, demands, groups};
