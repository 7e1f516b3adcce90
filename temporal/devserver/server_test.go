package devserver

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
)

const queue = "devserver-test"

var (
	webshopKey = temporal.NewSearchAttributeKeyKeyword("Webshop")
	objectsKey = temporal.NewSearchAttributeKeyKeywordList("Objects")
)

// greet is a workflow that runs one activity, waits for the signal "go" and gives the activity's result.
func greet(ctx workflow.Context, name string) (string, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: 10 * time.Second})
	var greeting string
	if err := workflow.ExecuteActivity(ctx, hello, name).Get(ctx, &greeting); err != nil {
		return "", err
	}
	if err := workflow.UpsertTypedSearchAttributes(ctx, objectsKey.ValueSet([]string{"product", "sell_order"})); err != nil {
		return "", err
	}
	workflow.GetSignalChannel(ctx, "go").Receive(ctx, nil)
	return greeting, nil
}

func hello(_ context.Context, name string) (string, error) { return "hello " + name, nil }

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func mustStart(t *testing.T, cfg Config) *Server {
	t.Helper()
	began := time.Now()
	s, err := Start(within(t), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("start took %v", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		began := time.Now()
		s.Stop()
		t.Logf("stop took %v", time.Since(began).Round(time.Millisecond))
	})
	return s
}

// work dials s and runs a worker for greet.
func work(t *testing.T, s *Server) client.Client {
	t.Helper()
	c, stop, err := startWorker(s.FrontendAddr(), s.Namespace())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return c
}

func startWorker(addr, namespace string) (client.Client, func(), error) {
	c, err := client.Dial(client.Options{HostPort: addr, Namespace: namespace, Logger: noSDKLog{}})
	if err != nil {
		return nil, nil, err
	}
	w := worker.New(c, queue, worker.Options{WorkerStopTimeout: time.Second})
	w.RegisterWorkflow(greet)
	w.RegisterActivity(hello)
	if err := w.Start(); err != nil {
		c.Close()
		return nil, nil, err
	}
	return c, func() { w.Stop(); c.Close() }, nil
}

