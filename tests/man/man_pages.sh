#!/bin/bash
# man_pages.sh MAN SOURCE RP ELB_SIM ELB_MEMBER: checks that the man pages are valid, and that they document every option
# in the help of rp and elb-sim, every setting and attribute in elb_member's describe, with the same values and defaults,
# and every declaration of rphost.h, rpkit.h and resource_plugin.h; and nothing else.
set -euo pipefail
man=$1 source=$2 rp=$3 elb_sim=$4 elb_member=$5
export LC_ALL=C.UTF-8

for tool in scdoc mandoc; do
    command -v $tool >/dev/null || { echo "SKIPPED: no $tool"; exit 77; }
done
[[ -d $man ]] || { echo "SKIPPED: built without scdoc"; exit 77; }

failures=0
fail() { echo "FAILED: $*"; failures=$((failures + 1)); }

# A page as text, one line per paragraph, without overstrikes.
text() { mandoc -T utf8 -O width=900 "$man/man${1##*.}/$1" | sed 's/.\x08//g'; }
section() { awk -v name="$1" '/^[^ ]/ {inside = $0 == name; next} inside'; }
subsection() { awk -v name="   $1" '/^[^ ]/ {inside = 0} /^   [^ ]/ {inside = $0 == name; next} inside'; }
# has TEXT LINE: whether the text has that line, at any indentation.
has() { grep -qxF -- "$2" <<<"$(sed 's/^ *//' <<<"$1")"; }
# many COUNT WHAT LINES: fails if fewer are found, so that output that can no longer be parsed does not count as empty.
many() { (($(grep -c . <<<"$3") >= $1)) || fail "expected at least $1 $2, found: $3"; }

page_is_in_order() {
    local text
    text=$(mandoc -T lint -W warning "$man/man${1##*.}/$1" 2>&1) || fail "$text"
    grep -q '^SEE ALSO$' <<<"$(text "$1")" || fail "$1 has no SEE ALSO"
}

# "NAME VALUE" of each option; VALUE is empty for a switch.
options_of_verb() { "$rp" help "$1" | sed -n 's/^  --\([a-z-]*\) \{0,1\}\([A-Z]*\) .*/\1 \2/p'; }

verb_is_documented() {
    local verb=$1 text=$2 name value known=" "
    [[ $text ]] || fail "rp(1) does not document the verb $verb"
    while read -r name value; do
        [[ $name ]] || continue
        known+="$name "
        [[ $text == *"[-$name${value:+ $value}]"* || $text == *"[-$name=false]"* ]] ||
            fail "rp(1) does not document that $verb takes -$name $value"
        grep -qE -- "^ +-$name( |=|$)" <<<"$terms" || fail "rp(1) does not document the option -$name"
    done <<<"$(options_of_verb "$verb")"
    for name in $(grep -oE '\[-[a-z-]+' <<<"$text" | tr -d '[' | sed 's/^-//'); do
        [[ $known == *" $name "* ]] || fail "rp(1) documents -$name, which  does not take"
    done
}

rp_is_documented() {
    local page terms verbs verb codes code
    page=$(text rp.1)
    terms=$(section OPTIONS <<<"$page")
    verbs=$("$rp" help | sed -n 's/^  rp \([a-z-]*\) .*/\1/p')
    many 10 verbs "$verbs"
    for verb in $verbs; do
        verb_is_documented "$verb" "$(subsection "rp $verb" <<<"$page")"
    done
    codes=$("$rp" help | sed -n 's/^ *\([0-9][0-9]*\)  \([a-z_]*\)$/\1  \2/p')
    many 15 "exit codes" "$codes"
    while read -r code; do
        has "$(section "EXIT STATUS" <<<"$page")" "$code" || fail "rp(1) does not document the exit code \"$code\""
    done <<<"$codes"
}

resources_are_documented() {
    local page keys word
    page=$(text rp-resources.5)
    keys=$(sed -n 's/^    {"\([a-z_]*\)", \(true\|false\), IS(.*/\1/p' "$source/src/cli/config/project.c")
    many 7 keys "$keys"
    for word in $keys; do
        grep -qE "^ +$word( |$)" <<<"$page" || fail "rp-resources(5) does not document $word"
    done
    for word in '${each.key}' '${each.value}' '${each.value.NAME}' '${env:NAME}' '${file:PATH}' '$${'; do
        has "$page" "$word" || fail "rp-resources(5) does not document $word"
    done
}

# Each line of --help that is an option, a setting with its default or a field of a rule must be a line of the page.
simulator_is_documented() {
    local page help lines line
    page=$(text elb-sim.1)
    help=$("$elb_sim" --help)
    lines=$(sed -n '/^Control/q; s/^  \([^ ].*\)/\1/p' <<<"$help")
    many 60 "options, settings and fields" "$lines"
    lines+=$'\n'$(awk '/^  (GET|POST) / {print $1, $2; for (i = 3; $i == "|"; i += 2) print $1, "/sim/" $(i + 1)}' <<<"$help")
    many 70 "control requests" "$lines"
    while read -r line; do
        has "$page" "$line" || fail "elb-sim(1) does not have the line: $line"
    done <<<"$lines"
    while read -r line; do
        grep -qxF -- "$line" <<<"$lines" || fail "elb-sim(1) documents an unknown option: $line"
    done <<<"$(grep -E '^ {7}--[a-z]' <<<"$page" | sed 's/^ *//')"
}

