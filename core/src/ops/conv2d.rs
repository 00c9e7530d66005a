//! Convolution of pictures, [LeCun et al. 1989](https://doi.org/10.1162/neco.1989.1.4.541): one small set of weights,
//! the kernel, slides over the picture and is used at every place. (As everywhere in this field the kernel is not turned
//! round: strictly, it is a cross-correlation.)
//!
//! ```text
//! z[n, oy, ox, co] = Σ_ky Σ_kx Σ_ci x[n, iy, ix, ci] w[ky, kx, ci, co] + b[co]
//! iy = oy stride + ky dilation − padding          ix likewise; outside the picture x = 0
//! y = f(z)
//!
//! dz = dy ⊙ f′(z)
//! dx[n, iy, ix, ci] = Σ dz w    over all (ky, kx, co) that met it
//! dw[ky, kx, ci, co] = Σ x dz   over all (n, oy, ox)
//! db = Σ dz
//! ```
//!
//! With groups (Krizhevsky et al. 2012) the channels are divided: outputs of a group see the inputs of that group only. As
//! many groups as input channels make it depthwise (Chollet 2017).

use crate::activations::{Activation, Keeps};
use crate::error::{Error, Result};
use crate::kernels::{
    ConvShape, Finish, conv_backward_bias, conv_backward_data, conv_backward_weights, conv_exact,
    conv_forward,
};
use crate::onnx::{Attribute, Form, Value};
use crate::op::{Backward, Exact, ExactForward, Forward, Op, Shape};
use crate::window::Window;

/// y = f(x ∗ w + b); inputs x `[batch, height, width, channels]`, w `[rows, columns, channels / groups, outputs]` and, if there
/// is one, b `[outputs]`.
pub struct Conv2d {
    window: Window,
    groups: usize,
    activation: &'static Activation,
}

impl Conv2d {
    /// With kernels of the size of `window`, channels in `groups`, and f = `activation`.
    pub fn new(window: Window, groups: usize, activation: &'static Activation) -> Self {
        Conv2d { window, groups, activation }
    }

    /// Whether z itself must be kept: the slope cannot be told from y.
    fn keeps_input(&self) -> bool {
        self.activation.keeps == Keeps::Input
    }

    /// All sizes, or what is needed.
    fn sizes(&self, inputs: &[Shape]) -> std::result::Result<ConvShape, String> {
        let [rows, columns] = self.window.size;
        let (x, w) = match inputs {
            [x, w, ..] if inputs.len() < 4 => (x.dims(), w.dims()),
            _ => (&[][..], &[][..]),
        };
        let (&[batch, in_h, in_w, in_c], &[.., out_c]) = (x, w) else {
            return Err(format!(
                "x [batch, height, width, channels], w [{rows}, {columns}, channels / groups, outputs] and b [outputs]"
            ));
        };
        let groups = self.groups;
        let divides = |n: usize| groups > 0 && n > 0 && n.is_multiple_of(groups);
        if !divides(in_c) || !divides(out_c) {
            return Err(format!(
                "{groups} groups to divide both the {in_c} channels that come in and the {out_c} that go out"
            ));
        }
        let deep = in_c / groups;
        if *w != [rows, columns, deep, out_c] || inputs.get(2).is_some_and(|b| b.dims() != [out_c]) {
            return Err(format!("w [{rows}, {columns}, {deep}, outputs] and b [outputs]"));
        }
        let [down, across] = self.window.over(in_h, in_w)?;
        Ok(ConvShape {
            batch,
            in_h,
            in_w,
            in_c,
            out_h: down.places,
            out_w: across.places,
            out_c,
            kernel_h: rows,
            kernel_w: columns,
            stride_h: down.stride,
            stride_w: across.stride,
            pad_top: down.before,
            pad_left: across.before,
            pad_bottom: down.after,
            pad_right: across.after,
            dilation_h: down.dilation,
            dilation_w: across.dilation,
            groups,
        })
    }

    fn checked(&self, inputs: &[Shape]) -> ConvShape {
        self.sizes(inputs).expect("checked by shape")
    }
}

