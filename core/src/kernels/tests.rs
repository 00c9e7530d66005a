//! Every instruction set, thread count and shape against the definition, to the bit.

use std::sync::Mutex;

use super::*;

fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut x = seed.wrapping_mul(2_654_435_761) | 1;
    let mut next = || {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        (x >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

fn at(v: View, i: usize, j: usize) -> f32 {
    v.data[i * v.row_stride + j * v.column_stride]
}

/// The definition.
fn reference(a: View, b: View, c: &mut [f32], epilogue: Epilogue) {
    let n = b.columns;
    for i in 0..a.rows {
        for j in 0..n {
            let sum = (0..a.columns).fold(0.0f32, |sum, p| at(a, i, p).mul_add(at(b, p, j), sum));
            let sum = if a.zeros { sum + 0.0 } else { sum };
            let c = &mut c[i * n + j];
            *c = if epilogue.add { *c + sum } else { sum };
            if let Some(bias) = epilogue.bias {
                *c += bias[j];
            }
        }
    }
    epilogue.finish.apply(c);
}

fn bits(x: &[f32]) -> Vec<u32> {
    x.iter().map(|x| x.to_bits()).collect()
}

fn halve_negatives(x: &mut [f32]) {
    x.iter_mut().for_each(|x| *x = x.max(*x * 0.5));
}

fn check(m: usize, k: usize, n: usize, teams: &[Threads]) {
    check_with(m, k, n, None, teams);
}

/// `live`: how many numbers of a, out of 100, are not 0; whole stretches are.
fn check_with(m: usize, k: usize, n: usize, live: Option<usize>, teams: &[Threads]) {
    let (mut x, y, bias) = (numbers(m * k, 1), numbers(k * n, 2), numbers(n, 3));
    for flip in 0..4 {
        if let Some(live) = live {
            let (rows, columns) = if flip & 1 == 0 { (m, k) } else { (k, m) };
            x = with_zeros(rows, columns, live);
        }
        let a = if flip & 1 == 0 { View::new(&x, m, k) } else { View::new(&x, k, m).transposed() };
        let a = if live.is_some() { a.with_zeros() } else { a };
        let b = if flip & 2 == 0 { View::new(&y, k, n) } else { View::new(&y, n, k).transposed() };
        for epilogue in [
            Epilogue::default(),
            Epilogue { bias: Some(&bias), finish: Finish::Each(halve_negatives), add: false },
            Epilogue { bias: Some(&bias), finish: Finish::Relu, add: false },
            Epilogue { add: true, ..Epilogue::default() },
        ] {
            let start = numbers(m * n, 4);
            let mut expected = start.clone();
            reference(a, b, &mut expected, epilogue);
            for isa in Isa::ALL.into_iter().filter(|isa| isa.is_here()) {
                for threads in teams {
                    let mut c = start.clone();
                    matmul_on(isa, a, b, &mut c, epilogue, threads);
                    let (isa, count) = (isa.name(), threads.count());
                    let add = epilogue.add;
                    assert!(
                        bits(&c) == bits(&expected),
                        "{m} x {k} x {n}, {live:?} of 100, transposed {flip:02b}, add {add}, {isa}, {count} threads"
                    );
                }
            }
        }
        check_blocks(a, b, teams);
    }
}

/// A matrix in which squares of 16 × 16 are 0, as many as `live` leaves, and single numbers elsewhere, some of them −0; sums of its other
/// numbers times those of [`numbers`] may be too small for an f32.
fn with_zeros(rows: usize, columns: usize, live: usize) -> Vec<f32> {
    let mut x = numbers(rows * columns, 7);
    let drawn = |number: usize| (number.wrapping_mul(2_654_435_761) >> 7) % 100;
    for i in 0..rows {
        for j in 0..columns {
            let x = &mut x[i * columns + j];
            match drawn(i / 16 * 1009 + j / 16 + 1) {
                square if square >= live => *x = 0.0,
                _ => match drawn(i * columns + j) {
                    0..10 => *x = -0.0,
                    10..20 => *x *= 1e-44,
                    _ => {}
                },
            }
        }
    }
    x
}

#[test]
fn zeros_are_left_out_and_the_sums_are_the_definition() {
    let teams = [1, 2, 3].map(Threads::new);
    for (m, k, n) in [
        (32, 300, 128),
        // Threads share rows.
        (48, 500, 128),
        (130, 100, 65),
        (300, 33, 129),
        // b where it is.
        (13, 500, 64),
        (7, 40, 1000),
        (13, 200, 67),
        (1, 784, 520),
        (1, 1300, 130),
        (2, 64, 64),
    ] {
        [0, 20, 60, 85, 100].into_iter().for_each(|live| check_with(m, k, n, Some(live), &teams));
    }
    // One row in turns: too large for two second caches, too narrow for three threads in line.
    check_with(1, 2048, 528, Some(60), &teams[1..2]);
    check_with(1, 3000, 140, Some(60), &teams[2..3]);
    for (m, k, n, teams) in [
        // More rows than are packed at once, sums that wait, two strips of b.
        (530, 410, 300, &teams[..1]),
        // More columns than may wait; b where it is, which is not read beyond its end.
        (13, 401, 2064, &teams[..1]),
        (13, 64, 5120, &teams[..1]),
        (13, 64, 5128, &teams[1..]),
        // Handed over in pieces.
        (2000, 40, 200, &teams[1..]),
        // Operands that change places.
        (300, 90, 1, &teams[..]),
    ] {
        check_with(m, k, n, Some(60), teams);
    }
}

/// Many members in groups of `together`, and what is left over.
#[test]
fn many_members_have_the_products_of_each() {
    let teams = [1, 2].map(Threads::new);
    for (m, k, n, live) in [
        (1000, 784, 32, None),
        (300, 784, 32, Some(40)),
        (64, 100, 10, Some(60)),
        (130, 401, 33, Some(40)),
        (65, 7, 40, None),
        (70, 1300, 17, Some(20)),
        // The last rows are one.
        (4097, 40, 10, Some(40)),
        (65, 50, 130, Some(60)),
        // One after another.
        (70, 1300, 2, Some(20)),
        (65, 31, 20, Some(20)),
        (300, 784, 300, Some(60)),
        (63, 60, 20, Some(60)),
        (64, 60, 1, None),
        (100, 1, 8, None),
    ] {
        let x = live.map_or_else(|| numbers(m * k, 1), |live| with_zeros(m, k, live));
        let a = View::new(&x, m, k);
        let a = if live.is_some() { a.with_zeros() } else { a };
        let (most, bias) = (together(m, k, n), numbers(n, 3));
        assert!((1..=TOGETHER).contains(&most), "{most}");
        let count = 2 * most + 1;
        let y = numbers(count * k * n, 2);
        let ends = [Finish::Sum, Finish::Relu, Finish::Each(halve_negatives)];
        let epilogue =
            |i: usize| Epilogue { bias: (i & 1 == 1).then_some(&bias), finish: ends[i % 3], add: false };
        let b = |i: usize| View::new(&y[i * k * n..(i + 1) * k * n], k, n);
        let mut expected = vec![0.0; count * m * n];
        for (i, c) in expected.chunks_mut(m * n).enumerate() {
            reference(a, b(i), c, epilogue(i));
        }
        for isa in Isa::ALL.into_iter().filter(|isa| isa.is_here()) {
            for threads in &teams {
                let mut c = vec![f32::NAN; count * m * n];
                let members = c.chunks_mut(m * n).enumerate();
                let members = members.map(|(i, c)| Member { b: b(i), c, epilogue: epilogue(i) });
                matmul_each_on(isa, a, members, threads);
                assert!(bits(&c) == bits(&expected), "{m} x {k} x {n}, {live:?} of 100, {isa:?}");
            }
        }
    }
}

/// The columns of one member are too few to look for zeros; those of four are not.
#[test]
fn members_together_leave_out_zeros() {
    let (m, k, n) = (1000, 784, 32);
    let a: Vec<f32> =
        numbers(m * k, 1).into_iter().enumerate().map(|(i, x)| if i % k < 300 { 0.0 } else { x }).collect();
    let a = View::new(&a, m, k).with_zeros();
    let b: Vec<f32> = (0..k * n).map(|i| if i / n < 300 { f32::INFINITY } else { 1.0 }).collect();
    assert_eq!(together(m, k, n), 4);
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_here()) {
        for (count, finite) in [(1, false), (4, true)] {
            let mut c = vec![0.0; count * m * n];
            let members = c.chunks_mut(m * n);
            let members =
                members.map(|c| Member { b: View::new(&b, k, n), c, epilogue: Epilogue::default() });
            matmul_each_on(isa, a, members, &Threads::new(1));
            assert!(c.iter().all(|c| c.is_finite() == finite), "{count} members, {isa:?}");
        }
    }
}

/// What is left out shows where it would not be 0: as long as zeros are found.
#[test]
fn a_column_of_zeros_is_not_multiplied() {
    let (m, k, n) = (64, 128, 64);
    let a: Vec<f32> =
        numbers(m * k, 1).into_iter().enumerate().map(|(i, x)| if i % k < 64 { 0.0 } else { x }).collect();
    let b: Vec<f32> = numbers(k * n, 2)
        .into_iter()
        .enumerate()
        .map(|(i, x)| if i / n < 64 { f32::INFINITY } else { x })
        .collect();
    let a = View::new(&a, m, k);
    let mut c = vec![0.0; m * n];
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_here()) {
        for (a, finite) in [(a, false), (a.with_zeros(), true)] {
            matmul_on(isa, a, View::new(&b, k, n), &mut c, Epilogue::default(), &Threads::new(1));
            assert!(c.iter().all(|c| c.is_finite() == finite), "{isa:?}");
        }
        let a = View::new(&a.data[..k], 1, k).with_zeros();
        for n in [64, 1024] {
            let b: Vec<f32> = (0..k * n).map(|i| if i / n < 64 { f32::INFINITY } else { 1.0 }).collect();
            matmul_on(isa, a, View::new(&b, k, n), &mut c[..n], Epilogue::default(), &Threads::new(1));
            assert!(c[..n].iter().all(|c| c.is_finite()), "{isa:?}, one row of {n}");
        }
    }
}

