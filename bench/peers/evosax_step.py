"""evosax (JAX) on the workload of gradus-bench that is a generation of a genetic algorithm: its SimpleGA, the whole
generation compiled, all members judged on all examples at once."""
from importlib.metadata import version

from common import Start, arguments, measure

given, chosen = arguments(__doc__)

import jax, jax.numpy as jnp, optax     # noqa: E402
from evosax.algorithms.population_based.simple_ga import SimpleGA   # noqa: E402


def main():
    for w in chosen:
        if w.what != "evolve":
            continue
        start = Start(w)
        population = int(w.optimizer.split("population=")[1].split()[0])
        theta = [jnp.array(array) for array in start.weights.values()]
        x, y = jnp.array(start.x[0]), jnp.array(start.y[0])

        def loss(theta):
            for i in range(0, len(theta) - 2, 2):
                x_ = jnp.maximum((x if i == 0 else x_) @ theta[i] + theta[i + 1], 0)
            z = x_ @ theta[-2] + theta[-1]
            return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1))

        rule = SimpleGA(population, theta, std_schedule=optax.constant_schedule(0.05))
        parameters = rule.default_params
        key = jax.random.key(0)
        # The first generation: the start, a little moved.
        members = jax.tree.map(lambda a: a + 0.05 * jax.random.normal(key, (population, *a.shape)), theta)
        state = rule.init(key, members, jax.vmap(loss)(members), parameters)

        @jax.jit
        def generation(key, state):
            key, one, two = jax.random.split(key, 3)
            members, state = rule.ask(one, state, parameters)
            state, told = rule.tell(two, members, jax.vmap(loss)(members), state, parameters)
            return key, state, told["best_fitness"]
        held = [key, state]

        def run(steps):
            for _ in range(steps):
                held[0], held[1], best = generation(*held)
            return float(best)
        measure(given, w, "evosax", f"{version('evosax')} (jax {jax.__version__})", run)


main()
