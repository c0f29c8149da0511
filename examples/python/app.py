"""Answers with the event's name in a slug, made by a real dependency."""

import os

from slugify import slugify


def handler(event, context):
    name = event.get("name", "world")
    return {"slug": slugify(f"Hello, {name}!"), "function": context.function_name, "uid": os.getuid()}
