//! The algorithm as its formulas say it, one tile and one pair of channels at a time, for the tests.

use super::ConvShape;

const B_T: [[f32; 4]; 4] =
    [[1.0, 0.0, -1.0, 0.0], [0.0, 1.0, 1.0, 0.0], [0.0, -1.0, 1.0, 0.0], [0.0, 1.0, 0.0, -1.0]];
const G: [[f32; 3]; 4] = [[1.0, 0.0, 0.0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0.0, 0.0, 1.0]];
const A_T: [[f32; 4]; 2] = [[1.0, 1.0, 1.0, 0.0], [0.0, 1.0, -1.0, -1.0]];

fn transposed<const N: usize, const M: usize>(a: [[f32; N]; M]) -> [[f32; M]; N] {
    std::array::from_fn(|i| std::array::from_fn(|j| a[j][i]))
}

/// T x Tᵀ, columns first, each element the sum over what is not multiplied by zero.
fn both<const N: usize, const M: usize>(t: [[f32; N]; M], x: [[f32; N]; N]) -> [[f32; M]; M] {
    let times = |x: [f32; N]| {
        t.map(|t| {
            let terms = t.iter().zip(x).filter(|(t, _)| **t != 0.0).map(|(t, x)| t * x);
            terms.reduce(|sum, term| sum + term).expect("no row is zero")
        })
    };
    transposed(transposed(x).map(times)).map(times)
}

/// Of all tiles, the first places in a result of `rows` × `columns`.
fn tiles(batch: usize, rows: usize, columns: usize) -> Vec<(usize, usize, usize)> {
    let all = (0..batch).flat_map(|n| (0..rows).step_by(2).map(move |row| (n, row)));
    all.flat_map(|(n, row)| (0..columns).step_by(2).map(move |column| (n, row, column))).collect()
}

/// N × N places of one channel, zeros outside the picture.
fn square<const N: usize>(
    x: &[f32],
    [height, width, channels]: [usize; 3],
    [n, channel]: [usize; 2],
    [top, left]: [i64; 2],
) -> [[f32; N]; N] {
    std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let (row, column) = (top + i as i64, left + j as i64);
            let inside = (0..height as i64).contains(&row) && (0..width as i64).contains(&column);
            let place = || (n * height + row as usize) * width + column as usize;
            if inside { x[place() * channels + channel] } else { 0.0 }
        })
    })
}

/// A convolution of one channel with another, added up in place over the channels that are seen.
fn convolve(
    x: &[f32],
    seen: [usize; 3],
    corner: [i64; 2],
    kernel: impl Fn(usize, usize) -> [[f32; 3]; 3],
    [batch, height, width, channels]: [usize; 4],
) -> Vec<f32> {
    let mut y = vec![f32::NAN; batch * height * width * channels];
    let u: Vec<Vec<_>> =
        (0..channels).map(|co| (0..seen[2]).map(|ci| both(G, kernel(ci, co))).collect()).collect();
    for (n, row, column) in tiles(batch, height, width) {
        let corner = [row as i64 + corner[0], column as i64 + corner[1]];
        let v: Vec<_> = (0..seen[2]).map(|ci| both(B_T, square(x, seen, [n, ci], corner))).collect();
        for (co, u) in u.iter().enumerate() {
            let result = both(A_T, chain(&v, u));
            for i in 0..2.min(height - row) {
                for j in 0..2.min(width - column) {
                    y[((n * height + row + i) * width + column + j) * channels + co] = result[i][j];
                }
            }
        }
    }
    y
}

/// Σ a ⊙ b: at each position one chain.
fn chain(a: &[[[f32; 4]; 4]], b: &[[[f32; 4]; 4]]) -> [[f32; 4]; 4] {
    let mut sums = [[0.0f32; 4]; 4];
    for (a, b) in a.iter().zip(b) {
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            sums[i][j] = a[i][j].mul_add(b[i][j], sums[i][j]);
        }
    }
    sums
}

