#!/bin/sh
# Shows the grocery example: each command, then what it prints. Run it with `make demo`.
set -eu
cd "$(dirname "$0")"
AS_OF=2018-01-01

show() {
  printf '\n\033[1m$ %s\033[0m\n' "$*"
  "$@"
}

show segdsl check
show segdsl size --as-of "$AS_OF"
show sed -n '/^segment save_now/,/^$/p' segments/offers.seg
show segdsl compile save_now --as-of "$AS_OF"
show segdsl run --as-of "$AS_OF"
printf '\n\033[1m$ segdsl members save_now --as-of %s | head -6\033[0m\n' "$AS_OF"
segdsl members save_now --as-of "$AS_OF" | head -6
