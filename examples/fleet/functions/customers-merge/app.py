from shop import answer


def handler(event, context):
    return answer("customers-merge", event)
