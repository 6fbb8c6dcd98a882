#!/bin/sh
# The fake, held to the contract. It costs nothing; the service needs --budget CNY besides.
emo serve &
fake=$!
trap 'kill $fake' EXIT
emo contract verify http://127.0.0.1:8787 \
  --report html=contract.html --report junit=contract.xml --report sarif=contract.sarif
