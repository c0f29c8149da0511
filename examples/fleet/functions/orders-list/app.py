from shop import answer


def handler(event, context):
    return answer("orders-list", event)
