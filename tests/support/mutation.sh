# To be sourced: takes a rule out of a copy of the code, builds a program with
# it, and expects the program to notice. The sourcing script sets
#
#   sources     the files that mutations are for
#   compiler    and its flags
#   libraries   to link, after the program's object and what was mutated: so the
#               linker takes the mutated copies
#   play        a function: runs the program $1, which prints "… broke: RULE"
#
# and calls mutation_program FILE.c, mutate NAME SUBSTITUTION …, mutation_end.
# A mutation is a Perl substitution on the whole text of each file, which must
# change one. What is not noticed, not found or not built counts as missed.
# By hand, ONLY='some words' takes those whose name matches.

folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
missed=0
mutations=0

mutation_program() {
    $compiler -c "$1" -o "$folder/program.o" || exit 2
}

# Writes the mutated files into the folder, and builds those that changed. Sets verdict if that fails.
build_mutant() {
    rm -f "$folder"/*.c "$folder"/mutant-*.o
    verdict=
    for source in $sources; do
        part=$(basename "$source" .c)
        perl -0pe "$1" "$source" >"$folder/$part.c" || exit 2
        cmp -s "$source" "$folder/$part.c" && continue
        $compiler -w -iquote "$(dirname "$source")" -c "$folder/$part.c" -o "$folder/mutant-$part.o" || verdict="NOT BUILT"
    done
    [ -z "$verdict" ] || return
    if ! ls "$folder"/mutant-*.o >/dev/null 2>&1; then
        verdict="NOT FOUND in the code"
    elif ! $compiler "$folder/program.o" "$folder"/mutant-*.o $libraries -o "$folder/program"; then
        verdict="NOT BUILT"
    fi
}

# mutate NAME SUBSTITUTION
mutate() {
    echo "$1" | grep -q "${ONLY:-.}" || return 0
    mutations=$((mutations + 1))
    build_mutant "$2"
    [ -n "$verdict" ] || verdict=$(play "$folder/program" 2>/dev/null | sed -n '/ broke: /{s/ broke: / → /p;q}')
    [ -n "$verdict" ] || verdict=MISSED
    case $verdict in
    *→*) ;;
    *) missed=$((missed + 1)) ;;
    esac
    printf '%-62s %s\n' "$1" "$verdict"
}

mutation_end() {
    echo
    echo "$missed of $mutations mutations were missed"
    [ "$missed" -eq 0 ]
}