/// Every element is handed over, once.
fn check_blocks(a: View, b: View, teams: &[Threads]) {
    let mut expected = vec![0.0; a.rows * b.columns];
    reference(a, b, &mut expected, Epilogue::default());
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_here()) {
        // With things beside it that are asked for early, and without.
        let mut other = vec![0.0; expected.len()];
        let besides = [Shared::of(&mut []), Shared::of(&mut other)].map(|kept| [kept; KINDS + 1]);
        for (threads, beside) in teams.iter().flat_map(|team| besides.map(|beside| (team, beside))) {
            let handed = Mutex::new((vec![f32::NAN; expected.len()], 0));
            let each = |first: usize, block: &[f32]| {
                let (c, count) = &mut *handed.lock().unwrap();
                c[first..first + block.len()].copy_from_slice(block);
                *count += block.len();
            };
            matmul_in_blocks_on(isa, a, b, &Each { take: &each, beside }, threads);
            let (c, count) = handed.into_inner().unwrap();
            let (m, k, n, isa, team) = (a.rows, a.columns, b.columns, isa.name(), threads.count());
            assert!(bits(&c) == bits(&expected), "{m} x {k} x {n} in blocks, {isa}, {team} threads");
            assert_eq!(count, expected.len(), "{m} x {k} x {n} in blocks, {isa}, {team} threads");
        }
    }
}

