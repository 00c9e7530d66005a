use super::latex;

#[track_caller]
fn reads(text: &str, wanted: &str) {
    assert_eq!(latex(text).as_deref(), Some(wanted), "{text}");
}

#[test]
fn rules_are_read() {
    reads("θ ← θ − η m̂ / (√v̂ + ε)", "θ\\leftarrow θ-\\frac{η\\,\\hat{m}}{\\sqrt{\\hat{v}}+ε}");
    reads("η / (1 − β₁ᵗ) · m / (u + ε)", "\\frac{η}{1-β_{1}^{t}}\\cdot \\frac{m}{u+ε}");
    reads("θ − η / (1 − β₁ᵗ) r u", "θ-\\frac{η}{1-β_{1}^{t}}\\,r\\,u");
    reads("g ← ∂L/∂θ(θ + e)", "g\\leftarrow \\frac{\\partial L}{\\partial θ}\\left(θ+e\\right)");
    reads("eᶻᵏ / Σⱼ eᶻʲ, q", "\\frac{e^{z_k}}{\\sum_{j} e^{z_j}},q");
    reads("u / max(‖u‖, ε)", "\\frac{u}{\\max \\left(\\left\\|u\\right\\|,ε\\right)}");
    reads("Σ uₖ (sₖ² − 1)", "\\sum u_{k}\\,\\left(s_{k}^{2}-1\\right)");
    reads("c₁ p_c p_cᵀ + h_σ", "c_{1}\\,p_{c}\\,p_{c}^{T}+h_{σ}");
    reads("C^(−½) y, γ^(t / T)", "C^{-1/2}\\,y,γ^{\\frac{t}{T}}");
    reads(
        "xₖ ← u if L(u) ≤ L(xₖ)",
        "x_{k}\\leftarrow u\\;\\text{if}\\;L\\left(u\\right)\\le L\\left(x_{k}\\right)",
    );
}

#[test]
fn an_article_is_prose_and_a_variable_is_none() {
    reads("t = a step length", "t=\\;\\text{a step length}\\;");
    reads("crossover of a, b", "\\;\\text{crossover of}\\;a,b");
    reads("x_a + F (x_b − x_c)", "x_{a}+F\\,\\left(x_{b}-x_{c}\\right)");
}

#[test]
fn what_is_not_closed_or_not_known_is_not_read() {
    for wrong in ["(a + b", "a)", "|x", "a € b", "√", "a^"] {
        assert_eq!(latex(wrong), None, "{wrong}");
    }
}

#[test]
fn every_formula_of_the_library_is_read() {
    use gradus::{functions, losses, optimizers, schedules, wrappers};
    let rules = optimizers::OPTIMIZERS.iter().flat_map(|o| o.dialects.iter().map(|d| d.formula));
    let others = wrappers::WRAPPERS.iter().map(|w| w.formula);
    let losses = losses::LOSSES.iter().map(|l| l.formula);
    let functions = functions::all().map(|f| f.formula);
    let schedules = schedules::SCHEDULES.iter().map(|s| s.formula);
    let all: Vec<&str> = rules.chain(others).chain(losses).chain(functions).chain(schedules).collect();
    assert!(all.len() > 120, "{}", all.len());
    for line in all.iter().flat_map(|formula| formula.lines()) {
        let latex = latex(line).unwrap_or_else(|| panic!("cannot be read: {line}"));
        let drawn = crate::typeset::mathml(&latex);
        assert!(drawn.starts_with("<math") && !drawn.contains("merror"), "{line}\n{latex}\n{drawn}");
        // A half is one where it is no power.
        if !line.contains('½') {
            assert_eq!(line.contains('/'), drawn.contains("<mfrac"), "{line}\n{drawn}");
        }
    }
}
