package main

import (
	"net"
	"strings"
	"testing"
)

func TestATakenPortGivesTheNextOneAndSaysSo(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", host+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	var said []string
	say := func(line string) { said = append(said, line) }
	ln, err := listen("API", "api-port", portOf(taken), say)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if portOf(ln) <= portOf(taken) || portOf(ln) > portOf(taken)+nextPorts {
		t.Errorf("port %d after %d", portOf(ln), portOf(taken))
	}
	if len(said) != 1 || !strings.Contains(said[0], "--api-port") {
		t.Errorf("said %q, want one line that names the flag", said)
	}
}

func TestAnyPortIsTakenSilently(t *testing.T) {
	t.Parallel()
	ln, err := listen("API", "api-port", 0, func(line string) { t.Errorf("said %q", line) })
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if portOf(ln) == 0 {
		t.Error("no port")
	}
	if port, err := choose("UI", "ui-port", 0, func(string) {}); port != 0 || err != nil {
		t.Errorf("choose(0) = %d, %v; want 0, which lets the server choose", port, err)
	}
}

func TestAPortThatCannotBeHasItsFlagInTheError(t *testing.T) {
	t.Parallel()
	_, err := listen("API", "api-port", 70000, func(string) {})
	if err == nil || !strings.Contains(err.Error(), "--api-port") {
		t.Errorf("error = %v, want it to name --api-port", err)
	}
}
