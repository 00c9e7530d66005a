//! What each kind of evolution asks for, gene by gene, in more genes than are drawn at a time. May never change: every seed's
//! evolution depends on it.

use super::evolver;

/// More than twice as many as are drawn at a time, and no multiple.
const GENES: usize = 700;

const GOLDEN: &[(&str, u64)] = &[
    ("genetic population=9", 0xf699_c0a9_06c2_6509),
    ("genetic population=9 crossover=one_point mutation=uniform", 0xed13_186d_bb39_c669),
    ("genetic population=9 crossover=two_point mutation=polynomial rate=0.5", 0x6db3_58a5_2814_b8a0),
    ("genetic population=9 crossover=blend mutation=polynomial rate=1", 0xd5e0_18ed_d32f_0729),
    ("genetic population=9 crossover=sbx mutation=self_adaptive", 0x8a82_e9cc_7aeb_01f2),
    ("genetic population=9 crossover=none mutation=uniform rate=1 spread=box", 0x65b9_05b3_3f0e_141c),
    ("differential_evolution population=9", 0x986a_589d_f8aa_260f),
    ("differential_evolution population=9 strategy=best cross=0.3 reevaluate=no", 0xf9ae_924e_e124_d021),
    ("differential_evolution population=9 strategy=current_to_best cross=0.5", 0xe22f_ed95_32bd_418a),
    ("particle_swarm population=9", 0x29ab_fc84_3183_3ce7),
    ("particle_swarm population=9 pulls=particle", 0x6bfa_0b96_85dd_0825),
    ("random_search", 0x8e66_86b2_068d_9439),
    ("random_search spread=box", 0x28c7_079e_6cfd_a759),
    ("simulated_annealing", 0x37ea_93a6_33bc_9be8),
    ("snes population=9", 0x2be7_62d2_63a2_0473),
    ("sep_cma_es population=9", 0x895f_be9c_1eb5_957a),
];

/// The bits of all populations of four generations, in one number (FNV-1a, Fowler, Noll & Vo 1991).
fn asked(line: &str) -> u64 {
    let mut evolver = evolver::<f32>(line, GENES, 3);
    evolver.begin(&(0..GENES).map(|i| (i % 7) as f32 / 8.0).collect::<Vec<f32>>());
    let mut sum = 0xcbf2_9ce4_8422_2325u64;
    for _ in 0..4 {
        let mut population = vec![0.0; evolver.members() * GENES];
        evolver.ask(&mut population);
        for x in &population {
            sum = (sum ^ x.to_bits() as u64).wrapping_mul(0x100_0000_01b3);
        }
        // Exact, so that it is the same everywhere.
        let losses: Vec<f32> = population.chunks(GENES).map(|x| (x[0] * 1024.0).round().abs()).collect();
        evolver.tell(&population, &losses);
    }
    sum
}

#[test]
fn what_is_asked_for_is_golden() {
    let got: Vec<(&str, u64)> = GOLDEN.iter().map(|(line, _)| (*line, asked(line))).collect();
    assert!(got == GOLDEN, "{got:#x?}");
}
