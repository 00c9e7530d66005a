"""Seven tables: `gradus train TABLE` with nothing set beside scikit-learn with nothing set, on the same rows.

usage: bench/tables.py PROGRAM FOLDER [SEEDS]   (FOLDER holds adult.csv, california_housing.csv, iris.csv, letter.csv,
sklearn_digits.csv, wdbc.csv, wine.csv; scikit-learn is needed)

The parts are gradus' own: made again here from the rule that `core/src/train/split.rs` states, so that all programs see the same rows.
scikit-learn's trains on training and validation part together, gradus on the training part: it chooses its epoch by the other."""
import csv
import hashlib
import json
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

TABLES = "iris wine wdbc sklearn_digits letter adult california_housing".split()
VALUES = {"california_housing"}
HEADERS = {"adult", "california_housing"}


def part(cells, label):
    content = hashlib.sha256()
    for i, cell in enumerate(cells):
        if i != label:
            content.update(struct.pack("<Q", len(cell.encode())) + cell.encode())
    number = hashlib.sha256(struct.pack("<Q", 0) + content.digest()).digest()
    place = (int.from_bytes(number[:8], "big") >> 11) / 2 ** 53
    return "test" if place < 0.15 else "validation" if place < 0.3 else "train"


def read(path):
    with open(path, newline="") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file) if row]
    rows = rows[1:] if path.stem in HEADERS else rows
    parts = np.array([part(row, len(row) - 1) for row in rows])
    columns = list(zip(*rows))
    y = np.array(columns[-1], dtype=float if path.stem in VALUES else str)

    def is_number(column):
        try:
            return all(cell == "?" or float(cell) == float(cell) for cell in column)
        except ValueError:
            return False

    numbers = [i for i, column in enumerate(columns[:-1]) if is_number(column)]
    x = np.array([row[:-1] for row in rows], dtype=object)
    x[:, numbers] = x[:, numbers].astype(float)
    names = [i for i in range(x.shape[1]) if i not in numbers]
    encoder = make_column_transformer((StandardScaler(), numbers), (OneHotEncoder(handle_unknown="ignore"), names), sparse_threshold=0)
    return x, y, parts, encoder


def of_gradus(program, path, seed):
    with tempfile.TemporaryDirectory() as here:
        began = time.time()
        done = subprocess.run([program, "train", path, "--json", "--seed", str(seed), "--out", f"{here}/run"], capture_output=True, text=True)
        seconds = time.time() - began
        assert done.returncode == 0, done.stderr
        last = json.loads(done.stdout.splitlines()[-1])
    fit = last["test_fit"]
    return (fit["root_mean_squared_error"] if fit else last["test_accuracy"]), seconds


def of_sklearn(model, data):
    x, y, parts, encoder = data
    train, test = parts != "test", parts == "test"
    began = time.time()
    fitted = make_pipeline(encoder, model).fit(x[train], y[train])
    said = fitted.predict(x[test])
    seconds = time.time() - began
    score = np.sqrt(np.mean((said - y[test]) ** 2)) if y.dtype == float else np.mean(said == y[test])
    return score, seconds


def main():
    program, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    seeds = range(1, 1 + int(sys.argv[3] if len(sys.argv) > 3 else 3))
    print(f"scikit-learn {sklearn.__version__}; mean of {len(seeds)} seeds; accuracy on the test part, of california_housing the root of the mean squared error")
    print("| table | rows, tested | gradus | seconds | MLP of scikit-learn | seconds | linear | boosted trees | seconds |\n|---|---|---|---|---|---|---|---|---|")
    for name in TABLES:
        path = folder / f"{name}.csv"
        data = read(path)
        values = name in VALUES
        models = {
            "mlp": lambda seed: MLPRegressor(random_state=seed) if values else MLPClassifier(random_state=seed),
            "linear": lambda seed: LinearRegression() if values else LogisticRegression(max_iter=2000),
            "trees": lambda seed: HistGradientBoostingRegressor(random_state=seed) if values else HistGradientBoostingClassifier(random_state=seed),
        }
        ours = np.mean([of_gradus(program, path, seed) for seed in seeds], axis=0)
        theirs = {kind: np.mean([of_sklearn(make(seed), data) for seed in (seeds if kind == "mlp" else [1])], axis=0) for kind, make in models.items()}
        show = (lambda x: f"{x:.4f}") if values else (lambda x: f"{100 * x:.1f} %")
        print(f"| {name} | {len(data[1]):,}, {np.sum(data[2] == 'test'):,} | **{show(ours[0])}** | {ours[1]:.1f} | {show(theirs['mlp'][0])} | {theirs['mlp'][1]:.1f} "
              f"| {show(theirs['linear'][0])} | {show(theirs['trees'][0])} | {theirs['trees'][1]:.1f} |", flush=True)


main()
