package bol

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

// replenishment is goods announced to bol's warehouse.
type replenishment struct {
	id        string
	created   time.Time
	reference string
	state     string
	expected  string
	carrier   string
	carriers  int
	labelling bool
	lines     []*replenishmentLine
	invalid   []*replenishmentLine
}

// replenishmentLine is what is announced of one good, and what became of it.
type replenishmentLine struct {
	EAN        string `json:"ean"`
	Announced  int    `json:"quantityAnnounced"`
	Received   int    `json:"quantityReceived"`
	InProgress int    `json:"quantityInProgress"`
	Graded     int    `json:"quantityWithGradedState"`
	Regular    int    `json:"quantityWithRegularState"`
}

// replenishmentStates in the order of a normal one, and the other end.
var replenishmentStates = []string{"ANNOUNCED", "IN_TRANSIT", "ARRIVED_AT_WH", "IN_PROGRESS_AT_WH", "DONE", "CANCELLED"}

var referenceForm = regexp.MustCompile(`^[A-Z0-9]*[0-9][A-Z0-9]*$`)

// createReplenishment is POST /replenishments. The same reference twice makes
// two: only who looks it up before knows.
func (a *Account) createReplenishment(c *call) answer {
	var in struct {
		Reference string `json:"reference"`
		Delivery  *struct {
			Expected string `json:"expectedDeliveryDate"`
			Carrier  string `json:"transporterCode"`
		} `json:"deliveryInfo"`
		Labelling *bool `json:"labelingByBol"`
		Carriers  int   `json:"numberOfLoadCarriers"`
		Lines     []struct {
			EAN      string `json:"ean"`
			Quantity int    `json:"quantity"`
		} `json:"lines"`
	}
	if p := receive(c, &in); p != nil {
		return *p
	}
	var wrong []violation
	add := func(bad bool, name, reason string) {
		if bad {
			wrong = append(wrong, violation{name, reason})
		}
	}
	add(!referenceForm.MatchString(in.Reference), "reference", "must be uppercase letters and digits with at least one digit")
	add(in.Labelling == nil, "labelingByBol", "must not be null")
	add(in.Carriers < 1, "numberOfLoadCarriers", "must be greater than or equal to 1")
	add(len(in.Lines) == 0, "lines", "must not be empty")
	for _, l := range in.Lines {
		add(l.Quantity < 1, "lines.quantity", "must be greater than or equal to 1")
	}
	if in.Delivery == nil {
		add(true, "deliveryInfo", "must not be null")
	} else {
		day, err := time.ParseInLocation(time.DateOnly, in.Delivery.Expected, a.zone)
		add(err != nil || day.Format(time.DateOnly) < a.day(c.now), "deliveryInfo.expectedDeliveryDate", "must be a date in the future")
		add(in.Delivery.Carrier == "", "deliveryInfo.transporterCode", "must not be null")
	}
	if len(wrong) > 0 {
		return problem(http.StatusBadRequest, "Bad Request", "Bad request", wrong...)
	}
	return a.submit(c, "CREATE_REPLENISHMENT", "Create replenishment "+in.Reference+".", func() (string, string) {
		r := &replenishment{
			id: a.id(), created: c.now, reference: in.Reference, state: "ANNOUNCED", expected: in.Delivery.Expected,
			carrier: in.Delivery.Carrier, carriers: in.Carriers, labelling: *in.Labelling,
		}
		for _, l := range in.Lines {
			line := &replenishmentLine{EAN: l.EAN, Announced: l.Quantity}
			if slices.ContainsFunc(a.offers, func(o *offer) bool { return o.EAN == l.EAN }) {
				r.lines = append(r.lines, line)
			} else {
				r.invalid = append(r.invalid, line)
			}
		}
		a.replenishments = append(a.replenishments, r)
		a.ledger.effect("replenishment", r.reference, len(r.lines), c.now)
		return r.id, ""
	})
}

// listReplenishments is GET /replenishments, the last created first.
func (a *Account) listReplenishments(c *call) answer {
	q := c.query
	states := strings.Split(q.Get("state"), ",")
	if q.Get("state") != "" {
		for _, s := range states {
			if !slices.Contains(replenishmentStates, s) {
				return refuse("state", "must be one of "+strings.Join(replenishmentStates, ", "))
			}
		}
	}
	type good struct {
		EAN string `json:"ean"`
	}
	type listed struct {
		ID        string `json:"replenishmentId"`
		Created   string `json:"creationDateTime"`
		Reference string `json:"reference"`
		State     string `json:"state"`
		Lines     []good `json:"lines"`
	}
	var rows []listed
	for _, r := range slices.Backward(a.replenishments) {
		day := a.day(r.created)
		row := listed{r.id, a.stamp(r.created), r.reference, r.state, nil}
		for _, l := range r.lines {
			row.Lines = append(row.Lines, good{l.EAN})
		}
		switch {
		case q.Get("reference") != "" && q.Get("reference") != r.reference,
			q.Get("state") != "" && !slices.Contains(states, r.state),
			q.Get("start-date") != "" && day < q.Get("start-date"),
			q.Get("end-date") != "" && day > q.Get("end-date"),
			q.Get("ean") != "" && !slices.Contains(row.Lines, good{q.Get("ean")}):
			continue
		}
		rows = append(rows, row)
	}
	return page(c, "replenishments", rows)
}

func (a *Account) replenishment(id string) *replenishment {
	for _, r := range a.replenishments {
		if r.id == id {
			return r
		}
	}
	return nil
}

// getReplenishment is GET /replenishments/{replenishment-id}.
func (a *Account) getReplenishment(c *call) answer {
	r := a.replenishment(c.id())
	if r == nil {
		return notFound("replenishment", c.id())
	}
	return says(http.StatusOK, a.replenishmentBody(r))
}

func (a *Account) replenishmentBody(r *replenishment) any {
	lines, invalid := r.lines, r.invalid
	if lines == nil {
		lines = []*replenishmentLine{}
	}
	body := map[string]any{
		"replenishmentId": r.id, "creationDateTime": a.stamp(r.created), "reference": r.reference, "state": r.state,
		"labelingByBol": r.labelling, "numberOfLoadCarriers": r.carriers, "lines": lines,
		"deliveryInfo": map[string]string{"expectedDeliveryDate": r.expected, "transporterCode": r.carrier},
	}
	if len(invalid) > 0 {
		var rows []any
		for _, l := range invalid {
			rows = append(rows, map[string]any{"type": "UNKNOWN_FBB_PRODUCT", "ean": l.EAN, "quantityAnnounced": l.Announced})
		}
		body["invalidLines"] = rows
	}
	return body
}

// updateReplenishment is PUT /replenishments/{replenishment-id}: cancels one
// that has not arrived.
func (a *Account) updateReplenishment(c *call) answer {
	r := a.replenishment(c.id())
	if r == nil {
		return notFound("replenishment", c.id())
	}
	var in struct {
		State string `json:"state"`
	}
	if p := receive(c, &in); p != nil {
		return *p
	}
	if in.State != "CANCELLED" {
		return refuse("state", "must be CANCELLED")
	}
	return a.submit(c, "UPDATE_REPLENISHMENT", "Update replenishment "+r.id+".", func() (string, string) {
		if r.state != "ANNOUNCED" && r.state != "IN_TRANSIT" {
			return "", "The replenishment has arrived."
		}
		r.state = "CANCELLED"
		return r.id, ""
	})
}
