package api

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/store"
)

// trespass is a request of each operation that names something of the other
// webshop, as far as it can name anything. A route without one fails the test.
type trespass struct {
	// path with {id} filled in; body where there is one.
	path string
	body any
	// status is what a key of another webshop gets: 404 where something is named.
	status int
}

func (s *site) trespasses(t *testing.T) map[string]trespass {
	s.read(t, s.their, koppel.Products, productRecord(t, "1"))
	s.read(t, s.their, koppel.Suppliers, supplierRecord(t, "1"))
	s.read(t, s.their, koppel.SellOrders, record(t, koppel.SellOrders, "o1", map[string]any{"number": "1001", "placed_at": s.coupling.CreatedAt}))
	product := s.object(t, s.other, koppel.Products).UUID
	sale := s.object(t, s.other, koppel.SellOrders).UUID
	supplier := s.object(t, s.other, koppel.Suppliers).UUID
	order := s.order(t, s.other, supplier, product)
	second := s.order(t, s.other, supplier, product)
	write := do(t, s, store.ForWebshop(s.other.ID), func(ctx context.Context, tx *store.Tx) (store.Outbox, error) {
		_, row, err := tx.PlaceBuyOrder(ctx, second, s.their.UUID, "test")
		return row, err
	}).UUID
	stop := do(t, s, store.ForWebshop(s.other.ID), func(ctx context.Context, tx *store.Tx) (store.PushStop, error) {
		return tx.StopPushes(ctx, store.NewPushStop{Coupling: s.their.UUID, Reason: "outage", By: "test"})
	}).UUID
	run := s.run(t, s.their, koppel.Products)
	s.write(t, run, "products", store.Record{ID: "bad", Ticket: 2, Raw: []byte(`{}`), Parked: []store.Parked{{Kind: koppel.KindMapping, Reason: "bad price", Object: koppel.Products}}})
	parked := s.parkedOf(t, s.other)[0].UUID
	proposal := v1 + "/proposals/" + s.proposal(t, run, "1")
	s.write(t, run, "products", store.Record{ID: "which", Ticket: 3, Raw: []byte(`{}`), Parked: []store.Parked{{Kind: koppel.KindConflict, Field: "sku_code", Input: "x", Reason: "two have it", Object: koppel.Products}}})
	review := s.parkedOf(t, s.other)[0].UUID
	s.write(t, run, "products", productRecord(t, "2"))
	merged := do(t, s, store.ForWebshop(s.other.ID), func(ctx context.Context, tx *store.Tx) (store.Operation, error) {
		page, err := tx.Objects(ctx, koppel.Products, store.ObjectFilter{RemoteID: "2"})
		if err != nil {
			return store.Operation{}, err
		}
		return tx.MergeObjects(ctx, koppel.Products, page.Items[0].UUID, product, "test")
	}).UUID
	item := v1 + "/inbox/" + s.inboxItem(t, s.other, koppel.CauseParked).ID
	theirRule := do(t, s, store.ForWebshop(s.other.ID), func(ctx context.Context, tx *store.Tx) (store.NoticeRule, error) {
		return tx.AddNoticeRule(ctx, store.NewNoticeRule{Webshop: s.other.UUID, Channel: koppel.NoticeEmail, Target: koppel.NewSecret("a@example.com"), By: "test"})
	}).UUID
	theirHook := do(t, s, store.ForWebshop(s.other.ID), func(ctx context.Context, tx *store.Tx) (store.Hook, error) {
		if err := tx.WantHook(ctx, s.their, "products.changed"); err != nil {
			return store.Hook{}, err
		}
		list, err := tx.HooksOf(ctx, s.their.ID)
		return list[0], err
	}).UUID
	theirKey := do(t, s, store.ForWebshop(s.other.ID), keysOf).Items[0].UUID
	coupling, shop := s.their.UUID, s.other.UUID
	sync := map[string]any{"object": "products", "mode": "full"}
	return map[string]trespass{
		"createWebshop":          {v1 + "/webshops", map[string]any{"name": "x"}, 403},
		"listWebshops":           {v1 + "/webshops", nil, 200},
		"getWebshop":             {v1 + "/webshops/" + shop, nil, 404},
		"updateWebshop":          {v1 + "/webshops/" + shop, map[string]any{"buy_order_cap": 100}, 404},
		"createCoupling":         {v1 + "/couplings", map[string]any{"webshop": shop, "connector": "demo"}, 404},
		"listCouplings":          {v1 + "/couplings", nil, 200},
		"getCoupling":            {v1 + "/couplings/" + coupling, nil, 404},
		"setCouplingSettings":    {v1 + "/couplings/" + coupling + "/settings", map[string]any{"settings": map[string]any{"per_page": 50}}, 404},
		"setCouplingCredentials": {v1 + "/couplings/" + coupling + "/credentials", map[string]any{"values": map[string]any{"store_url": "https://x.example"}}, 404},
		"createConnectLink":      {v1 + "/couplings/" + coupling + "/connect-link", map[string]any{}, 404},
		"getRetention":           {v1 + "/retention", nil, 403},
		"setRetention":           {v1 + "/retention", map[string]any{"kind": "exchanges", "days": 7}, 403},
		"listAppCredentials":     {v1 + "/app-credentials", nil, 403},
		"setAppCredential":       {v1 + "/app-credentials/demo/production", map[string]any{"values": map[string]any{"client_id": "x"}}, 403},
		"removeAppCredential":    {v1 + "/app-credentials/demo/production", nil, 403},
		"checkCoupling":          {v1 + "/couplings/" + coupling + "/check", nil, 404},
		"activateCoupling":       {v1 + "/couplings/" + coupling + "/activate", nil, 404},
		"pauseCoupling":          {v1 + "/couplings/" + coupling + "/pause", map[string]any{}, 404},
		"resumeCoupling":         {v1 + "/couplings/" + coupling + "/resume", nil, 404},
		"disableCoupling":        {v1 + "/couplings/" + coupling + "/disable", nil, 404},
		"removeCoupling":         {v1 + "/couplings/" + coupling, nil, 404},
		"getTimetable":           {v1 + "/couplings/" + coupling + "/timetable", nil, 404},
		"setTimetable":           {v1 + "/couplings/" + coupling + "/timetable", map[string]any{"lines": []any{map[string]any{"group": "products", "mode": "since", "cron": "@hourly"}}}, 404},
		"listCursors":            {v1 + "/couplings/" + coupling + "/cursors", nil, 404},
		"setCursor":              {v1 + "/couplings/" + coupling + "/cursors/products", map[string]any{"none": true}, 404},
		"startSync":              {v1 + "/couplings/" + coupling + "/sync", sync, 404},
		"shadowCoupling":         {v1 + "/couplings/" + coupling + "/shadow", map[string]any{"on": true}, 404},
		"cutOverCoupling":        {v1 + "/couplings/" + coupling + "/cutover", nil, 404},
		"getTakeover":            {v1 + "/couplings/" + coupling + "/takeover", nil, 404},
		"importTakeover":         {v1 + "/couplings/" + coupling + "/takeover", map[string]any{"rows": []map[string]any{{"object": "products", "remote_id": "1"}}}, 404},
		"clearTakeover":          {v1 + "/couplings/" + coupling + "/takeover", nil, 404},
		"compareCoupling":        {v1 + "/couplings/" + coupling + "/compare", map[string]any{}, 404},
		"listComparisons":        {v1 + "/couplings/" + coupling + "/comparisons", nil, 404},
		"getComparison":          {v1 + "/runs/" + run.UUID + "/comparison", nil, 404},
		"showMapping":            {v1 + "/couplings/" + coupling + "/mapping", nil, 404},
		"saveMapping":            {v1 + "/couplings/" + coupling + "/mapping", map[string]any{"source": "objects: { products: { article_code: record.name } }"}, 404},
		"checkMapping":           {v1 + "/couplings/" + coupling + "/mapping/check", map[string]any{"source": "object: {}"}, 404},
		"previewMapping":         {v1 + "/couplings/" + coupling + "/mapping/preview", map[string]any{"source": "object: {}"}, 404},
		"rollbackMapping":        {v1 + "/couplings/" + coupling + "/mapping/rollback", map[string]any{"number": 0}, 404},
		"listMappingVersions":    {v1 + "/couplings/" + coupling + "/mapping/versions", nil, 404},
		"getMappingVersion":      {v1 + "/couplings/" + coupling + "/mapping/versions/1", nil, 404},
		"diffMapping":            {v1 + "/couplings/" + coupling + "/mapping/diff", nil, 404},
		"listHooks":              {v1 + "/couplings/" + coupling + "/hooks", nil, 404},
		"getHook":                {v1 + "/hooks/" + theirHook, nil, 404},
		"rotateHook":             {v1 + "/hooks/" + theirHook + "/rotate", nil, 404},
		"listRuns":               {v1 + "/runs", nil, 200},
		"getRun":                 {v1 + "/runs/" + run.UUID, nil, 404},
		"getRunTimeline":         {v1 + "/runs/" + run.UUID + "/timeline", nil, 404},
		"watchRun":               {v1 + "/runs/" + run.UUID + "/live", nil, 404},
		"cancelRun":              {v1 + "/runs/" + run.UUID + "/cancel", nil, 404},
		"acceptRun":              {v1 + "/runs/" + run.UUID + "/accept", nil, 404},
		"rejectRun":              {v1 + "/runs/" + run.UUID + "/reject", nil, 404},
		"listProposals":          {v1 + "/proposals", nil, 200},
		"getProposal":            {proposal, nil, 404},
		"listProposalRecords":    {proposal + "/records", nil, 404},
		"approveProposal":        {proposal + "/approve", nil, 404},
		"rejectProposal":         {proposal + "/reject", nil, 404},
		"undoProposal":           {proposal + "/undo", nil, 404},
		"listObjects":            {v1 + "/objects/products", nil, 200},
		"getObject":              {v1 + "/objects/products/" + product, nil, 404},
		"editObject":             {v1 + "/objects/products/" + product, map[string]any{"values": map[string]any{"minimum_stock": 3}}, 404},
		"explainObject":          {v1 + "/objects/products/" + product + "/explain", nil, 404},
		"mergeObject":            {v1 + "/objects/products/" + product + "/merge", map[string]any{"into": product}, 404},
		"linkSource":             {v1 + "/objects/products/" + product + "/link", map[string]any{"coupling": coupling, "remote_id": "1"}, 404},
		"splitObject":            {v1 + "/objects/products/" + product + "/split", map[string]any{"sources": []any{map[string]any{"coupling": coupling, "remote_id": "2"}}}, 404},
		"listOperations":         {v1 + "/operations", nil, 200},
		"undoOperation":          {v1 + "/operations/" + merged + "/undo", nil, 404},
		"listReviews":            {v1 + "/reviews", nil, 200},
		"decideReview":           {v1 + "/reviews/" + review + "/decide", map[string]any{"action": "ignore"}, 404},
		"undoReview":             {v1 + "/reviews/" + review + "/undo", nil, 404},
		"listPriorities":         {v1 + "/webshops/" + shop + "/priorities", nil, 404},
		"setPriority":            {v1 + "/webshops/" + shop + "/priorities", map[string]any{"object": "products", "group": "stock", "couplings": []string{coupling}}, 404},
		"createBuyOrder":         {v1 + "/buy-orders", orderBody(shop, supplier, product), 404},
		"placeBuyOrder":          {v1 + "/buy-orders/" + order + "/place", map[string]any{"coupling": coupling}, 404},
		"updateBuyOrder":         {v1 + "/buy-orders/" + order, map[string]any{"expected_delivery_date": "2031-01-31"}, 404},
		"cancelBuyOrder":         {v1 + "/buy-orders/" + second + "/cancel", nil, 404},
		"previewBuyOrder":        {v1 + "/buy-orders/" + order + "/preview", nil, 404},
		"bookDelivery":           {v1 + "/buy-orders/" + order + "/deliveries", map[string]any{"product": product, "quantity": 2}, 404},
		"bookShipment":           {v1 + "/sell-orders/" + sale + "/shipments", map[string]any{"carrier": "POSTNL"}, 404},
		"listPushes":             {v1 + "/pushes", nil, 200},
		"getPush":                {v1 + "/pushes/" + write, nil, 404},
		"retryPush":              {v1 + "/pushes/" + write + "/retry", nil, 404},
		"resolvePush":            {v1 + "/pushes/" + write + "/resolve", map[string]any{"not_there": true}, 404},
		"listPushStops":          {v1 + "/push-stops", nil, 200},
		"stopPushes":             {v1 + "/push-stops", map[string]any{"webshop": shop, "reason": "outage"}, 404},
		"endPushStop":            {v1 + "/push-stops/" + stop + "/end", nil, 404},
		"listParked":             {v1 + "/parked", nil, 200},
		"listWaiting":            {v1 + "/waiting", nil, 200},
		"retryParked":            {v1 + "/parked/" + parked + "/retry", nil, 404},
		"showParkedBody":         {v1 + "/parked/" + parked + "/body", nil, 404},
		"editParked":             {v1 + "/parked/" + parked + "/edit", map[string]any{"body": "{}"}, 404},
		"retryAllParked":         {v1 + "/parked/retry", map[string]any{"coupling": coupling}, 404},
		"listParkedCauses":       {v1 + "/parked/causes?coupling=" + coupling, nil, 404},
		"resolveParked":          {v1 + "/parked/" + parked + "/resolve", map[string]any{"reason": "gone"}, 404},
		"unresolveParked":        {v1 + "/parked/" + parked + "/unresolve", nil, 404},
		"resolveAllParked":       {v1 + "/parked/resolve", map[string]any{"coupling": coupling, "reason": "gone"}, 404},
		"unresolveAllParked":     {v1 + "/parked/unresolve", map[string]any{"coupling": coupling}, 404},
		"findPerson":             {v1 + "/webshops/" + shop + "/people/find", map[string]any{"email": "jan@example.nl"}, 404},
		"erasePerson":            {v1 + "/webshops/" + shop + "/people/erase", map[string]any{"email": "jan@example.nl"}, 404},
		"traceWebshop":           {v1 + "/webshops/" + shop + "/trace?text=SKU-1", nil, 404},
		"readInbox":              {v1 + "/inbox", nil, 200},
		"acknowledgeInbox":       {item + "/acknowledge", map[string]any{}, 404},
		"snoozeInbox":            {item + "/snooze", map[string]any{"until": "2031-01-31T00:00:00Z"}, 404},
		"noteInbox":              {item + "/note", map[string]any{"note": "x"}, 404},
		"reopenInbox":            {item + "/reopen", nil, 404},
		"pauseCouplings":         {v1 + "/bulk/pause", map[string]any{"webshop": shop, "reason": "outage"}, 404},
		"resumeCouplings":        {v1 + "/bulk/resume", map[string]any{"webshop": shop}, 404},
		"resyncCouplings":        {v1 + "/bulk/resync", map[string]any{"webshop": shop}, 404},
		"upgradeCouplings":       {v1 + "/bulk/upgrade", map[string]any{"webshop": shop, "connector": "demo", "version": "1.0.0"}, 404},
		"listNoticeRules":        {v1 + "/notice-rules", nil, 200},
		"addNoticeRule":          {v1 + "/notice-rules", map[string]any{"channel": "email", "target": "a@example.com", "webshop": shop}, 404},
		"getNoticeRule":          {v1 + "/notice-rules/" + theirRule, nil, 404},
		"testNoticeRule":         {v1 + "/notice-rules/" + theirRule + "/test", nil, 404},
		"removeNoticeRule":       {v1 + "/notice-rules/" + theirRule, nil, 404},
		"createKey":              {v1 + "/keys", map[string]any{"name": "x", "scopes": []string{"admin"}, "webshop": shop}, 404},
		"listKeys":               {v1 + "/keys", nil, 200},
		"revokeKey":              {v1 + "/keys/" + theirKey, nil, 404},
		"listConnectors":         {v1 + "/connectors", nil, 200},
		"getConnector":           {v1 + "/connectors/demo", nil, 200},
		"publishConnector":       {v1 + "/connectors", map[string]any{"manifest": "a", "mapping": "b"}, 403},
		"rollbackConnector":      {v1 + "/connectors/demo/rollback", map[string]any{}, 403},
	}
}

