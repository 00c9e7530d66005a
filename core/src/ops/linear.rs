//! The layer of neurons: each a weighted sum of all inputs, a bias, a function of the sum.
//!
//! ```text
//! z  = x W + b            x: batch × inputs    W: inputs × outputs    b: outputs
//! y  = f(z)
//!
//! dz = dy ⊙ f′(z)
//! dx = dz Wᵀ              dW = xᵀ dz           db = Σ_rows dz
//! ```

use crate::activations::{Activation, Keeps};
use crate::error::{Error, Result};
use crate::gradients::Expression;
use crate::kernels::{
    Each, Epilogue, Finish, Member, View, matmul, matmul_each, matmul_exact, matmul_in_blocks,
    slopes_and_sums, sum_rows, together,
};
use crate::onnx::{Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, HandOver, InBlocks, Op, Shape, Written};
use crate::optimizer::Block;

/// y = f(x W + b); inputs x, W and, if there is one, b.
pub struct Linear {
    activation: &'static Activation,
}

impl Linear {
    /// With f = `activation`.
    pub fn new(activation: &'static Activation) -> Self {
        Linear { activation }
    }

    /// Whether z itself must be kept: the slope cannot be told from y.
    fn keeps_input(&self) -> bool {
        self.activation.keeps == Keeps::Input
    }

    /// What x is multiplied with, and where the result goes: to y, or to z if that is kept.
    fn sum<'a>(&self, run: &'a mut Forward) -> Member<'a> {
        let (inputs, outputs) = run.shapes[1].matrix();
        let keeps = self.keeps_input();
        let finish = if keeps { Finish::Sum } else { self.activation.finish };
        Member {
            b: View::new(run.x[1], inputs, outputs),
            c: if keeps { run.keep } else { run.y },
            epilogue: Epilogue { bias: run.x.get(2).copied(), finish, add: false },
        }
    }

    /// y, if z is kept.
    fn end(&self, run: &mut Forward) {
        if self.keeps_input() {
            self.activation.forth(run.keep, run.y, run.threads);
        }
    }
}

/// x
fn input<'a>(run: &Forward<'a>) -> View<'a> {
    let (rows, inputs) = run.shapes[0].matrix();
    View::new(run.x[0], rows, inputs).with_zeros()
}