/// y, dx and dw.
pub fn results(s: &ConvShape, x: &[f32], w: &[f32], dy: &[f32]) -> [Vec<f32>; 3] {
    let (of_x, of_y) = ([s.in_h, s.in_w, s.in_c], [s.out_h, s.out_w, s.out_c]);
    let pad = [s.pad_top as i64, s.pad_left as i64];
    let at = |i: usize, j: usize, ci: usize, co: usize| ((3 * i + j) * s.in_c + ci) * s.out_c + co;
    let plain = |ci, co| std::array::from_fn(|i| std::array::from_fn(|j| w[at(i, j, ci, co)]));
    let turned = |co, ci| std::array::from_fn(|i| std::array::from_fn(|j| w[at(2 - i, 2 - j, ci, co)]));
    let y = convolve(x, of_x, pad.map(|pad| -pad), plain, [s.batch, s.out_h, s.out_w, s.out_c]);
    let dx = convolve(dy, of_y, pad.map(|pad| pad - 2), turned, [s.batch, s.in_h, s.in_w, s.in_c]);
    let mut dw = vec![f32::NAN; s.weights()];
    let tiles = tiles(s.batch, s.out_h, s.out_w);
    let v = |ci: usize| {
        let corner = |row, column| [row as i64 - pad[0], column as i64 - pad[1]];
        let seen = tiles.iter().map(|&(n, row, column)| square(x, of_x, [n, ci], corner(row, column)));
        seen.map(|x| both(B_T, x)).collect::<Vec<_>>()
    };
    let d = |co: usize| {
        let sloped =
            tiles.iter().map(|&(n, row, column)| square(dy, of_y, [n, co], [row as i64, column as i64]));
        sloped.map(|dy| both(transposed(A_T), dy)).collect::<Vec<_>>()
    };
    let (v, d): (Vec<_>, Vec<_>) = ((0..s.in_c).map(v).collect(), (0..s.out_c).map(d).collect());
    // Few sums are made for each quarter of the batch.
    let few = 16 * s.in_c * s.out_c <= 32_768;
    let together =
        if few { s.batch.div_ceil(4).max(1) } else { s.batch.max(1) } * (tiles.len() / s.batch.max(1));
    let sums = |v: &[[[f32; 4]; 4]], d: &[[[f32; 4]; 4]]| {
        let parts = v.chunks(together).zip(d.chunks(together)).map(|(v, d)| chain(v, d));
        let add = |a: [[f32; 4]; 4], b: [[f32; 4]; 4]| {
            std::array::from_fn(|i| std::array::from_fn(|j| a[i][j] + b[i][j]))
        };
        parts.reduce(add).expect("there is a picture")
    };
    for (ci, co) in (0..s.in_c).flat_map(|ci| (0..s.out_c).map(move |co| (ci, co))) {
        let sums = sums(&v[ci], &d[co]);
        let slopes = both(transposed(G), sums);
        // What is no more than the last digits of the sums is nothing.
        let least = sums.as_flattened().iter().fold(0.0, |size, sum| size + sum.abs()) / 4_194_304.0;
        for (i, j) in (0..3).flat_map(|i| (0..3).map(move |j| (i, j))) {
            dw[at(i, j, ci, co)] = if slopes[i][j].abs() < least { 0.0 } else { slopes[i][j] };
        }
    }
    [y, dx, dw]
}

/// y, dx and dw in `f64`.
pub fn exact(s: &ConvShape, x: &[f32], w: &[f32], dy: &[f32]) -> [Vec<f64>; 3] {
    let mut results = [s.outputs(), s.inputs(), s.weights()].map(|count| vec![0.0f64; count]);
    let [y, dx, dw] = &mut results;
    for (n, oy, ky) in
        (0..s.batch).flat_map(|n| (0..s.out_h).flat_map(move |oy| (0..3).map(move |ky| (n, oy, ky))))
    {
        let Some(iy) = s.row(oy, ky) else { continue };
        for (ox, kx) in (0..s.out_w).flat_map(|ox| (0..3).map(move |kx| (ox, kx))) {
            let Some(ix) = s.column(ox, kx) else { continue };
            let (from, to) = ((n * s.in_h + iy) * s.in_w + ix, (n * s.out_h + oy) * s.out_w + ox);
            for (ci, co) in (0..s.in_c).flat_map(|ci| (0..s.out_c).map(move |co| (ci, co))) {
                let (i, k, o) =
                    (from * s.in_c + ci, ((3 * ky + kx) * s.in_c + ci) * s.out_c + co, to * s.out_c + co);
                let [x, w, dy] = [x[i], w[k], dy[o]].map(f64::from);
                y[o] += x * w;
                dx[i] += dy * w;
                dw[k] += x * dy;
            }
        }
    }
    results
}
