def handler(event, context):
    return {"slug": event["name"].lower()}
