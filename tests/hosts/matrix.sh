#!/bin/bash
# matrix.sh SOURCE BUILD: the table of hosts.
exec python3 "$1/tests/hosts/matrix.py" "$1" "$2"
