#!/bin/bash
# man_pages.sh MAN SOURCE RP ELB_SIM: the man pages are in order, and tell of every option that the help of rp and
# elb-sim has, with the same values and defaults, and of what rphost.h and resource_plugin.h declare; and of no other.
set -euo pipefail
man=$1 source=$2 rp=$3 elb_sim=$4
export LC_ALL=C.UTF-8

for tool in scdoc mandoc; do
    command -v $tool >/dev/null || { echo "SKIPPED: no $tool"; exit 77; }
done
[[ -d $man ]] || { echo "SKIPPED: built without scdoc"; exit 77; }

failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

# A page as text, a line a paragraph, without overstrikes.
text() { mandoc -T utf8 -O width=900 "$man/man${1##*.}/$1" | sed 's/.\x08//g'; }
section() { awk -v name="$1" '/^[^ ]/ {inside = $0 == name; next} inside'; }
subsection() { awk -v name="   $1" '/^[^ ]/ {inside = 0} /^   [^ ]/ {inside = $0 == name; next} inside'; }
# has TEXT LINE: whether it is a line of the text, wherever indented.
has() { grep -qxF -- "$2" <<<"$(sed 's/^ *//' <<<"$1")"; }
# many COUNT WHAT LINES: a help or header that is not understood any more must not pass for an empty one.
many() { (($(grep -c . <<<"$3") >= $1)) || fail "found only these $2: $3"; }

page_is_in_order() {
    local told
    told=$(mandoc -T lint -W warning "$man/man${1##*.}/$1" 2>&1) || fail "$told"
    grep -q '^SEE ALSO$' <<<"$(text "$1")" || fail "$1 has no SEE ALSO"
}

# "NAME VALUE" of each option, the value empty for a switch.
options_of_verb() { "$rp" help "$1" | sed -n 's/^  --\([a-z-]*\) \{0,1\}\([A-Z]*\) .*/\1 \2/p'; }

verb_is_told() {
    local verb=$1 told=$2 name value known=" "
    [[ $told ]] || fail "rp(1) does not tell of the verb $verb"
    while read -r name value; do
        [[ $name ]] || continue
        known+="$name "
        [[ $told == *"[-$name${value:+ $value}]"* || $told == *"[-$name=false]"* ]] ||
            fail "rp(1) does not tell that $verb takes -$name $value"
        grep -qE -- "^ +-$name( |=|$)" <<<"$terms" || fail "rp(1) does not tell what -$name does"
    done <<<"$(options_of_verb "$verb")"
    for name in $(grep -oE '\[-[a-z-]+' <<<"$told" | tr -d '[' | sed 's/^-//'); do
        [[ $known == *" $name "* ]] || fail "rp(1) tells of -$name, which $verb does not take"
    done
}

rp_is_told() {
    local page terms verbs verb codes code
    page=$(text rp.1)
    terms=$(section OPTIONS <<<"$page")
    verbs=$("$rp" help | sed -n 's/^  rp \([a-z]*\) .*/\1/p')
    many 10 verbs "$verbs"
    for verb in $verbs; do
        verb_is_told "$verb" "$(subsection "rp $verb" <<<"$page")"
    done
    codes=$("$rp" help | sed -n 's/^ *\([0-9][0-9]*\)  \([a-z_]*\)$/\1  \2/p')
    many 15 "exit codes" "$codes"
    while read -r code; do
        has "$(section "EXIT STATUS" <<<"$page")" "$code" || fail "rp(1) does not tell the exit code \"$code\""
    done <<<"$codes"
}

resources_are_told() {
    local page keys word
    page=$(text rp-resources.5)
    keys=$(sed -n 's/^    {"\([a-z_]*\)", \(true\|false\), IS(.*/\1/p' "$source/src/cli/config/project.c")
    many 7 keys "$keys"
    for word in $keys; do
        grep -qE "^ +$word( |$)" <<<"$page" || fail "rp-resources(5) does not tell of $word"
    done
    for word in '${each.key}' '${each.value}' '${each.value.NAME}' '${env:NAME}' '${file:PATH}' '$${'; do
        has "$page" "$word" || fail "rp-resources(5) does not tell of $word"
    done
}

# Each line of --help that is an option, a setting with its default or a field of a rule stands in the page as it is.
simulator_is_told() {
    local page help lines line
    page=$(text elb-sim.1)
    help=$("$elb_sim" --help)
    lines=$(sed -n '/^Control/q; s/^  \([^ ].*\)/\1/p' <<<"$help")
    many 60 "options, settings and fields" "$lines"
    lines+=$'\n'$(awk '/^  (GET|POST) / {print $1, $2; for (i = 3; $i == "|"; i += 2) print $1, "/sim/" $(i + 1)}' <<<"$help")
    many 70 "ways of control" "$lines"
    while read -r line; do
        has "$page" "$line" || fail "elb-sim(1) does not tell of: $line"
    done <<<"$lines"
    while read -r line; do
        grep -qxF -- "$line" <<<"$lines" || fail "elb-sim(1) tells of what there is not: $line"
    done <<<"$(grep -E '^ {7}--[a-z]' <<<"$page" | sed 's/^ *//')"
}

# Declarations with their comments and line ends taken away.
declarations() { sed -e ':a' -e 'N' -e '$!ba' -e 's#/\*#\x01#g; s#\*/#\x02#g; s#\x01[^\x02]*\x02##g' "$1" | tr -s '\n ' '  '; }

functions_are_told() {
    local page lines line
    page=$(text librphost.3)
    lines=$(declarations "$source/src/host/rphost.h" | grep -oE '(const )?[a-z0-9_]+ \*?rphost_[a-z_]+\([^;]*\);')
    many 11 functions "$lines"
    while read -r line; do
        [[ $(section SYNOPSIS <<<"$page" | tr -s '\n ' '  ') == *"$line"* ]] || fail "librphost(3) does not declare $line"
        line=${line%%(*}
        has "$page" "rphost_${line##*rphost_}()" || fail "librphost(3) does not tell of $line"
    done <<<"$lines"
}

interface_is_told() {
    local page header lines line
    page=$(text resource_plugin.7)
    header=$(declarations "$source/abi/resource_plugin.h")
    lines=$(grep -oE 'RP_[A-Z_]+ = [0-9]+' <<<"$header" | sed 's/ = \(.*\)/ (\1)/')
    many 18 statuses "$lines"
    lines+=$'\n'$(grep -oE 'rp_hook \*[a-z_]+;|void \(\*(release|close)\)' <<<"$header" | sed 's/.*\*\([a-z_]*\).*/\1/')
    many 27 "statuses and hooks" "$lines"
    while read -r line; do
        has "$page" "$line" || fail "resource_plugin(7) does not tell of $line"
    done <<<"$lines"
}

for page in rp.1 rp-resources.5 elb-sim.1 librphost.3 resource_plugin.7; do
    page_is_in_order $page
done
rp_is_told
resources_are_told
simulator_is_told
functions_are_told
interface_is_told
exit $((failures > 0))
