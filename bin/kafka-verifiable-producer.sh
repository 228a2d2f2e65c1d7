#!/usr/bin/env bash
# Apache Kafka's kafka-verifiable-producer, on Samsa.
set -euo pipefail

here=${BASH_SOURCE[0]}
while [ -L "$here" ]; do
  target=$(readlink "$here")
  case $target in
    /*) here=$target ;;
    *) here=$(dirname "$here")/$target ;;
  esac
done
export SAMSA_COMMAND=$0
exec "$(dirname "$here")/samsa" kafka-verifiable-producer "$@"
