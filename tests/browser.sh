#!/bin/sh
# Drives the lab's page in Chromium: watching, steering, repeating, accessibility, screenshots (into shots/).
# Installs what it needs: Chromium from the system's packages, two packages from npm. Usage: tests/browser.sh [PROGRAM]
set -eu
cd "$(dirname "$0")/.."
program=${1:-target/release/gradus}
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null; then
    apt-get update -q && apt-get install -qy --no-install-recommends chromium fonts-noto-cjk
fi
if [ ! -d lab/tests/browser/node_modules ]; then
    (cd lab/tests/browser && npm install --no-audit --no-fund --silent)
fi
if [ ! -x "$program" ]; then
    cargo build --release -p gradus-cli
fi
exec node lab/tests/browser/run.mjs "$program"
