#!/bin/bash
# build.sh SOURCE DIR: builds the Debian packages twice, in two folders, into DIR. Both must be the same to the byte, and
# lintian must find nothing. The symbols file must name what librphost exports.
set -euo pipefail
source=$(realpath "$1") dir=$2
for program in cpack dpkg-shlibdeps lintian scdoc; do
    command -v "$program" >/dev/null || { echo "SKIPPED: no $program (dpkg-dev, lintian, scdoc)"; exit 77; }
done
export SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -C "$source" log -1 --format=%ct)}
mkdir -p "$dir"

for round in first second; do
    rm -rf "$dir/$round"
    {
        cmake -S "$source" -B "$dir/$round" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DBUILD_TESTING=OFF
        cmake --build "$dir/$round"
        (cd "$dir/$round" && cpack)
    } >"$dir/$round.log" 2>&1 || { tail -n 40 "$dir/$round.log"; exit 1; }
done
for package in "$dir"/first/*.deb; do
    cmp "$package" "$dir/second/$(basename "$package")" || { echo "FAILED: $package differs when built again"; exit 1; }
done
(($(ls "$dir"/first/*.deb | wc -l) >= 7)) || { echo "FAILED: packages are missing"; exit 1; }
lintian --allow-root --fail-on error,warning "$dir"/first/*.deb || { echo "FAILED: lintian"; exit 1; }

exported=$(nm -D --defined-only "$dir"/first/src/host/librphost.so.0 | awk '{print $3}' | sort)
named=$(sed -n 's/^ \(.*\)@Base .*/\1/p' "$source/src/packages/symbols" | sort)
[[ $exported == "$named" ]] || { echo "FAILED: src/packages/symbols: $(diff <(echo "$named") <(echo "$exported"))"; exit 1; }
cp "$dir"/first/*.deb "$dir"
echo "$(ls "$dir"/*.deb | wc -l) packages, the same twice, accepted by lintian"
