package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/mapping"
	"github.com/koppel-io/koppel/store"
)

// parkedBody is the body of a parked record.
type parkedBody struct {
	ID         string      `json:"id" format:"uuid"`
	Coupling   string      `json:"coupling" format:"uuid"`
	Stream     string      `json:"stream"`
	RemoteID   string      `json:"remote_id"`
	Body       string      `json:"body" doc:"As it is stored; what is no UTF-8 is replaced"`
	Hash       string      `json:"hash" doc:"SHA-256 of the stored body, in hex; an edit names the one that it was made from"`
	Correction *correction `json:"correction,omitempty" doc:"Who wrote this body; absent where it is the remote's"`
}

type correction struct {
	By string    `json:"by"`
	At time.Time `json:"at"`
}

// correctionLimit is the largest corrected body, in bytes.
const correctionLimit = 1 << 20

type parkedEdit struct {
	ByID
	Body struct {
		Body   string `json:"body" minLength:"2" maxLength:"1048576" doc:"The record, whole, as it should have come"`
		Hash   string `json:"hash,omitempty" maxLength:"64" doc:"Of the body that it was made from: refused when another one is parked by now"`
		DryRun bool   `json:"dry_run,omitempty" doc:"Only say what it would give"`
	}
}

// parkedEdited is what a corrected body gives.
type parkedEdited struct {
	Fits    bool             `json:"fits" doc:"Everything of it can be mapped; else nothing was kept"`
	Objects []foreseenObject `json:"objects" nullable:"false" doc:"What it gives, and what still fails; without values for a key that may not read objects"`
	Run     string           `json:"run,omitempty" format:"uuid" doc:"The run that takes it; absent in a dry run and when it does not fit"`
}

func (s *server) showParkedBody(ctx context.Context, who caller, in *ByID) (parkedBody, error) {
	return store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (parkedBody, error) {
		p, err := tx.Parked(ctx, in.ID)
		if err != nil {
			return parkedBody{}, err
		}
		if p.StreamID == nil || p.Outbox != nil {
			return parkedBody{}, noBody("show body of parked record")
		}
		out := parkedBody{ID: p.UUID, Coupling: p.CouplingUUID, Stream: text(p.Stream), RemoteID: p.RemoteID, Body: strings.ToValidUTF8(string(p.Raw), "\uFFFD"), Hash: hashText(p.Raw)}
		made, err := tx.Correction(ctx, p.WebshopID, *p.StreamID, p.RemoteID)
		if err == nil && made != nil {
			out.Correction = &correction{made.By, made.At}
		}
		return out, err
	})
}

func noBody(op string) error {
	return koppel.E(koppel.KindConflict, op, "it is a write, not a record; see koppel push show")
}

func hashText(body []byte) string {
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:])
}

// editParked takes a person's correction of a parked record, once what it gives
// was mapped without an error, and opens the run that writes it.
func (s *server) editParked(ctx context.Context, who caller, in *parkedEdit) (parkedEdited, error) {
	const op = "edit parked record"
	p, err := store.With(ctx, s.Store, who.scope, func(tx *store.Tx) (store.ParkedRow, error) { return tx.Parked(ctx, in.ID) })
	switch {
	case err != nil:
		return parkedEdited{}, err
	case p.StreamID == nil || p.Outbox != nil:
		return parkedEdited{}, noBody(op)
	case p.ResolvedAt != nil:
		return parkedEdited{}, koppel.E(koppel.KindConflict, op, "the record is not parked any more")
	case in.Body.Hash != "" && in.Body.Hash != hashText(p.Raw):
		return parkedEdited{}, koppel.E(koppel.KindConflict, op, "another body is parked by now; look at it again: koppel parked edit "+in.ID)
	}
	c, scope, err := s.findCoupling(ctx, who, p.CouplingUUID)
	if err != nil {
		return parkedEdited{}, err
	}
	d, err := s.draftOver(ctx, c, scope, OverridePart{})
	if err != nil {
		return parkedEdited{}, err
	}
	connector, err := d.base.Over(layersOf(d.inForce))
	if err != nil {
		return parkedEdited{}, err
	}
	e := &correcting{server: s, coupling: c, connector: connector, parked: p, body: []byte(in.Body.Body)}
	out, err := e.rehearse(ctx)
	if err != nil {
		return parkedEdited{}, err
	}
	if !who.key.Allows(objectsRead) {
		for i := range out.Objects {
			out.Objects[i].Fields = nil
		}
	}
	if in.Body.DryRun || !out.Fits {
		return out, nil
	}
	group, ok := groupOf(connector, p)
	if !ok {
		return parkedEdited{}, koppel.E(koppel.KindConflict, op, "connector "+c.Connector+" "+connector.Version+" no longer reads stream "+text(p.Stream))
	}
	if err := s.Store.InTx(ctx, scope, func(tx *store.Tx) error { return e.keep(ctx, tx, who) }); err != nil {
		return parkedEdited{}, err
	}
	run, err := s.open(ctx, who, scope, store.NewRun{
		Coupling: c.UUID, StreamGroup: string(group.Name), Mode: koppel.ModeSingle, Keys: store.RunKeys{RemoteIDs: []string{p.RemoteID}, Corrected: true},
	})
	out.Run = run.Run
	return out, err
}

