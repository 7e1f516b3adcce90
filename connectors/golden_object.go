package connectors

import (
	"bytes"
	"slices"
	"strings"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
)

// goldenObject is what one record gave for one object, or why it gave nothing.
type goldenObject struct {
	Record   string        `json:"record"`
	Object   koppel.Object `json:"object,omitempty"`
	RemoteID string        `json:"remote_id,omitempty"`
	LeftOut  bool          `json:"left_out,omitempty"`
	Values   mapping.Shown `json:"values,omitzero"`
	Notes    []koppel.Note `json:"notes,omitempty"`
	Parked   string        `json:"parked,omitempty"`
}

// show maps the records of a stream and adds what comes out, and then what
// comes of the records that they are joined to.
func (r *goldenRun) show(out goldenOut, stream string, records []rest.Record) goldenOut {
	parents := ""
	if s := r.connector.Manifest.Stream(stream); s != nil {
		parents = s.ParentStream()
	}
	for i := range records {
		record := &records[i]
		if record.Err != nil {
			out.Objects = append(out.Objects, goldenObject{Record: record.ID, Parked: record.Err.Error()})
			continue
		}
		r.known[[2]string{stream, record.ID}] = goldenRecord{stream, record.ID, record.ParentID, bytes.Clone(record.Raw)}
		for _, program := range r.connector.Mapping.ByStream(stream) {
			if !program.Grouped() {
				out.Objects = append(out.Objects, r.objects(program, record.ID)...)
			}
		}
	}
	for i := range records {
		parent := records[i].ParentID
		if records[i].Err != nil || slices.ContainsFunc(records[:i], func(before rest.Record) bool { return before.ParentID == parent }) {
			continue
		}
		for _, program := range r.connector.Mapping.ByStream(stream) {
			if program.Grouped() {
				out.Objects = append(out.Objects, r.objects(program, parent)...)
			}
		}
		if _, known := r.known[[2]string{parents, parent}]; !known {
			continue
		}
		for _, program := range r.connector.Mapping.ByStream(parents) {
			if slices.ContainsFunc(program.Joins(), func(j *mapping.Join) bool { return j.Stream == stream }) {
				out.Objects = append(out.Objects, r.objects(program, parent)...)
			}
		}
	}
	return out
}

// objects maps one known record, or group of records, together with what is known beside it.
func (r *goldenRun) objects(program *mapping.Program, id string) (list []goldenObject) {
	record := r.known[[2]string{program.Stream(), id}]
	in := mapping.Input{Record: record.raw, Parent: r.known[[2]string{r.connector.Manifest.Stream(program.Stream()).ParentStream(), record.parent}].raw}
	for _, j := range program.Joins() {
		in.Joined = append(in.Joined, r.children(j.Stream, id))
	}
	if program.Grouped() {
		in.Rows = r.children(program.Stream(), id)
	}
	results, err := r.evaluator.MapList(program, in)
	for _, result := range results {
		o := goldenObject{Record: id, Object: program.Object(), RemoteID: result.RemoteID}
		if o.LeftOut = result.Skip; !result.Skip {
			o.Notes = result.Notes
			o.Values = mapping.Shown{Fields: program.Object().Fields(), Values: result.Values}
			r.mapped[program.Object()]++
		}
		list = append(list, o)
	}
	if err != nil {
		list = append(list, goldenObject{Record: id, Object: program.Object(), Parked: koppel.DetailOf(err)})
	}
	return list
}

// children are the known records of a stream that belong to a parent, in the order of their ids.
func (r *goldenRun) children(stream, parent string) (rows mapping.Rows) {
	var found []goldenRecord
	for _, record := range r.known {
		if record.stream == stream && record.parent == parent {
			found = append(found, record)
		}
	}
	slices.SortFunc(found, func(a, b goldenRecord) int { return strings.Compare(a.id, b.id) })
	for _, record := range found {
		rows.List = append(rows.List, record.raw)
	}
	return rows
}