#[test]
fn relu_in_registers_is_relu() {
    let special = [f32::NAN, -1e-30, 1e-30, f32::INFINITY, f32::NEG_INFINITY, -1.0, 2.0, 0.0, -0.0, -1e-45];
    let b: Vec<f32> = special.iter().cycle().take(37).copied().collect();
    let apply = crate::activations::named("relu").expect("there is one").apply;
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_here()) {
        let by = |finish| {
            let mut c = [7.0; 2 * 37];
            // Times 1e-20: what is small and negative becomes −0.
            let (a, b) = (View::new(&[1.0, 1e-20], 2, 1), View::new(&b, 1, 37));
            let epilogue = Epilogue { finish, ..Epilogue::default() };
            matmul_on(isa, a, b, &mut c, epilogue, &Threads::new(1));
            bits(&c)
        };
        assert_eq!(by(Finish::Relu), by(Finish::Each(apply)), "{isa:?}");
        assert!(by(Finish::Relu).contains(&(-0.0f32).to_bits()), "{isa:?}");
    }
}

#[test]
fn small_products_are_the_definition() {
    let teams = [Threads::new(1)];
    for m in [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 13, 17, 30] {
        for k in [0, 1, 2, 7, 16, 33] {
            for n in [0, 1, 2, 3, 4, 5, 7, 8, 10, 12, 15, 16, 17, 24, 31, 33, 48, 50, 97] {
                check(m, k, n, &teams);
            }
        }
    }
}