// correcting is a corrected body on its way into the place of a record.
type correcting struct {
	*server
	coupling  store.Coupling
	connector *connectors.Connector
	parked    store.ParkedRow
	body      []byte
	record    connectors.Record
}

// read reads the corrected body as a record: the same one.
func (e *correcting) read() error {
	const op = "read corrected body"
	stream, programs := text(e.parked.Stream), e.connector.Mapping.ByStream(text(e.parked.Stream))
	if slices.ContainsFunc(programs, (*mapping.Program).Grouped) {
		return koppel.E(koppel.KindConflict, op, "rows of "+stream+" are mapped by groups, so there is no one body; correct it in the remote system, or the mapping")
	}
	if strings.HasPrefix(e.parked.RemoteID, "?") {
		return koppel.E(koppel.KindConflict, op, "the record has no id of its own by which it would be met again; correct it in the remote system")
	}
	var err error
	if e.record, err = e.connector.ReadRecord(stream, e.body); err == nil {
		err = e.record.Err
	}
	if err != nil {
		return koppel.E(koppel.KindInvalidRequest, op, koppel.DetailOf(err))
	}
	if e.record.ID != e.parked.RemoteID {
		return koppel.E(koppel.KindInvalidRequest, op, fmt.Sprintf("the id of the record stays: it is %s, and %s in the corrected body", e.parked.RemoteID, e.record.ID))
	}
	return nil
}

// rehearse maps the corrected body as the run will, and writes nothing.
func (e *correcting) rehearse(ctx context.Context) (parkedEdited, error) {
	if err := e.read(); err != nil {
		return parkedEdited{}, err
	}
	settings, err := settingsOf(e.coupling, e.connector)
	if err != nil {
		return parkedEdited{}, err
	}
	programs := slices.DeleteFunc(slices.Clone(e.connector.Mapping.ByStream(text(e.parked.Stream))), func(p *mapping.Program) bool {
		on, _ := e.connector.Pulls(p.Object(), settings)
		return !on
	})
	r := &rehearsal{
		db: e.Store, coupling: e.coupling, mapping: e.connector.Mapping, ids: map[string]int64{},
		evaluator: mapping.NewEvaluator(e.connector.Mapping, mapping.Env{Settings: settings, Version: e.coupling.RemoteVersion, Now: time.Now()}),
	}
	record, err := r.corrected(ctx, *e.parked.StreamID, programs, e.record)
	if err != nil {
		return parkedEdited{}, err
	}
	list, err := e.Store.Foresee(ctx, e.coupling.WebshopID, e.coupling.ID, *e.parked.StreamID, []store.Record{record})
	if err != nil {
		return parkedEdited{}, err
	}
	out, t := parkedEdited{Fits: true, Objects: []foreseenObject{}}, newTally(koppel.Objects(), 100)
	for _, f := range list {
		out.Fits = out.Fits && f.Change != koppel.ForeseenParked
		if err := t.add(text(e.parked.Stream), f); err != nil {
			return parkedEdited{}, err
		}
	}
	out.Objects = t.sample()
	return out, nil
}

// corrected maps one body in the place of a stored record, with its parent and children.
func (r *rehearsal) corrected(ctx context.Context, stream int64, programs []*mapping.Program, body connectors.Record) (store.Record, error) {
	record := store.Record{ID: body.ID, ParentID: body.ParentID, Ticket: 1<<63 - 1}
	parent, err := r.db.ParentOf(ctx, r.coupling.WebshopID, stream, body.ID, body.ParentID)
	if err != nil {
		return record, err
	}
	children, err := r.children(ctx, programs, []string{body.ID})
	if err != nil {
		return record, err
	}
	r.apply(&record, programs, func(p *mapping.Program) mapping.Input {
		in := mapping.Input{Record: body.Raw, Parent: parent}
		for _, join := range p.Joins() {
			rows := children[join.Stream][body.ID]
			in.Joined = append(in.Joined, mapping.Rows{List: rows.Raw, More: rows.More})
		}
		return in
	})
	return record, nil
}

// keep stores the correction, for the body that the remote shows.
func (e *correcting) keep(ctx context.Context, tx *store.Tx, who caller) error {
	before, err := tx.Correction(ctx, e.coupling.WebshopID, *e.parked.StreamID, e.parked.RemoteID)
	if err != nil {
		return err
	}
	made := store.Correction{RemoteID: e.parked.RemoteID, Raw: e.record.Raw, By: who.name()}
	if before != nil {
		made.Hash = before.Hash
	} else if came, err := e.connector.ReadRecord(text(e.parked.Stream), e.parked.Raw); err == nil {
		made.Hash = came.Hash
	} else {
		return err
	}
	if err := tx.Correct(ctx, e.coupling.WebshopID, *e.parked.StreamID, made); err != nil {
		return err
	}
	return audit(ctx, tx, who, "parked.edit", e.parked.UUID, map[string]any{"sha256": hashText(e.parked.Raw)}, map[string]any{
		"sha256": hashText(e.record.Raw), "coupling": e.coupling.UUID, "stream": text(e.parked.Stream), "remote_id": e.parked.RemoteID,
	})
}
