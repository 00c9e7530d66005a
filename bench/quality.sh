#!/usr/bin/env bash
# bench/quality.sh DATA [ROW…]: trains the recipes of docs/quality.md again and prints a line of Markdown for each, then the seconds
# until each accuracy was reached.
#
# DATA holds mnist/ and fashion-mnist/ (the four IDX files of each, as they are fetched) and cats-dogs-32/ (train/ and test/, made as
# data/make_cats_dogs.py says). Without a ROW: all. Runs are left in QUALITY_OUT (default quality-runs/), each a whole run folder.
#   QUALITY_THREADS   threads (default 2); the figures do not depend on it
#   QUALITY_SEED      the seed (default 1)
#   QUALITY_GRADUS    the program (default: built here)
#   QUALITY_TORCH     a Python that has PyTorch: each row it knows is trained with it as well, after ours (peers/torch_quality.py)
#   QUALITY_EPOCHS    so many epochs instead of the recipe's, the schedule as short: to see whether all runs
set -euo pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || { sed -n '2,/^set/{/^set/d;s/^# \{0,1\}//;p}' "$0" >&2; exit 2; }
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
      options=(--batch 128 --epochs 14 --lr 0.003 --label-smoothing 0.1 --augment 'flip, shift 2' --validation 0.05 --net
        'conv 32 3x3 norm relu, conv 32 3x3 norm relu, pool 2, conv 64 3x3 norm relu, conv 64 3x3 norm relu, pool 2,
         conv 128 3x3 norm relu, conv 128 3x3 norm relu, global_average_pool, dropout 0.2, dense 10 softmax') ;;
    mnist-conv)
      set_of=mnist
      options=(--batch 128 --epochs 16 --lr 0.003 --label-smoothing 0.1 --augment 'shift 2, rotate 10' --validation 0.05 --net
        'conv 32 3x3 norm relu, conv 32 3x3 norm relu, pool 2, conv 64 3x3 norm relu, conv 64 3x3 norm relu, pool 2,
         conv 128 3x3 norm relu, conv 128 3x3 norm relu, global_average_pool, dropout 0.2, dense 10 softmax') ;;
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
  local i
  for i in "${!options[@]}"; do
    [ "${options[i]}" != --epochs ] || options[i + 1]=${QUALITY_EPOCHS:-${options[i + 1]}}
  done
}

# A line of the table: its name, what was scored, the log of its epochs, seconds of the clock and on cores.
line() {
  python3 - "$@" <<'PY'
import json, sys
row, scores, log, clock, core = sys.argv[1:]
scores = json.load(open(scores))["scores"]
low, high = scores["accuracy_interval"]
right = scores["accuracy"]
epochs = sum(1 for _ in open(log))
print(f"| {row} | {100 * right:.2f} % ({100 * low:.2f} to {100 * high:.2f}) | {100 - 100 * right:.2f} % | {epochs} | {float(clock):.0f} | {float(core):.0f} |", flush=True)
PY
}

# Runs a command, what it says into a file; prints its seconds of the clock and on cores.
spent() {
  local said=$1 TIMEFORMAT='%R %U'
  shift
  { time "$@" >"$said" 2>&1; } 2>&1 || { echo "quality.sh: failed: $*" >&2; tail -n 3 "$said" >&2; exit 1; }
}

[ $# -gt 0 ] || set -- mnist-mlp fashion-mlp fashion-conv mnist-conv cats-dogs-mlp cats-dogs-conv
for row; do recipe "$row"; done
echo "| row | test accuracy (95 % interval) | error | epochs | seconds | on cores |"
echo "|---|---|---|---|---|---|"
for row; do
  recipe "$row"
  run=$out/$row-$seed
  took=$(spent "$run.log" "$QUALITY_GRADUS" train "$data/$set_of" "${common[@]}" "${options[@]}" --out "$run")
  "$QUALITY_GRADUS" evaluate "$run" "$data/$set_of" --part test "${views[@]}" --json | tail -n 1 >"$run.json"
  line "$row" "$run.json" "$run/metrics.jsonl" $took
  if [ -n "${QUALITY_TORCH:-}" ] && grep -q "^    \"$row\": Row" "$here/bench/peers/torch_quality.py"; then
    theirs=$out/$row-$seed-torch
    took=$(spent "$theirs.log" "$QUALITY_TORCH" "$here/bench/peers/torch_quality.py" "$row" "$data/$set_of" "$theirs" \
      --threads "${QUALITY_THREADS:-2}" --seed "$seed" ${QUALITY_EPOCHS:+--epochs "$QUALITY_EPOCHS"})
    line "$row, PyTorch" "$theirs/test.json" "$theirs/metrics.jsonl" $took
  fi
done
for row; do
  run=$out/$row-$seed
  printf '\nSeconds until the validation pictures were told apart so well, %s:\n\n' "$row"
  if [ -d "$run-torch" ]; then both=("$run" "$run-torch"); else both=("$run"); fi
  python3 "$here/bench/time_to.py" "${both[@]}"
done
