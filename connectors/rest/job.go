package rest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/koppel-io/koppel"
)

// Job is work that the remote does on request before a stream can be read: it
// is submitted, asked about until it is over, and then the stream's own request
// fetches what it made. The variable job holds id and, once done, result.
type Job struct {
	Submit JobSubmit `y:"submit,required" doc:"Request that orders the work"`
	Poll   JobPoll   `y:"poll,required" doc:"Request that asks how far it is" scope:"job"`
}

// JobSubmit orders the work.
type JobSubmit struct {
	Request `y:",inline" scope:"since,until"`
	ID      *Expr `y:"id,required" doc:"The job's id in the answer" scope:"body"`
}

// JobPoll asks how far the work is.
type JobPoll struct {
	Request `y:",inline"`
	Every   time.Duration `y:"every" doc:"Pause between two questions; 10s when absent"`
	Most    time.Duration `y:"most" doc:"When a job counts as lost and is submitted again; 1h when absent"`
	Ended   *Expr         `y:"ended,required" doc:"Condition that nothing more happens" scope:"body"`
	Success *Expr         `y:"success,required" doc:"Condition that the work was done, once it ended" scope:"body"`
	Detail  *Expr         `y:"detail" doc:"The remote's words for why it failed" scope:"body"`
	Result  *Expr         `y:"result" doc:"What the job made, for the stream's request" scope:"body"`
}

// checkJob holds a job to what it rests on.
func (s *Stream) checkJob(d *decoder, n *node) {
	at := n.get("job")
	if s.Job == nil || at == nil {
		return
	}
	checkTarget(d, at.get("submit"), &s.Job.Submit.Request, "post", "put", "get")
	checkTarget(d, at.get("poll"), &s.Job.Poll.Request, "get", "post")
	if s.Job.Poll.Every == 0 {
		s.Job.Poll.Every = 10 * time.Second
	}
	if s.Job.Poll.Most == 0 {
		s.Job.Poll.Most = time.Hour
	}
	if s.Each != "" || len(s.Partitions) > 0 || s.Since != nil && s.Since.Windows != nil {
		d.fail(at, "one job makes one collection: each, partitions and windows do not go with it")
	}
}

// Pending is the error of a read whose remote is still at work. It is no
// failure: go on with Next, or with the last page's Resume, after Wait.
type Pending struct {
	Wait   time.Duration
	Detail string
}

// Error says what is waited for.
func (p *Pending) Error() string { return p.Detail }

// jobState is where a read's job stands; as a part of the position it outlives
// the process, so that a job is gone on with and not submitted again.
type jobState struct {
	ID     string    `json:"id,omitempty"`
	At     time.Time `json:"at,omitzero"`
	Done   bool      `json:"done,omitempty"`
	Result any       `json:"result,omitempty"`
	// Lost counts the jobs before this one that failed or never ended.
	Lost int `json:"lost,omitempty"`
}

// jobsMost is how many jobs are tried in one read.
const jobsMost = 3

// advanceJob takes the job one step on: nil and nil when it is done, a page
// without records when there is something to remember, an error [Pending] while
// the remote is at work.
func (r *Reader) advanceJob(ctx context.Context) (*Page, error) {
	switch {
	case r.at.Job.Done:
		return nil, nil
	case r.yield:
		r.yield = false
		return nil, &Pending{r.stream.Job.Poll.Every, "the remote lost a job; another one is submitted soon"}
	case r.at.Job.ID == "":
		return r.submitJob(ctx)
	}
	return r.pollJob(ctx)
}

func (r *Reader) submitJob(ctx context.Context) (*Page, error) {
	submit := &r.stream.Job.Submit
	body, err := r.ask(ctx, r.op+": submit the job", &submit.Request, r.pager.env, func(a *answer, body any) error {
		id, err := submit.ID.eval(with(r.pager.env, "body", body))
		if err != nil || textOf(id) == "" {
			return r.client.drift(ctx, a, "the answer has no id of a job ("+submit.ID.source+")")
		}
		r.at.Job.ID, r.at.Job.At = textOf(id), r.client.now()
		return nil
	})
	if err != nil || body == nil {
		return nil, err
	}
	return r.remember()
}

// remember is a page without records, for the position to be stored.
func (r *Reader) remember() (*Page, error) {
	resume, err := json.Marshal(r.at)
	return &Page{Total: -1, RequestedAt: r.client.now(), Resume: resume}, err
}

func (r *Reader) pollJob(ctx context.Context) (*Page, error) {
	poll, job := &r.stream.Job.Poll, &r.at.Job
	env := with(r.pager.env, "job", job.vars())
	var ended, done bool
	var detail string
	_, err := r.ask(ctx, r.op+": ask for job "+job.ID, &poll.Request, env, func(a *answer, body any) (err error) {
		env := with(env, "body", body)
		if ended, err = poll.Ended.holds(env); err == nil && ended {
			done, err = poll.Success.holds(env)
		}
		if err == nil && ended && !done && poll.Detail != nil {
			var said any
			said, err = poll.Detail.eval(env)
			detail = textOf(said)
		}
		if err == nil && done && poll.Result != nil {
			job.Result, err = poll.Result.eval(env)
			if err == nil && textOf(job.Result) == "" {
				err = errors.New("the job is done without a result (" + poll.Result.source + ")")
			}
		}
		if err != nil {
			return r.client.drift(ctx, a, err.Error())
		}
		return nil
	})
	switch {
	case koppel.KindOf(err) == koppel.KindNotFound:
		return r.loseJob("the remote does not know job " + job.ID + " any more")
	case err != nil:
		return nil, err
	case done:
		job.Done = true
		return r.remember()
	case ended:
		return r.loseJob(fmt.Sprintf("job %s failed: %s", job.ID, detail))
	case r.client.now().Sub(job.At) > poll.Most:
		return r.loseJob(fmt.Sprintf("job %s is not done after %s", job.ID, poll.Most))
	}
	return nil, &Pending{poll.Every, fmt.Sprintf("the remote is at work on job %s since %s", job.ID, job.At.UTC().Format(time.RFC3339))}
}

// loseJob gives a job up: another one is submitted later, a few times.
func (r *Reader) loseJob(detail string) (*Page, error) {
	if r.at.Job.Lost+1 >= jobsMost {
		return nil, koppel.E(koppel.KindRemoteUnavailable, r.op, r.client.redact.text(fmt.Sprintf("%s; it was the last of %d", detail, jobsMost)))
	}
	r.client.log.Warn("job lost", "stream", r.stream.Name, "reason", r.client.redact.text(detail))
	r.at.Job = jobState{Lost: r.at.Job.Lost + 1}
	r.yield = true
	return r.remember()
}

// vars are what expressions see of a job.
func (j *jobState) vars() map[string]any { return map[string]any{"id": j.ID, "result": j.Result} }

// ask makes one request of a job and lets use read the decoded answer.
func (r *Reader) ask(ctx context.Context, op string, request *Request, env map[string]any, use func(*answer, any) error) (any, error) {
	call, err := r.client.build(op, request, env)
	if err != nil {
		return nil, &koppel.Error{Kind: koppel.KindOf(err), Op: op, Detail: r.client.redact.text(koppel.DetailOf(err))}
	}
	a, err := r.client.exchange(ctx, call)
	defer a.release()
	if err != nil {
		return nil, err
	}
	body, err := decodeJSON(a.body.data)
	if err != nil {
		return nil, r.client.drift(ctx, a, "the answer is not JSON")
	}
	return body, use(a, body)
}
