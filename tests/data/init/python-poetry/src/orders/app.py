from slugify import slugify


class Orders:
    def __call__(self, event, context):
        return {"slug": slugify(event["name"])}


handler = Orders()
