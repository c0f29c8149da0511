// A function on go1.x that speaks the Runtime API itself: net/http and nothing else.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
)

func handle(event map[string]any) (any, error) {
	name, ok := event["name"].(string)
	if !ok {
		return nil, fmt.Errorf("the event has no name")
	}
	return map[string]any{"greeting": "Hello, " + name + "!", "uid": os.Getuid()}, nil
}

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/"
	for {
		next, err := http.Get(api + "next")
		if err != nil {
			log.Fatal(err)
		}
		body, err := io.ReadAll(next.Body)
		next.Body.Close()
		if err != nil {
			log.Fatal(err)
		}
		var event map[string]any
		path, answer := "/response", any(nil)
		if err = json.Unmarshal(body, &event); err == nil {
			answer, err = handle(event)
		}
		if err != nil {
			path, answer = "/error", map[string]string{"errorMessage": err.Error(), "errorType": "Function.Error"}
		}
		out, err := json.Marshal(answer)
		if err != nil {
			log.Fatal(err)
		}
		sent, err := http.Post(api+next.Header.Get("Lambda-Runtime-Aws-Request-Id")+path, "application/json", bytes.NewReader(out))
		if err != nil {
			log.Fatal(err)
		}
		sent.Body.Close()
	}
}
