package activities

import (
	"context"
	"slices"

	"github.com/koppel-io/koppel/connectors"
	"github.com/koppel-io/koppel/mapping"
)

// ties are the streams in which a changed record makes others dirty.
type ties struct {
	// children are mapped with this stream's records as their parents.
	children []int64
	// parent is mapped with this stream's records joined to its own; it is this
	// stream itself where its records are mapped by groups; 0 for none.
	parent int64
}

// ties finds a stream's ties to others by what the mapping reads.
func (a *Activities) ties(ctx context.Context, p *pinned, stream string) (t ties, err error) {
	for _, name := range childrenOf(p.connector, stream) {
		if !slices.ContainsFunc(p.connector.Mapping.ByStream(name), (*mapping.Program).NeedsParent) {
			continue
		}
		id, err := a.Store.StreamID(ctx, p.run.WebshopID, p.run.CouplingID, name)
		if err != nil {
			return t, err
		}
		t.children = append(t.children, id)
	}
	parent := p.parentOf(stream)
	if grouped(p.connector.Mapping.ByStream(stream)) {
		parent = stream
	}
	if parent == stream || joins(p.connector.Mapping.ByStream(parent), stream) {
		t.parent, err = a.Store.StreamID(ctx, p.run.WebshopID, p.run.CouplingID, parent)
	}
	return t, err
}

// grouped reports whether the records of the programs' stream are mapped by groups.
func grouped(programs []*mapping.Program) bool {
	return slices.ContainsFunc(programs, (*mapping.Program).Grouped)
}

// parentOf names the parent stream; empty for none.
func (p *pinned) parentOf(stream string) string {
	if s := p.connector.Stream(stream); s != nil {
		return s.ParentStream()
	}
	return ""
}

// joins reports whether a program reads the stream's records beside its own.
func joins(programs []*mapping.Program, stream string) bool {
	return slices.ContainsFunc(programs, func(program *mapping.Program) bool {
		return slices.ContainsFunc(program.Joins(), func(j *mapping.Join) bool { return j.Stream == stream })
	})
}

func childrenOf(c *connectors.Connector, stream string) []string {
	var names []string
	for _, s := range c.Streams {
		if s.ParentStream() == stream {
			names = append(names, s.Name)
		}
	}
	return names
}