#[test]
fn large_products_are_the_definition() {
    let teams = [1, 2, 3, 5].map(Threads::new);
    for (m, k, n) in [
        (128, 300, 70),
        (70, 128, 130),
        (65, 1020, 49),
        (1, 784, 128),
        (1, 101, 301),
        // A row by several threads, in turns.
        (1, 1203, 517),
        (784, 1, 128),
        (2, 600, 700),
        (129, 257, 3),
        (700, 600, 1),
        // Sums that wait, of more rows than are kept aside, in two strips of b.
        (140, 513, 200),
        // More rows than are packed at once.
        (520, 300, 200),
        // More columns than may wait.
        (3, 401, 2100),
        // More elements than there is room for until they are handed over.
        (2000, 3, 200),
        // b is read where it is by many rows.
        (40, 410, 70),
        (32, 128, 10),
        // Threads in line.
        (40, 784, 128),
        (37, 1700, 144),
    ] {
        check(m, k, n, &teams);
    }
}

#[test]
fn sums_of_rows() {
    let teams = [1, 2].map(Threads::new);
    for rows in [0, 1, 2, 10, 300, 900] {
        for columns in [0, 1, 3, 10, 16, 100, 1500] {
            let (a, start) = (numbers(rows * columns, 5), numbers(columns, 6));
            for (add, threads) in [(false, &teams[0]), (true, &teams[0]), (true, &teams[1])] {
                let mut sums = vec![0.0f32; columns];
                for i in 0..rows {
                    (0..columns).for_each(|j| sums[j] += a[i * columns + j]);
                }
                let expected: Vec<f32> = sums
                    .iter()
                    .zip(&start)
                    .map(|(sum, start)| if add { start + sum } else { *sum })
                    .collect();
                let mut out = start.clone();
                sum_rows(&a, columns, &mut out, add, threads);
                assert_eq!(bits(&out), bits(&expected), "{rows} x {columns}");
            }
        }
    }
}

#[test]
fn slopes_and_their_sums() {
    let teams = [1, 2, 3].map(Threads::new);
    let chain: fn(&mut [f32], &[f32]) = |dy, kept| dy.iter_mut().zip(kept).for_each(|(dy, k)| *dy *= k);
    for rows in [0, 1, 7, 128, 900] {
        for columns in [0, 1, 10, 16, 100, 255, 256, 700] {
            let [dy, kept] = [5, 7].map(|seed| numbers(rows * columns, seed));
            let start = numbers(columns, 6);
            for (add, threads) in
                [(false, &teams[0]), (true, &teams[0]), (false, &teams[1]), (true, &teams[2])]
            {
                let dz: Vec<f32> = dy.iter().zip(&kept).map(|(dy, kept)| dy * kept).collect();
                let sum = |j: usize| (0..rows).fold(0.0f32, |sum, i| sum + dz[i * columns + j]);
                let expected: Vec<f32> =
                    (0..columns).map(|j| if add { start[j] + sum(j) } else { sum(j) }).collect();
                let (mut to, mut sums) = (dy.clone(), start.clone());
                slopes_and_sums(chain, (&mut to, &kept), (&mut sums, add), threads);
                assert_eq!(bits(&to), bits(&dz), "{rows} x {columns}");
                assert_eq!(bits(&sums), bits(&expected), "{rows} x {columns}");
            }
        }
    }
}

#[test]
#[should_panic(expected = "a 2 x 3 matrix times a 2 x 3 one")]
fn shapes_must_fit() {
    let view = View::new(&[0.0; 6], 2, 3);
    matmul(view, view, &mut [0.0; 4], Epilogue::default(), &Threads::new(1));
}

#[test]
fn widest_runs_the_loop() {
    struct Sum<'a>(&'a [f32]);
    impl Loop for Sum<'_> {
        type Out = f32;
        #[inline(always)]
        fn run(self) -> f32 {
            self.0.iter().sum()
        }
    }
    assert_eq!(widest(Sum(&[1.0, 2.0, 3.0])), 6.0);
}
