#!/bin/bash
# ansible.sh SOURCE BUILD: builds and installs the collection, and runs tasks of its modules against elb-sim.
set -euo pipefail
source=$1 build=$2
here=$source/tests/hosts
command -v ansible-playbook >/dev/null || { echo "SKIPPED: no ansible-core"; exit 77; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch ANSIBLE_LOCAL_TEMP=$scratch/local ANSIBLE_REMOTE_TEMP=$scratch/remote ANSIBLE_NOCOWS=1
export ANSIBLE_COLLECTIONS_PATH=$scratch/collections ANSIBLE_LOCALHOST_WARNING=False ANSIBLE_INVENTORY_UNPARSED_WARNING=False
export PYTHONPATH=$source/src/python PYTHONDONTWRITEBYTECODE=1
export RP_PLUGIN_PATH=$build/plugins RPHOST_LIBRARY=$build/src/host/librphost.so.0
ansible-galaxy collection build --output-path "$scratch" "$source/src/ansible" >/dev/null
ansible-galaxy collection install --offline "$scratch"/resource_plugin-core-*.tar.gz >/dev/null

exec python3 "$here/ansible.py" "$source" "$scratch" "$build"
