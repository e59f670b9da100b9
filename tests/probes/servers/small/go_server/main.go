// SPDX-License-Identifier: GPL-3.0-or-later

// The same on Go's net/http: read and write from whatever thread runs the goroutine. Prints its port.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

func number(query url.Values, name string, otherwise int) int {
	if value, err := strconv.Atoi(query.Get(name)); err == nil {
		return value
	}
	return otherwise
}

func event(choices string, more string) string {
	return `data: {"id":"chatcmpl-0123456789abcdef","object":"chat.completion.chunk","created":1,"model":"small",` +
		`"choices":[` + choices + `]` + more + "}\n\n"
}

func answer(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	query := r.URL.Query()
	tokens, status := number(query, "tokens", 16), number(query, "status", 200)
	pace := time.Duration(number(query, "pace_us", 0)) * time.Microsecond
	usage := fmt.Sprintf(`"usage":{"prompt_tokens":8,"completion_tokens":%d,"total_tokens":%d}`, tokens, 8+tokens)
	if status != 200 || query.Get("stream") == "0" {
		body := fmt.Sprintf(`{"error":{"message":"as asked","code":%d}}`, status)
		if status == 200 {
			body = `{"object":"chat.completion","choices":[{"message":{"content":"` + strings.Repeat("x", tokens) +
				`"}}],` + usage + `}`
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		w.WriteHeader(status)
		io.WriteString(w, body)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	begin, sent := time.Now(), 0
	write := func(piece string) {
		time.Sleep(time.Until(begin.Add(time.Duration(sent) * pace)))
		sent++
		io.WriteString(w, piece)
		w.(http.Flusher).Flush()
	}
	write(event(`{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}`, ""))
	for i := 0; i < tokens; i++ {
		write(event(fmt.Sprintf(`{"index":0,"delta":{"content":" token%d"},"finish_reason":null}`, i), ""))
	}
	write(event(`{"index":0,"delta":{},"finish_reason":"stop"}`, ""))
	write(event("", ","+usage))
	write("data: [DONE]\n\n")
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("listening %d\n", listener.Addr().(*net.TCPAddr).Port)
	http.Serve(listener, http.HandlerFunc(answer))
}
