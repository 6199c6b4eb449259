#!/bin/sh
# Shows the grocery example: each command, then what it prints. `make demo` runs it.
set -eu
cd "$(dirname "$0")"
AS_OF=2018-01-01

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$(printf '\033[1m') plain=$(printf '\033[0m'); else bold= plain=; fi
say() { printf '\n%s$ %s%s\n' "$bold" "$*" "$plain"; }
show() { say "$@"; "$@"; }

show segdsl check
show segdsl size --as-of "$AS_OF"
say "grep -A 3 'segment fuel_buyers' segments/baskets.seg"
grep -A 3 'segment fuel_buyers' segments/baskets.seg
show segdsl compile fuel_buyers --as-of "$AS_OF"
show segdsl run --as-of "$AS_OF"
say "segdsl members fuel_buyers --as-of $AS_OF | head -6"
segdsl members fuel_buyers --as-of "$AS_OF" | head -6
