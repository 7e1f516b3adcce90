package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// propose makes an open proposal of n deletes, as the delete stage does beyond its budget.
func (s *site) propose(t *testing.T, r store.Run, n int) string {
	t.Helper()
	owner, id := s.env.Owner(t), store.NewID()
	if _, err := owner.Exec(t.Context(), `
		WITH p AS (INSERT INTO proposal (uuid, webshop_id, coupling_id, stream_group, run_id, reason)
		           VALUES ($1, $2, $3, 'suppliers', $4, '40 % of suppliers, more than 10 %') RETURNING id)
		INSERT INTO proposal_item (webshop_id, proposal_id, stream_id, remote_id, reason, ticket)
		SELECT $2, p.id, s.id, n::text, 'missing', 1 FROM p, stream s, generate_series(1, $5) AS n WHERE s.coupling_id = $3 AND s.name = 'suppliers'`,
		id, r.WebshopID, r.CouplingID, r.ID, n); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestCouplings(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, s.key(t, "root", store.Webshop{}, "admin"))
	b.says("Nothing needs you.")
	b.open("/couplings")
	b.says("Books of mine", "Books of theirs", "Mine <b>", "Active", "Healthy", "Demo shop")
	if strings.Contains(b.page, "Mine <b>") {
		t.Error("the webshop's name is not escaped")
	}
	s.finish(t, s.run(t, s.their, koppel.Suppliers), store.Finish{State: koppel.RunFailed, Error: &koppel.Advice{
		Kind: koppel.KindPermission, Title: "The credentials lack a right", Detail: "scope read_suppliers is missing", Owner: koppel.OwnerCustomer,
		Next: "Give the key the missing right in the remote system, then: koppel coupling check " + s.their.UUID,
	}})
	for query, finds := range map[string][2]string{
		"search=books+of+mine":              {"Books of mine", "Books of theirs"},
		"search=theirs":                     {"Books of theirs", "Books of mine"},
		"search=" + s.coupling.UUID[30:]:    {"Books of mine", "Books of theirs"},
		"health=failing":                    {"scope read_suppliers is missing", "Books of mine"},
		"health=ok":                         {"Books of mine", "Books of theirs"},
		"state=paused":                      {"No coupling is like that", "Books of"},
		"connector=demo&state=active":       {"Books of mine", "No coupling"},
		"webshop=" + s.mine.UUID:            {"Books of mine", "Books of theirs"},
		"state=active&search=%25&health=ok": {"No coupling is like that", "Books of"},
	} {
		b.open("/couplings?" + query)
		b.says(finds[0])
		b.hides(finds[1])
	}
	if b.open("/couplings?state=asleep"); b.status != http.StatusUnprocessableEntity {
		t.Errorf("a state that does not exist has status %d", b.status)
	}
	b.says("invalid_request", "To the first page", "query.state")
	b.open("/inbox")
	b.says("Books of theirs", "scope read_suppliers is missing")
	b.open("/couplings/" + s.their.UUID)
	b.says("Failing", "Suppliers failed: scope read_suppliers is missing.", "permission", "the customer", "Give the key the missing right", "Try the credentials")
	b.submit("/couplings/"+s.their.UUID+"/check", nil)
	b.says("The remote system refused the credentials", "the shop refuses the consumer key ck_1", "the customer", "Make a link for the customer")
	b.submit("/couplings/"+s.their.UUID+"/connect", nil)
	b.says("A link for the customer", "/connect/test.")
}

func TestACouplingWithItsButtons(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	do(t, s, store.ForWebshop(s.mine.ID), func(ctx contextOf, tx *store.Tx) ([]store.Schedule, error) {
		return tx.SetSchedules(ctx, s.coupling.UUID, []store.NewSchedule{{StreamGroup: "suppliers", Mode: koppel.ModeSince, Cron: "*/30 * * * *", TimeZone: "Europe/Amsterdam"}})
	})
	b := s.signedIn(t, s.key(t, "mine", s.mine, store.KeyScopes()...))
	home := "/couplings/" + s.coupling.UUID
	b.open(home)
	b.says("It reads and writes by itself, at its schedule.", "Suppliers", "Never yet", "Read changes", "No record is parked", "What changed: every 30 minutes")
	if !regexp.MustCompile(`next <time datetime="[^"]+" title="[^"]+ UTC">in (a moment|\d+ minutes?)</time>`).MatchString(b.page) {
		t.Errorf("the page does not say when it reads next:\n%s", b.page)
	}
	b.submit(home+"/sync", url.Values{"object": {"suppliers"}, "mode": {"full"}})
	if !strings.HasPrefix(b.at, "/runs/") || !s.engine.did("start suppliers") {
		t.Fatalf("after sync at %s, the engine did %v", b.at, s.engine.asked)
	}
	b.says("Suppliers: Everything", "In line", "by hand", "key mine (kpl_", "It was asked for.", "Cancel this run")
	b.submit(b.at+"/cancel", nil)
	b.says("The run was cancelled.", "Cancelled by key mine")

	b.open(home)
	b.submit(home+"/pause", url.Values{"reason": {"stocktaking"}})
	b.says("Paused by a person", "stocktaking", "whoever paused it", "Resume")
	b.hides("Read changes", "Pause it")
	do(t, s, store.ForWebshop(s.mine.ID), func(ctx contextOf, tx *store.Tx) (store.Coupling, error) {
		return tx.PauseCoupling(ctx, s.coupling.UUID, koppel.PausedByAuth, "the token was refused: invalid_grant")
	})
	b.open(home)
	b.says("Needs new credentials", "the token was refused: invalid_grant", "Let the customer connect it", "stocktaking")
	b.submit(home+"/resume", nil)
	b.says("Your pause is over", "the token was refused")
	b.hides("stocktaking")
	b.open("/webshops")
	if b.at != "/webshops/"+s.mine.UUID {
		t.Errorf("the only webshop is at %s", b.at)
	}
	b.says("Mine <b>", "Books of mine", "Europe/Amsterdam", "Needs new credentials")
}

