#!/bin/bash
# shelf.sh RP HOST PLUGINS [NAME…]: rp names the rule that each plugin of this folder breaks, and so does HOST, a program on
# librphost. What to call and what to hear is in the head of each plugin's source.
set -uo pipefail
rp=$1 host=$2 plugins=$3
shift 3
here=$(dirname "${BASH_SOURCE[0]}")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$here" || exit 1

fail() { echo "FAILED: $*"; touch "$work/failed"; }
head_of() { sed -n "s/^ \* $2: //p" "$1.c"; } # PLUGIN WHAT

# Interrupts the process once it says that it has begun.
interrupt() { # PID FILE
    for _ in {1..100}; do
        grep -q begun "$2" && break
        sleep 0.05
    done
    kill -INT "$1"
}

try_rp() { # PLUGIN HOOK REQUEST
    local err=$work/$1.err code=0 options=() pid
    read -ra options <<<"$(head_of "$1" Options)"
    "$rp" call "$plugins/$1.so" "$2" "$3" --config '{}' --events "${options[@]}" >"$work/$1.out" 2>"$err" &
    pid=$!
    [[ -z $(head_of "$1" Interrupt) ]] || interrupt "$pid" "$err"
    wait "$pid" || code=$?
    grep -qF "$(head_of "$1" Tells)" "$err" || fail "rp, $1: it does not tell, exit code $code: $(head -c 600 "$err")"
    # A call that is late may still succeed.
    [[ $1 == ignores_* || $code != 0 ]] || fail "rp, $1: exit code 0"
    [[ $code -lt 128 ]] || fail "rp, $1: exit code $code"
}

# The names in the records of a request.
names_in() { grep -oP '"name":"\K[^"]*' <<<"$1"; }

# An apply of the same records tells the same, fails, and forgets nothing: each object is in the state, or the next plan
# looks whether it was made, unless the plugin says that nothing was.
try_apply() { # PLUGIN REQUEST
    local dir=$work/$1.apply code=0 name
    mkdir "$dir"
    printf 'plugin: %s/%s.so\nconfig: {}\nresources:\n' "$plugins" "$1" >"$dir/resources.yaml"
    while read -r name; do
        printf '  %s:\n    type: note\n    record: {name: %s}\n' "$name" "$name" >>"$dir/resources.yaml"
    done < <(names_in "$2")
    (cd "$dir" && "$rp" apply -auto-approve) >"$dir/said" 2>&1 || code=$?
    [[ $code == 1 ]] || fail "rp apply, $1: exit code $code: $(tail -c 600 "$dir/said")"
    grep -qF "$(head_of "$1" Tells)" "$dir/said" || fail "rp apply, $1: it does not tell: $(tail -c 900 "$dir/said")"
    [[ -z $(head_of "$1" Made) ]] || return
    (cd "$dir" && "$rp" state list) >"$dir/kept" 2>&1
    (cd "$dir" && "$rp" plan) >>"$dir/kept" 2>&1
    while read -r name; do
        grep -qE "^$name(\$|: was created)" "$dir/kept" || fail "rp apply, $1: $name is forgotten: $(<"$dir/kept")"
    done < <(names_in "$2")
}

# The library has no say in a process that ends, and has its watchdog tried elsewhere.
try_host() { # PLUGIN HOOK REQUEST
    local tells told
    [[ $1 == exits_* || $1 == ignores_* ]] && return
    tells=$(head_of "$1" Tells)
    told=$("$host" "$plugins/$1.so" "$2" "$3") || fail "librphost, $1: $told"
    [[ $told == *"${tells//\"/\\\"}"* ]] || fail "librphost, $1: it does not tell: ${told:0:600}"
}

try() {
    local hook request
    read -r hook request <<<"$(head_of "$1" Call)"
    [[ -n $hook && -n $(head_of "$1" Tells) ]] || fail "$1: its head does not say what to call and what to hear"
    try_rp "$1" "$hook" "$request"
    try_host "$1" "$hook" "$request"
    [[ $hook != create || $1 == ignores_* || -z $(names_in "$request") ]] || try_apply "$1" "$request"
}

names=("$@")
if ((!$#)); then
    for source in *.c; do [[ $source == flat_host.c ]] || names+=("${source%.c}"); done
    ((${#names[@]} >= 25)) || fail "only ${#names[@]} plugins"
fi
for name in "${names[@]}"; do
    while (($(jobs -rp | wc -l) >= 4)); do wait -n; done
    try "$name" &
done
wait
[[ ! -e $work/failed ]] || exit 1
echo "${#names[@]} plugins, each told"
