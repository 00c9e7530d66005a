#!/usr/bin/env bash
# bench/quality.sh DATA [ROW…]: trains the recipes of docs/quality.md again and prints a line of Markdown for each.
#
# DATA holds mnist/ and fashion-mnist/ (the four IDX files of each, as they are fetched) and cats-dogs-32/ (train/ and test/, made as
# data/make_cats_dogs.py says). Without a ROW: all. Runs are left in QUALITY_OUT (default quality-runs/), each a whole run folder.
#   QUALITY_THREADS   threads (default 2); the figures do not depend on it
#   QUALITY_SEED      the seed (default 1)
#   QUALITY_GRADUS    the program (default: built here)
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
data=$1
shift
out=${QUALITY_OUT:-quality-runs}
seed=${QUALITY_SEED:-1}
if [ -z "${QUALITY_GRADUS:-}" ]; then
  (cd "$here" && cargo build --quiet --release)
  QUALITY_GRADUS=$here/target/release/gradus
fi
mkdir -p "$out"

# What all of them share: a rate that rises and falls once, and no early end.
common=(--patience 0 --optimizer adam --schedule one_cycle --seed "$seed" --threads "${QUALITY_THREADS:-2}")

# A row: where its test pictures are, how it looks at them, and the recipe.
recipe() {
  views=()
  case $1 in
    mnist-mlp)
      set_of=mnist
      options=(--batch 256 --epochs 25 --lr 0.003 --label-smoothing 0.1 --augment none --net
        'dropout 0.2, dense 512 norm relu, dropout 0.4, dense 512 norm relu, dropout 0.4, dense 10 softmax') ;;
    fashion-mlp)
      set_of=fashion-mnist
      options=(--batch 256 --epochs 40 --lr 0.003 --label-smoothing 0.1 --augment flip --validation 0.05 --net
        'dropout 0.1, dense 1024 norm relu, dropout 0.3, dense 512 norm relu, dropout 0.3, dense 10 softmax') ;;
    fashion-conv)
      set_of=fashion-mnist views=(--tta flip)
      options=(--batch 128 --epochs 15 --lr 0.003 --label-smoothing 0.1 --augment 'flip, shift 2' --validation 0.05 --net
        'conv 32 3x3 norm relu, pool 2, conv 64 3x3 norm relu, pool 2, conv 128 3x3 norm relu, conv 128 3x3 norm relu, pool 2,
         dropout 0.3, dense 256 norm relu, dropout 0.3, dense 10 softmax') ;;
    mnist-conv)
      set_of=mnist
      options=(--batch 128 --epochs 10 --lr 0.003 --label-smoothing 0.1 --augment 'shift 2, rotate 10' --validation 0.05 --net
        'conv 32 3x3 norm relu, pool 2, conv 64 3x3 norm relu, pool 2, conv 128 3x3 norm relu, pool 2,
         dropout 0.3, dense 128 norm relu, dropout 0.3, dense 10 softmax') ;;
    cats-dogs-mlp)
      set_of=cats-dogs-32
      options=(--batch 128 --epochs 40 --lr 0.002 --label-smoothing 0.05 --augment 'flip, shift 2' --net
        'dropout 0.1, dense 512 norm relu, dropout 0.4, dense 256 norm relu, dropout 0.4, dense 1 sigmoid') ;;
    cats-dogs-conv)
      set_of=cats-dogs-32 views=(--tta flip)
      options=(--image 32x32 --batch 64 --epochs 40 --lr 0.003 --label-smoothing 0.05 --augment 'flip, shift 4, cutout 8' --validation 0.05 --net
        'conv 32 3x3 norm relu, pool 2, conv 64 3x3 norm relu, residual(conv 64 3x3 norm relu, conv 64 3x3 norm relu), pool 2,
         conv 128 3x3 norm relu, residual(conv 128 3x3 norm relu, conv 128 3x3 norm relu), pool 2, conv 256 3x3 norm relu,
         global_average_pool, dropout 0.3, dense 1 sigmoid') ;;
    *) echo "quality.sh: no row $1; there are mnist-mlp fashion-mlp fashion-conv mnist-conv cats-dogs-mlp cats-dogs-conv" >&2; exit 2 ;;
  esac
}

[ $# -gt 0 ] || set -- mnist-mlp fashion-mlp fashion-conv mnist-conv cats-dogs-mlp cats-dogs-conv
for row; do recipe "$row"; done
echo "| row | test accuracy (95 % interval) | error | epochs | seconds | on cores |"
echo "|---|---|---|---|---|---|"
for row; do
  recipe "$row"
  run=$out/$row-$seed
  TIMEFORMAT='%R %U'
  spent=$({ time "$QUALITY_GRADUS" train "$data/$set_of" "${common[@]}" "${options[@]}" --out "$run" >"$run.log" 2>&1; } 2>&1)
  "$QUALITY_GRADUS" evaluate "$run" "$data/$set_of" --part test "${views[@]}" --json | tail -n 1 >"$run.json"
  python3 - "$row" "$run.json" "$run/metrics.jsonl" $spent <<'PY'
import json, sys
row, scores, log, clock, core = sys.argv[1:]
scores = json.load(open(scores))["scores"]
low, high = scores["accuracy_interval"]
right = scores["accuracy"]
epochs = sum(1 for _ in open(log))
print(f"| {row} | {100 * right:.2f} % ({100 * low:.2f} to {100 * high:.2f}) | {100 - 100 * right:.2f} % | {epochs} | {float(clock):.0f} | {float(core):.0f} |", flush=True)
PY
done
