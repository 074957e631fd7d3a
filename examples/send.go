// Sends one message through sendproof and waits for its result. Needs Go 1.19 or newer and no module.
//
//	go run send.go <key> <destination> <text>
//
// Safe to run again: the key is the message's deduplication key, so the message is posted once however often it is sent.
// The exit code is 0 when the message is confirmed, otherwise 1.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

var (
	server = strings.TrimSuffix(setting("SENDPROOF_URL", "http://127.0.0.1:3000"), "/")
	apiKey = setting("SENDPROOF_API_KEY", "")
	client = &http.Client{Timeout: 30 * time.Second}
)

// message has the fields used here of what the API answers.
type message struct {
	Status      string
	Explanation string
	Links       struct{ Self string }
}

func main() {
	if len(os.Args) != 4 {
		fail("Usage: go run send.go <key> <destination> <text>")
	}
	result, err := send(os.Args[1], os.Args[2], os.Args[3])
	if err != nil {
		fail(err.Error())
	}
	fmt.Printf("%s: %s\n", result.Status, result.Explanation)
	if result.Status != "confirmed" {
		os.Exit(1)
	}
}

// send returns the message once its result is final, or after a minute as it is then.
func send(key, destination, text string) (message, error) {
	body, err := json.Marshal(map[string]any{
		"deduplicationKey": key,
		"destinations":     []string{destination},
		"content":          map[string]string{"text": text},
	})
	if err != nil {
		return message{}, err
	}
	current, err := request(http.MethodPost, "v1/messages", body)
	self := current.Links.Self
	for count := 0; err == nil && count < 3; count++ {
		// The answer is held back until the result is final, for at most 20 s.
		current, err = request(http.MethodGet, self+"?wait=20s", nil)
		if current.Status != "accepted" && current.Status != "delivering" {
			break
		}
	}
	return current, err
}

// request makes one request, and repeats it after a network error, 429 or 5xx. It returns the body of a 2xx answer.
func request(method, path string, body []byte) (message, error) {
	tries, err := strconv.Atoi(setting("SENDPROOF_TRIES", "6"))
	if err != nil {
		return message{}, fmt.Errorf("SENDPROOF_TRIES must be a number: %w", err)
	}
	delay := time.Second
	for count := 1; ; count++ {
		answer, retryAfter, retryable, err := attempt(method, path, body)
		if err == nil || !retryable || count >= tries {
			return answer, err
		}
		if retryAfter > 0 {
			time.Sleep(retryAfter)
		} else {
			time.Sleep(delay)
		}
		delay *= 2
	}
}

// attempt makes one request. retryAfter is 0 where the server doesn't say how long to wait.
func attempt(method, path string, body []byte) (answer message, retryAfter time.Duration, retryable bool, err error) {
	base, err := url.Parse(server + "/")
	if err != nil {
		return answer, 0, false, err
	}
	address, err := base.Parse(path)
	if err != nil {
		return answer, 0, false, err
	}
	call, err := http.NewRequest(method, address.String(), bytes.NewReader(body))
	if err != nil {
		return answer, 0, false, err
	}
	call.Header.Set("Content-Type", "application/json")
	if apiKey != "" {
		call.Header.Set("Authorization", "Bearer "+apiKey)
	}
	response, err := client.Do(call)
	if err != nil {
		return answer, 0, true, unreachable(err)
	}
	defer response.Body.Close()
	if response.StatusCode < 300 {
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			return answer, 0, true, unreachable(err)
		}
		return answer, 0, false, nil
	}
	problem := struct{ Detail string }{"no reason given"}
	// An answer that isn't sendproof's has no detail.
	_ = json.NewDecoder(response.Body).Decode(&problem)
	seconds, _ := strconv.Atoi(response.Header.Get("Retry-After"))
	retryable = response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= 500
	err = fmt.Errorf("sendproof answered %d: %s", response.StatusCode, problem.Detail)
	return answer, time.Duration(seconds) * time.Second, retryable, err
}

func unreachable(err error) error {
	return fmt.Errorf("sendproof at %s can't be reached: %w. Nothing is lost: send the message again with the same key", server, err)
}

func setting(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func fail(text string) {
	fmt.Fprintln(os.Stderr, text)
	os.Exit(1)
}
