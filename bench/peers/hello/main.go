// The smallest HTTP application that can be deployed well: it says which version it is, whether it
// is up, and on SIGTERM it answers what it has accepted before it ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	address   = ":8000"
	lastWords = 5 * time.Second
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == "health" {
		os.Exit(health())
	}
	if server := os.Getenv("SLIPWAY_SERVER"); server != "" && server == os.Getenv("COMPLAIN_ON") {
		go complain()
	}
	serve()
}

// On one server only, and all the time: what a rollout must find out and take back everywhere.
func complain() {
	for range time.Tick(200 * time.Millisecond) {
		log.Print("ERROR: this release does not like it here")
	}
}

func serve() {
	version := fmt.Sprintf("{\"version\": %q}\n", os.Getenv("VERSION"))
	http.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, version)
	})
	http.HandleFunc("GET /up", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "up") })
	server := &http.Server{Addr: address, ReadHeaderTimeout: 10 * time.Second}
	told, forget := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer forget()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		<-told.Done()
		limit, cancel := context.WithTimeout(context.Background(), lastWords)
		defer cancel()
		server.Shutdown(limit)
	}()
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-ended
}

func health() int {
	client := http.Client{Timeout: time.Second}
	answer, err := client.Get("http://127.0.0.1" + address + "/up")
	if err != nil || answer.StatusCode != http.StatusOK {
		return 1
	}
	return 0
}
