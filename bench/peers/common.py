"""The workloads of ../workloads.txt for Python: sizes, data, weights, and the clock of gradus-bench."""
import argparse, itertools, json, math, os, statistics, time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TABLE = Path(__file__).resolve().parent.parent / "workloads.txt"


@dataclass
class Workload:
    name: str
    trains: bool
    inputs: int
    layers: list        # of (units, activation or None); softmax and the sigmoid of a cross-entropy belong to the loss
    loss: str
    batch: int
    optimizer: str
    rate: float
    pool: int
    warmup: int


def workloads():
    found = {}
    for line in TABLE.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, what, inputs, _, network, loss, batch, optimizer, rate, pool, warmup = (c.strip() for c in line.split("|"))
        if what == "evolve":
            continue
        layers = [(int(units), (rest or [None])[0]) for _, units, *rest in (l.split() for l in network.split(","))]
        if loss.endswith("cross_entropy"):
            layers[-1] = (layers[-1][0], None)
        found[name] = Workload(name, what == "train", int(inputs), layers, loss, int(batch), optimizer, float(rate),
                               int(pool), int(warmup))
    return found


def weights(w):
    """W [inputs, units] and b [units] of each layer, from He's normal distribution and zero."""
    rng, inputs, made = np.random.default_rng(1234), w.inputs, []
    for units, _ in w.layers:
        scale = np.float32(math.sqrt(2 / inputs))
        made.append((rng.standard_normal((inputs, units), dtype=np.float32) * scale, np.zeros(units, np.float32)))
        inputs = units
    return made


def batches(w):
    """Inputs [pool, batch, inputs]; class numbers [pool, batch] or values [pool, batch, outputs]."""
    rng, outputs = np.random.default_rng(1), w.layers[-1][0]
    x = rng.random((w.pool, w.batch, w.inputs), dtype=np.float32)
    if w.inputs == 2:
        x = 2 * x - 1
        return x, (x[..., :1] * x[..., 1:] > 0).astype(np.float32)
    if w.loss == "softmax_cross_entropy":
        return x, rng.integers(0, outputs, (w.pool, w.batch))
    y = rng.random((w.pool, w.batch, outputs), dtype=np.float32)
    return x, (y > 0.5).astype(np.float32) if outputs == 1 else y


def arguments(about):
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("workloads", nargs="*", help="all, if none is named")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--reps", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=0.15)
    parser.add_argument("--variant", default="plain")
    given = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > given.threads:
        os.sched_setaffinity(0, cores[: given.threads])
    known = workloads()
    return given, [known[name] for name in given.workloads] or list(known.values())


def measure(given, w, peer, version, run, multiple=1):
    """Prints a line of JSON. run(n) makes n steps (a multiple of `multiple`) and returns its last loss when all is done."""
    up = lambda n: max(1, math.ceil(n / multiple)) * multiple

    def timed(n):
        core, start = time.process_time(), time.perf_counter()
        loss = run(n)
        return (time.perf_counter() - start) / n, (time.process_time() - core) / n, loss

    _, _, first = timed(up(1))
    once, _, _ = timed(up(1))
    rough, _, _ = timed(up(min(w.warmup, 1 / once)))
    steps = up(given.seconds / rough)
    times, core, losses = zip(*(timed(steps) for _ in range(given.reps)))
    print(json.dumps({"peer": peer, "version": version, "workload": w.name, "threads": given.threads,
                      "median_s": statistics.median(times), "min_s": min(times), "max_s": max(times),
                      "core_s": statistics.median(core), "loss_before": float(first), "loss_after": float(losses[-1])}),
          flush=True)


def cycle(things):
    turn = itertools.cycle(things)
    return lambda: next(turn)
