#!/bin/bash
# header.sh ABI HOST KIT CC CXX: resource_plugin.h, rphost.h and rpkit.h, found in these folders, compile as every C and C++ in use,
# without a warning; a struct has no padding, which would be bytes that nobody owns.
set -euo pipefail
abi=$1 host=$2 kit=$3
shift
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT

cat >"$work/use.c" <<'END'
#include <rphost.h>
#include <resource_plugin.h>
const rp_plugin *resource_plugin_entry(uint32_t host_abi_major)
{
    static rp_plugin none;
    return host_abi_major == 1 ? &none : (const rp_plugin *)0;
}
int has_list(const rp_plugin *plugin);
int has_list(const rp_plugin *plugin)
{
    return RP_HAS(rp_plugin, plugin, list) && plugin->list;
}
END
cp "$work/use.c" "$work/use.cc"

# rpkit.h is linked statically: its structs may have padding.
printf '%s\n' '#include <rpkit.h>' 'bool any(rpkit_call *call);' 'bool any(rpkit_call *call) { return rpkit_watch(call) == RP_OK; }' \
    >"$work/kit.c"
cp "$work/kit.c" "$work/kit.cc"

command -v "$3" >/dev/null && command -v "$4" >/dev/null || { echo "SKIPPED: no $3 or no $4"; exit 77; }
failed=0
try() { # COMPILER STANDARD FILE
    "$1" "-std=$2" -Wall -Wextra -pedantic -Wpadded -Werror -fvisibility=hidden "-I$abi" "-I$host" -c "$3" \
        -o "$work/use.o" || { echo "FAILED: $1 -std=$2"; failed=1; return; }
    [[ $(nm -g --defined-only "$work/use.o") == *" T resource_plugin_entry"* ]] ||
        { echo "FAILED: $1 -std=$2: the entry has no C linkage"; failed=1; }
}

try_kit() { # COMPILER STANDARD FILE
    "$1" "-std=$2" -Wall -Wextra -pedantic -Werror "-I$abi" "-I$kit" -c "$3" -o "$work/kit.o" ||
        { echo "FAILED: rpkit.h with $1 -std=$2"; failed=1; }
}

for standard in c11 c17; do try_kit "$3" "$standard" "$work/kit.c"; done
for standard in c++11 c++14 c++17 c++20; do try_kit "$4" "$standard" "$work/kit.cc"; done
for standard in c11 c17; do try "$3" "$standard" "$work/use.c"; done
for standard in c++11 c++14 c++17 c++20; do try "$4" "$standard" "$work/use.cc"; done
exit "$failed"
