"""A function that finds its module in a Lambda layer."""

import greetings


def handler(event, context):
    return {"greeting": greetings.greet(event.get("name", "world")), "from": greetings.__file__}
