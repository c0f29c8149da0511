from slugify import slugify


def handler(event, context):
    return {"slug": slugify(event["name"])}
