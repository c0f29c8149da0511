#!/bin/sh
# Starts the function's own binary, which speaks the Runtime API itself.
export AWS_EXECUTION_ENV="AWS_Lambda_go1.x"
exec "${LAMBDA_TASK_ROOT:-/var/task}/$_HANDLER"
