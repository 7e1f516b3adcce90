package web_test

import (
	"context"
	"path"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// person drives a real browser.
type person struct {
	t   *testing.T
	ctx context.Context
}

func newPerson(t *testing.T) *person {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium(t)), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.WSURLReadTimeout(2*time.Minute))
	ctx, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(end)
	ctx, shut := chromedp.NewContext(ctx)
	t.Cleanup(shut)
	ctx, late := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(late)
	// The context of the first step is the browser's.
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return &person{t: t, ctx: ctx}
}

// does takes steps, and shows the page when one does not work.
func (p *person) does(what string, steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	limit, done := context.WithTimeout(p.ctx, time.Minute)
	defer done()
	if err := chromedp.Do(limit, steps...); err != nil {
		look, done := context.WithTimeout(p.ctx, 10*time.Second)
		defer done()
		page, _ := chromedp.Run(look, chromedp.OuterHTML(chromedp.CSS("html")))
		p.t.Fatalf("%s: %v\n%s", what, err, page)
	}
}

// reads is what a step tells.
func reads[T any](p *person, what string, step chromedp.Action[T]) T {
	p.t.Helper()
	limit, done := context.WithTimeout(p.ctx, time.Minute)
	defer done()
	value, err := chromedp.Run(limit, step)
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
	return value
}

func click(css string) chromedp.Action[chromedp.Void] { return chromedp.Click(chromedp.CSS(css)) }
func see(css string) chromedp.Action[chromedp.Void]   { return chromedp.WaitVisible(chromedp.CSS(css)) }

// complaints gathers what the browser logs as errors, such as what the policy keeps from loading.
func (p *person) complaints() func() []string {
	heard := make(chan string, 100)
	messages := chromedp.Console(p.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			if m.Type == chromedp.ConsoleError || m.Type == chromedp.ConsoleException {
				select {
				case heard <- m.Text:
				default: // a hundred are enough
				}
			}
		}
	}()
	return func() (list []string) {
		for {
			select {
			case text := <-heard:
				list = append(list, text)
			default:
				return list
			}
		}
	}
}

// TestInABrowser signs in, opens a coupling, presses the button and watches the run, as a person does: style, script
// and live news work under the pages' own policy.
func TestInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.key(t, "person", s.mine, store.KeyScopes()...)
	p := newPerson(t)
	complaints := p.complaints()
	coupling := `a[href="/couplings/` + s.coupling.UUID + `"]`
	p.does("sign in", chromedp.Navigate(s.url+"/couplings"), chromedp.SendKeys(chromedp.CSS("#key"), key), click("#sign-in"), see(coupling))
	if reads(p, "look at the style", chromedp.Evaluate[int](`document.getElementById("voice").offsetWidth`)) != 1 {
		t.Error("the page is shown without its style")
	}
	p.does("open the coupling", click(coupling), see("#full-suppliers"))
	p.does("press sync", click("#full-suppliers"), see("#cancel"))
	at := reads(p, "read the address", chromedp.Location())
	r := do(t, s, store.ForWebshop(s.mine.ID), func(ctx contextOf, tx *store.Tx) (store.Run, error) {
		opened, err := tx.Run(ctx, path.Base(at))
		if err != nil {
			return store.Run{}, err
		}
		return tx.StartRun(ctx, opened.UUID, opened.WorkflowID)
	})
	s.read(t, r, 1, 400, 1000, "")
	p.does("see the bar move", see(`progress[value="400"][max="1000"]`))
	s.read(t, r, 401, 600, 1000, "")
	p.does("see the bar full", see(`progress[value="1000"]`))
	s.finish(t, r, store.Finish{State: koppel.RunSucceeded, Evidence: []koppel.Evidence{{Stream: "suppliers", EndRule: "short_page", Complete: true, Total: 1000, Read: 1000}}})
	p.does("see the run green", see(".states .badge.good"), chromedp.WaitNotPresent(chromedp.CSS("[data-live]")))
	if state := reads(p, "read the state", chromedp.Text(chromedp.CSS(".states .badge"))); state != "Succeeded" {
		t.Errorf("the run is shown as %q", state)
	}
	if voice := reads(p, "hear the voice", chromedp.TextContent(chromedp.CSS("#voice"))); voice == "" {
		t.Error("nothing is read out at the end")
	}
	p.does("sign out", click(".who button"), see("#sign-in"))
	if list := complaints(); len(list) > 0 {
		t.Errorf("the browser complains: %q", list)
	}
}
