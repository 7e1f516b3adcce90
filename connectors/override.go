package connectors

import (
	"github.com/koppel-io/koppel/mapping"
)

// Over returns the connector with overrides laid over its mapping, the strongest
// last. The error names file, line and column of every mistake in them.
func (c *Connector) Over(overrides []mapping.Layer) (*Connector, error) {
	if len(overrides) == 0 {
		return c, nil
	}
	m, err := mapping.CompileOver(mapping.Layer{File: mappingFile, Source: []byte(c.Source.Mapping)}, overrides, c.schema())
	if err != nil {
		return nil, err
	}
	over := *c
	over.Mapping = m
	return &over, nil
}

// TestOverrides lays overrides over the connector's mapping and runs the test
// cases of each, over those that are weaker; cases counts those of each. The
// error names every mistake, and every value that differs, at its place.
func (c *Connector) TestOverrides(overrides []mapping.Layer) (cases []int, err error) {
	for i := range overrides {
		over, err := c.Over(overrides[:i+1])
		if err != nil {
			return nil, err
		}
		n, err := over.Mapping.Test(i + 1)
		if err != nil {
			return nil, err
		}
		cases = append(cases, n)
	}
	return cases, nil
}
