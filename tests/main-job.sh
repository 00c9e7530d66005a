#!/usr/bin/env bash
# The main job as a user runs it: trains the built-in cats and dogs on one thread and on two, kills another run again and
# again, and compares. usage: tests/main-job.sh PROGRAM [KILLS]
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
long=(--json --batch 16 --epochs $((kills * 4)) --patience 0 --checkpoint-seconds 0.1)
"$program" train "${long[@]}" --out whole >whole.jsonl
whole=$(field "$(tail -n 1 whole.jsonl)" theta_hash)
"$program" train "${long[@]}" --out killed >/dev/null 2>&1 & pid=$!
hit=0
while [ $hit -lt "$kills" ]; do
  sleep "0.$((RANDOM % 80 + 15))"
  if ! kill -9 $pid 2>/dev/null; then break; fi
  hit=$((hit + 1))
  wait $pid 2>/dev/null || true
  # Killed before its first checkpoint there may be no run.toml yet: then it is started, not resumed.
  if [ -f killed/run.toml ]; then
    "$program" resume killed --json >killed.jsonl 2>&1 & pid=$!
  else
    rm -rf killed; "$program" train "${long[@]}" --out killed >killed.jsonl 2>&1 & pid=$!
  fi
done
wait $pid || fail "the resumed run failed: $(tail -n 3 killed.jsonl)"
[ $hit -ge $((kills / 2)) ] || fail "only $hit of $kills kills found it running"
[ "$(field "$(tail -n 1 killed.jsonl)" theta_hash)" = "$whole" ] || fail "the killed run ended elsewhere"
for run in whole killed; do grep -o '"theta_hash":"[^"]*"' $run/metrics.jsonl >$run.hashes; done
cmp whole.hashes killed.hashes || fail "the killed run took another way"
echo "killed $hit times, it ended with the same hash $whole"

"$program" train one/run.toml --json --out again >again.jsonl
[ "$(field "$(tail -n 1 again.jsonl)" theta_hash)" = "$(field "$one" theta_hash)" ] || fail "run.toml trained something else"
echo "run.toml trained again gives the same hash"
