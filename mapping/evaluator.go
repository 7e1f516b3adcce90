package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"github.com/koppel-io/koppel"
)

// Env is what expressions know beside the record.
type Env struct {
	// Settings of the coupling by their full names; one that is missing has its default.
	Settings map[string]any
	// Version of the remote system, "" when it is not known.
	Version string
	// Now is the moment that expressions compare dates with; zero is the present.
	Now time.Time
}

// Result is what one record gives for one object.
type Result struct {
	RemoteID string
	Values   koppel.Values
	Notes    []koppel.Note
	// Skip: the mapping's condition leaves the record out.
	Skip bool
	// Ignored is why the model leaves it out, to be counted; "" for none.
	Ignored string
}

// Evaluator maps records. It keeps its memory from one record to the next and
// must not be used by two goroutines at once.
type Evaluator struct {
	m        *Mapping
	settings map[string]any
	// lineless are the orders whose lines the coupling leaves out.
	lineless map[koppel.Object]bool
	version  string
	now      time.Time
	vm       vm.VM
	meter    meter
	scanner  scanner
	states   []*state
	notes    []koppel.Note
	text     []byte
	stack    []any
}

// state is what one program keeps between records.
type state struct {
	env    map[string]any
	record []any
	parent []any
	// again are the record's texts that may come again.
	again []any
	// line is the element the lines' expressions look at.
	line any
	// recordLoads and parentLoads are the slots that programs load, by name.
	recordLoads, parentLoads []load
	// last is the parent that parent was decoded from; children come in the
	// order of their parents, so most need no decoding at all.
	last []byte
}

type load struct {
	name string
	slot int
}

// NewEvaluator makes an evaluator of m for one coupling.
func NewEvaluator(m *Mapping, env Env) *Evaluator {
	e := &Evaluator{m: m, version: env.Version, now: env.Now, settings: make(map[string]any, len(m.settings)), states: make([]*state, len(m.programs))}
	if e.now.IsZero() {
		e.now = time.Now()
	}
	for _, setting := range m.settings {
		v, ok := env.Settings[setting.Name]
		if !ok || v == nil {
			v = setting.Default
		}
		e.settings[setting.Name] = settingValue(setting, v)
	}
	e.lineless = map[koppel.Object]bool{}
	for _, orders := range []koppel.Object{koppel.SellOrders, koppel.BuyOrders} {
		e.lineless[orders] = env.Settings[koppel.LinesSetting(orders)] == false
	}
	e.vm.MemoryBudget = maxMemory
	return e
}

// settingValue brings a stored setting into the type expressions see. A value
// of another type stays as it is, and the expression that reads it fails.
func settingValue(setting koppel.Setting, v any) any {
	v = adopt(v)
	switch setting.Type {
	case koppel.SettingBool:
		if b, err := castBool(v); err == nil {
			return b
		}
	case koppel.SettingInt:
		if i, err := castInt(v); err == nil {
			return i
		}
	case koppel.SettingDate:
		if t, err := runDate(nil, []any{v}); err == nil {
			return t
		}
	case koppel.SettingStrings:
		if texts, ok := v.([]string); ok {
			list := make([]any, len(texts))
			for i, text := range texts {
				list[i] = text
			}
			return list
		}
	}
	return v
}

// Input is what one object is mapped from.
type Input struct {
	Record []byte
	// Parent is the record's parent; nil where there is none.
	Parent []byte
	// Joined are the rows of the program's joins, in their order.
	Joined []Rows
	// Rows are the records of a group, in place of Record.
	Rows Rows
}

// Map maps one record by a program without each. The
// error is a *koppel.Error of kind mapping, or of kind schema_drift when the
// record is no JSON or not of the declared shape, with a *FieldError in its chain.
func (e *Evaluator) Map(p *Program, in Input) (result Result, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			result, err = Result{}, e.fault(p, fault)
		}
	}()
	st, lacks, err := e.start(p, in)
	if err != nil {
		return Result{}, err
	}
	if lacks {
		id, _ := e.remoteID(st, p)
		return Result{RemoteID: id, Skip: true}, nil
	}
	return e.one(p, st)
}

