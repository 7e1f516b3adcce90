package devserver

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
)

// victimEnv makes this test program a server on the named file, to be killed.
const victimEnv = "DEVSERVER_TEST_VICTIM"

func TestMain(m *testing.M) {
	if path := os.Getenv(victimEnv); path != "" {
		if err := victim(path); err != nil {
			fmt.Println("failed:", err)
			os.Exit(1)
		}
		select {}
	}
	os.Exit(m.Run())
}

// victim runs a server with a workflow that has done its activity and waits, and says "waiting".
func victim(path string) error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	s, err := Start(ctx, Config{DBPath: path})
	if err != nil {
		return err
	}
	c, _, err := startWorker(s.FrontendAddr(), s.Namespace())
	if err != nil {
		return err
	}
	if _, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: "greet", TaskQueue: queue}, greet, "Ada"); err != nil {
		return err
	}
	if err := wait(ctx, "the activity", func() error {
		events := c.GetWorkflowHistory(ctx, "greet", "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for events.HasNext() {
			e, err := events.Next()
			if err != nil {
				return err
			}
			if e.GetEventType() == enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES {
				return nil
			}
		}
		return fmt.Errorf("not done yet")
	}); err != nil {
		return err
	}
	fmt.Println("waiting")
	return nil
}

func TestAFileSurvivesSIGKILL(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "temporal.db")
	cmd := exec.CommandContext(within(t), os.Args[0])
	cmd.Env = append(os.Environ(), victimEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if killErr := cmd.Process.Kill(); killErr != nil {
		t.Fatal(killErr)
	}
	if waitErr := cmd.Wait(); waitErr == nil {
		t.Error("the server ended by itself")
	}
	if err != nil || strings.TrimSpace(line) != "waiting" {
		t.Fatalf("server said %q, %v", line, err)
	}

	c := work(t, mustStart(t, Config{DBPath: path}))
	ctx := within(t)
	if err := c.SignalWorkflow(ctx, "greet", "", "go", nil); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := c.GetWorkflow(ctx, "greet", "").Get(ctx, &got); err != nil || got != "hello Ada" {
		t.Errorf("workflow gave %q, %v", got, err)
	}
}
