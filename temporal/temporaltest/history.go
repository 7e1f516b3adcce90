package temporaltest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"testing"

	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/workflows"
)

// History is what one execution of a workflow did.
type History struct{ events *historypb.History }

// Holds reports whether there is an event of a type, such as "TimerFired".
func (h *History) Holds(eventType string) bool {
	for _, event := range h.events.Events {
		if event.GetEventType().String() == eventType {
			return true
		}
	}
	return false
}

// Calls reports whether an activity of the name was scheduled.
func (h *History) Calls(activity string) bool {
	for _, event := range h.events.Events {
		if event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName() == activity {
			return true
		}
	}
	return false
}

// Replay decides everything again with the workflows of this program and the
// given durations; the error says where they decide differently.
func (h *History) Replay(durations koppel.Durations) error {
	replayer := worker.NewWorkflowReplayer()
	workflows.New(durations).Register(replayer)
	return replayer.ReplayWorkflowHistory(nil, h.events)
}

// machine is what differs from one recording machine to the next and no replay
// looks at: who did it, where, and on which worker's own queue.
var machine = regexp.MustCompile(`"(identity|stackTrace|name)":"([^"]*@[^"]*|[^"]*:[0-9a-f-]{36}|[^"]*\\n[^"]*)"`)

// JSON is the history with one event a line, as a replayer reads it, without
// names of the machine that recorded it.
func (h *History) JSON(t testing.TB) []byte {
	t.Helper()
	out := bytes.NewBufferString("{\"events\":[\n")
	for i, event := range h.events.Events {
		text, err := protojson.Marshal(event)
		if err != nil {
			t.Fatal(err)
		}
		if i > 0 {
			out.WriteString(",\n")
		}
		line := &bytes.Buffer{}
		if err := json.Compact(line, text); err != nil {
			t.Fatal(err)
		}
		out.WriteString(machine.ReplaceAllString(line.String(), `"$1":"test"`))
	}
	out.WriteString("\n]}\n")
	return out.Bytes()
}
