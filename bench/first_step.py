#!/usr/bin/env python3
"""first_step.py PROGRAM [PYTHON] [--runs 20] [--more FOLDER …]: from the command `gradus train` to its first step, and the most memory it held by the
end.

The built-in pictures, and every FOLDER given, with nothing in the cache and with all of it; and, by a PYTHON that has PyTorch, the same job there,
from pictures decoded before. Each run makes one step (of Adam, on the default network; with validation, test, checkpoint and report) and tells on its
standard output when that begins and when it is done: the clocks stop when these lines are here. The programs take turns. "On core" is the time all
threads had a core until then: on a machine that is busy otherwise, the wall's clock says little. Of all runs the shortest is given, and the median."""
import argparse, os, shutil, statistics, subprocess, sys, tempfile, time

HERE = os.path.dirname(os.path.abspath(__file__))


def on_core(process):
    """Seconds that the threads of a process, and those that have ended, had a core."""
    with open(f"/proc/{process}/schedstat") as text:
        main = int(text.read().split()[0])
    tasks = f"/proc/{process}/task"
    others = 0
    for task in os.listdir(tasks):
        if int(task) != process:
            with open(f"{tasks}/{task}/schedstat") as text:
                others += int(text.read().split()[0])
    return (main + others) / 1e9


def run(command, marks, cache=None):
    """Seconds of the clock and of cores to each mark, of the clock to the end; bytes at most."""
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "GRADUS_CACHE": cache or "none"})
    seen = []
    for line in child.stdout:
        if len(seen) < len(marks) and marks[len(seen)] in line.replace(b" ", b""):
            seen.append((time.perf_counter() - began, on_core(child.pid)))
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode or len(seen) < len(marks):
        sys.exit(f"{' '.join(command)} ended with {child.returncode}, and showed {len(seen)} of {marks}")
    return seen, time.perf_counter() - began, used.ru_maxrss * 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("python", nargs="?")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--more", nargs="*", default=[])
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out, cache, count = f"{folder}/out", f"{folder}/cache", 0
        json = [b'"event":"start"', b'"event":"step"']
        jobs = {}
        for data in [None, *args.more]:
            name = "built-in" if data is None else os.path.basename(data.rstrip("/"))
            command = [args.program, "train", *([data] if data else []), "--json", "--steps", "1", "--out", out]
            run(command, json, cache)
            shutil.rmtree(out)
            jobs[f"gradus, {name}, no cache"] = (command, json, None)
            jobs[f"gradus, {name}, cached"] = (command, json, cache)
        if args.python:
            peer = [args.python, f"{HERE}/peers/torch_first_step.py", f"{folder}/pixels.npy", f"{folder}/checkpoint"]
            subprocess.run([*peer, "--make", f"{HERE}/../data/cats-dogs.webp"], check=True)
            jobs["PyTorch, built-in, decoded before"] = (peer, [b"start", b"step"], None)
        runs = {name: [] for name in jobs}
        for _ in range(args.runs):
            for name, job in jobs.items():
                shutil.rmtree(out, ignore_errors=True)
                runs[name].append(run(*job))
    ms = lambda values: f"{min(values) * 1e3:.0f} / {statistics.median(values) * 1e3:.0f}"
    print("ms: shortest / median | to the first step | on core | to its end | on core | the whole job | MiB at most")
    print("---|---|---|---|---|---|---")
    for name, all_ in runs.items():
        marks = [ms([seen[m][k] for seen, *_ in all_]) for m in (0, 1) for k in (0, 1)]
        print(" | ".join([name, *marks, ms([end for _, end, _ in all_]), f"{max(m for *_, m in all_) / (1 << 20):.0f}"]))


main()
