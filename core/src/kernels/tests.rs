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
    let (x, y, bias) = (numbers(m * k, 1), numbers(k * n, 2), numbers(n, 3));
    for flip in 0..4 {
        let a = if flip & 1 == 0 { View::new(&x, m, k) } else { View::new(&x, k, m).transposed() };
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
                        "{m} x {k} x {n}, transposed {flip:02b}, add {add}, {isa}, {count} threads"
                    );
                }
            }
        }
        check_blocks(a, b, teams);
    }
}

/// Every element is handed over, once.
fn check_blocks(a: View, b: View, teams: &[Threads]) {
    let mut expected = vec![0.0; a.rows * b.columns];
    reference(a, b, &mut expected, Epilogue::default());
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_here()) {
        for threads in teams {
            let handed = Mutex::new((vec![f32::NAN; expected.len()], 0));
            let each = |first: usize, block: &[f32]| {
                let (c, count) = &mut *handed.lock().unwrap();
                c[first..first + block.len()].copy_from_slice(block);
                *count += block.len();
            };
            matmul_in_blocks_on(isa, a, b, &each, threads);
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
