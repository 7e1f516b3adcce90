package mapping

import (
	"errors"
	"fmt"
)

// meter bounds one evaluation. Every loop step and every byte an expression
// makes or scans is drawn from it, so the bound is the same on every machine
// and needs neither timers nor goroutines.
type meter struct {
	steps int
	bytes int
	// record is what is left of the steps of all evaluations of one record.
	record int
	// scanner takes JSON apart that the shape does not describe.
	scanner scanner
}

var (
	errSteps = fmt.Errorf("more than %d steps; make the lists or the expression smaller", maxSteps)
	errTotal = fmt.Errorf("more than %d steps for one record; make its lists or the mapping smaller", maxRecordSteps)
	errBytes = fmt.Errorf("more than %d bytes; make the result smaller", maxBytes)
	errList  = fmt.Errorf("a list of more than %d elements", maxList)
	errRoot  = errors.New("no budget in this evaluation")
)

// begin starts the budget of one record.
func (m *meter) begin() { m.record = maxRecordSteps }

// evaluation starts the budget of one evaluation.
func (m *meter) evaluation() {
	m.steps, m.bytes = maxSteps, maxBytes
}

// step takes n steps.
func (m *meter) step(n int) error {
	m.steps -= n
	m.record -= n
	if m.steps < 0 {
		return errSteps
	}
	if m.record < 0 {
		return errTotal
	}
	return nil
}

// scan pays for reading n bytes.
func (m *meter) scan(n int) error { return m.step(1 + n/64) }

// grow pays for making n bytes.
func (m *meter) grow(n int) error {
	if n < 0 || n > m.bytes {
		return errBytes
	}
	m.bytes -= n
	return m.step(1 + n/64)
}

// list pays for a list of n elements.
func (m *meter) list(n int) error {
	if n > maxList {
		return errList
	}
	return m.step(1 + n/8)
}
