#!/bin/bash
# hosts.sh PLUGIN HOST…: a host of examples/hosts creates, reads and deletes two notes, and sees a config refused.
set -euo pipefail
plugin=$1
shift

command -v "$1" >/dev/null || { echo "SKIPPED: no $1"; exit 77; }
fail() { echo "FAILED: $*"; exit 1; }

notes='[{"name": "a", "text": "first"}, {"name": "b", "text": "second"}]'
told=$("$@" "$plugin" '{}' note "$notes") || fail "it exits with $?: $told"
for hook in create read delete; do
    grep -q "^$hook .*ok" <<<"$told" || fail "$hook is not told to be ok: $told"
done
grep -q '^read .*"first"' <<<"$told" || fail "the state read is not shown: $told"
grep -q '^read .*"second"' <<<"$told" || fail "the second state read is not shown: $told"
! "$@" "$plugin" '{"a": 1}' note "$notes" >/dev/null 2>&1 || fail "a refused config goes unnoticed"
! "$@" "$plugin" '{}' note '[{"name": "a"}]' >/dev/null 2>&1 || fail "a refused record goes unnoticed"
