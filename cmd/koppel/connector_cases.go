package main

import (
	"context"
)

// testConnectors lints folders and runs what cases they have.
func (p *program) testConnectors(_ context.Context, dirs []string) error { return p.lint(dirs) }
