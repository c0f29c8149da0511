package main

import (
	_ "embed"
	"encoding/json"

	"example.com/orders/internal/lambda"
)

//go:embed orders.json
var orders []byte

func main() {
	lambda.Start(func(event []byte) []byte {
		var all []string
		if err := json.Unmarshal(orders, &all); err != nil {
			panic(err)
		}
		answer, _ := json.Marshal(map[string]any{"orders": len(all)})
		return answer
	})
}