impl Op for Linear {
    fn name(&self) -> &'static str {
        "linear"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let fits = match inputs {
            [x, w] => x.dims().len() == 2 && w.dims().len() == 2 && x.dims()[1] == w.dims()[0],
            [x, w, b] => {
                x.dims().len() == 2
                    && w.dims().len() == 2
                    && x.dims()[1] == w.dims()[0]
                    && b.dims() == [w.dims()[1]]
            }
            _ => false,
        };
        if !fits {
            let needs = "x [batch, inputs], W [inputs, outputs] and b [outputs]".into();
            return Err(Error::Shape { op: self.name().into(), inputs: inputs.to_vec(), needs });
        }
        Ok(Shape::new(&[inputs[0].dims()[0], inputs[1].dims()[1]]))
    }

    fn keeps(&self, inputs: &[Shape]) -> usize {
        if self.keeps_input() { inputs[0].dims()[0] * inputs[1].dims()[1] } else { 0 }
    }

    fn products(&self, inputs: &[Shape]) -> usize {
        inputs[0].size() * inputs[1].matrix().1
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, mut run: Forward) {
        let (x, threads) = (input(&run), run.threads);
        let Member { b, c, epilogue } = self.sum(&mut run);
        matmul(x, b, c, epilogue, threads);
        self.end(&mut run);
    }

    fn together(&self, inputs: &[Shape]) -> usize {
        let (rows, depth) = inputs[0].matrix();
        together(rows, depth, inputs[1].matrix().1)
    }

    fn forward_each(&self, members: &mut [Forward]) {
        for members in members.chunk_by_mut(|one, other| std::ptr::eq(one.x[0], other.x[0])) {
            let (x, threads) = (input(&members[0]), members[0].threads);
            matmul_each(x, members.iter_mut().map(|run| self.sum(run)), threads);
            members.iter_mut().for_each(|run| self.end(run));
        }
    }

    fn backward(&self, run: Backward) {
        let (rows, inputs) = run.shapes[0].matrix();
        let outputs = run.shapes[1].matrix().1;
        let kept = if self.keeps_input() { &*run.keep } else { run.y };
        let (dx, weights) = run.dx.split_first_mut().expect("checked by shape");
        let (dw, db) = weights.split_first_mut().expect("checked by shape");
        match db.first_mut().and_then(Option::as_mut).map(|db| (&mut *db.to, db.add)) {
            Some(db) if !self.activation.is_identity() => {
                slopes_and_sums(self.activation.chain, (run.dy, kept), db, run.threads);
            }
            Some((db, add)) => sum_rows(run.dy, outputs, db, add, run.threads),
            None => self.activation.back(run.dy, kept, run.threads),
        }
        let (x, w) = (View::new(run.x[0], rows, inputs), View::new(run.x[1], inputs, outputs));
        // Of a single example the slopes are products, each rounded once, as `hand_over` hands them over.
        let x = if rows > 1 { x.with_zeros() } else { x };
        let dz = View::new(run.dy, rows, outputs);
        if let Some(dw) = dw {
            matmul(x.transposed(), dz, dw.to, Epilogue { add: dw.add, ..Epilogue::default() }, run.threads);
        }
        if let Some(dx) = dx {
            // Behind relu the slope of a unit that is silent is 0 too. (Other kinks cost a look.)
            let dz = if self.activation.kink { dz.with_zeros() } else { dz };
            matmul(dz, w.transposed(), dx.to, Epilogue { add: dx.add, ..Epilogue::default() }, run.threads);
        }
    }

    fn in_blocks(&self) -> Option<&dyn InBlocks> {
        Some(self)
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn absorbing(&self, end: &'static Activation) -> Option<Box<dyn Op>> {
        self.activation.is_identity().then(|| Box::new(Linear::new(end)) as Box<dyn Op>)
    }

    fn formula(&self, inputs: &[&[Expression]], _training: bool) -> Written {
        let (x, w) = (inputs[0], inputs[1]);
        let outputs = w.len() / x.len();
        let unit = |j: usize| {
            let bias = inputs.get(2).map(|b| b[j]);
            let products = x.iter().enumerate().map(|(i, x)| w[i * outputs + j] * *x);
            let z = Expression::total(products.chain(bias)).named("z");
            (self.activation.written)(z).named("a")
        };
        Ok((0..outputs).map(unit).collect())
    }

    fn onnx(&self, form: Form) -> std::result::Result<Value, String> {
        let w = form.numbers(1)?.to_vec();
        let mut inputs = vec![form.value(0)?, form.to.numbers("weight", form.shapes[1].dims(), w)];
        if form.x.len() > 2 {
            let bias = form.numbers(2)?.to_vec();
            inputs.push(form.to.numbers("bias", form.shapes[2].dims(), bias));
        }
        let z = form.to.node("Gemm", &inputs.iter().collect::<Vec<_>>(), vec![]);
        form.to.function(self.activation, z)
    }
}

impl InBlocks for Linear {
    /// W
    fn input(&self) -> usize {
        1
    }

    /// `backward` has made dz of dy.
    fn hand_over(&self, mut run: HandOver) {
        let (rows, inputs) = run.shapes[0].matrix();
        let outputs = run.shapes[1].matrix().1;
        if rows == 1 {
            return run.into.take_product(run.x[0], run.dy, run.threads);
        }
        let (x, dz) = (View::new(run.x[0], rows, inputs).with_zeros(), View::new(run.dy, rows, outputs));
        // SAFETY: blocks of a product are disjoint.
        let take = |first: usize, block: &[f32]| unsafe { run.into.take(first, Block::Slopes(block)) };
        let each = Each { take: &take, beside: run.into.beside() };
        matmul_in_blocks(x.transposed(), dz, &each, run.threads);
    }
}

impl Exact for Linear {
    fn forward(&self, run: ExactForward) {
        let (_, inputs) = run.shapes[0].matrix();
        let outputs = run.shapes[1].matrix().1;
        matmul_exact((run.x[0], inputs), (run.x[1], outputs), run.x.get(2).copied(), run.y, run.threads);
        if self.activation.kink {
            run.sides.note(run.y.iter().copied());
        }
        if !self.activation.is_identity() {
            run.y.iter_mut().for_each(|y| *y = (self.activation.value)(*y));
        }
    }
}
