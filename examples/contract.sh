#!/bin/sh
# The fake, held to the contract. On the service the same line costs what --budget allows.
emo serve &
fake=$!
trap 'kill $fake' EXIT
emo contract verify http://127.0.0.1:8787 --budget 10 \
  --report html=contract.html --report junit=contract.xml --report sarif=contract.sarif