func TestEveryRouteKeepsTenantsApart(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	plan := s.trespasses(t)
	for _, r := range s.server.routes() {
		if r.scope == "" {
			continue
		}
		try, ok := plan[r.id]
		if !ok {
			t.Errorf("%s: say in trespasses how another webshop's key could reach it", r.pattern())
			continue
		}
		before := len(s.engine.take())
		got := s.ask(t, s.mine, r.method, try.path, try.body)
		if got.status != try.status {
			t.Errorf("%s with another webshop's key: status %d, want %d: %s", r.pattern(), got.status, try.status, got.body)
		}
		// Asked the same way, nothing of the other webshop shows.
		for _, secret := range []string{s.other.UUID, s.their.UUID, s.other.Name + "\""} {
			if try.status == 200 && strings.Contains(string(got.body), secret) {
				t.Errorf("%s with another webshop's key shows %q: %s", r.pattern(), secret, got.body)
			}
		}
		if asked := s.engine.take(); len(asked) > 0 {
			t.Errorf("%s with another webshop's key started %v", r.pattern(), asked[before:])
		}
		if r.installation || try.status != 404 {
			continue
		}
		noted := s.noted(t)
		own := s.status(t, s.theirs, r.method, try.path, try.body)
		if own >= 400 && own != http.StatusConflict && own != http.StatusUnprocessableEntity {
			t.Errorf("%s: the webshop's own key gets %d, so the test proves nothing", r.pattern(), own)
		}
		if left := s.noted(t) - noted; (r.method != http.MethodGet && own < 300) != (left > 0) {
			t.Errorf("%s answered %d and left %d audit rows", r.pattern(), own, left)
		}
	}
}

