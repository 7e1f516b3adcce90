package connectors

import (
	"context"
	"embed"
	"io/fs"
	"path"
	"sync"

	"github.com/koppel-io/koppel"
)

//go:embed */connector.yaml */mapping.yaml
var builtin embed.FS

// Builtin returns the source of every built-in connector, by name.
func Builtin() (map[string]Source, error) {
	files, err := fs.Glob(builtin, "*/connector.yaml")
	if err != nil {
		return nil, koppel.Wrap("built-in connectors", err)
	}
	sources := make(map[string]Source, len(files))
	for _, file := range files {
		name := path.Dir(file)
		manifest, err := builtin.ReadFile(file)
		if err != nil {
			return nil, koppel.Wrap("built-in connector "+name, err)
		}
		mapped, err := builtin.ReadFile(path.Join(name, "mapping.yaml"))
		if err != nil {
			return nil, koppel.Wrap("built-in connector "+name, err)
		}
		sources[name] = Source{Manifest: string(manifest), Mapping: string(mapped)}
	}
	return sources, nil
}

// Cache holds compiled connectors by the inner id of their version. Versions
// are immutable, so what is compiled once stays good.
type Cache struct {
	load func(ctx context.Context, version int64) (Source, error)

	mu       sync.Mutex
	compiled map[int64]*Connector
}

// NewCache returns a cache that loads the source of a version with load.
func NewCache(load func(ctx context.Context, version int64) (Source, error)) *Cache {
	return &Cache{load: load, compiled: map[int64]*Connector{}}
}

// Version returns the compiled connector of a version. Two callers that miss
// at the same moment compile it once.
func (c *Cache) Version(ctx context.Context, version int64) (*Connector, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if hit := c.compiled[version]; hit != nil {
		return hit, nil
	}
	source, err := c.load(ctx, version)
	if err != nil {
		return nil, koppel.Wrap("connector version", err)
	}
	made, err := Compile(source)
	if err != nil {
		return nil, koppel.Wrap("compile connector version", err)
	}
	c.compiled[version] = made
	return made, nil
}