func TestAWorkflowRunsAndIsFoundByItsSearchAttributes(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := mustStart(t, Config{UI: true, Log: slog.New(slog.NewTextHandler(&log, nil))})
	c := work(t, s)
	ctx := within(t)

	run, err := c.ExecuteWorkflow(ctx, client.StartWorkflowOptions{
		ID: "greet", TaskQueue: queue, TypedSearchAttributes: temporal.NewSearchAttributes(webshopKey.ValueSet("shop-1")),
	}, greet, "Ada")
	if err != nil {
		t.Fatal(err)
	}
	// The attribute that the workflow sets itself shows as soon as the visibility task ran.
	query := "Webshop = 'shop-1' AND Objects = 'sell_order' AND ExecutionStatus = 'Running'"
	if err := wait(ctx, query, func() error {
		res, err := c.ListWorkflow(ctx, &workflowservice.ListWorkflowExecutionsRequest{Query: query})
		if err != nil {
			t.Fatal(err)
		}
		if len(res.Executions) != 1 {
			return io.EOF
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := c.SignalWorkflow(ctx, "greet", "", "go", nil); err != nil {
		t.Fatal(err)
	}
	var got string
	if err := run.Get(ctx, &got); err != nil || got != "hello Ada" {
		t.Errorf("workflow gave %q, %v", got, err)
	}

	for path, want := range map[string]string{"/": "<html", "/api/v1/namespaces/default/workflows": `"greet"`, "/api/v1/settings": `"default"`} {
		if body := get(t, "http://"+s.UIAddr()+path); !strings.Contains(body, want) {
			t.Errorf("%s does not hold %s: %.300s", path, want, body)
		}
	}
	if log.Len() > 0 {
		t.Errorf("the server logged:\n%s", log.String())
	}
}

func get(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", url, res.Status, err)
	}
	return string(body)
}

func TestAScheduleFires(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Config{})
	c := work(t, s)
	ctx := within(t)
	if _, err := c.ScheduleClient().Create(ctx, client.ScheduleOptions{
		ID:                 "every-second",
		Spec:               client.ScheduleSpec{Intervals: []client.ScheduleIntervalSpec{{Every: time.Second}}},
		Action:             &client.ScheduleWorkflowAction{ID: "scheduled", Workflow: greet, Args: []any{"Ada"}, TaskQueue: queue},
		TriggerImmediately: true,
	}); err != nil {
		t.Fatal(err)
	}
	handle := c.ScheduleClient().GetHandle(ctx, "every-second")
	if err := wait(ctx, "the schedule", func() error {
		d, err := handle.Describe(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(d.Info.RecentActions) == 0 {
			return io.EOF
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

// Workers of two platforms poll queues of the same names and must not meet.
func TestFurtherNamespacesAreApart(t *testing.T) {
	t.Parallel()
	s := mustStart(t, Config{Namespaces: []string{"second"}})
	for _, namespace := range []string{s.Namespace(), "second"} {
		c, stop, err := startWorker(s.FrontendAddr(), namespace)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		// The id is the same in both: each namespace has its own.
		run, err := c.ExecuteWorkflow(within(t), client.StartWorkflowOptions{
			ID: "greet", TaskQueue: queue, TypedSearchAttributes: temporal.NewSearchAttributes(webshopKey.ValueSet(namespace)),
		}, greet, namespace)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.SignalWorkflow(within(t), "greet", "", "go", nil); err != nil {
			t.Fatal(err)
		}
		var got string
		if err := run.Get(within(t), &got); err != nil || got != "hello "+namespace {
			t.Errorf("workflow in %s gave %q, %v", namespace, got, err)
		}
	}
}

func TestSearchAttributesNewToAFileAreAdded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "temporal.db")
	first, err := Start(within(t), Config{DBPath: path, SearchAttributes: map[string]enumspb.IndexedValueType{"Webshop": enumspb.INDEXED_VALUE_TYPE_KEYWORD}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(within(t), Config{DBPath: path}); err == nil || !strings.Contains(err.Error(), "another Temporal server is using") {
		t.Errorf("a second server on the file: %v", err)
	}
	first.Stop()
	s := mustStart(t, Config{DBPath: path})
	c := work(t, s)
	if _, err := c.ExecuteWorkflow(within(t), client.StartWorkflowOptions{
		ID: "greet", TaskQueue: queue,
		TypedSearchAttributes: temporal.NewSearchAttributes(webshopKey.ValueSet("shop-1"), objectsKey.ValueSet([]string{"product"})),
	}, greet, "Ada"); err != nil {
		t.Error(err)
	}
	s.Stop()
	other := Config{DBPath: path, SearchAttributes: map[string]enumspb.IndexedValueType{"Webshop": enumspb.INDEXED_VALUE_TYPE_INT}}
	if _, err := Start(within(t), other); err == nil || !strings.Contains(err.Error(), "search attribute Webshop is a Keyword") {
		t.Errorf("an attribute of another type: %v", err)
	}
}

// Temporal keeps its connection to a file for as long as the process lives; a new file must not meet the old one.
func TestAFileThatWasRemovedStartsEmpty(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "temporal.db")
	first, err := Start(within(t), Config{DBPath: path, Namespace: "first"})
	if err != nil {
		t.Fatal(err)
	}
	first.Stop()
	for _, suffix := range []string{"", "-wal", "-shm"} {
		if err := os.Remove(path + suffix); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	s := mustStart(t, Config{DBPath: path})
	c := work(t, s)
	if _, err := c.WorkflowService().DescribeNamespace(within(t), &workflowservice.DescribeNamespaceRequest{Namespace: "first"}); err == nil {
		t.Error("the removed file's namespace is still there")
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	taken := l.Addr().(*net.TCPAddr).Port
	for want, cfg := range map[string]Config{
		"is not a loopback address":                 {Host: "0.0.0.0"},
		"under an hour":                             {Retention: time.Minute},
		"frontend: port " + strconv.Itoa(taken):     {Port: taken},
		"UI: port " + strconv.Itoa(taken):           {UIPort: taken},
		"no such file or directory":                 {DBPath: filepath.Join(t.TempDir(), "absent", "temporal.db")},
		"cannot have more than 3 search attributes": {SearchAttributes: fourKeywordLists()},
	} {
		s, err := Start(within(t), cfg)
		if err == nil {
			s.Stop()
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error = %v, want it to hold %q", err, want)
		}
	}
}

func fourKeywordLists() map[string]enumspb.IndexedValueType {
	all := map[string]enumspb.IndexedValueType{}
	for _, name := range []string{"A", "B", "C", "D"} {
		all[name] = enumspb.INDEXED_VALUE_TYPE_KEYWORD_LIST
	}
	return all
}
