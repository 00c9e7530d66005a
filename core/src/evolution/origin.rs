//! Where the members of a population come from: for whoever draws an evolution.

use serde::{Deserialize, Serialize};

/// Where a member of a population comes from.
///
/// Members are numbered in the order in which they are first asked for, so that who goes on unchanged is known again. It is
/// no part of what a checkpoint saves: members that were taken from one have no number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its number.
    pub number: Option<u64>,
    /// The numbers of its parents; none for a member of a first population.
    pub parents: Option<[Option<u64>; 2]>,
    /// Whether its parents were crossed, or one of them copied: the first for a first child, the second for a second.
    pub crossed: bool,
    /// How many of its genes mutated.
    pub mutated: u32,
}
