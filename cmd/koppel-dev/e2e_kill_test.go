package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/cmd/process"
	"github.com/koppel-io/koppel/fakes/demoshop"
	"github.com/koppel-io/koppel/store"
	"github.com/koppel-io/koppel/temporal"
)

// workerEnv makes the test program a worker: a process of its own is the only one that can really be killed.
const workerEnv = "KOPPEL_DEV_TEST_WORKER"

// workerOrder is what such a worker is told.
type workerOrder struct {
	Database, Keys, Address, Namespace string
	Durations                          koppel.Durations
}

// beWorker works until it is killed or asked to end.
func beWorker(text string) int {
	var order workerOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		fmt.Println(err)
		return 1
	}
	keys, err := store.ParseKeys(order.Keys)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	worker, err := process.NewWorker(testContext(), process.WorkerConfig{Config: process.Config{
		Database: koppel.NewSecret(order.Database), Keys: keys, Allow: []string{host}, Durations: order.Durations,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), Temporal: temporal.Config{Address: order.Address, Namespace: order.Namespace},
	}})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	fmt.Println("working")
	if err := worker.Run(testContext()); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}

// workApart starts a worker in a process of its own.
func (l *land) workApart(t *testing.T) *exec.Cmd {
	t.Helper()
	order, err := json.Marshal(workerOrder{
		Database: l.databases.engine, Keys: l.keys, Durations: l.config.Durations,
		Address: l.config.Temporal.Address, Namespace: l.config.Temporal.Namespace,
	})
	if err != nil {
		t.Fatal(err)
	}
	return startAgain(t, workerEnv, string(order), "working")
}

// startAgain starts this program anew with a variable that makes it something else, and waits for its first line.
func startAgain(t *testing.T, variable, value, says string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable+"="+value)
	cmd.Stderr = t.Output()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != says+"\n" {
		t.Fatalf("the other process says %q, %v", line, err)
	}
	return cmd
}

// A worker is killed in the middle of a read; another one goes on behind the last batch that was committed.
func TestAKilledWorkerLosesNothing(t *testing.T) {
	t.Parallel()
	const products, pages = 3000, 30
	l := newLand(t, landConfig{noWorker: true})
	first := l.workApart(t)
	s := newSite(t, l, demoshop.Config{Products: products, Orders: 5})
	s.misbehave(t, demoshop.Fault{Kind: demoshop.Latency, Path: "/products", DelayMS: 100, Share: 1})
	if _, err := l.api.Activate(t.Context(), s.coupling.ID); err != nil {
		t.Fatal(err)
	}
	run := s.stepRun(t, koppel.Products)
	s.awaitRun(t, run, "some batches of the read", func(r client.Run) bool {
		if r.State.Ended() {
			t.Fatalf("the read ended before it could be disturbed: %s", describeRun(r))
		}
		return r.Counts.Records >= products/6
	})
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	l.workApart(t)
	if ended := s.ended(t, run); ended.State != koppel.RunSucceeded || ended.Counts.Records < products {
		t.Errorf("the run ended %s", describeRun(ended))
	}
	s.awaitState(t, koppel.CouplingActive)
	s.wantCounts(t)
	s.wantProducts(t)
	if asked := s.asked("GET", "/products"); asked > pages+pages/2 {
		t.Errorf("%d requests for %d pages: the read began anew instead of going on", asked, pages)
	}
}

// stepRun waits for the run of an activation's step.
func (s *site) stepRun(t *testing.T, object koppel.Object) string {
	t.Helper()
	id := ""
	await(t, "the run of step "+string(object), func(ctx context.Context) (bool, string) {
		coupling, err := s.land.api.Coupling(ctx, s.coupling.ID)
		for _, step := range coupling.Steps {
			if step.Name == string(object) {
				id = step.RunID
			}
		}
		return id != "", fmt.Sprintf("%+v, %v", coupling.Steps, err)
	})
	return id
}
