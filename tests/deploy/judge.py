"""judge.py WHAT ARGUMENT...: what tests of docs/deploy.md ask of tools that are written in Python."""

import json, re, shlex, sys, textwrap

import botocore.session, hcl2, yaml

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


def plain(value):
    """A value of the parser's as Terraform sees it: strings without their quotes, heredocs without their frame."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, str) or not value.startswith('"'):
        return value
    text = value[1:-1]
    heredoc = re.fullmatch(r"<<-(\w+)\n(.*)\n\s*\1", text, re.S)
    return textwrap.dedent(heredoc[2]) + "\n" if heredoc else text


def terraform(path, kind, first, second):
    """Prints the attributes of one block of the file, all of which the parser has to take."""
    for block in hcl2.load(open(path))[kind]:
        for (a, named) in block.items():
            for (b, body) in named.items():
                if (plain(a), plain(b)) == (first, second):
                    print(json.dumps({name: plain(value) for name, value in body.items()}))
                    return
    sys.exit(f"{path} has no {kind} {first} {second}")


def document(path):
    """A YAML file as JSON; GitHub's `on` is a word, not a truth; tags of CloudFormation are left out."""
    yaml.SafeLoader.add_multi_constructor("!", lambda loader, tag, node: {tag: getattr(node, "value", None)})
    print(json.dumps({str(key): value for key, value in yaml.safe_load(open(path)).items()}))


{"aws": aws, "terraform": terraform, "document": document}[sys.argv[1]](*sys.argv[2:])