func TestEveryRouteNeedsItsScope(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	plan := s.trespasses(t)
	for _, r := range s.server.routes() {
		path := plan[r.id].path
		if r.scope == "" {
			want := http.StatusOK
			if r.path == hookPath {
				want = http.StatusNotFound // its token is the key
			}
			if got := s.ask(t, "", r.method, r.path, nil); got.status != want {
				t.Errorf("%s without a key: status %d: %s", r.pattern(), got.status, got.body)
			}
			continue
		}
		none := s.ask(t, "", r.method, path, plan[r.id].body)
		refused(t, none, http.StatusUnauthorized, koppel.KindAuth)
		if none.header.Get("WWW-Authenticate") == "" {
			t.Errorf("%s without a key: no WWW-Authenticate", r.pattern())
		}
		others := slices.DeleteFunc(store.KeyScopes(), func(scope string) bool { return scope == r.scope || scope == admin })
		narrow := s.key(t, store.NewKey{Name: "narrow", Scopes: others})
		p := refused(t, s.ask(t, narrow, r.method, path, plan[r.id].body), http.StatusForbidden, koppel.KindPermission)
		if !strings.Contains(p.Detail, r.scope) {
			t.Errorf("%s with a narrow key: %q does not name the scope %s", r.pattern(), p.Detail, r.scope)
		}
	}
	if asked := s.engine.take(); len(asked) > 0 {
		t.Errorf("refused requests started %v", asked)
	}
}

func TestEveryRouteRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	plan := s.trespasses(t)
	for _, r := range s.server.routes() {
		if r.id == "" {
			continue
		}
		p := refused(t, s.ask(t, s.root, r.method, plan[r.id].path+map[bool]string{true: "&", false: "?"}[strings.Contains(plan[r.id].path, "?")]+"zz=1&yy=2", plan[r.id].body), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
		if got := places(p); !slices.Contains(got, "query.zz") || !slices.Contains(got, "query.yy") {
			t.Errorf("%s: unknown parameters are named as %v", r.pattern(), got)
		}
		op := s.server.openapi.Paths[r.path]
		if body := map[string]bool{"POST": op.Post != nil && op.Post.RequestBody != nil, "PUT": op.Put != nil, "PATCH": op.Patch != nil}; !body[r.method] {
			continue
		}
		p = refused(t, s.ask(t, s.root, r.method, plan[r.id].path, map[string]any{"zz": 1, "yy": 2}), http.StatusUnprocessableEntity, koppel.KindInvalidRequest)
		if got := places(p); !slices.Contains(got, "body.zz") || !slices.Contains(got, "body.yy") {
			t.Errorf("%s: unknown fields are named as %v", r.pattern(), got)
		}
	}
}

func TestARouteWithoutARowCannotBeRegistered(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a route without a row was registered")
		}
	}()
	newServer(Config{}).HandleFunc("GET /api/v1/backdoor", func(http.ResponseWriter, *http.Request) {})
}

func TestKeysThatEndedAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	soon := time.Now().Add(time.Hour)
	live := s.key(t, store.NewKey{Name: "live", Scopes: []string{"admin"}, ExpiresAt: &soon})
	if got := s.ask(t, live, http.MethodGet, v1+"/webshops", nil); got.status != 200 {
		t.Fatalf("a key with an hour to live: status %d: %s", got.status, got.body)
	}
	owner := s.env.Owner(t)
	for _, end := range []string{"expires_at = now() - interval '1 second'", "expires_at = NULL, revoked_at = now()"} {
		if _, err := owner.Exec(t.Context(), "UPDATE api_key SET "+end+" WHERE name = 'live'"); err != nil {
			t.Fatal(err)
		}
		refused(t, s.ask(t, live, http.MethodGet, v1+"/webshops", nil), http.StatusUnauthorized, koppel.KindAuth)
	}
	refused(t, s.ask(t, "kpl_nobodys", http.MethodGet, v1+"/webshops", nil), http.StatusUnauthorized, koppel.KindAuth)
	refused(t, s.ask(t, "something else", http.MethodGet, v1+"/webshops", nil), http.StatusUnauthorized, koppel.KindAuth)
}

func TestOrganisationKeysAreRefusedWithAWord(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	key := s.key(t, store.NewKey{Name: "group", Scopes: []string{"admin"}, Organisation: *s.shop.OrganisationUUID})
	p := refused(t, s.ask(t, key, http.MethodGet, v1+"/webshops", nil), http.StatusForbidden, koppel.KindPermission)
	if !strings.Contains(p.Detail, "organisation") {
		t.Errorf("detail %q", p.Detail)
	}
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	refused(t, s.ask(t, s.root, http.MethodGet, "/api/v1/nothing", nil), http.StatusNotFound, koppel.KindNotFound)
	got := s.ask(t, s.root, http.MethodPut, v1+"/webshops", nil)
	refused(t, got, http.StatusMethodNotAllowed, koppel.KindInvalidRequest)
	if allow := got.header.Values("Allow"); !slices.Equal(allow, []string{"GET", "POST"}) {
		t.Errorf("Allow is %v", allow)
	}
}
