#!/bin/sh
# Once, by hand: accept the differences of today. Commit the file; later runs fail for new ones only.
set -eu
emo contract verify "$EMO_PROVIDER" --budget "${EMO_BUDGET:-1}" \
  --baseline emo-baseline.json --update-baseline
