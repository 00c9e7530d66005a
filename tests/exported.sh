#!/usr/bin/env bash
# Holds exported networks against onnxruntime, which it installs with what it needs into a folder that is thrown away.
# usage: tests/exported.sh PROGRAM
set -euo pipefail
program=$(realpath "$1")
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Debian's Python comes without what makes such folders.
python3 -m venv "$work" 2>/dev/null || { apt-get update -q && apt-get install -qy --no-install-recommends python3-venv; python3 -m venv "$work"; }
"$work/bin/pip" install --quiet --disable-pip-version-check -r exported.txt
"$work/bin/python" exported.py "$program"
