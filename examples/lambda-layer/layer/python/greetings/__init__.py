"""The module that the Lambda layer brings."""


def greet(name):
    return f"Hello, {name}!"
