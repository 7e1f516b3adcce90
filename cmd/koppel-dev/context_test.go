package main

import (
	"context"
	"os/signal"
	"syscall"
)

// testContext ends when the process is asked to.
func testContext() context.Context {
	ctx, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	return ctx
}
