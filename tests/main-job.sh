#!/usr/bin/env bash
# The main job as a user runs it: trains the built-in cats and dogs, on one thread and on two, kills a third run five
# times, and compares. usage: tests/main-job.sh PROGRAM [KILLS]
set -euo pipefail
program=$(realpath "$1")
kills=${2:-5}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
fail() { echo "main-job: $*" >&2; exit 1; }
field() { sed -E "s/.*\"$2\":(\"([^\"]*)\"|([^,}]*)).*/\2\3/" <<<"$1"; }

"$program" train --json --out one --threads 1 >one.jsonl
"$program" train --json --out two --threads 2 >two.jsonl
one=$(tail -n 1 one.jsonl) two=$(tail -n 1 two.jsonl)
for run in one two; do grep -o '"theta_hash":"[^"]*"' $run/metrics.jsonl >$run.hashes; done
cmp one.hashes two.hashes || fail "one thread and two do not print the same hashes"
accuracy=$(field "$one" validation_accuracy) linear=$(field "$one" baseline_linear)
echo "validation accuracy $accuracy, linear model $linear; test $(field "$one" test_accuracy), linear $(field "$one" baseline_linear_test)"
awk -v a="$accuracy" -v l="$linear" 'BEGIN { exit !(a >= l + 0.03) }' || fail "not well above the linear baseline"

echo "killing a run $kills times"
"$program" train --json --out killed --checkpoint-seconds 0.2 >/dev/null 2>&1 & pid=$!
for _ in $(seq "$kills"); do
  sleep "0.$((RANDOM % 9 + 1))"; sleep "$((RANDOM % 2))"
  kill -9 $pid 2>/dev/null && echo "killed"; wait $pid 2>/dev/null || true
  "$program" resume killed --json >killed.jsonl 2>&1 & pid=$!
done
wait $pid || fail "the resumed run failed: $(tail -n 3 killed.jsonl)"
[ "$(field "$(tail -n 1 killed.jsonl)" theta_hash)" = "$(field "$one" theta_hash)" ] || fail "the killed run ended elsewhere"
grep -o '"theta_hash":"[^"]*"' killed/metrics.jsonl | cmp - one.hashes || fail "the killed run took another way"
echo "the killed run ended with the same hash $(field "$one" theta_hash)"

"$program" train one/run.toml --json --out again >again.jsonl
[ "$(field "$(tail -n 1 again.jsonl)" theta_hash)" = "$(field "$one" theta_hash)" ] || fail "run.toml trained something else"
echo "run.toml trained again gives the same hash"
