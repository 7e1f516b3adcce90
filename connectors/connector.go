package connectors

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"github.com/koppel-io/koppel"
	"github.com/koppel-io/koppel/connectors/rest"
	"github.com/koppel-io/koppel/mapping"
)

// Source is a connector as it is written: the text of its two files.
type Source struct {
	Manifest string `json:"manifest" doc:"connector.yaml"`
	Mapping  string `json:"mapping" doc:"mapping.yaml"`
}

// Digest names the source: SHA-256 over both files, in hex.
func (s Source) Digest() string {
	h := sha256.New()
	for _, file := range []string{s.Manifest, s.Mapping} {
		sum := sha256.Sum256([]byte(file))
		h.Write(sum[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Connector is one compiled version of a connector. It is immutable and safe
// for concurrent use.
type Connector struct {
	*rest.Manifest
	Mapping *mapping.Mapping
	Source  Source
	// Digest of the source.
	Digest string
	groups []Group
}

// Group is a stream group: streams that are read together because objects
// share them. It is named after its first object in the order of work.
type Group struct {
	Name    koppel.Object
	Objects []koppel.Object
	// Streams in the order of reading; a child comes after its parent.
	Streams []string
	// Feeds are the streams that list deletions of Streams, read before them: what is listed alive afterwards is. Each
	// group that uses a feed reads it for itself.
	Feeds []string
}

// mappingFile is the mapping's name in messages.
const mappingFile = "mapping.yaml"

// Compile checks both files and returns the connector. The error names file,
// line and column of every mistake in either.
func Compile(source Source) (*Connector, error) {
	manifest, err := rest.Parse("connector.yaml", []byte(source.Manifest), mapping.CompileExpr)
	if err != nil {
		return nil, err
	}
	c := &Connector{Manifest: manifest, Source: source, Digest: source.Digest()}
	if c.Mapping, err = mapping.Compile(mappingFile, []byte(source.Mapping), c.schema()); err != nil {
		return nil, err
	}
	c.groups = groupsOf(manifest, c.Mapping)
	return c, nil
}

// schema is what the mapping may read.
func (c *Connector) schema() mapping.Schema {
	m := c.Manifest
	schema := mapping.Schema{Settings: c.AllSettings(), Streams: map[string]mapping.Stream{}}
	for _, s := range m.Streams {
		schema.Streams[s.Name] = mapping.Stream{Shape: m.Shape(s.Name), Parent: s.ParentStream(), Group: s.Group != ""}
	}
	return schema
}

// Groups returns the stream groups in the order of work.
func (c *Connector) Groups() []Group { return c.groups }

// GroupsOn names the stream groups that read something which a coupling with the settings syncs.
func (c *Connector) GroupsOn(settings map[string]any) []string {
	var names []string
	for _, group := range c.groups {
		if slices.ContainsFunc(group.Objects, func(object koppel.Object) bool {
			on, set := settings[SyncSetting(object)].(bool)
			return !set || on
		}) {
			names = append(names, string(group.Name))
		}
	}
	return names
}

// Group returns the group that reads object.
func (c *Connector) Group(object koppel.Object) (Group, bool) {
	i := slices.IndexFunc(c.groups, func(g Group) bool { return slices.Contains(g.Objects, object) })
	if i < 0 {
		return Group{}, false
	}
	return c.groups[i], true
}

// Objects returns what the connector can pull, in the order of work.
func (c *Connector) Objects() []koppel.Object {
	var objects []koppel.Object
	for _, g := range c.groups {
		objects = append(objects, g.Objects...)
	}
	return objects
}

// groupsOf joins objects that share a stream, or a parent of one.
func groupsOf(m *rest.Manifest, mapped *mapping.Mapping) []Group {
	var groups []Group
	for _, object := range koppel.Objects() {
		streams := withParents(m, mapped.Reads(object))
		if len(streams) == 0 {
			continue
		}
		joined := Group{Name: object}
		// An object may tie together groups that had nothing in common before.
		apart := groups[:0:0]
		for _, g := range groups {
			if !slices.ContainsFunc(g.Streams, func(s string) bool { return slices.Contains(streams, s) }) {
				apart = append(apart, g)
				continue
			}
			if len(joined.Objects) == 0 {
				joined.Name = g.Name
			}
			joined.Objects = append(joined.Objects, g.Objects...)
			joined.Streams = append(joined.Streams, g.Streams...)
		}
		joined.Objects = append(joined.Objects, object)
		joined.Streams = inOrder(m, append(joined.Streams, streams...))
		groups = append(apart, joined)
	}
	for i := range groups {
		groups[i].Feeds = feedsOf(m, groups[i].Streams)
	}
	slices.SortStableFunc(groups, func(a, b Group) int {
		return slices.Index(koppel.Objects(), a.Name) - slices.Index(koppel.Objects(), b.Name)
	})
	return groups
}

func feedsOf(m *rest.Manifest, streams []string) []string {
	var feeds []string
	for _, name := range streams {
		if s := m.Stream(name); s != nil {
			feeds = append(feeds, s.FeedsOf()...)
		}
	}
	return inOrder(m, feeds)
}

// withParents adds the parents of streams.
func withParents(m *rest.Manifest, names []string) []string {
	out := slices.Clone(names)
	for _, name := range names {
		if s := m.Stream(name); s != nil && s.ParentStream() != "" {
			out = append(out, s.ParentStream())
		}
	}
	return out
}

// inOrder puts streams in the order of the file, children after their parents, each once.
func inOrder(m *rest.Manifest, names []string) []string {
	place := func(name string) int {
		return slices.IndexFunc(m.Streams, func(s *rest.Stream) bool { return s.Name == name })
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(depth(m, a)-depth(m, b), place(a)-place(b))
	})
	return slices.Compact(names)
}

func depth(m *rest.Manifest, name string) int {
	if s := m.Stream(name); s != nil && s.ParentStream() != "" {
		return 1
	}
	return 0
}
