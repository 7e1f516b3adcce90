package mapping

import (
	"errors"
	"fmt"

	"github.com/koppel-io/koppel"
)

// List reports whether the program makes a list of objects of each record.
func (p *Program) List() bool { return p.each != nil }

// MapList maps one record to all objects that it gives: those of the program's
// each, or the one of a program without. An element that fails leaves the
// others: results and an error, that of the first, may both be given.
func (e *Evaluator) MapList(p *Program, in Input) (results []Result, err error) {
	if p.each == nil {
		result, err := e.Map(p, in)
		if err != nil {
			return nil, err
		}
		return []Result{result}, nil
	}
	defer func() {
		if fault := recover(); fault != nil {
			results, err = nil, e.fault(p, fault)
		}
	}()
	st, lacks, err := e.start(p, in)
	if err != nil || lacks {
		return nil, err
	}
	v, err := e.run(st, p.each)
	if err != nil {
		return nil, e.fieldError(p, st, "", p.each, "each", err)
	}
	list, err := toList(&e.meter, v)
	if err != nil {
		return nil, e.fieldError(p, st, "", p.each, "each", err)
	}
	defer func() { st.line, st.env[p.as] = nil, nil }()
	at := make(map[string]int, len(list))
	for _, element := range list {
		st.line, st.env[p.as] = element, element
		if err := e.meter.step(1); err != nil {
			return nil, e.fieldError(p, st, "", p.each, "each", err)
		}
		e.notes = nil
		result, failed := e.one(p, st)
		if failed != nil {
			err = firstOf(err, failed)
			continue
		}
		if first, twice := at[result.RemoteID]; twice && !result.Skip {
			results[first].again(p, result)
			continue
		}
		if result.RemoteID == "" {
			continue // left out, and never taken before
		}
		at[result.RemoteID] = len(results)
		results = append(results, result)
	}
	return results, err
}

// firstOf keeps the first of several errors and says that there are more.
func firstOf(first, next error) error {
	if first == nil {
		return next
	}
	var f *FieldError
	if errors.As(first, &f) {
		f.More++
	}
	return first
}

// again meets a second element with the id of an earlier one: of deliveries,
// which some remotes split over storage locations, the quantities are added
// up; of others the last one counts.
func (r *Result) again(p *Program, more Result) {
	if p.object != koppel.ItemDeliveries || r.Skip {
		*r = more
		return
	}
	at, _, _ := p.object.Field("quantity")
	a, okA := r.Values[at].(int64)
	b, okB := more.Values[at].(int64)
	if !okA || !okB {
		return
	}
	r.Values[at] = a + b
	r.Notes = append(r.Notes, koppel.Note{Field: "quantity", Text: fmt.Sprintf("%d and %d of one id are added up", a, b)})
	if a+b == 0 {
		*r = Result{RemoteID: r.RemoteID, Skip: true}
	}
}

// The reasons for which a record is left out that are counted with the run.
const (
	ignoredOrderless = "receipts without an order"
	ignoredNothing   = "deliveries of nothing"
)

// deliverable says why a delivery is left out: receipts without an order,
// since the stock tells of them already, and those of nothing.
func (p *Program) deliverable(values koppel.Values) (ignored string) {
	if p.object != koppel.ItemDeliveries {
		return ""
	}
	order, _, _ := p.object.Field("buy_order")
	quantity, _, _ := p.object.Field("quantity")
	switch {
	case zeroValue(values[order]):
		return ignoredOrderless
	case values[quantity] == int64(0):
		return ignoredNothing
	}
	return ""
}

// optional reports whether a field that objects must have may be given as
// nothing here: a receipt without an order is left out instead of parked.
func (p *Program) optional(field koppel.Field) bool {
	return p.object == koppel.ItemDeliveries && field.Name == "buy_order"
}
