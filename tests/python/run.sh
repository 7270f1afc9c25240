#!/bin/bash
# run.sh SOURCE BUILD: the tests of the Python package, its types, and its wheel, with each part that is installed.
set -euo pipefail
source=$1
export RP_BUILD=$2

# The first Python that has the module.
python_with() {
    local one
    for one in "${PYTHON:-python3}" /usr/bin/python3; do
        "$one" -c "import $1" 2>/dev/null && { echo "$one"; return; }
    done
    return 1
}

python=$(python_with pytest) || { echo "SKIPPED: no python3-pytest"; exit 77; }
export PYTHONDONTWRITEBYTECODE=1
"$python" -m pytest -q -p no:cacheprovider "$source/tests/python"

if mypy=$(python_with mypy); then
    "$mypy" -m mypy --strict --cache-dir=/dev/null "$source/src/python/resource_plugin"
else
    echo "NOT CHECKED: types, without mypy"
fi
