package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// holdEnv makes the test program another koppel-dev that holds a directory.
const holdEnv = "KOPPEL_DEV_TEST_HOLD"

// TestMain lets the test program stand in for other processes.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == curl {
		os.Exit(beCurl(os.Args[1:]))
	}
	if dir := os.Getenv(holdEnv); dir != "" {
		os.Exit(hold(dir))
	}
	if order := os.Getenv(workerEnv); order != "" {
		os.Exit(beWorker(order))
	}
	code := m.Run()
	stopCluster()
	os.Exit(code)
}

// hold takes dir, says so, and holds it until it is killed.
func hold(dir string) int {
	h, err := openHome(testContext(), dir, func(string) {})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	u := urls{API: "http://127.0.0.1:1/api/v1", UI: "http://127.0.0.1:2"}
	if err := h.noteURLs(u); err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("held")
	<-testContext().Done()
	return 0
}

// holder starts another process that holds dir.
func holder(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	return startAgain(t, holdEnv, dir, "held")
}

func TestASecondStartSaysWhereTheFirstIs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := holder(t, dir)
	_, err := openHome(t.Context(), dir, func(string) {})
	var occupied *occupiedError
	if !errors.As(err, &occupied) || occupied.by.PID != first.Process.Pid {
		t.Fatalf("second start: %v, want one that names pid %d", err, first.Process.Pid)
	}
	for _, want := range []string{"http://127.0.0.1:1/api/v1", "http://127.0.0.1:2", fmt.Sprint(first.Process.Pid), dir} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
}

func TestAKilledOneGivesTheDirectoryFree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := holder(t, dir)
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	h, err := openHome(t.Context(), dir, func(line string) { t.Errorf("said %q", line) })
	if err != nil {
		t.Fatal(err)
	}
	if got := h.occupant(); got.PID != os.Getpid() || got.URLs != nil {
		t.Errorf("pid file says %+v, want us without addresses", got)
	}
	if err := h.close(); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(filepath.Join(dir, pidFile)); err != nil || len(got) != 0 {
		t.Errorf("pid file after the end: %q, %v", got, err)
	}
}

func TestResetStopsByThePidFileAndDeletesOnlyOurFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := holder(t, dir)
	ended := make(chan struct{})
	go func() {
		_ = first.Wait()
		close(ended)
	}()
	for _, name := range []string{stateFile, keysetFile, keyFile, profileFile, logFile, temporalDB, "holiday.jpg"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said strings.Builder
	term := terminal{in: strings.NewReader("no\n"), out: &said, err: &said}
	if err := reset(t.Context(), dir, false, term); err == nil {
		t.Fatal("reset went on without a yes")
	}
	if left, _ := os.ReadDir(dir); len(left) != 8 {
		t.Fatalf("after a no there are %v", left)
	}
	term.in = strings.NewReader("y\n")
	if err := reset(t.Context(), dir, false, term); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ended:
	case <-time.After(stopLimit):
		t.Fatal("the holder still runs")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 1 || left[0].Name() != "holiday.jpg" {
		t.Errorf("left: %v, %v; want holiday.jpg alone", left, err)
	}
	if err := reset(t.Context(), dir, true, term); err != nil || !strings.Contains(said.String(), "nothing to reset") {
		t.Errorf("a second reset: %v, said %q", err, said.String())
	}
}