// fault is a fault of ours on one record, which must not take the others with it.
func (e *Evaluator) fault(p *Program, fault any) error {
	e.stack = e.stack[:0]
	return e.failed(p, "", koppel.KindMapping, fmt.Errorf("the engine failed on this record: %v", fault))
}

// start reads what the program needs of a record. lacks: a row that must be joined is not there.
func (e *Evaluator) start(p *Program, in Input) (st *state, lacks bool, err error) {
	st = e.states[p.index]
	if st == nil {
		st = e.newState(p)
		e.states[p.index] = st
	}
	e.meter.begin()
	e.notes = nil
	if p.rows != nil {
		if st.env[rowsName], err = e.rows(rowsName, p.rows, in.Rows); err != nil {
			return nil, false, e.failed(p, "", koppel.KindSchemaDrift, err)
		}
	} else if err := e.decode(p, st, in.Record, in.Parent); err != nil {
		return nil, false, e.failed(p, "", koppel.KindSchemaDrift, err)
	}
	if lacks, err = e.joined(p, st, in.Joined); err != nil {
		return nil, false, e.failed(p, "", koppel.KindSchemaDrift, err)
	}
	return st, lacks, nil
}

// one makes one object of what was read.
func (e *Evaluator) one(p *Program, st *state) (Result, error) {
	if p.where != nil {
		v, err := e.run(st, p.where)
		if err != nil {
			return Result{}, e.fieldError(p, st, "", p.where, "where", err)
		}
		if keep, ok := v.(bool); v != nil && !ok {
			return Result{}, e.fieldError(p, st, "", p.where, "where", fmt.Errorf("expected bool, not %s", show(v)))
		} else if !keep {
			// The id says whose source is gone, where the record was taken before.
			id, _ := e.remoteID(st, p)
			return Result{RemoteID: id, Skip: true}, nil
		}
	}
	id, err := e.remoteID(st, p)
	if err != nil {
		return Result{}, e.fieldError(p, st, "", p.remoteID, "remote_id", err)
	}
	values := make(koppel.Values, len(p.object.Fields()))
	for i := range p.fields {
		f := &p.fields[i]
		if values[f.slot], err = e.field(st, f, ""); err != nil {
			return Result{RemoteID: id}, e.fieldError(p, st, id, f.expr, f.field.Name, err)
		}
	}
	if ignored := p.deliverable(values); ignored != "" {
		return Result{RemoteID: id, Skip: true, Ignored: ignored}, nil
	}
	if p.unlimited >= 0 && values[p.unlimited] == true {
		values[p.stock] = int64(0)
	}
	switch {
	case p.lines == nil:
	case e.lineless[p.object]:
		values[p.lines.slot] = []koppel.Values{}
	default:
		if err := e.lines(p, st, id, values); err != nil {
			return Result{RemoteID: id}, err
		}
	}
	return Result{RemoteID: id, Values: values, Notes: e.notes}, nil
}

func (e *Evaluator) newState(p *Program) *state {
	st := &state{env: make(map[string]any, len(p.loads)), record: make([]any, len(p.record.leaves)), again: make([]any, len(p.record.leaves))}
	for _, leaf := range p.record.leaves {
		if p.programLoads[leaf.path] {
			st.recordLoads = append(st.recordLoads, load{leaf.path, leaf.slot})
		}
	}
	if p.NeedsParent() {
		st.parent = make([]any, len(p.parent.leaves))
		for _, leaf := range p.parent.leaves {
			if p.programLoads[leaf.path] {
				st.parentLoads = append(st.parentLoads, load{leaf.path, leaf.slot})
			}
		}
	}
	for name := range p.loads {
		if setting, ok := strings.CutPrefix(name, "settings."); ok {
			st.env[name] = e.settings[setting]
		}
	}
	st.env["version"] = e.version
	st.env[nowName] = e.now
	st.env[meterName] = &e.meter
	return st
}

