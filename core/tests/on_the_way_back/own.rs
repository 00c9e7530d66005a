//! An op of one's own, whose slopes may be handed over in blocks.

use gradus::graph::Graph;
use gradus::losses::Loss;
use gradus::op::{Backward, Forward, HandOver, InBlocks, Op, Shape};
use gradus::ops::Linear;
use gradus::optimizer::Block;
use gradus::plan::Plan;
use gradus::threads::Threads;
use gradus::{activations, initializers};

/// y = (x W) a, W and a of one's own op: W in blocks of a row, from last to first, a not.
struct Own {
    in_blocks: bool,
}

impl Own {
    /// x W
    fn product(shapes: &[Shape], x: &[&[f32]]) -> Vec<f32> {
        let ((rows, inputs), outputs) = (shapes[0].matrix(), shapes[1].matrix().1);
        let at = |i: usize, j: usize| (0..inputs).map(|k| x[0][i * inputs + k] * x[1][k * outputs + j]).sum();
        (0..rows * outputs).map(|n| at(n / outputs, n % outputs)).collect()
    }

    /// Row k of ∂L/∂W
    fn row(shapes: &[Shape], x: &[f32], dz: &[f32], k: usize) -> Vec<f32> {
        let ((rows, inputs), outputs) = (shapes[0].matrix(), shapes[1].matrix().1);
        let at = |j: usize| (0..rows).map(|i| x[i * inputs + k] * dz[i * outputs + j]).sum();
        (0..outputs).map(at).collect()
    }
}

impl Op for Own {
    fn name(&self) -> &'static str {
        "own"
    }
    fn shape(&self, inputs: &[Shape]) -> gradus::Result<Shape> {
        Ok(Shape::new(&[inputs[0].dims()[0], inputs[1].dims()[1]]))
    }
    fn forward(&self, run: Forward) {
        run.y.copy_from_slice(&Own::product(run.shapes, run.x));
        let outputs = run.x[2].len();
        run.y.iter_mut().enumerate().for_each(|(n, y)| *y *= run.x[2][n % outputs]);
    }
    fn backward(&self, run: Backward) {
        let ((_, inputs), outputs) = (run.shapes[0].matrix(), run.shapes[1].matrix().1);
        let product = Own::product(run.shapes, run.x);
        if let Some(da) = &mut run.dx[2] {
            for j in 0..outputs {
                let terms = product.iter().zip(&*run.dy).skip(j).step_by(outputs);
                da.write(j, terms.map(|(p, dy)| p * dy).sum());
            }
        }
        run.dy.iter_mut().enumerate().for_each(|(n, dy)| *dy *= run.x[2][n % outputs]);
        if let Some(dx) = &mut run.dx[0] {
            for n in 0..dx.to.len() {
                let (dz, w) = (&run.dy[n / inputs * outputs..][..outputs], &run.x[1][n % inputs * outputs..]);
                dx.write(n, dz.iter().zip(w).map(|(dz, w)| dz * w).sum());
            }
        }
        if let Some(dw) = &mut run.dx[1] {
            for k in 0..inputs {
                let row = Own::row(run.shapes, run.x[0], run.dy, k);
                row.iter().enumerate().for_each(|(j, slope)| dw.write(k * outputs + j, *slope));
            }
        }
    }
    fn in_blocks(&self) -> Option<&dyn InBlocks> {
        self.in_blocks.then_some(self)
    }
}

impl InBlocks for Own {
    fn input(&self) -> usize {
        1
    }
    fn hand_over(&self, run: HandOver) {
        assert!(run.x[1].is_empty() && run.x[2].is_empty(), "weights may be changing");
        let (inputs, outputs) = run.shapes[1].matrix();
        for k in (0..inputs).rev() {
            let row = Own::row(run.shapes, run.x[0], run.dy, k);
            // SAFETY: one row after another.
            unsafe { run.into.take(k * outputs, Block::Slopes(&row)) };
        }
    }
}

/// Two ops of one's own, with one factor for both, or also one matrix; and weights that nobody reads.
pub fn own(in_blocks: bool, share: bool) -> impl Fn(&Threads) -> Plan {
    move |threads| {
        let mut g = Graph::new();
        let start = initializers::named("glorot_uniform").unwrap();
        let ones = initializers::named("ones").unwrap();
        let x = g.data("input", &[7, 90]);
        g.weight("unused", &[70], start);
        let (a, w) = (g.weight("a", &[90], ones), g.weight("w", &[90, 90], start));
        let v = if share { w } else { g.weight("v", &[90, 90], start) };
        let y = g.apply(Own { in_blocks }, &[x, w, a]).unwrap();
        let y = g.apply(Own { in_blocks }, &[y, v, a]).unwrap();
        let last = g.weight("last", &[270], start);
        let last = g.view(last, &[90, 3]).unwrap();
        let z = g.apply(Linear::new(activations::named("tanh").unwrap()), &[y, last]).unwrap();
        let (target, weight) = (g.data("target", &[7]), g.data("weight", &[7]));
        let loss = Loss::parse("softmax_cross_entropy").unwrap().op();
        let loss = g.apply_boxed(loss, &[z, target, weight]).unwrap();
        Plan::training(g, loss, threads).unwrap()
    }
}
