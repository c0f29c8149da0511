#!/bin/sh
# Starts the Python runtime interface client on the function's handler.
export AWS_EXECUTION_ENV="AWS_Lambda_python3.11"
export PYTHONPATH="/var/task:/opt/python/lib/python3.11/site-packages:/opt/python:/var/runtime${PYTHONPATH:+:$PYTHONPATH}"
set -- /var/lang/bin/python3.11 -m awslambdaric "$_HANDLER"
if [ -n "${AWS_LAMBDA_EXEC_WRAPPER:-}" ]; then
    [ -f "$AWS_LAMBDA_EXEC_WRAPPER" ] || exit 127
    [ -x "$AWS_LAMBDA_EXEC_WRAPPER" ] || exit 126
    set -- "$AWS_LAMBDA_EXEC_WRAPPER" "$@"
fi
exec "$@"