func TestARunWithItsEvidence(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, s.key(t, "mine", s.mine, store.KeyScopes()...))
	r := s.run(t, s.coupling, koppel.Suppliers)
	s.read(t, r, 1, 1200, 2400, "")
	b.open("/runs/" + r.UUID)
	b.says("Running", `<progress aria-label="Records read" value="1200" max="2400">`, "1,200 of 2,400 records", `data-live="/runs/`+r.UUID+`/live"`)
	b.open("/couplings/" + s.coupling.UUID)
	b.says("1,200 of 2,400 records")
	do(t, s, store.ForWebshop(s.mine.ID), func(ctx contextOf, tx *store.Tx) (store.Run, error) {
		return tx.WaitRun(ctx, r.UUID, "rate_limited: the shop asks for a pause", r.QueuedAt.AddDate(0, 0, 1))
	})
	b.open("/runs/" + r.UUID)
	b.says("Waiting", "the shop asks for a pause", "The remote system asks to slow down", "the vendor of the remote system", "in 1 day")
	s.finish(t, r, store.Finish{State: koppel.RunSuspect, Evidence: []koppel.Evidence{{Stream: "suppliers", Total: 2400, Read: 1200, Missing: "1200 of 2400 records were not read"}}})
	b.open("/runs/" + r.UUID)
	b.says("Suspect", "1200 of 2400 records were not read", "not recognised", "Accept it as it is")
	b.hides("<progress", "data-live")
	b.open("/inbox")
	b.says("Reads ended without full evidence", "Open the run")
	b.submit("/runs/"+r.UUID+"/accept", nil)
	b.says("The run was accepted.", "Accepted by key mine")
}

func TestParkedRecords(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, s.key(t, "mine", s.mine, store.KeyScopes()...))
	b.open("/parked")
	b.says("Nothing is parked")
	r := s.run(t, s.coupling, koppel.Suppliers)
	s.read(t, r, 7, 2, -1, "the name is <longer> than 255 characters")
	s.finish(t, r, store.Finish{State: koppel.RunSucceededWithParked})
	b.open("/inbox")
	b.says("Records could not be processed", "<longer>", "Books of mine", "Open its parked records", "us (support or engineering)")
	acknowledge := regexp.MustCompile(`action="(/inbox/[^"]+/acknowledge)"`).FindStringSubmatch(b.page)
	b.submit(acknowledge[1], nil)
	b.says("You take care of it.")
	b.hides("<longer>")
	b.open("/inbox?handled=1")
	b.says("<longer>", "key mine (kpl_", "takes care of it")
	b.open("/couplings/" + s.coupling.UUID)
	b.says("2 parked", "Succeeded, some parked")
	b.open("/parked?coupling=" + s.coupling.UUID)
	b.says("A record could not be mapped", "the name is <longer> than 255 characters", "us (support or engineering)", "Field name", "Books of mine", "Try all again")
	if strings.Contains(b.page, "<longer>") {
		t.Error("the reason is not escaped")
	}
	b.open("/parked?kind=timeout")
	b.says("Nothing is parked that is like that")
	b.open("/parked?coupling=" + s.coupling.UUID)
	b.submit("/parked/retry", url.Values{"coupling": {s.coupling.UUID}})
	if !strings.HasPrefix(b.at, "/runs/") {
		t.Errorf("after the retry at %s", b.at)
	}
	b.says("Suppliers: Single records")
}

func TestProposals(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	b := s.signedIn(t, s.key(t, "mine", s.mine, store.KeyScopes()...))
	r := s.run(t, s.coupling, koppel.Suppliers)
	s.read(t, r, 1, 40, -1, "")
	s.finish(t, r, store.Finish{State: koppel.RunSucceeded})
	id := s.propose(t, r, 40)
	for _, path := range []string{"/inbox", "/couplings/" + s.coupling.UUID, "/webshops/" + s.mine.UUID, "/proposals?state=open"} {
		b.open(path)
		b.says("/proposals/"+id, "40 % of suppliers, more than 10 %")
	}
	b.open("/proposals/" + id)
	b.says("Waits for you", "Supplier 7", "complete reads no longer list it", "Yes, delete 40 records here too", "No, keep them")
	b.submit("/proposals/"+id+"/reject", nil)
	b.says("Rejected. The records stay.", "Decided by key mine")
	b.hides("Yes, delete")
	b.submit("/proposals/"+id+"/approve", nil)
	if b.status != http.StatusConflict {
		t.Errorf("approving what is rejected: status %d", b.status)
	}
	b.says("The current state does not allow this")
	second := s.propose(t, r, 3)
	b.open("/proposals/" + second)
	b.submit("/proposals/"+second+"/approve", nil)
	b.says("Approved. A run is carrying it out.")
	if !s.engine.did("start suppliers") {
		t.Error("no run carries the approval out")
	}
}
