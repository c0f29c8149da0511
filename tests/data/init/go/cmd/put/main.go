package main

import "example.com/orders/internal/lambda"

func main() {
	lambda.Start(func(event []byte) []byte { return event })
}
