// Command plumbline tells how far reported progress is from real progress: it
// reads Jira's history, hangs it against the declared goals, and gives what is
// really so to Prometheus, Grafana and people.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	_ "time/tzdata" // the image has no zone database
)

func main() {
	os.Exit(start())
}

// start turns flags and signals into a context, and what comes of it into an
// exit code.
func start() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	return run(ctx, os.Args[1:], os.Stdout, os.Stderr)
}
