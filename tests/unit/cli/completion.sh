#!/bin/bash
# completion.sh RP SHELL: what the completion script makes SHELL offer, and that nothing in a key is ever run. Exits with 77
# where the shell is not installed.
set -euo pipefail
rp=$1 shell=$2
command -v "$shell" >/dev/null || { echo "SKIPPED: $shell is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cd "$work"
export HOME=$work

fail() { echo "FAILED: $shell: $*"; exit 1; }

# An rp whose state has keys that no shell should look into.
"$rp" completion "$shell" >completion
cat >rp <<'END'
#!/bin/sh
[ "$1 $2" = "state list" ] && cat keys
END
chmod +x rp
export PATH=$work:$PATH
cat >keys <<'END'
web["$(touch ran)"]
web["`touch ran`"]
web["a b"]
web["it's"]
other
END

# offered WORD…: what is offered for the last one, a line each.
offered_bash() {
    bash --norc -c 'source ./completion; COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _rp; printf "%s\n" "${COMPREPLY[@]}"' - "$@"
}
offered_zsh() {
    zsh -f -c 'compdef() { :; }; compadd() { shift; print -rl -- "$@"; }; _files() { :; }; source ./completion
               words=("$@") CURRENT=$#; _rp' - "$@"
}
offered_fish() { fish -c 'source ./completion; complete -C "$argv[1]"' "${*@Q}" 2>/dev/null || true; }
fish_line() { fish --no-config -c 'source ./completion; complete -C $argv[1]' "$1"; }

offers() { # WHAT OFFERED
    grep -qxF -- "$1" <<<"$2" || grep -qF -- "$1	" <<<"$2" || fail "\"$1\" is not offered, but: $2"
}

if [[ $shell == fish ]]; then
    offers plan "$(fish_line 'rp pl')"
    offers -target "$(fish_line 'rp plan -tar')"
    offers --target "$(fish_line 'rp plan --tar')"
    shown=$(fish_line 'rp state show ')
    offers untaint "$(fish_line 'rp state un')"
else
    offers plan "$("offered_$shell" rp pl)"
    offers -target "$("offered_$shell" rp plan -tar)"
    offers --target "$("offered_$shell" rp plan --tar)"
    offers untaint "$("offered_$shell" rp state un)"
    shown=$("offered_$shell" rp state show '')
    [[ $shell != bash ]] || shown=$(while IFS= read -r line; do eval "printf '%s\n' $line"; done <<<"$shown")
fi
[[ ! -e ran ]] || fail "a key was run"
while IFS= read -r key; do
    offers "$key" "$shown"
done <keys
if [[ $shell == bash ]]; then
    offers 'web["a b"]' "$(offered_bash rp state show "'web[\"a")"
    offers 'web\[\"a\ b\"\]' "$(offered_bash rp plan -target = 'web\[\"a')"
    offers 'web[\"\$(touch ran)\"]' "$(offered_bash rp state show '"web[')"
fi
[[ ! -e ran ]] || fail "a key was run"
echo "$shell offers what there is, and runs nothing"
