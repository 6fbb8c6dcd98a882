#!/bin/sh
# Checks the fake against the contract. It costs nothing; for the service add --budget CNY.
emo serve &
fake=$!
trap 'kill $fake' EXIT
emo contract verify http://127.0.0.1:8787 \
  --report html=contract.html --report junit=contract.xml --report sarif=contract.sarif
