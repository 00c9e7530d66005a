//! What CMA-ES computes from n and λ: weights of ranks, learning rates, damping. Table 1 of
//! [Hansen 2016](https://arxiv.org/abs/1604.00772), version of 2023, whose equation numbers stand at the right.

use crate::elementary::ln64;

/// ```text
/// w′ᵢ = ln((λ + 1) / 2) − ln i,  i = 1 … λ,  μ = ⌊λ / 2⌋                                   (49)
/// μ_eff = (Σ w′ᵢ)² / Σ w′ᵢ² over i ≤ μ,   μ⁻_eff the same over i > μ
/// wᵢ = w′ᵢ / Σ⁺ w′                      where w′ᵢ ≥ 0                                     (53)
/// wᵢ = w′ᵢ min(α_μ, α_eff, α_def) / Σ⁻ |w′|  elsewhere; 0 if not active
/// α_μ = 1 + c₁ / c_μ,  α_eff = 1 + 2 μ⁻_eff / (μ_eff + 2),  α_def = (1 − c₁ − c_μ) / (n c_μ)   (50–52)
/// c_σ = (μ_eff + 2) / (n + μ_eff + 5),  d_σ = 1 + 2 max(0, √((μ_eff − 1) / (n + 1)) − 1) + c_σ  (55)
/// c_c = (4 + μ_eff / n) / (n + 4 + 2 μ_eff / n)                                            (56)
/// c₁ = 2 / ((n + 1.3)² + μ_eff)                                                            (57)
/// c_μ = min(1 − c₁, 2 (1/4 + μ_eff + 1/μ_eff − 2) / ((n + 2)² + μ_eff))                     (58)
/// χ = √n (1 − 1/(4n) + 1/(21 n²)) ≈ E‖N(0, I)‖
/// ```
///
/// Where only the diagonal of C is adapted, c₁ and c_μ are (n + 2) / 3 times as large ([Ros & Hansen
/// 2008](https://doi.org/10.1007/978-3-540-87700-4_30)): it has fewer numbers to learn.
pub(crate) struct Rates {
    /// λ; 0 before the first [`Rates::set`].
    pub lambda: usize,
    /// μ
    pub mu: usize,
    /// w, by rank: λ numbers.
    pub weights: Vec<f64>,
    /// μ_eff
    pub mu_eff: f64,
    /// c_σ
    pub c_sigma: f64,
    /// d_σ
    pub d_sigma: f64,
    /// c_c
    pub c_c: f64,
    /// c₁
    pub c_1: f64,
    /// c_μ
    pub c_mu: f64,
    /// χ
    pub chi: f64,
}

/// λ = 4 + ⌊3 ln n⌋
pub(crate) fn usual_population(n: usize) -> usize {
    4 + (3.0 * ln64(n.max(1) as f64)) as usize
}

impl Rates {
    /// With room for so many weights of ranks.
    pub fn new(most: usize) -> Rates {
        let weights = Vec::with_capacity(most);
        let [mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi] = [0.0; 7];
        Rates { lambda: 0, mu: 0, weights, mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi }
    }

    /// For n weights and λ ≥ 2 members; `faster` multiplies c₁ and c_μ. Allocates nothing within the room.
    pub fn set(&mut self, n: usize, lambda: usize, faster: f64, active: bool) {
        let (mu, n) = (lambda / 2, n as f64);
        let middle = ln64((lambda as f64 + 1.0) / 2.0);
        self.weights.clear();
        self.weights.extend((1..=lambda).map(|i| middle - ln64(i as f64)));
        let mass = |of: &[f64]| {
            let (sum, squares) = of.iter().fold((0.0, 0.0), |(s, q), w| (s + w, q + w * w));
            if squares > 0.0 { sum * sum / squares } else { 0.0 }
        };
        let mu_eff = mass(&self.weights[..mu]);
        let mu_eff_minus = mass(&self.weights[mu..]);
        self.c_sigma = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        let crowd = ((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0;
        self.d_sigma = 1.0 + 2.0 * crowd.max(0.0) + self.c_sigma;
        self.c_c = (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n);
        self.c_1 = (faster * 2.0 / ((n + 1.3) * (n + 1.3) + mu_eff)).min(1.0);
        let c_mu = 2.0 * (0.25 + mu_eff + 1.0 / mu_eff - 2.0) / ((n + 2.0) * (n + 2.0) + mu_eff);
        self.c_mu = (faster * c_mu).min(1.0 - self.c_1);
        self.chi = n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));

        let positive: f64 = self.weights.iter().filter(|w| **w > 0.0).sum();
        let negative: f64 = -self.weights.iter().filter(|w| **w < 0.0).sum::<f64>();
        let least = (1.0 + self.c_1 / self.c_mu)
            .min(1.0 + 2.0 * mu_eff_minus / (mu_eff + 2.0))
            .min((1.0 - self.c_1 - self.c_mu) / (n * self.c_mu))
            .max(0.0);
        let below = if active && negative > 0.0 { least / negative } else { 0.0 };
        self.weights.iter_mut().for_each(|w| *w *= if *w >= 0.0 { 1.0 / positive } else { below });
        (self.lambda, self.mu, self.mu_eff) = (lambda, mu, mu_eff);
    }
}
