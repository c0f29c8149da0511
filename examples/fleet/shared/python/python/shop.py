"""What all Python functions of the shop use."""


def answer(name, event):
    return {"function": name, "order": event.get("order")}
