#!/bin/bash
# wheel.sh SOURCE BUILD: builds sdist and wheel, installs the wheel into an empty folder, and uses it from there.
set -euo pipefail
source=$1
export RP_PLUGIN_PATH=$2/plugins RPHOST_LIBRARY=$2/src/host/librphost.so.0 PYTHONDONTWRITEBYTECODE=1

for python in "${PYTHON:-python3}" /usr/bin/python3; do
    "$python" -c 'import build, setuptools, wheel' 2>/dev/null && break
    python=
done
[[ $python ]] || { echo "SKIPPED: no python3-build, python3-setuptools and python3-wheel"; exit 77; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp -r "$source/src/python" "$scratch/source"
"$python" -m build --no-isolation --outdir "$scratch/dist" "$scratch/source" >"$scratch/log" 2>&1 ||
    { cat "$scratch/log"; exit 1; }
"$python" -m zipfile -e "$scratch"/dist/resource_plugin-*.whl "$scratch/installed"
[[ -f $scratch/installed/resource_plugin/py.typed ]] || { echo "FAILED: no py.typed in the wheel"; exit 1; }
tar -tzf "$scratch"/dist/resource*plugin-*.tar.gz | grep README.md >/dev/null || { echo "FAILED: no README.md in the sdist"; exit 1; }

cd "$scratch"
PYTHONPATH=$scratch/installed "$python" - <<'END'
import resource_plugin
with resource_plugin.open("minimal", {}) as notes:
    assert notes.create("note", [{"name": "a", "text": "b"}]).ok
END
