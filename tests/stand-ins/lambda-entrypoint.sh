#!/bin/sh
# What the entry script of AWS's images is documented to do, in our own words:
# one argument, the handler; the emulator stands in for Lambda where Lambda is not there.
if [ "$#" -ne 1 ]; then
    echo "entrypoint requires the handler name to be the first argument" >&2
    exit 142
fi
export _HANDLER="$1"
bootstrap=/var/runtime/bootstrap
if [ -n "${AWS_LAMBDA_RUNTIME_API:-}" ]; then
    exec "$bootstrap"
fi
exec /usr/local/bin/aws-lambda-rie "$bootstrap"
