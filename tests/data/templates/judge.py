"""judge.py sam TEMPLATE... | yaml FILE...: what SAM's transform makes of the functions of a template, by their names; and what
PyYAML reads of files, with the tags of CloudFormation in their long forms, as SAM reads it."""

import json, os, sys

import yaml
from samtranslator.intrinsics.resolver import IntrinsicsResolver
from samtranslator.translator import transform
from samtranslator.yaml_helper import yaml_parse

# A path of the project as a place that the transform takes: it wants code to be in S3 already.
PLACE = "s3://project/"


def parameters(template):
    """The defaults, and one's own account."""
    given = {name: str(value["Default"]) for name, value in template.get("Parameters", {}).items()
             if "Default" in value and not value.get("Type", "").startswith("AWS::SSM::")}
    return {**given, "AWS::Region": "eu-west-1", "AWS::Partition": "aws", "AWS::AccountId": "123456789012"}


def simple(value):
    """A text whose variables are all filled in is a text."""
    if isinstance(value, dict):
        if set(value) == {"Fn::Sub"} and isinstance(value["Fn::Sub"], str) and "${" not in value["Fn::Sub"]:
            return value["Fn::Sub"]
        return {key: simple(one) for key, one in value.items()}
    return [simple(one) for one in value] if isinstance(value, list) else value


def placed(template):
    """Code and content of the project get places that the transform takes."""
    globals_ = template.get("Globals", {}).get("Function", {})
    for properties in [globals_, *(one.get("Properties", {}) for one in template["Resources"].values() if isinstance(one, dict))]:
        for name in ("CodeUri", "ContentUri"):
            if isinstance(properties.get(name), dict) and "Bucket" not in properties[name]:
                # What only a deployment knows.
                properties[name] = {"Bucket": "unknown", "Key": "unknown"}
            elif isinstance(properties.get(name), str) and not properties[name].startswith("s3://"):
                properties[name] = PLACE + (properties[name] or ".")
    # Without CodeUri, `sam build` takes the directory of the template.
    for one in template["Resources"].values():
        if isinstance(one, dict) and one.get("Type") == "AWS::Serverless::Function":
            own = one["Properties"]
            if not {"CodeUri", "InlineCode", "ImageUri"} & {*own, *globals_}:
                if own.get("PackageType") == "Image":
                    own["ImageUri"] = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/x:v1"
                else:
                    own["CodeUri"] = PLACE + "."


class Policies:
    """The managed policies of AWS by name: the templates name none."""

    def load(self):
        return {}


def sam(path):
    os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"
    text = open(path, encoding="utf-8-sig").read()
    try:
        template = json.loads(text)
    except ValueError:
        template = yaml_parse(text)
    # Loops are for another transform, and applications of a repository for an account.
    template["Resources"] = {
        name: one for name, one in template["Resources"].items()
        if not name.startswith("Fn::ForEach") and one["Type"] != "AWS::Serverless::Application"
    }
    values = parameters(template)
    template = simple(IntrinsicsResolver(values).resolve_parameter_refs(template))
    placed(template)
    made = transform.transform(template, {name: values[name] for name in template.get("Parameters", {}) if name in values}, Policies())
    functions = {}
    for name, resource in made["Resources"].items():
        if resource.get("Type") != "AWS::Lambda::Function":
            continue
        properties, code = resource["Properties"], resource["Properties"].get("Code", {})
        key = code.get("S3Key") if isinstance(code, dict) else code
        local = not isinstance(code, dict) or code.get("S3Bucket") == PLACE[5:-1]
        functions[name] = {
            "runtime": properties.get("Runtime"),
            "handler": properties.get("Handler"),
            "path": os.path.normpath(key) if isinstance(key, str) and local else None,
            "arch": properties.get("Architectures"),
        }
    return functions


class Loader(yaml.SafeLoader):
    """SAM's loader, whose keys are texts and whose dates are what is written."""

    def construct_mapping(self, node, deep=False):
        self.flatten_mapping(node)
        return {key.value: self.construct_object(value, deep=True) for key, value in node.value}


def tag(loader, suffix, node):
    name = suffix if suffix in ("Ref", "Condition") else "Fn::" + suffix
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
        if suffix == "GetAtt":
            value = value.split(".", 1)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {name: value}


Loader.add_constructor("tag:yaml.org,2002:map", lambda loader, node: loader.construct_mapping(node))
Loader.add_constructor("tag:yaml.org,2002:timestamp", lambda loader, node: loader.construct_scalar(node))
Loader.add_multi_constructor("!", tag)


def read(path):
    try:
        return {"read": yaml.load(open(path, encoding="utf-8-sig", newline="").read(), Loader)}
    except (yaml.YAMLError, TypeError) as error:
        return {"refused": str(error)}


judge = {"sam": sam, "yaml": read}[sys.argv[1]]
print(json.dumps([judge(path) for path in sys.argv[2:]]).replace("Infinity", "null"))