impl Op for Conv2d {
    fn name(&self) -> &'static str {
        "conv2d"
    }

    fn shape(&self, inputs: &[Shape]) -> Result<Shape> {
        let refuse = |needs| Error::Shape { op: self.name().into(), inputs: inputs.to_vec(), needs };
        let s = self.sizes(inputs).map_err(refuse)?;
        Ok(Shape::new(&[s.batch, s.out_h, s.out_w, s.out_c]))
    }

    fn keeps(&self, inputs: &[Shape]) -> usize {
        if self.keeps_input() { self.checked(inputs).outputs() } else { 0 }
    }

    fn products(&self, inputs: &[Shape]) -> usize {
        let s = self.checked(inputs);
        s.outputs() * s.kernel_h * s.kernel_w * s.group_in()
    }

    fn examples(&self) -> usize {
        1
    }

    fn forward(&self, run: Forward) {
        let (s, bias) = (self.checked(run.shapes), run.x.get(2).copied());
        if self.keeps_input() {
            conv_forward(&s, run.x[0], run.x[1], bias, run.keep, Finish::Sum, run.threads);
            self.activation.forth(run.keep, run.y, run.threads);
        } else {
            conv_forward(&s, run.x[0], run.x[1], bias, run.y, self.activation.finish, run.threads);
        }
    }

    fn backward(&self, run: Backward) {
        let s = self.checked(run.shapes);
        if !run.ready {
            let kept = if self.keeps_input() { run.keep } else { run.y };
            self.activation.back(run.dy, kept, run.threads);
        }
        let dz = &*run.dy;
        let (dx, weights) = run.dx.split_first_mut().expect("checked by shape");
        let (dw, db) = weights.split_first_mut().expect("checked by shape");
        let db = db.first_mut().and_then(Option::as_mut).map(|db| (&mut *db.to, db.add));
        match (dw, db) {
            (Some(dw), db) => conv_backward_weights(&s, run.x[0], dz, (&mut *dw.to, dw.add), db, run.threads),
            (None, Some((db, add))) => conv_backward_bias(&s, dz, db, add, run.threads),
            (None, None) => {}
        }
        if let Some(dx) = dx {
            conv_backward_data(&s, dz, run.x[1], dx.to, dx.add, run.threads);
        }
    }

    fn ends_in(&self) -> Option<&'static Activation> {
        (!self.keeps_input() && !self.activation.is_identity()).then_some(self.activation)
    }

    fn exact(&self) -> Option<&dyn Exact> {
        Some(self)
    }

    fn absorbing(&self, end: &'static Activation) -> Option<Box<dyn Op>> {
        let free = self.activation.is_identity();
        free.then(|| Box::new(Conv2d::new(self.window, self.groups, end)) as Box<dyn Op>)
    }

    fn onnx(&self, form: Form) -> std::result::Result<Value, String> {
        let (s, x) = (self.checked(form.shapes), form.value(0)?);
        // Outputs, channels, rows, columns.
        let (taps, deep, outputs) = (s.kernel_h * s.kernel_w, s.group_in(), s.out_c);
        let w = form.numbers(1)?;
        let at = |i: usize| w[(i % taps * deep + i / taps % deep) * outputs + i / taps / deep];
        let kernels = (0..w.len()).map(at).collect();
        let w = form.to.numbers("weight", &[outputs, deep, s.kernel_h, s.kernel_w], kernels);
        let pads = [s.pad_top, s.pad_left, s.pad_bottom, s.pad_right];
        let attributes = vec![
            Attribute::lengths("kernel_shape", [s.kernel_h, s.kernel_w]),
            Attribute::lengths("strides", [s.stride_h, s.stride_w]),
            Attribute::lengths("dilations", [s.dilation_h, s.dilation_w]),
            Attribute::lengths("pads", pads),
            ("group", Attribute::Int(s.groups as i64)),
        ];
        let mut inputs = vec![x, w];
        if form.x.len() > 2 {
            let bias = form.numbers(2)?.to_vec();
            inputs.push(form.to.numbers("bias", &[outputs], bias));
        }
        let z = form.to.node("Conv", &inputs.iter().collect::<Vec<_>>(), attributes);
        form.to.function(self.activation, z)
    }
}

impl Exact for Conv2d {
    fn forward(&self, run: ExactForward) {
        let (s, bias) = (self.checked(run.shapes), run.x.get(2).copied());
        conv_exact(&s, run.x[0], run.x[1], bias, run.y, run.threads);
        if self.activation.kink {
            run.sides.note(run.y.iter().copied());
        }
        if !self.activation.is_identity() {
            run.y.iter_mut().for_each(|y| *y = (self.activation.value)(*y));
        }
    }
}
