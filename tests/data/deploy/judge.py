"""judge.py WHAT ARGUMENT...: what tests of docs/deploy.md ask of tools that are written in Python."""

import json, os, re, shlex, sys

import botocore.session, yaml
from samtranslator.translator import transform as sam
from samtranslator.yaml_helper import yaml_parse

# Commands of the AWS CLI that are not operations of an API: they have no model to be held to.
CUSTOM = {("cloudformation", "deploy")}


def words(name):
    """CamelCase as the AWS CLI writes it."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()


def aws(command):
    """Holds a command to the models of the AWS CLI: service, operation, options, those that are required."""
    _, service, operation, *rest = shlex.split(command)
    options = [word[2:] for word in rest if word.startswith("--")]
    if (service, operation) in CUSTOM:
        return
    model = botocore.session.get_session().get_service_model(service)
    if operation == "wait":
        waiters = botocore.session.get_session().get_waiter_model(service)
        operation = next(waiters.get_waiter(one).operation for one in waiters.waiter_names if words(one) == rest[0])
    else:
        operation = next(one for one in model.operation_names if words(one) == operation)
    shape = model.operation_model(operation).input_shape
    known = {words(member): member for member in shape.members}
    unknown = set(options) - set(known) - {"region", "profile", "output", "query"}
    missing = {words(member) for member in shape.required_members} - set(options)
    assert not unknown and not missing, f"{command}: unknown {unknown}, missing {missing}"


class Policies:
    """The managed policies of AWS by name: the template names none."""

    def load(self):
        return {}


def transform(path):
    """A template of SAM as CloudFormation has it after SAM's transform: that of AWS, which `sam` runs, too."""
    os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
    print(json.dumps(sam.transform(yaml_parse(open(path).read()), {}, Policies())))


def document(path):
    """A YAML file as JSON; GitHub's `on` is a word, not a truth; tags of CloudFormation are left out."""
    yaml.SafeLoader.add_multi_constructor("!", lambda loader, tag, node: {tag: getattr(node, "value", None)})
    print(json.dumps({str(key): value for key, value in yaml.safe_load(open(path)).items()}))


{"aws": aws, "transform": transform, "document": document}[sys.argv[1]](*sys.argv[2:])
