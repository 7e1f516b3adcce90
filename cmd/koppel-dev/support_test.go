package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/client"
	"github.com/koppel-io/koppel/fakes/demoshop"
)

var supports = []scenario{
	{"the ten tickets of docs/support.md are answered as written", tenTickets},
}

// ticket is one section of docs/support.md.
type ticket struct {
	title    string
	commands []string
	answer   []string
	words    bool
}

func readTickets(t *testing.T) []ticket {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "docs", "support.md"))
	if err != nil {
		t.Fatal(err)
	}
	var all []ticket
	inside := ""
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if strings.HasPrefix(line, "## Being told") { // of what follows the tickets
			break
		}
		switch now := len(all) - 1; {
		case strings.HasPrefix(line, "## "):
			all = append(all, ticket{title: line[3:]})
		case strings.HasPrefix(line, "```"):
			inside = strings.TrimPrefix(line, "```")
		case now < 0 || line == "":
		case inside == "sh":
			all[now].commands = append(all[now].commands, line)
		case inside == "text":
			all[now].answer = append(all[now].answer, line)
		case strings.HasPrefix(line, "> "):
			all[now].words = true
		}
	}
	return all
}

// desk is a support desk: a webshop and the CLI.
type desk struct {
	*site
	koppel string
	env    map[string]string
	// product is the remote id of one whose price changed, price what it was before.
	product, price string
}

func tenTickets(t *testing.T, l *land) {
	tickets := readTickets(t)
	d := &desk{site: newSite(t, l, demoshop.Config{Products: 120, Orders: 20}), koppel: filepath.Join(t.TempDir(), "koppel")}
	buildKoppel(t, d.koppel)
	d.activate(t)
	d.env = map[string]string{
		"WEBSHOP": d.webshop.ID, "COUPLING": d.coupling.ID, "KOPPEL_URL": l.url, "KOPPEL_KEY": l.key.Reveal(), "HOME": t.TempDir(),
		"PATH":      filepath.Dir(d.koppel) + string(filepath.ListSeparator) + os.Getenv("PATH"),
		"STORE_URL": d.url, "CONSUMER_KEY": shopKey, "CONSUMER_SECRET": shopSecret,
	}
	happens := []func(*testing.T){
		d.stockIsZero, d.orderIsPlaced, d.pricesChange, d.keyIsRevoked, d.productsGo, d.answerIsLost, d.sixAreAsked, d.nothing, d.nothing, d.pushesStop,
	}
	if len(tickets) != len(happens) {
		t.Fatalf("docs/support.md has %d tickets, the test knows %d", len(tickets), len(happens))
	}
	for i, ticket := range tickets {
		if len(ticket.commands) == 0 || len(ticket.commands) > 3 || len(ticket.answer) == 0 || !ticket.words {
			t.Errorf("%s: %d commands, %d lines of answer, words to send %v; want one to three commands, an answer, and words", ticket.title, len(ticket.commands), len(ticket.answer), ticket.words)
		}
		happens[i](t)
		d.answers(t, ticket)
	}
	d.wantCounted(t)
}

// answers runs the commands of a ticket and looks for each line of the answer, in order.
func (d *desk) answers(t *testing.T, k ticket) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", "set -e\n"+strings.Join(k.commands, "\n"))
	for name, value := range d.env {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	said := spaces.ReplaceAllString(string(out), " ")
	if err != nil {
		t.Fatalf("%s: %v\n%s", k.title, err, out)
	}
	rest := said
	for _, line := range k.answer {
		parts := strings.Split(spaces.ReplaceAllString(strings.TrimSpace(line), " "), "…")
		for i := range parts {
			parts[i] = regexp.QuoteMeta(strings.TrimSpace(parts[i]))
		}
		found := regexp.MustCompile(strings.Join(parts, `[^\n]*`)).FindStringIndex(rest)
		if found == nil {
			t.Errorf("%s: the answer lacks %q, or it comes too early:\n%s", k.title, line, out)
			return
		}
		rest = rest[found[1]:]
	}
}

var spaces = regexp.MustCompile(`[ \t]+`)

func (d *desk) nothing(*testing.T) {}

// stocked is a simple product with a SKU whose stock the shop keeps.
func (d *desk) stocked(t *testing.T) truth {
	t.Helper()
	for _, p := range d.truths(t) {
		if p.Type == "simple" && p.SKU != "" && p.Manage == true && p.Stock != nil && *p.Stock > 0 {
			return p
		}
	}
	t.Fatal("the shop keeps the stock of no product")
	return truth{}
}

func (d *desk) stockIsZero(t *testing.T) {
	p := d.stocked(t)
	if !d.shop.SetStockSilently(p.ID, 0) {
		t.Fatalf("product %d has no stock", p.ID)
	}
	d.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeSingle, RemoteIDs: []string{fmt.Sprint(p.ID)}})
	d.env["SKU"] = p.SKU
}

func (d *desk) orderIsPlaced(t *testing.T) {
	d.shop.PlaceOrders(1)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.url+"/_demo/truth/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var newest struct {
		Number string `json:"number"`
	}
	for lines := json.NewDecoder(res.Body); lines.More(); {
		if err := lines.Decode(&newest); err != nil {
			t.Fatal(err)
		}
	}
	d.env["ORDER"] = newest.Number
}

