#!/bin/bash
# package.sh BUILD SOURCE: what cmake --install lays out serves a stranger: the minimal plugin and a host are built from
# copies, with the installed tree alone, by CMake and by pkg-config, and run.
set -euo pipefail
build=$1 source=$2
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
prefix=$work/prefix

fail() { echo "FAILED: $*"; exit 1; }
is() { [[ $2 == "$3" ]] || fail "$1: got $2, not $3"; }

cmake --install "$build" --prefix "$prefix" >"$work/log" || { cat "$work/log"; fail "install"; }
pc=$(dirname "$(find "$prefix" -name resource-plugin.pc)")
export PKG_CONFIG_PATH=$pc${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
rp=$prefix/bin/rp
# What is linked with a library that was built with a sanitizer needs it too.
sanitizer=$(sed -n 's/^RP_SANITIZE:STRING=\(..*\)/-fsanitize=\1/p' "$build/CMakeCache.txt")

# pkg-config tells where things are, wherever the tree was put.
header=$(pkg-config --variable=includedir resource-plugin)/resource_plugin.h
plugindir=$(pkg-config --variable=plugindir resource-plugin)
[[ -f $header && -d $plugindir ]] || fail "no $header or no $plugindir"

# All help is there, and what is built below is built from the examples that were installed.
docdir=$(pkg-config --variable=docdir resource-plugin)
cmp "$source/abi/README.md" "$docdir/README.md" || fail "the interface is not described in $docdir"
[[ -f $prefix/share/man/man7/resource_plugin.7 ]] || ! command -v scdoc >/dev/null || fail "no resource_plugin(7)"
for section in Overview Outcome "The host's process"; do
    grep -qx "##* $section" "$docdir/README.md" || fail "$docdir/README.md has no section $section"
done
for example in minimal-plugin/plugin.c hosts quickstart.sh; do
    [[ -e $docdir/examples/$example ]] || fail "no $example in $docdir/examples"
done
cp -r "$docdir/examples" "$work/examples"
grep -q "$source" -r "$prefix/include" "$pc" "$pc/../cmake" && fail "the source tree shows in the installed one"

# The plugin by CMake.
cmake -S "$work/examples/minimal-plugin" -B "$work/minimal" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="$sanitizer" >"$work/log" ||
    { cat "$work/log"; fail "find_package"; }
cmake --build "$work/minimal" >"$work/log" || { cat "$work/log"; fail "build against the package"; }
is "exported names" "$(nm -D --defined-only "$work/minimal/minimal.so" | awk '{ print $3 }')" resource_plugin_entry

# The plugin by the command that its CMakeLists.txt gives.
(
    cd "$work/examples/minimal-plugin"
    # shellcheck disable=SC2046
    cc -std=c11 $sanitizer -fPIC -fvisibility=hidden $(pkg-config --cflags librpkit) -o minimal.so plugin.c \
        $(pkg-config --variable=plugin_ldflags resource-plugin) $(pkg-config --libs librpkit)
)
bash "$source/tests/abi/plugin_file.sh" "$work/examples/minimal-plugin/minimal.so" || fail "flags of pkg-config"

# The installed rp calls both, by name and by path.
note='{"name":"a","text":"first"}'
state='{"id":"a","name":"a","text":"first"}'
made="{\"results\":[{\"status\":\"ok\",\"outcome\":\"done\",\"state\":$state,\"diagnostics\":[]}],\"diagnostics\":[]}"
is "create" "$(RP_PLUGIN_PATH=$work/minimal "$rp" call minimal create "$note" --config '{}')" "$made"
is "create" "$("$rp" call "$work/examples/minimal-plugin/minimal.so" create "$note" --config '{}')" "$made"
code=0
"$rp" call "$work/minimal/minimal.so" read "$note" --config '{}' >"$work/log" 2>&1 || code=$?
is "exit code of a read of what is not there" "$code" 21

# The library shows its flat functions only, under a name that survives compatible releases.
library=$(pkg-config --variable=libdir librphost)/librphost.so
strange=$(nm -D --defined-only "$library" | awk '$3 !~ /^rphost_/ { print $3 }')
[[ -z $strange ]] || fail "librphost exports $strange"
[[ $(readelf -d "$library") == *"soname: [librphost.so.0]"* ]] || fail "the soname of librphost"

# A host on the header alone, and one on the library.
# shellcheck disable=SC2046,SC2086
cc -std=c11 $sanitizer -o "$work/host" "$work/examples/hosts/host.c" $(pkg-config --cflags resource-plugin) -ldl
gone='{"results":[{"status":"ok","outcome":"done","existed":true,"diagnostics":[]}],"diagnostics":[]}'
is "what the host did" "$("$work/host" "$work/minimal/minimal.so" '{}' note "[$note]")" \
    "open 0 {\"results\":[],\"diagnostics\":[]}
create 0 $made
read 0 $made
delete 0 $gone"
cat >"$work/flat.c" <<'END'
#include <rphost.h>
int main(int argc, char **argv)
{
    rphost *host = rphost_open(argv[argc - 1], 0, 0);
    rphost_answer *answer = rphost_call(host, "describe", 0, 0, 0, 0, 0);
    int32_t status = rphost_status(answer);
    rphost_release(answer);
    rphost_close(host);
    return status;
}
END
# shellcheck disable=SC2046,SC2086
cc $sanitizer -o "$work/flat" "$work/flat.c" $(pkg-config --cflags --libs librphost)
LD_LIBRARY_PATH=$(pkg-config --variable=libdir librphost) "$work/flat" "$work/minimal/minimal.so" || fail "librphost"
# A new plugin builds both ways, exports one name, and passes its own test.
(
    cd "$work"
    "$rp" new-plugin notes here >"$work/log"
    code=0
    "$rp" new-plugin notes here 2>"$work/log" || code=$?
    [[ $code != 0 && $(<"$work/log") == *"exists already"* ]] || fail "new-plugin wrote into a folder that exists"
    for name in Notes 1st a/b "" "$(printf 'x%.0s' {1..65})"; do
        "$rp" new-plugin "$name" there 2>"$work/log" && fail "new-plugin took the name \"$name\""
        [[ ! -e there ]] || fail "new-plugin wrote a plugin of the name \"$name\""
    done
    ! grep -rn "@NAME@" here || fail "a place for the name was left"
    cmake -S here -B here/build -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="$sanitizer -Wall -Wextra -Werror" \
        >"$work/log" && cmake --build here/build >"$work/log" && ctest --test-dir here/build --output-on-failure \
        >"$work/log" || { cat "$work/log"; fail "a new plugin by CMake"; }
    is "exported names" "$(nm -D --defined-only here/build/notes.so | awk '{ print $3 }')" resource_plugin_entry
    cd here
    # shellcheck disable=SC2046,SC2086
    cc -std=c11 -D_GNU_SOURCE $sanitizer -fPIC -fvisibility=hidden $(pkg-config --cflags librpkit) -o notes.so plugin.c \
        $(pkg-config --variable=plugin_ldflags resource-plugin) $(pkg-config --libs librpkit)
    sh test.sh ./notes.so "$rp" >"$work/log" 2>&1 || { cat "$work/log"; fail "a new plugin by pkg-config"; }
    needed=$(readelf -d notes.so | sed -n 's/.*NEEDED.*\[\(.*\)\]/\1/p' | grep -vE '^lib(asan|ubsan|tsan)' | tr '\n' ' ')
    is "what a plugin with the kit needs" "$needed" "libjson-c.so.5 libc.so.6 "
)
echo "the package serves"
