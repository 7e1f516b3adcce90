package activities

import (
	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/store"
)

// naming finds what new records of a stream name, such as the products on a
// sell order: they are read singly, whether the mapping takes the order or not.
type naming struct {
	client *rest.Client
	stream *rest.Stream
	groups map[string]string // of the streams that are named and read
}

// namingOf is nil where nothing is named: by the manifest, or in a run that
// reads what is old or read already.
func namingOf(p *pinned, client *rest.Client, stream string) (*naming, error) {
	if p.run.Mode != koppel.ModeFull && p.run.Mode != koppel.ModeSince && p.run.Mode != koppel.ModeSingle {
		return nil, nil
	}
	s, err := client.Stream(stream)
	if err != nil || len(s.New) == 0 {
		return nil, err
	}
	n := &naming{client: client, stream: s, groups: map[string]string{}}
	for _, rule := range s.New {
		if group, ok := p.connector.GroupReading(rule.Reads); ok && p.pulls(group) {
			n.groups[rule.Reads] = string(group.Name)
		}
	}
	if len(n.groups) == 0 {
		return nil, nil
	}
	return n, nil
}

// find notes at a record what it names. One of which that cannot be told is
// taken all the same, and counted.
func (n *naming) find(record *store.Record) {
	if n == nil || record.Hash == [16]byte{} {
		return
	}
	effects, err := n.client.NewReads(n.stream, record.Raw)
	if err != nil {
		record.Ignored = append(record.Ignored, "what a new record names could not be told: "+koppel.DetailOf(err))
		return
	}
	for _, effect := range effects {
		group, reads := n.groups[effect.Stream]
		if !reads {
			continue
		}
		for _, id := range effect.IDs {
			record.Names = append(record.Names, store.Named{Group: group, Stream: effect.Stream, ID: id, Gather: effect.Gather})
		}
	}
}
