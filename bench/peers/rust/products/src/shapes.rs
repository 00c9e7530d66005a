//! What is multiplied: the products of training layers, and squares.

use gradus::kernels::View;

/// A product a b: a is m × k, b is k × n.
pub struct Shape {
    /// What it is for.
    pub about: String,
    /// m, k, n
    pub size: [usize; 3],
    /// Whether a and b lie in memory column after column.
    pub turned: [bool; 2],
}

/// Batch, inputs, outputs of the layers of `workloads.txt`, and of one example.
const LAYERS: [[usize; 3]; 12] = [
    [10, 2, 16],
    [10, 16, 16],
    [1, 784, 128],
    [1, 128, 10],
    [32, 784, 128],
    [32, 128, 10],
    [100, 784, 128],
    [128, 784, 512],
    [128, 512, 512],
    [128, 512, 10],
    [64, 12288, 512],
    [256, 1024, 4096],
];

const SQUARES: [usize; 6] = [64, 128, 256, 512, 1024, 2048];

/// The three products of each layer, and squares in all four ways to lie in memory.
pub fn all() -> Vec<Shape> {
    let layers = LAYERS.iter().flat_map(|&[batch, inputs, outputs]| {
        let of = |what| format!("{what} of {inputs} → {outputs}, batch {batch}");
        [
            // z = x W
            Shape { about: of("forward"), size: [batch, inputs, outputs], turned: [false, false] },
            // ∂L/∂W = xᵀ ∂L/∂z
            Shape { about: of("slopes of weights"), size: [inputs, batch, outputs], turned: [true, false] },
            // ∂L/∂x = ∂L/∂z Wᵀ
            Shape { about: of("slopes of inputs"), size: [batch, outputs, inputs], turned: [false, true] },
        ]
    });
    let squares = SQUARES.iter().flat_map(|&side| {
        [[false, false], [true, false], [false, true], [true, true]].map(|turned| Shape {
            about: "square".into(),
            size: [side; 3],
            turned,
        })
    });
    layers.chain(squares).collect()
}

/// Operands of a shape.
pub struct Operands {
    pub size: [usize; 3],
    pub turned: [bool; 2],
    pub a: Vec<f32>,
    pub b: Vec<f32>,
}

impl Operands {
    pub fn new(shape: &Shape) -> Operands {
        let [m, k, n] = shape.size;
        let mut state = 1;
        let (a, b) = (numbers(&mut state, m * k), numbers(&mut state, k * n));
        Operands { size: shape.size, turned: shape.turned, a, b }
    }

    /// Steps between neighbours within a column and within a row: of a, of b.
    pub fn strides(&self) -> [(isize, isize); 2] {
        let [m, k, n] = self.size;
        let of = |turned, rows: usize, columns: usize| {
            if turned { (1, rows as isize) } else { (columns as isize, 1) }
        };
        [of(self.turned[0], m, k), of(self.turned[1], k, n)]
    }

    /// As gradus sees them.
    pub fn views(&self) -> [View<'_>; 2] {
        let [m, k, n] = self.size;
        let of = |data, turned, rows, columns| {
            if turned { View::new(data, columns, rows).transposed() } else { View::new(data, rows, columns) }
        };
        [of(&self.a, self.turned[0], m, k), of(&self.b, self.turned[1], k, n)]
    }

    /// Rows of the product in 64-bit floats, and the sum of the sizes of what was added to each number: at most
    /// 64 rows, evenly spread, each with its number.
    pub fn exact(&self) -> Vec<(usize, Vec<f64>, Vec<f64>)> {
        let ([m, k, n], [(a_down, a_along), (b_down, b_along)]) = (self.size, self.strides());
        let rows = m.min(64);
        let row = |i: usize| {
            let (mut sums, mut sizes) = (vec![0.0; n], vec![0.0; n]);
            for p in 0..k {
                let a = self.a[i * a_down as usize + p * a_along as usize] as f64;
                for j in 0..n {
                    let product = a * self.b[p * b_down as usize + j * b_along as usize] as f64;
                    sums[j] += product;
                    sizes[j] += product.abs();
                }
            }
            (i, sums, sizes)
        };
        (0..rows).map(|r| row(r * m / rows)).collect()
    }
}

/// Numbers in [−1, 1).
fn numbers(state: &mut u64, count: usize) -> Vec<f32> {
    let mut next = || {
        *state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (*state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}
