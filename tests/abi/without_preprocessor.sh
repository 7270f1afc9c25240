#!/bin/bash
# without_preprocessor.sh ABI: resource_plugin.h without each line that starts with '#' is C, as its head says; that is
# how cffi, LuaJIT and PHP read it. The compiler is told that its input was preprocessed: a macro left over is an error.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

grep -v '^#' "$1/resource_plugin.h" >"$work/rest.h"
if grep -n '\\$' "$1/resource_plugin.h"; then
    echo "FAILED: a line goes on: what it continues may be dropped without it"
    exit 1
fi
{
    echo 'typedef unsigned int uint32_t; typedef int int32_t; typedef unsigned long size_t;'
    cat "$work/rest.h"
    echo 'unsigned int major_of(void); unsigned int major_of(void)'
    echo '{ return resource_plugin_entry(RP_OK + 1)->abi_major; }'
} >"$work/rest.i"
gcc -std=c11 -Wall -Wextra -pedantic -Werror -fpreprocessed -c "$work/rest.i" -o "$work/rest.o"