# Declarations without comments and line ends.
declarations() { sed -e ':a' -e 'N' -e '$!ba' -e 's#/\*#\x01#g; s#\*/#\x02#g; s#\x01[^\x02]*\x02##g' "$1" | tr -s '\n ' '  '; }

functions_are_documented() {
    local page lines line
    page=$(text librphost.3)
    lines=$(declarations "$source/src/host/rphost.h" | grep -oE '(const )?[a-z0-9_]+ \*?rphost_[a-z_]+\([^;]*\);')
    many 11 functions "$lines"
    while read -r line; do
        [[ $(section SYNOPSIS <<<"$page" | tr -s '\n ' '  ') == *"$line"* ]] || fail "librphost(3) does not declare $line"
        line=${line%%(*}
        has "$page" "rphost_${line##*rphost_}()" || fail "librphost(3) does not document $line"
    done <<<"$lines"
}

kit_is_documented() {
    local page names name
    page=$(text librpkit.3)
    names=$(declarations "$source/src/kit/rpkit.h" | grep -oE 'rpkit_[a-z_]+\(|rp_hook [a-z_, ]+;' | grep -oE 'rpkit_[a-z_]+' | sort -u)
    many 40 "functions of the kit" "$names"
    for name in $names; do
        grep -qF "$name()" <<<"$page" || fail "librpkit(3) does not document $name"
    done
    names=$(declarations "$source/src/kit/rpkit.h" | grep -oE '\bRPKIT_(TEXT|SECRET|FLAG|COUNT|WORD|TEXTS|PART)\b' | sort -u)
    many 7 "kinds of attributes" "$names"
    for name in $names; do
        grep -qw "$name" <<<"$page" || fail "librpkit(3) does not document $name"
    done
}

interface_is_documented() {
    local page header lines line
    page=$(text resource_plugin.7)
    header=$(declarations "$source/abi/resource_plugin.h")
    lines=$(grep -oE 'RP_[A-Z_]+ = [0-9]+' <<<"$header" | sed 's/ = \(.*\)/ (\1)/')
    many 18 statuses "$lines"
    lines+=$'\n'$(grep -oE 'rp_hook \*[a-z_]+;|void \(\*(release|close)\)' <<<"$header" | sed 's/.*\*\([a-z_]*\).*/\1/')
    many 27 "statuses and hooks" "$lines"
    while read -r line; do
        has "$page" "$line" || fail "resource_plugin(7) does not document $line"
    done <<<"$lines"
}

# terms SECTION: the names that elb_member(7) documents in a section, one per line.
terms() { section "$1" <<<"$page" | sed -n 's/^ \{7\}\([a-z_, ]*\)$/\1/p' | tr -d ' ' | tr ',' '\n' | grep . | sort -u; }

# "NAME DEFAULT" of each property of a schema in describe; DEFAULT is empty if there is none.
properties() {
    python3 -c 'if True:
        import json, sys
        schema = json.load(sys.stdin)
        for name in sys.argv[1:]:
            schema = schema[name]
        for name, value in sorted(schema["properties"].items()):
            print(name, json.dumps(value["default"]).strip("\"") if "default" in value else "")' "$@" <<<"$described"
}

# schema_is_documented SECTION PATH...: the section of elb_member(7) has the properties of the schema and no others.
schema_is_documented() {
    local heading=$1 known name default
    known=$(properties "${@:2}")
    many 2 "properties for $heading" "$known"
    [[ $(cut -d ' ' -f 1 <<<"$known") == "$(terms "$heading")" ]] || fail "elb_member(7), $heading: not the names in" \
        "describe: $(diff <(cut -d ' ' -f 1 <<<"$known") <(terms "$heading") | grep '^[<>]' | tr '\n' ' ')"
    while read -r name default; do
        [[ $default && $heading == CONFIGURATION ]] || continue
        # The paragraph after the term.
        section "$heading" <<<"$page" | grep -A1 -E "^ {7}(.*, )?$name(,.*)?\$" | grep -qwF -- "$default" ||
            fail "elb_member(7) does not document the default of $name: $default"
    done <<<"$known"
}

plugin_is_documented() {
    local page described known name
    page=$(text elb_member.7)
    described=$("$rp" describe "$elb_member")
    schema_is_documented CONFIGURATION config
    schema_is_documented RECORD resources elb_member record
    schema_is_documented STATE resources elb_member state
    schema_is_documented OPTIONS resources elb_member options
    known=$(sed -n 's/^ *{"\([A-Z_]*\)", OTC_.*/\1/p' "$source/src/otc/environment.c")
    many 40 "environment variables" "$known"
    for name in $known; do
        section ENVIRONMENT <<<"$page" | grep -qw -- "$name" || fail "elb_member(7) does not document $name"
    done
}

for page in rp.1 rp-resources.5 elb-sim.1 librphost.3 librpkit.3 elb_member.7 resource_plugin.7; do
    page_is_in_order $page
done
rp_is_documented
resources_are_documented
simulator_is_documented
functions_are_documented
kit_is_documented
interface_is_documented
plugin_is_documented
exit $((failures > 0))