func (d *desk) pricesChange(t *testing.T) {
	before := d.objects(t, koppel.Products)
	if _, err := d.land.api.SetSettings(t.Context(), d.coupling.ID, map[string]any{"prices_include_vat": true}); err != nil {
		t.Fatal(err)
	}
	d.sync(t, client.Sync{Object: koppel.Products, Mode: koppel.ModeReplay})
	for id, after := range d.objects(t, koppel.Products) {
		var sku string
		if string(after.Values["price"]) != string(before[id].Values["price"]) && json.Unmarshal(after.Values["sku_code"], &sku) == nil && sku != "" {
			d.env["SKU"], d.product, d.price = sku, id, string(before[id].Values["price"])
			return
		}
	}
	t.Fatal("no price changed")
}

func (d *desk) keyIsRevoked(t *testing.T) {
	if got := string(d.objects(t, koppel.Products)[d.product].Values["price"]); got != d.price {
		t.Errorf("the price is %s after it was put back, before it was %s", got, d.price)
	}
	d.misbehave(t, demoshop.Fault{Kind: demoshop.Unauthorized, Share: 1})
	d.failedAdvice(t, koppel.Products)
	d.awaitState(t, koppel.CouplingNeedsReauth)
	d.misbehave(t)
}

func (d *desk) productsGo(t *testing.T) {
	d.awaitState(t, koppel.CouplingActive)
	d.caughtUp(t, "credentials", 1)
	d.deleteProducts(t, d.simple(t)[:15]...)
	d.full(t, koppel.RunSucceeded)
	open := d.proposals(t, koppel.ProposalOpen)
	if len(open) != 1 {
		t.Fatalf("open proposals: %+v", open)
	}
	d.env["PROPOSAL"] = open[0].ID
}

// caughtUp waits until the coupling has read orders by itself so many times after it stood still.
func (d *desk) caughtUp(t *testing.T, after string, times int) {
	t.Helper()
	await(t, "the coupling to catch up after "+after, func(ctx context.Context) (bool, string) {
		runs, err := d.land.api.Runs(ctx, client.RunFilter{Coupling: d.coupling.ID})
		if err != nil {
			return false, err.Error()
		}
		n := 0
		for _, run := range runs.Data {
			if run.Trigger == koppel.TriggerDependency && run.Mode == koppel.ModeSince {
				if !run.State.Ended() {
					return false, describeRun(run)
				}
				if run.Group == string(koppel.SellOrders) {
					n++
				}
			}
		}
		return n >= times, fmt.Sprintf("%d runs", n)
	})
}

func (d *desk) answerIsLost(t *testing.T) {
	// What is ordered must not be of what goes.
	await(t, "the approved deletes", func(context.Context) (bool, string) {
		applied := d.proposals(t, koppel.ProposalApplied)
		return len(applied) == 1, fmt.Sprintf("%+v", applied)
	})
	d.misbehave(t, demoshop.Fault{Kind: demoshop.ErrorAfter, Method: "POST", Path: "/purchase-orders", Times: 1, Share: 1})
	d.wantOnce(t, d.place(t))
	d.env["REFERENCE"] = d.shop.PurchaseOrders()[0].Reference
}

func (d *desk) sixAreAsked(t *testing.T) {
	var skus []string
	for _, p := range d.truths(t) {
		if p.Type == "simple" && p.SKU != "" && len(skus) < 6 {
			skus = append(skus, p.SKU)
		}
	}
	file := filepath.Join(t.TempDir(), "skus.txt")
	if err := os.WriteFile(file, []byte(strings.Join(skus, "\n")+"\n"), 0o600); err != nil || len(skus) != 6 {
		t.Fatalf("%d SKUs, %v", len(skus), err)
	}
	d.env["SKU_FILE"] = file
}

func (d *desk) pushesStop(t *testing.T) {
	d.caughtUp(t, "the outage", 2)
	if _, err := d.land.api.StopPushes(t.Context(), client.NewPushStop{Coupling: d.coupling.ID, Reason: "stock taking"}); err != nil {
		t.Fatal(err)
	}
	groups, err := d.land.api.Inbox(t.Context(), client.InboxFilter{Webshop: d.webshop.ID, Cause: koppel.CauseStop})
	if err != nil || len(groups.Data) != 1 {
		t.Fatalf("the inbox has %+v, %v", groups, err)
	}
	d.env["ITEM"] = groups.Data[0].Items[0].ID
}

// wantCounted: the single run of the six asked for six, and one order was placed.
func (d *desk) wantCounted(t *testing.T) {
	t.Helper()
	runs, err := d.land.api.Runs(t.Context(), client.RunFilter{Coupling: d.coupling.ID, Mode: koppel.ModeSingle})
	if err != nil {
		t.Fatal(err)
	}
	for _, run := range runs.Data {
		if run.Keys != nil && len(run.Keys.SKUs) == 6 && run.Counts.Records == 6 {
			return
		}
	}
	t.Errorf("no single run read six records: %+v", runs.Data)
}
