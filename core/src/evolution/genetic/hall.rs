//! The best that ever were.

use crate::real::{Number, Slot};

/// A hall of fame: the best different θ that were ever judged, with the losses they had then.
pub struct Hall<R: Number> {
    weights: usize,
    /// One after another, the best first.
    members: Vec<R>,
    /// Infinite where nobody is yet.
    losses: Vec<f64>,
}

impl<R: Number> Hall<R> {
    /// With room for `size` θ.
    pub fn new(size: usize, weights: usize) -> Self {
        Hall { weights, members: vec![R::of(0.0); size * weights], losses: vec![f64::INFINITY; size] }
    }

    /// Nobody is in it.
    pub fn clear(&mut self) {
        self.members.fill(R::of(0.0));
        self.losses.fill(f64::INFINITY);
    }

    /// Takes in whoever is better than the last of it, and not in it already. Whether such a loss has a place in it.
    pub fn see(&mut self, theta: &[R], loss: f64) -> bool {
        let (n, weights) = (self.losses.len(), self.weights);
        let place = self.losses.partition_point(|l| *l <= loss);
        if place == n || !loss.is_finite() {
            return false;
        }
        if self.iter().any(|(member, _)| member == theta) {
            return true;
        }
        self.losses[place..].rotate_right(1);
        self.members[place * weights..].rotate_right(weights);
        self.losses[place] = loss;
        self.members[place * weights..(place + 1) * weights].copy_from_slice(theta);
        true
    }

    /// Each θ with its loss, the best first.
    pub fn iter(&self) -> impl Iterator<Item = (&[R], f64)> {
        let taken = self.losses.iter().take_while(|l| l.is_finite());
        taken.enumerate().map(|(k, loss)| (&self.members[k * self.weights..][..self.weights], *loss))
    }

    /// For a checkpoint.
    pub fn state(&mut self) -> [(String, Slot<'_>); 2] {
        [("hall".into(), R::slot(&mut self.members)), ("hall_losses".into(), Slot::Double(&mut self.losses))]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_keeps_the_best_different_ones_in_order() {
        let mut hall = Hall::<f32>::new(3, 1);
        for (x, loss) in
            [(5.0, 5.0), (2.0, 2.0), (9.0, f64::NAN), (2.0, 2.0), (7.0, 7.0), (1.0, 1.0), (8.0, 8.0)]
        {
            hall.see(&[x], loss);
        }
        let kept: Vec<(f32, f64)> = hall.iter().map(|(x, loss)| (x[0], loss)).collect();
        assert_eq!(kept, [(1.0, 1.0), (2.0, 2.0), (5.0, 5.0)]);
        hall.clear();
        assert_eq!(hall.iter().count(), 0);
        Hall::<f64>::new(0, 4).see(&[1.0; 4], 1.0);
    }
}
