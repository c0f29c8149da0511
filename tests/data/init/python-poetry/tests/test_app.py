from orders.app import handler