// decode reads what the program's expressions need of record and parent.
func (e *Evaluator) decode(p *Program, st *state, record, parent []byte) error {
	clear(st.record)
	v, err := e.scanner.scan(record, p.record.root, st.record, st.again)
	if err != nil {
		return err
	}
	if slot := p.record.root.slot; slot >= 0 {
		st.record[slot] = v
	}
	for _, l := range st.recordLoads {
		st.env[l.name] = st.record[l.slot]
	}
	if !p.NeedsParent() {
		return nil
	}
	if st.last != nil && bytes.Equal(st.last, parent) {
		return nil
	}
	if len(parent) == 0 {
		return &driftError{path: "parent", reason: "the record of its parent is missing"}
	}
	st.last = append(st.last[:0], parent...)
	clear(st.parent)
	v, err = e.scanner.scan(st.last, p.parent.root, st.parent, nil)
	if err != nil {
		st.last = nil
		return err
	}
	if slot := p.parent.root.slot; slot >= 0 {
		st.parent[slot] = v
	}
	for _, l := range st.parentLoads {
		st.env[l.name] = st.parent[l.slot]
	}
	return nil
}

// run evaluates one expression.
func (e *Evaluator) run(st *state, x *expression) (any, error) {
	e.meter.evaluation()
	if x.program == nil {
		return e.direct(st, x.direct)
	}
	return execute(&e.vm, &e.meter, x.program, st.env)
}

// shrinkAfter is how many steps of one evaluation make the machine's memory
// worth giving back: it keeps one scope for every predicate it ever entered.
const shrinkAfter = 1000

func execute(machine *vm.VM, m *meter, program *vm.Program, env map[string]any) (any, error) {
	v, err := machine.Run(program, env)
	if m.steps < maxSteps-shrinkAfter {
		*machine = vm.VM{MemoryBudget: maxMemory}
	}
	if err == nil {
		return v, nil
	}
	var located *file.Error
	if !errors.As(err, &located) {
		return nil, err
	}
	if cause := errors.Unwrap(located); cause != nil {
		return nil, cause
	}
	if located.Message == "memory budget exceeded" {
		return nil, fmt.Errorf("lists and maps of more than %d elements in all", maxMemory)
	}
	return nil, errors.New(located.Message)
}

func (e *Evaluator) remoteID(st *state, p *Program) (string, error) {
	v, err := e.run(st, p.remoteID)
	if err != nil {
		return "", err
	}
	id, ok := v.(string)
	if !ok && v != nil {
		return "", fmt.Errorf("an id is always text, not %s; use string(…)", show(v))
	}
	if id, _ = e.clean(id); id == "" {
		return "", errors.New("the record has no id")
	}
	if tooLong(id, 255) {
		return "", fmt.Errorf("an id of more than 255 characters")
	}
	return id, nil
}

// field evaluates one field and applies the rules of its type. prefix stands
// before the field's name in notes.
func (e *Evaluator) field(st *state, f *fieldProgram, prefix string) (any, error) {
	v, err := e.run(st, f.expr)
	if err != nil {
		if stockField(f.field.Name) && errors.Is(err, errDecimal) {
			e.note(prefix+f.field.Name, "not a number: "+err.Error())
			return nil, nil
		}
		return nil, err
	}
	v, err = e.scalar(&f.field, v, prefix)
	if err != nil {
		return nil, err
	}
	if f.field.Required && (v == nil || v == any(koppel.Null{})) {
		return nil, errors.New("the field is required, and the expression gives nothing")
	}
	return v, nil
}

func (e *Evaluator) note(field, text string) {
	e.notes = append(e.notes, koppel.Note{Field: field, Text: text})
}

// noteOnce notes one thing about a field, however often it happens in a record.
func (e *Evaluator) noteOnce(field, text string) {
	if !slices.ContainsFunc(e.notes, func(n koppel.Note) bool { return n.Field == field }) {
		e.note(field, text)
	}
}
