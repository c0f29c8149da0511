module example.com/orders
