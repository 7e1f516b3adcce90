package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
)

func (p *program) runWatch() *cobra.Command {
	return &cobra.Command{
		Use: "watch RUN", Short: "Follow a run with a progress bar until it ends", Args: cobra.ExactArgs(1),
		Long: "Follow a run until it ends: how much is read of what is expected, how fast, how long it will take, and what it\n" +
			"waits for. Interrupting only ends the watching. Exit code 6 when the run ends not green.\n" +
			"With --output json each state is one line of JSON.",
		Example: "  koppel run watch 5d0e77\n  koppel run watch 5d0e77 --output json",
		RunE: action(func(ctx context.Context, args []string) error {
			c, id, err := p.apiAndRun(ctx, args[0])
			if err != nil {
				return err
			}
			return p.watch(ctx, c, id)
		}),
	}
}

// watch follows a run and ends with what its end means.
func (p *program) watch(ctx context.Context, c *client.Client, id string) error {
	last, err := p.follow(ctx, c, id)
	if err != nil {
		return err
	}
	if p.output != outputJSON {
		if err := p.showRun(last); err != nil {
			return err
		}
	}
	return verdict(last)
}

// followRun follows a run of an activation, whose steps tell how it ended.
func (p *program) followRun(ctx context.Context, c *client.Client, id string) error {
	_, err := p.follow(ctx, c, id)
	return err
}

// follow shows a run while it goes and returns its last state.
func (p *program) follow(ctx context.Context, c *client.Client, id string) (client.Run, error) {
	progress := p.progress()
	defer progress.close()
	var last client.Run
	for run, err := range c.Live(ctx, id) {
		if ctx.Err() != nil {
			progress.close()
			return last, &interrupted{fmt.Sprintf("the watching ended, the run goes on\nnext: koppel run watch %s, or to end it: koppel run cancel %s", id, id)}
		}
		if err != nil {
			return last, err
		}
		last = run
		if err := progress.show(run, time.Now()); err != nil {
			return last, err
		}
		if err := needsPerson(run); err != nil {
			progress.close()
			return last, err
		}
	}
	if !last.State.Ended() {
		// The stream said that it was over before a last state came.
		return c.Run(ctx, id)
	}
	return last, nil
}

// needsPerson is the error of a run that waits for a login, which watching does
// not bring; nil for any other.
func needsPerson(r client.Run) error {
	if r.State != koppel.RunWaiting || r.Wait == nil || r.Wait.Until != nil || r.Wait.Advice == nil || r.Wait.Advice.Kind != koppel.KindAuth {
		return nil
	}
	a := r.Wait.Advice
	problem := client.Problem{Title: a.Title, Detail: a.Detail, Owner: a.Owner, Next: a.Next}
	return &notGreen{"the run waits for a login, and goes on by itself after it: " + problem.Error()}
}

// verdict is the error of a run that ended not green.
func verdict(r client.Run) error {
	switch r.State {
	case koppel.RunSucceeded:
		return nil
	case koppel.RunSucceededWithParked:
		return &notGreen{fmt.Sprintf("%s parked\nnext: koppel parked list --coupling %s", several(r.Counts.Parked, "record was", "records were"), r.Coupling)}
	case koppel.RunFailed:
		if r.Error != nil {
			problem := client.Problem{Title: r.Error.Title, Detail: r.Error.Detail, Owner: r.Error.Owner, Next: r.Error.Next}
			return &notGreen{"the run failed: " + problem.Error()}
		}
	}
	return &notGreen{fmt.Sprintf("the run ended %s\nnext: koppel run show %s", r.State, r.ID)}
}

// several is n with the word for one or for more.
func several(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// progress shows a run while it goes.
type progress struct {
	out io.Writer
	// live: one line that is written over; else a line whenever there is news.
	live bool
	// json: each state as JSON.
	json func(any) error
	pace pace
	// told is the last line of text, and when.
	told   string
	toldAt time.Time
	drawn  bool
}

func (p *program) progress() *progress {
	if p.output == outputJSON {
		return &progress{json: p.jsonLine}
	}
	return &progress{out: p.err, live: terminal(p.err) != nil}
}

// plainEvery is how often progress is told where there is no terminal.
const plainEvery = 10 * time.Second

func (g *progress) show(r client.Run, now time.Time) error {
	if g.json != nil {
		return g.json(r)
	}
	g.pace.note(r, now)
	if g.live {
		// The line is written over: carriage return, text, erase to its end (ECMA-48 EL).
		fmt.Fprint(g.out, "\r"+bar(r, g.pace)+"\x1b[K")
		g.drawn = true
		return nil
	}
	state := runState(r)
	if state == g.told && now.Sub(g.toldAt) < plainEvery {
		return nil
	}
	g.told, g.toldAt = state, now
	fmt.Fprintln(g.out, bar(r, g.pace))
	return nil
}

// close leaves the line that was written over.
func (g *progress) close() {
	if g.drawn {
		fmt.Fprintln(g.out)
		g.drawn = false
	}
}
