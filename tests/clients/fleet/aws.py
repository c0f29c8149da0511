"""aws: stands in for the AWS CLI. It holds each call to the models of AWS, and writes it down in $AWS_CALLS."""

import os, re, sys

import botocore.session


def words(name):
    """CamelCase as the AWS CLI writes it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


service, operation, *rest = sys.argv[1:]
model = botocore.session.get_session().get_service_model(service)
if operation == "wait":
    waiters = botocore.session.get_session().get_waiter_model(service)
    wanted = rest.pop(0)
    name = next(one for one in waiters.waiter_names if words(one) == wanted)
    operation = words(waiters.get_waiter(name).operation)
shape = next(model.operation_model(one) for one in model.operation_names if words(one) == operation).input_shape
known = {words(name): member for name, member in shape.members.items()}
given = dict(zip(rest[::2], rest[1::2]))
assert len(rest) == 2 * len(given) and all(option.startswith("--") for option in given), rest
for option, value in given.items():
    if option == "--region":
        continue
    member = known[option[2:]]
    pattern = member.metadata.get("pattern")
    assert not pattern or re.fullmatch(pattern, value), f"{option} {value}: not of the form {pattern}"
    if option == "--image-uri":
        # Lambda: "The image URI", of a registry; by digest, as all recipes have it.
        assert re.fullmatch(r"[a-z0-9.:-]+[.:][a-z0-9.:-]*/[a-z0-9._/-]+@sha256:[0-9a-f]{64}", value), value
        assert not value.startswith(("oci:", "oci-archive:", "docker-archive:")), value
missing = {words(name) for name in shape.required_members} - {option[2:] for option in given}
assert not missing, missing
with open(os.environ["AWS_CALLS"], "a") as calls:
    print(*sys.argv[1:], file=calls)
