import functools

from slugify import slugify


def logged(function):
    @functools.wraps(function)
    def wrapper(event, context):
        print(event)
        return function(event, context)

    return wrapper


@logged
def lambda_handler(event, context):
    return {"slug": slugify(event["name"])}
