"""JAX on the workloads of gradus-bench, a line of JSON each. --variant plain: one compiled step a call; --variant scan:
a compiled loop over many steps a call (training only)."""
from common import arguments, batches, cycle, measure, weights

given, chosen = arguments(__doc__)      # before JAX, which takes the cores it may use for its threads

import jax, jax.numpy as jnp            # noqa: E402

FUNCTIONS = {"relu": lambda z: jnp.maximum(z, 0), "sigmoid": jax.nn.sigmoid}


def forward(w, theta, x):
    for (_, function), (matrix, bias) in zip(w.layers, theta):
        x = x @ matrix + bias
        x = FUNCTIONS[function](x) if function in FUNCTIONS else x
    return x


def loss_of(w, theta, x, y):
    z = forward(w, theta, x)
    if w.loss == "softmax_cross_entropy":
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1))
    if w.loss == "binary_cross_entropy":
        return jnp.mean(jax.nn.softplus(z) - y * z)
    return jnp.mean((z - y) ** 2)


def step(w, state, x, y):
    theta, kept, t = state
    loss, slope = jax.value_and_grad(lambda theta: loss_of(w, theta, x, y))(theta)
    each = lambda rule, *trees: jax.tree.map(rule, *trees)
    if w.optimizer == "adam":
        m = each(lambda m, g: 0.9 * m + 0.1 * g, kept[0], slope)
        v = each(lambda v, g: 0.999 * v + 0.001 * g * g, kept[1], slope)
        m_scale, v_scale = 1 / (1 - 0.9 ** t), 1 / (1 - 0.999 ** t)
        rule = lambda a, m, v: a - w.rate * (m * m_scale) / (jnp.sqrt(v * v_scale) + 1e-8)
        return (each(rule, theta, m, v), (m, v), t + 1), loss
    if w.optimizer == "momentum":
        kept = each(lambda b, g: 0.9 * b + g, kept, slope)
        slope = kept
    return (each(lambda a, g: a - w.rate * g, theta, slope), kept, t + 1), loss


def training(w, scan):
    theta = jax.tree.map(jnp.array, weights(w))
    zeros = lambda: jax.tree.map(jnp.zeros_like, theta)
    kept = {"adam": lambda: (zeros(), zeros()), "momentum": zeros, "sgd": lambda: ()}[w.optimizer]()
    held = [(theta, kept, jnp.float32(1))]
    x, y = batches(w)
    chunk = max(1, min(100, w.pool // 4)) if scan else 1
    if scan:
        count = w.pool // chunk
        x = x[: count * chunk].reshape(count, chunk, *x.shape[1:])
        y = y[: count * chunk].reshape(count, chunk, *y.shape[1:])
        one = lambda state, x, y: jax.lax.scan(lambda s, xy: step(w, s, *xy), state, (x, y))
    else:
        one = lambda state, x, y: step(w, state, x, y)
    turn, go = cycle([(jnp.array(a), jnp.array(b)) for a, b in zip(x, y)]), jax.jit(one, donate_argnums=0)

    def run(steps):
        state = held[0]
        for _ in range(steps // chunk):
            state, loss = go(state, *turn())
        jax.block_until_ready(state)
        held[0] = state
        return jnp.ravel(loss)[-1]
    return run, chunk


def inference(w):
    theta, go = jax.tree.map(jnp.array, weights(w)), jax.jit(lambda theta, x: forward(w, theta, x))
    turn = cycle([jnp.array(x) for x in batches(w)[0]])

    def run(steps):
        for _ in range(steps):
            z = go(theta, turn())
        z.block_until_ready()
        return jnp.abs(z).mean()
    return run, 1


def main():
    scan = given.variant == "scan"
    for w in chosen:
        if scan and not w.trains:
            continue
        run, multiple = training(w, scan) if w.trains else inference(w)
        measure(given, w, "jax-scan" if scan else "jax", jax.__version__, run, multiple)


main()
