package mapping

import (
	"fmt"
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/koppel-io/koppel"
)

// lines maps the lines of an order into values and gives the order the sum of
// its lines when it has no total of its own.
func (e *Evaluator) lines(p *Program, st *state, id string, values koppel.Values) error {
	l := p.lines
	v, err := e.run(st, l.each)
	if err != nil {
		return e.fieldError(p, st, id, l.each, "lines.each", err)
	}
	list, err := toList(&e.meter, v)
	if err != nil {
		return e.fieldError(p, st, id, l.each, "lines.each", err)
	}
	defer func() { st.line, st.env[l.as] = nil, nil }()
	lines := make([]koppel.Values, 0, len(list))
	byProduct := map[string]koppel.Values{}
	for _, element := range list {
		st.line, st.env[l.as] = element, element
		if err := e.meter.step(1); err != nil {
			return e.fieldError(p, st, id, l.each, "lines.each", err)
		}
		if l.where != nil {
			keep, err := e.run(st, l.where)
			if err != nil {
				return e.fieldError(p, st, id, l.where, "lines.where", err)
			}
			if keep != true {
				continue
			}
		}
		line := make(koppel.Values, len(l.field.Line))
		for i := range l.fields {
			f := &l.fields[i]
			if line[f.slot], err = e.field(st, f, "lines."); err != nil {
				return e.fieldError(p, st, id, f.expr, "lines."+f.field.Name, err)
			}
		}
		product, resolved := line[l.product].(string)
		if p.object == koppel.SellOrders && resolved {
			if first, ok := byProduct[product]; ok {
				if err := e.addUp(l, first, line); err != nil {
					return e.fieldError(p, st, id, l.each, "lines", err)
				}
				continue
			}
			byProduct[product] = line
		}
		lines = append(lines, line)
	}
	if p.object == koppel.BuyOrders {
		nameLines(l, id, lines)
	}
	values[l.slot] = lines
	if total, _, ok := p.object.Field("total_value"); ok && zeroValue(values[total]) {
		values[total] = sumOf(lines, l.value)
	}
	return nil
}

func sumOf(lines []koppel.Values, slot int) decimal.Decimal {
	total := decimal.Decimal{}
	for _, line := range lines {
		if d, ok := line[slot].(decimal.Decimal); ok {
			total = total.Add(d)
		}
	}
	return total
}

// addUp adds a further line of a product to its first: quantities, values and
// discounts are sums, the remote's line ids are joined, everything else stays.
func (e *Evaluator) addUp(l *linesProgram, first, more koppel.Values) error {
	quantity, _ := first[l.quantity].(int64)
	extra, _ := more[l.quantity].(int64)
	sum := quantity + extra
	if (sum > quantity) != (extra > 0) {
		return fmt.Errorf("the quantities %d and %d cannot be added", quantity, extra)
	}
	first[l.quantity] = sum
	for _, slot := range []int{l.value, lineSlot(l.field, "discount")} {
		if d, ok := more[slot].(decimal.Decimal); ok {
			base, _ := first[slot].(decimal.Decimal)
			first[slot] = base.Add(d)
		}
	}
	a, okA := first[l.remoteID].(string)
	b, okB := more[l.remoteID].(string)
	switch {
	case okA && okB:
		joined := a + "," + b
		if tooLong(joined, l.field.Line[l.remoteID].Limit) {
			e.noteOnce("lines.remote_id", "more line ids than fit; left out "+b+" and what follows")
			return nil
		}
		first[l.remoteID] = joined
	case okB:
		first[l.remoteID] = b
	}
	return nil
}

// nameLines gives buy order lines without an id of their own the order's and
// the product's, and the place where a product occurs twice.
func nameLines(l *linesProgram, order string, lines []koppel.Values) {
	count := map[string]int{}
	for _, line := range lines {
		product, _ := line[l.product].(string)
		count[product]++
	}
	for i, line := range lines {
		if id, ok := line[l.remoteID].(string); ok && id != "" {
			continue
		}
		product, _ := line[l.product].(string)
		id := order + "_" + product
		if count[product] > 1 {
			id += "_" + strconv.Itoa(i+1)
		}
		line[l.remoteID] = cutAt(id, 255)
	}
}
