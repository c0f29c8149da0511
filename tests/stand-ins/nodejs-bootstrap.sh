#!/bin/sh
# Starts the Node.js runtime interface client on the function's handler.
export AWS_EXECUTION_ENV="AWS_Lambda_nodejs22.x"
export NODE_PATH="/opt/nodejs/node22/node_modules:/opt/nodejs/node_modules:/var/runtime/node_modules:/var/runtime:/var/task"
set -- /var/lang/bin/node /var/runtime/node_modules/aws-lambda-ric/index.mjs "$_HANDLER"
if [ -n "${AWS_LAMBDA_EXEC_WRAPPER:-}" ]; then
    [ -f "$AWS_LAMBDA_EXEC_WRAPPER" ] || exit 127
    [ -x "$AWS_LAMBDA_EXEC_WRAPPER" ] || exit 126
    set -- "$AWS_LAMBDA_EXEC_WRAPPER" "$@"
fi
exec "$@"
