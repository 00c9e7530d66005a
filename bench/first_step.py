#!/usr/bin/env python3
"""first_step.py PROGRAM: from the command `gradus train` to its first step, and the most memory it held by the end of it.

The built-in pictures are decoded once before, as they are on any machine that has trained before; then each of 20 runs makes one
step (of Adam, on the default network) and tells of it on its standard output: the clocks stop when that line is here. "On core" is
the time its threads had a core until then: on a machine that is busy otherwise, the wall's clock says little."""
import os, statistics, subprocess, sys, tempfile, time

RUNS = 20


def on_core(process):
    tasks = f"/proc/{process}/task"
    spent = 0
    for task in os.listdir(tasks):
        with open(f"{tasks}/{task}/schedstat") as text:
            spent += int(text.read().split()[0])
    return spent / 1e9


def run(program, folder, number):
    command = [program, "train", "--json", "--steps", "1", "--out", f"{folder}/{number}"]
    began = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "GRADUS_CACHE": f"{folder}/cache"})
    first = None
    for line in child.stdout:
        if first is None and b'"event":"step"' in line.replace(b" ", b""):
            first = time.perf_counter() - began, on_core(child.pid)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode or first is None:
        sys.exit(f"{' '.join(command)} ended with {child.returncode}, its first step {'not ' if first is None else ''}seen")
    return *first, time.perf_counter() - began, used.ru_maxrss


def main():
    with tempfile.TemporaryDirectory() as folder:
        run(sys.argv[1], folder, "first")
        firsts, core, wholes, memory = zip(*(run(sys.argv[1], folder, n) for n in range(RUNS)))
    ms = lambda times: f"{statistics.median(times) * 1e3:.0f} ms (shortest {min(times) * 1e3:.0f}, longest {max(times) * 1e3:.0f})"
    print(f"command to first step   {ms(firsts)}")
    print(f"  on core               {ms(core)}")
    print(f"command to its end      {ms(wholes)}, with validation, test, checkpoint and report")
    print(f"peak memory             {max(memory) / 1024:.0f} MiB")


main()
