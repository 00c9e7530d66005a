"""The workloads of ../workloads.txt for Python: sizes, the weights and batches of gradus-bench, and its clock."""
import argparse, itertools, json, math, os, resource, statistics, subprocess, time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TABLE = Path(__file__).resolve().parent.parent / "workloads.txt"
FIRST = 20              # steps whose losses are compared


@dataclass
class Workload:
    name: str
    what: str
    inputs: tuple       # (numbers,) or (height, width, channels)
    layers: list        # dicts; softmax and the sigmoid of a cross-entropy belong to the loss
    loss: str
    batch: int
    optimizer: str
    rate: float
    pool: int
    warmup: int

    @property
    def trains(self):
        return self.what == "train"


def layer(line):
    """`conv 32 3x3 norm relu`, `dense 10`, `pool 2`, `global_average_pool`: all that the table uses."""
    kind, *words = line.split()
    made = {"kind": kind, "norm": "norm" in words, "function": None}
    words = [w for w in words if w != "norm"]
    if kind in ("dense", "conv", "pool"):
        made["size"] = int(words.pop(0))
    if kind == "conv":
        made["kernel"] = [int(n) for n in words.pop(0).split("x")]
    if words:
        made["function"] = words.pop(0)
    assert not words and kind in ("dense", "conv", "pool", "global_average_pool"), line
    return made


def workloads():
    found = {}
    for line in TABLE.read_text().splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        name, what, inputs, _, network, loss, batch, optimizer, rate, pool, warmup, *_ = (c.strip() for c in line.split("|"))
        layers = [layer(part) for part in network.split(",")]
        if loss.endswith("cross_entropy"):
            layers[-1]["function"] = None
        found[name] = Workload(name, what, tuple(int(n) for n in inputs.split("x")), layers, loss, int(batch), optimizer,
                               float(rate), int(pool), int(warmup))
    return found


class Start:
    """Weights by layer, inputs [pool, batch, …], targets [pool, batch] (classes) or [pool, batch, outputs]."""

    def __init__(self, w):
        program = os.environ["GRADUS_BENCH"]
        head, numbers = subprocess.run([program, "--export", w.name], check=True, stdout=subprocess.PIPE).stdout.split(b"\n", 1)
        head, numbers = json.loads(head), np.frombuffer(numbers, "<f4").copy()
        theta, x, y = np.split(numbers, np.cumsum(head["counts"])[:-1])
        self.weights = {}
        for name, dims in head["parts"]:
            cut, theta = np.split(theta, [math.prod(dims)])
            self.weights[name] = cut.reshape(dims)
        self.x = x.reshape(w.pool, w.batch, *w.inputs)
        if y.size:
            y = y.reshape(w.pool, w.batch, -1)
            if w.loss == "softmax_cross_entropy":
                y = y[..., 0].astype(np.int64)
        self.y = y

    def of(self, number, layer):
        """The weights of the layer at that place of the line, from 1: a dict by their last names."""
        prefix = f"{number}.{layer['kind']}."
        return {name.removeprefix(prefix): w for name, w in self.weights.items() if name.startswith(prefix)}


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


def measure(given, w, peer, version, run, multiple=1, first=()):
    """Prints a line of JSON. run(n) makes n steps (a multiple of `multiple`) and returns its last loss when all is done;
    `first` are the losses of the first steps from the same start."""
    up = lambda n: max(1, math.ceil(n / multiple)) * multiple

    def timed(n):
        core, start = time.process_time(), time.perf_counter()
        loss = run(n)
        return (time.perf_counter() - start) / n, (time.process_time() - core) / n, loss

    _, _, before = timed(up(1))
    once, _, _ = timed(up(1))
    rough, _, _ = timed(up(min(w.warmup, 1 / once)))
    steps = up(given.seconds / rough)
    times, core, losses = zip(*(timed(steps) for _ in range(given.reps)))
    print(json.dumps({"peer": peer, "version": version, "workload": w.name, "threads": given.threads,
                      "median_s": statistics.median(times), "min_s": min(times), "max_s": max(times),
                      "core_s": statistics.median(core),
                      "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, "loss_before": float(before), "loss_after": float(losses[-1]),
                      "first": [float(l) for l in first]}),
          flush=True)


def cycle(things):
    turn = itertools.cycle(things)
    return lambda: next(turn)
