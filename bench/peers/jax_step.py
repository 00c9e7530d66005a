"""JAX on the workloads of gradus-bench, a line of JSON each. --variant plain: one compiled step a call; --variant scan:
a compiled loop over many steps a call (training without convolutions only: inside a loop XLA's are 20 times as slow, and nobody
would use them so)."""
from common import FIRST, Start, arguments, cycle, measure

given, chosen = arguments(__doc__)      # before JAX, which takes the cores it may use for its threads

import jax, jax.numpy as jnp            # noqa: E402

FUNCTIONS = {"relu": lambda z: jnp.maximum(z, 0), "sigmoid": jax.nn.sigmoid}


def forward(w, theta, x):
    """θ: for each layer a dict, empty for pools. With norm: by the batch, as in training."""
    for layer, own in zip(w.layers, theta):
        if layer["kind"] == "conv":
            x = jax.lax.conv_general_dilated(x, own["weight"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        elif layer["kind"] == "dense":
            x = x.reshape(x.shape[0], -1) @ own["weight"]
        elif layer["kind"] == "pool":
            n, h, v, c = x.shape
            k = layer["size"]
            x = jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, k, k, 1), (1, k, k, 1), "VALID")
        else:
            x = x.mean((1, 2))
        if "bias" in own:
            x = x + own["bias"]
        if layer["norm"]:
            axes = tuple(range(x.ndim - 1))
            mean, variance = x.mean(axes), x.var(axes)
            x = (x - mean) * jax.lax.rsqrt(variance + 1e-5) * own["scale"] + own["shift"]
        x = FUNCTIONS[layer["function"]](x) if layer["function"] in FUNCTIONS else x
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


def weights(w, start):
    return jax.tree.map(jnp.array, [start.of(number, layer) for number, layer in enumerate(w.layers, 1)])


def training(w, start, chunk):
    theta = weights(w, start)
    zeros = lambda: jax.tree.map(jnp.zeros_like, theta)
    kept = {"adam": lambda: (zeros(), zeros()), "momentum": zeros, "sgd": lambda: ()}[w.optimizer]()
    held = [(theta, kept, jnp.float32(1))]
    x, y = start.x, start.y
    if chunk > 1:
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
    return run


def inference(w, start, _chunk):
    theta, go = weights(w, start), jax.jit(lambda theta, x: forward(w, theta, x))
    turn = cycle([jnp.array(x) for x in start.x])

    def run(steps):
        for _ in range(steps):
            z = go(theta, turn())
        z.block_until_ready()
        return jnp.abs(jnp.ravel(z)[0])
    return run


def main():
    scan = given.variant == "scan"
    for w in chosen:
        if w.what == "evolve" or (scan and (not w.trains or len(w.inputs) == 3)):
            continue
        start, make = Start(w), training if w.trains else inference
        single = make(w, start, 1)
        first = [single(1) for _ in range(FIRST)]
        chunk = max(1, min(100, w.pool // 4)) if scan else 1
        measure(given, w, "jax-scan" if scan else "jax", jax.__version__, make(w, start, chunk), chunk, first)


main()
