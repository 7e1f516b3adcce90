//go:build unix && !race

// The race detector's own memory counts against the limit that these tests set.

package mapping

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
)

// childEnv makes the test binary the process in which hostile expressions run.
const childEnv = "KOPPEL_MAPPING_EVALUATE"

// A child may write to so much memory. An evaluation that needed more would
// kill it, which the parent sees.
const childMemory = 256 << 20

// slowest is how long one evaluation may take on a busy machine.
const slowest = 10 * time.Second

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		if err := serveEvaluations(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serveEvaluations answers each pair of expression and input with a line.
func serveEvaluations(in io.Reader, out io.Writer) error {
	debug.SetMemoryLimit(childMemory / 2)
	limit := syscall.Rlimit{Cur: childMemory, Max: childMemory}
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	r := bufio.NewReader(in)
	for {
		source, err := readFrame(r)
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		input, err := readFrame(r)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(out, evaluateHostile(string(source), input)); err != nil {
			return err
		}
	}
}

// evaluateHostile runs one expression by itself and as a field of a mapping.
func evaluateHostile(source string, input []byte) string {
	answer := "ok"
	run, err := CompileExpr(source, []string{"record", "v", "j"})
	if err == nil {
		_, err = run(map[string]any{"record": raw(input), "v": string(input), "j": raw(input)})
		if kind := koppel.KindOf(err); err != nil && kind != koppel.KindMapping {
			answer = "kind " + string(kind)
		}
	} else if kind := koppel.KindOf(err); kind != koppel.KindInvalidRequest {
		answer = "kind " + string(kind)
	}
	for _, field := range []string{"payments", "number", "total_gross"} {
		yaml := fmt.Sprintf("objects:\n  sell_orders:\n    from: vendors\n    remote_id: '\"1\"'\n    %s: %q\n", field, source)
		m, err := Compile("mapping.yaml", []byte(yaml), testSchema)
		if err != nil {
			continue
		}
		_, err = NewEvaluator(m, Env{}).Map(m.ByStream("vendors")[0], Input{Record: input})
		if kind := koppel.KindOf(err); err != nil && kind != koppel.KindMapping && kind != koppel.KindSchemaDrift {
			answer = "kind " + string(kind)
		}
	}
	return answer
}

func readFrame(r *bufio.Reader) ([]byte, error) {
	size, err := binary.ReadUvarint(r)
	if err != nil {
		return nil, err
	}
	frame := make([]byte, size)
	_, err = io.ReadFull(r, frame)
	return frame, err
}

// child is the process that evaluates. It is started again when it died.
type child struct {
	mu    sync.Mutex
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines *bufio.Reader
	said  *tail
}

// tail keeps the beginning of what a dying child says.
type tail struct {
	mu   sync.Mutex
	text []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p[:min(len(p), max(0, 2000-len(t.text)))]...)
	return len(p), nil
}

func (c *child) start() error {
	executable, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(executable, "-test.run=^$")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	c.said = &tail{}
	cmd.Stderr = c.said
	if c.stdin, err = cmd.StdinPipe(); err != nil {
		return err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	c.lines = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return err
	}
	c.cmd = cmd
	return nil
}

// evaluate has the child evaluate source and returns its answer; an error is
// the end of the child, by its own fault or because it took too long.
func (c *child) evaluate(source string, input []byte) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cmd == nil {
		if err := c.start(); err != nil {
			return "", err
		}
	}
	frame := binary.AppendUvarint(nil, uint64(len(source)))
	frame = append(frame, source...)
	frame = binary.AppendUvarint(frame, uint64(len(input)))
	frame = append(frame, input...)
	process := c.cmd.Process
	timer := time.AfterFunc(slowest, func() { _ = process.Kill() })
	defer timer.Stop()
	_, err := c.stdin.Write(frame)
	var answer string
	if err == nil {
		answer, err = c.lines.ReadString('\n')
	}
	if err != nil {
		ended := c.cmd.Wait()
		c.cmd = nil
		return "", fmt.Errorf("the evaluating process ended: %v: %s", ended, c.said.text)
	}
	return answer, nil
}

var evaluator child

// FuzzEvaluate runs expressions on inputs in a process that dies when it uses
// more memory than a worker could spare, and is killed when it takes too long.
func FuzzEvaluate(f *testing.F) {
	for _, source := range attacks {
		f.Add(source, attackInput())
	}
	for _, function := range Functions() {
		for _, example := range function.Examples {
			f.Add(example.Expr, []byte(`{"id":1}`))
		}
	}
	for _, source := range []string{
		`record.a.b`, `map(record.list, .x + 1)`, `record.n * record.n`, `decimal(record.s)`, `time(record.s)`,
		`record.s matches "^a+$"`, `record["a"]["b"]`, `record.list[1:]`, `lookup(record.k, {"a": 1}, record)`,
	} {
		f.Add(source, []byte(`{"a":{"b":[1,2.5e10,"\u00e9\ud83d\ude00",null,true]},"list":[{"x":1},{"x":-0.5}],"n":99999999999999999999,"s":"aaa","k":"a"}`))
	}
	f.Fuzz(func(t *testing.T, source string, input []byte) {
		if len(source) > 2*maxExpression || len(input) > 1<<20 {
			return
		}
		answer, err := evaluator.evaluate(source, input)
		if err != nil {
			t.Fatal(err)
		}
		if answer != "ok\n" {
			t.Errorf("answer %q", answer)
		}
	})
}

// attackInput is a record of the size a remote may send.
func attackInput() []byte {
	list := make([]byte, 0, 100_000)
	for range 9_000 {
		list = append(list, `"element",`...)
	}
	return fmt.Appendf(nil, `{"x":1,"list":[%s1]}`, list)
}

// The process must die of what the guards prevent, or the fuzz target proves nothing.
func TestMemoryLimitKills(t *testing.T) {
	t.Parallel()
	if os.Getenv("KOPPEL_MAPPING_GREEDY") != "" {
		limit := syscall.Rlimit{Cur: childMemory, Max: childMemory}
		if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
			t.Fatal(err)
		}
		text := make([]byte, 1<<20)
		for len(text) < 4*childMemory {
			text = append(text, text...)
		}
		t.Logf("%d bytes", len(text))
		return
	}
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable, "-test.run=^TestMemoryLimitKills$")
	cmd.Env = append(os.Environ(), "KOPPEL_MAPPING_GREEDY=1")
	if out, err := cmd.CombinedOutput(); err == nil {
		t.Errorf("a process that takes %d bytes lives: %s", 4*childMemory, out)
	}
}
